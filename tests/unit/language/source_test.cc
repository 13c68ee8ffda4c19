#include "language/source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "language/diagnostic.h"

namespace kvmtest::language {
namespace {

SourceMap OneFile(const std::string& text) {
  SourceMap sources;
  sources.AddFile("a.cfg", std::make_shared<const std::string>(text), {});
  return sources;
}

TEST(DiskReader, SaysWhyItReadNothing) {
  DiskReader reader;
  std::string directory = testing::TempDir() + "kvmtest_source_test";
  std::string loop = directory + "/loop";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(directory);
  std::filesystem::create_symlink(loop, loop);
  const std::pair<std::string, std::string> faults[] = {
      {directory + "/absent", "No such file or directory"},
      {directory, "Is a directory"},
      {loop, "Too many levels of symbolic links"},
      {"/dev/null", "Not a regular file"},
  };
  for (const auto& [path, fault] : faults) {
    EXPECT_EQ(reader.Read(path), std::nullopt) << path;
    EXPECT_EQ(reader.Fault(path), fault) << path;
  }
  std::filesystem::remove_all(directory);
}

TEST(SourceMap, LinesEndAsInEditors) {
  SourceMap sources = OneFile("one\r\ntwo\rthree\n\nfive");
  EXPECT_EQ(sources.Line(0, 1), "one");
  EXPECT_EQ(sources.Line(0, 2), "two");
  EXPECT_EQ(sources.Line(0, 3), "three");
  EXPECT_EQ(sources.Line(0, 4), "");
  EXPECT_EQ(sources.Line(0, 5), "five");
  EXPECT_EQ(sources.Line(0, 6), "");
  EXPECT_EQ(sources.Line(0, 0), "");
}

// Lines of many lengths, so that their ends fall on every place of the blocks that are counted.
TEST(SourceMap, FindsLinesOfLongTexts) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    std::string text;
    std::vector<std::string> lines;
    for (size_t i = 0; i < 1000; ++i) {
      lines.push_back(std::string(i % 61, static_cast<char>('a' + i % 26)));
      text += lines.back() + end;
    }
    SourceMap sources = OneFile(text);
    for (uint32_t i = 0; i < lines.size(); ++i) ASSERT_EQ(sources.Line(0, i + 1), lines[i]) << i;
    EXPECT_EQ(sources.Line(0, 1002), "");
  }
}

TEST(SourceMap, ColumnsAreAnEditors) {
  SourceMap sources = OneFile("\tx \u00e9 y");
  EXPECT_EQ(sources.Describe({0, 1, 9, 1}), "a.cfg:1:2");   // after the tab
  EXPECT_EQ(sources.Describe({0, 1, 14, 1}), "a.cfg:1:6");  // é is one character, two bytes
  EXPECT_EQ(sources.DescribeLine({0, 1, 9, 1}), "a.cfg:1");
  EXPECT_EQ(sources.Describe({}), "<unknown>");
}

TEST(Diagnostics, RendersPlaceCaretNotesAndHint) {
  SourceMap sources = OneFile("x\n\tonly queue1 queue5\n");
  FileId inner =
      sources.AddFile("b.cfg", std::make_shared<const std::string>("y z\n"), Span{0, 1, 1, 1});
  EXPECT_EQ(RenderDiagnostic({.span = {0, 2, 21, 6},
                              .message = "no variant named 'queue5'",
                              .notes = {{{0, 1, 1, 1}, "'queue4' is defined here"}},
                              .hint = "did you mean 'queue4'?"},
                             sources),
            "a.cfg:2:14: error: no variant named 'queue5'\n"
            "    2 |         only queue1 queue5\n"
            "      |                     ^~~~~~\n"
            "a.cfg:1:1: note: 'queue4' is defined here\n"
            "hint: did you mean 'queue4'?\n");
  EXPECT_EQ(RenderDiagnostic({.severity = Severity::kWarning,
                              .code = "odd",
                              .span = {inner, 1, 3, 1},
                              .message = "odd"},
                             sources),
            "b.cfg:1:3: warning: odd [-Wodd]\n"
            "    1 | y z\n"
            "      |   ^\n"
            "a.cfg:1: note: included from here\n");
}

TEST(Diagnostics, LeaveTheMiddleOfALongChainOfIncludesOut) {
  SourceMap sources;
  auto text = std::make_shared<const std::string>("x\n");
  auto innermost = [&] {
    FileId file = static_cast<FileId>(sources.size() - 1);
    return RenderDiagnostic({.span = {file, 1, 0, 0}, .message = "odd"}, sources);
  };
  Span from;
  for (FileId file = 0; file < 9; ++file)
    from = {sources.AddFile(fmt::format("{}.cfg", file), text, from), 1, 1, 1};
  EXPECT_EQ(innermost(),
            "8.cfg:1: error: odd\n"
            "7.cfg:1: note: included from here\n"
            "6.cfg:1: note: included from here\n"
            "5.cfg:1: note: included from here\n"
            "4.cfg:1: note: included from here\n"
            "3.cfg:1: note: included from here\n"
            "2.cfg:1: note: included from here\n"
            "1.cfg:1: note: included from here\n"
            "0.cfg:1: note: included from here\n");
  for (FileId file = 9; file < 40; ++file)
    from = {sources.AddFile(fmt::format("{}.cfg", file), text, from), 1, 1, 1};
  EXPECT_EQ(innermost(),
            "39.cfg:1: error: odd\n"
            "38.cfg:1: note: included from here\n"
            "37.cfg:1: note: included from here\n"
            "36.cfg:1: note: included from here\n"
            "35.cfg:1: note: included from here\n"
            "34.cfg:1: note: included from here\n"
            "33.cfg:1: note: included from here\n"
            "note: 31 more includes are left out here\n"
            "1.cfg:1: note: included from here\n"
            "0.cfg:1: note: included from here\n");
}

TEST(Diagnostics, CapsErrorsAndSaysEachOnce) {
  SourceMap sources = OneFile(std::string(100, '\n'));
  Diagnostics diagnostics;
  for (uint32_t line = 1; line <= 25; ++line)
    for (int twice = 0; twice < 2; ++twice)
      diagnostics.Report({.span = {0, line, 0, 0}, .message = "bad"});
  EXPECT_EQ(diagnostics.error_count(), 25u);
  std::string text = diagnostics.Render(sources);
  EXPECT_EQ(text.substr(text.rfind("a.cfg")),
            "a.cfg:20: error: bad\nerror: more errors are not shown\n");
}

TEST(Diagnostics, CapsWarningsOfEachCode) {
  SourceMap sources = OneFile(std::string(200, '\n'));
  Diagnostics diagnostics;
  uint32_t line = 0;
  auto warn = [&](const std::string& code, int times) {
    for (int i = 0; i < times; ++i)
      diagnostics.Report({.severity = Severity::kWarning,
                          .code = code,
                          .span = {0, ++line, 0, 0},
                          .message = "careful"});
  };
  warn("a", 11);
  EXPECT_TRUE(diagnostics.WarningsFull("a"));
  EXPECT_FALSE(diagnostics.WarningsFull("b"));
  for (const char* code : {"b", "c", "d"}) warn(code, 10);
  warn("e", 12);
  diagnostics.CountWarning("f");
  std::string text = diagnostics.Render(sources);
  EXPECT_EQ(text.substr(text.rfind("a.cfg")),
            "a.cfg:51: warning: careful [-We]\n"
            "warning: more warnings not shown: 1 of -Wa, 2 of -We, 1 of -Wf\n");
  EXPECT_FALSE(diagnostics.HasErrors());
}

TEST(Diagnostics, PedanticWarningsAreHeardInStrictModeOnly) {
  Diagnostics diagnostics;
  diagnostics.Report({.severity = Severity::kWarning, .message = "odd", .pedantic = true});
  EXPECT_TRUE(diagnostics.all().empty());
  diagnostics.set_strict(true);
  diagnostics.Report({.severity = Severity::kWarning, .message = "odd", .pedantic = true});
  EXPECT_EQ(diagnostics.Render({}), "error: odd\n");
  EXPECT_TRUE(diagnostics.HasOnlyStrictErrors());
  diagnostics.Report({.message = "bad"});
  EXPECT_FALSE(diagnostics.HasOnlyStrictErrors());
}

TEST(Diagnostics, StrictTurnsWarningsIntoErrors) {
  Diagnostics diagnostics;
  diagnostics.Report({.severity = Severity::kWarning, .message = "careful"});
  EXPECT_FALSE(diagnostics.HasErrors());
  diagnostics.set_strict(true);
  diagnostics.Report({.severity = Severity::kWarning, .message = "careful"});
  EXPECT_TRUE(diagnostics.HasErrors());
}

TEST(EditDistance, CountsChangesOfWordsButNotOfBooks) {
  EXPECT_EQ(EditDistance("queue5", "queue4"), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  const std::string book(500'000, 'a');
  EXPECT_EQ(EditDistance(book, book), 0u);
  EXPECT_EQ(EditDistance(book, book + "b"), 500'001u);
  EXPECT_EQ(EditDistance("a", book), 499'999u);
}

}  // namespace
}  // namespace kvmtest::language
