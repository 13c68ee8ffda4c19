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

// A line of more than 200 characters: 80 before the span, and 200 in all.
TEST(Diagnostics, ShowPartsOfLongLines) {
  auto shown = [](const std::string& line, uint32_t column, uint32_t length) {
    std::string text =
        RenderDiagnostic({.span = {0, 1, column, length}, .message = "odd"}, OneFile(line));
    return text.substr(text.find('\n') + 1);
  };
  auto many = [](std::string_view what, int times) {
    std::string out;
    while (times-- > 0) out += what;
    return out;
  };
  const std::string a120 = many("a", 120);
  const std::string a200 = many("a", 200);
  const std::string a500 = many("a", 500);
  EXPECT_EQ(shown(a200, 200, 1), "    1 | " + a200 + "\n      | " + many(" ", 199) + "^\n");
  EXPECT_EQ(shown("bc" + a500, 1, 2), "    1 | bc" + many("a", 198) + "...\n      | ^~\n");
  EXPECT_EQ(shown(a500 + "bc" + a500, 501, 2), "    1 | ..." + many("a", 80) + "bc" +
                                                   many("a", 118) + "...\n      |    " +
                                                   many(" ", 80) + "^~\n");
  EXPECT_EQ(shown(a500 + "bc", 501, 2),
            "    1 | ..." + many("a", 80) + "bc\n      |    " + many(" ", 80) + "^~\n");
  EXPECT_EQ(shown(a500, 501, 1),
            "    1 | ..." + many("a", 80) + "\n      |    " + many(" ", 80) + "^\n");
  EXPECT_EQ(shown(a500 + "b" + a500, 501, 501), "    1 | ..." + many("a", 80) + "b" +
                                                    many("a", 119) + "...\n      |    " +
                                                    many(" ", 80) + "^" + many("~", 119) + "\n");
  // Characters, not bytes; a tab is up to eight of them.
  EXPECT_EQ(shown(many("\u00e9", 200), 399, 2),
            "    1 | " + many("\u00e9", 200) + "\n      | " + many(" ", 199) + "^\n");
  EXPECT_EQ(shown(many("\u00e9", 300) + "\tb\u00e9c" + many("\u00e9", 300), 605, 4),
            "    1 | ..." + many("\u00e9", 76) + "    b\u00e9c" + many("\u00e9", 117) +
                "...\n      |    " + many(" ", 80) + "^~~\n");
}

TEST(Diagnostics, QuoteTheBeginningOfWhatIsLong) {
  auto said = [](const std::string& text) {
    Diagnostics diagnostics;
    diagnostics.Report({.message = text, .notes = {{{}, text}}, .hint = text});
    const std::string& message = diagnostics.all()[0].message;
    EXPECT_EQ(diagnostics.Render({}), fmt::format("error: {0}\nnote: {0}\nhint: {0}\n", message));
    return message;
  };
  const std::string a200(200, 'a');
  const std::string a60(60, 'a');
  EXPECT_EQ(said("no '" + a200 + "', no 'b'"), "no '" + a200 + "', no 'b'");
  EXPECT_EQ(said("no 'b', no '" + a200 + "a', no '" + a200 + "a' or c"),
            "no 'b', no '" + a60 + " ...', no '" + a60 + " ...' or c");
  const std::string bare(1999, 'a');
  EXPECT_EQ(said(bare), bare);
  EXPECT_EQ(said("1" + bare + "\u00e9" + bare + "2"),
            "1" + std::string(999, 'a') + " ... " + std::string(999, 'a') + "2");
  EXPECT_EQ(said("it's " + std::string(5000, 'b')),
            "it's " + std::string(995, 'b') + " ... " + std::string(1000, 'b'));
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
