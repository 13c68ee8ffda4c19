// What becomes of warnings: lists that are complete, and a verdict in the end.
#include "language/diagnostic.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kvmtest::language {
namespace {

Diagnostic Warning(const std::string& code, const std::string& message) {
  return {.severity = Severity::kWarning, .code = code, .message = message};
}

TEST(Diagnostics, JudgesWarningsWhenAllAreKnown) {
  Diagnostics diagnostics;
  for (const char* code : {"a", "b", "c"}) diagnostics.Report(Warning(code, "x y"));
  diagnostics.Report({.code = "e", .message = "always one"});
  EXPECT_EQ(diagnostics.error_count(), 1u);
  EXPECT_EQ(diagnostics.warning_count(), 3u);
  diagnostics.Judge([](const Diagnostic& warning) {
    EXPECT_NE(warning.code, "e");
    return warning.code == "a"   ? Verdict::kError
           : warning.code == "b" ? Verdict::kDropped
                                 : Verdict::kStays;
  });
  EXPECT_EQ(diagnostics.Render(SourceMap()),
            "error: x y [-Wa]\nwarning: x y [-Wc]\nerror: always one\n");
  EXPECT_EQ(diagnostics.error_count(), 2u);
  EXPECT_EQ(diagnostics.warning_count(), 1u);
}

TEST(Diagnostics, ACompleteListIsNotCutAtTen) {
  for (bool complete : {false, true}) {
    Diagnostics diagnostics;
    diagnostics.set_complete(complete);
    for (int i = 0; i < 60; ++i) {
      diagnostics.Report(Warning("a", fmt::format("w {}", i)));
      diagnostics.Report({.code = "b", .message = fmt::format("e {}", i)});
    }
    EXPECT_EQ(diagnostics.all().size(), complete ? 120u : 30u);
    EXPECT_EQ(diagnostics.error_count(), 60u);
    EXPECT_EQ(diagnostics.Full(), !complete);
    EXPECT_EQ(diagnostics.WarningsFull("a"), !complete);
  }
}

TEST(Diagnostics, IgnoredCodesAreNotHeard) {
  for (bool strict : {false, true}) {
    Diagnostics diagnostics;
    diagnostics.set_strict(strict);
    diagnostics.set_ignored({"a"});
    for (int i = 0; i < 60; ++i) diagnostics.Report(Warning("a", fmt::format("w {}", i)));
    diagnostics.CountWarning("a");
    EXPECT_EQ(diagnostics.Render(SourceMap()), "");
    EXPECT_FALSE(diagnostics.HasErrors());
    diagnostics.Report({.code = "a", .message = "an error of that code"});
    EXPECT_EQ(diagnostics.Render(SourceMap()), "error: an error of that code\n");
  }
}

TEST(Diagnostics, PedanticWarningsAreHeardByThoseWhoAsk) {
  for (bool pedantic : {false, true}) {
    Diagnostics diagnostics;
    diagnostics.set_pedantic(pedantic);
    Diagnostic warning = Warning("a", "x y");
    warning.pedantic = true;
    diagnostics.Report(warning);
    EXPECT_EQ(diagnostics.pedantic(), pedantic);
    EXPECT_EQ(diagnostics.Render(SourceMap()), pedantic ? "warning: x y [-Wa]\n" : "");
  }
}

}  // namespace
}  // namespace kvmtest::language
