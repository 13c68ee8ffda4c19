// Files that include others, and themselves: whole messages.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "language_testing.h"

namespace kvmtest::language {
namespace {

// Files on the disk: contents, or what a link leads to behind "->".
class Directory {
 public:
  explicit Directory(const std::map<std::string, std::string>& files) {
    std::filesystem::remove_all(path_);
    for (const auto& [name, text] : files) {
      std::filesystem::path file = path_ / name;
      std::filesystem::create_directories(file.parent_path());
      if (text.starts_with("->"))
        std::filesystem::create_symlink(text.substr(2), file);
      else
        std::ofstream(file) << text;
    }
  }
  ~Directory() { std::filesystem::remove_all(path_); }

  // All messages of a file, or its dicts' names; the directory's own path is left out.
  std::string Read(const std::string& name, Dialect dialect) const {
    DiskReader disk;
    Diagnostics diagnostics;
    auto config = ParseConfig(disk, {.path = path_ / name, .dialect = dialect}, diagnostics);
    std::string out = diagnostics.Render(config->sources());
    if (!diagnostics.HasErrors())
      ExpandNames(
          *config, [&out](std::string_view dict) { return out += dict, true; }, diagnostics);
    for (size_t at; (at = out.find(path_.string() + "/")) != out.npos;)
      out.erase(at, path_.string().size() + 1);
    return out;
  }

 private:
  std::filesystem::path path_ =
      fmt::format("{}kvmtest_{}", testing::TempDir(),
                  testing::UnitTest::GetInstance()->current_test_info()->name());
};

constexpr Dialect kDialects[] = {Dialect::kModern, Dialect::k2009, Dialect::kAuto};

TEST(Includes, ThatComeToThemselvesByDetoursAreAnError) {
  const Directory directory({
      {"twice.cfg", "include ./twice.cfg\ninclude ./twice.cfg\n"},
      {"slash.cfg", "include .//slash.cfg\n"},
      {"link.cfg", "include to_link.cfg\n"},
      {"to_link.cfg", "->link.cfg"},
      {"again", "->."},
      {"up.cfg", "include again/up.cfg\n"},
  });
  for (Dialect dialect : kDialects) {
    EXPECT_EQ(directory.Read("twice.cfg", dialect),
              "twice.cfg:1:9: error: './twice.cfg' includes itself\n"
              "    1 | include ./twice.cfg\n"
              "      |         ^~~~~~~~~~~\n"
              "twice.cfg:2:9: error: './twice.cfg' includes itself\n"
              "    2 | include ./twice.cfg\n"
              "      |         ^~~~~~~~~~~\n");
    EXPECT_EQ(directory.Read("slash.cfg", dialect),
              "slash.cfg:1:9: error: './/slash.cfg' includes itself\n"
              "    1 | include .//slash.cfg\n"
              "      |         ^~~~~~~~~~~~\n");
    EXPECT_EQ(directory.Read("link.cfg", dialect),
              "link.cfg:1:9: error: 'to_link.cfg' includes itself\n"
              "    1 | include to_link.cfg\n"
              "      |         ^~~~~~~~~~~\n");
    EXPECT_EQ(directory.Read("up.cfg", dialect),
              "up.cfg:1:9: error: 'again/up.cfg' includes itself\n"
              "    1 | include again/up.cfg\n"
              "      |         ^~~~~~~~~~~~\n");
  }
}

TEST(Includes, ThatComeToThemselvesThroughOtherFilesAreAnError) {
  const Directory directory({
      {"main.cfg", "include d/a.cfg\n"},
      {"d/a.cfg", "include ../d/b.cfg\n"},
      {"d/b.cfg", "include ./c.cfg\n"},
      {"d/c.cfg", "include ../d/a.cfg\n"},
  });
  EXPECT_EQ(directory.Read("main.cfg", Dialect::kModern),
            "d/../d/./c.cfg:1:9: error: '../d/a.cfg' includes itself\n"
            "    1 | include ../d/a.cfg\n"
            "      |         ^~~~~~~~~~\n"
            "d/../d/b.cfg:1: note: included from here\n"
            "d/a.cfg:1: note: included from here\n"
            "main.cfg:1: note: included from here\n");
}

// A link in another directory includes other files (modern): that is no cycle.
TEST(Includes, OfALinkThatIncludesOtherFilesAreNoCycle) {
  const Directory directory({
      {"a/common.cfg", "include own.cfg\n"},
      {"b/common.cfg", "->../a/common.cfg"},
      {"a/own.cfg", "variants:\n  - a:\ninclude ../b/common.cfg\n"},
      {"b/own.cfg", "variants:\n  - b:\n"},
  });
  EXPECT_EQ(directory.Read("a/common.cfg", Dialect::kModern), "b.a");
  EXPECT_EQ(directory.Read("a/common.cfg", Dialect::kAuto), "b.a");
}

TEST(Includes, ThatCannotBeReadAreToldWithTheirPlace) {
  EXPECT_EQ(
      Parsed("include b.cfg\n", Dialect::kModern, {{"b.cfg", "include main.cfg\n"}}).Messages(),
      "b.cfg:1:9: error: 'main.cfg' includes itself\n"
      "    1 | include main.cfg\n"
      "      |         ^~~~~~~~\n"
      "main.cfg:1: note: included from here\n");
  EXPECT_EQ(
      Parsed("include d/b.cfg\n", Dialect::k2009, {{"d/b.cfg", "include c.cfg\n"}, {"d/c.cfg", ""}})
          .Messages(),
      "d/b.cfg:1:9: warning: cannot read the included file 'c.cfg': No such file or directory "
      "[-Wmissing-include]\n"
      "    1 | include c.cfg\n"
      "      |         ^~~~~\n"
      "main.cfg:1: note: included from here\n"
      "hint: paths begin at the top-level file, and there is 'd/c.cfg'\n");
  DiskReader disk;
  Diagnostics diagnostics;
  EXPECT_EQ(ParseConfig(disk, {.path = "/dev/null"}, diagnostics), nullptr);
  EXPECT_EQ(diagnostics.Render({}), "error: cannot read '/dev/null': Not a regular file\n");
}

}  // namespace
}  // namespace kvmtest::language
