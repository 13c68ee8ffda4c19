// Random programs of the 2009 dialect: classes count what a run without them makes, and a run with
// them makes the same names.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "language/expand_2009.h"
#include "language/name_classes_2009.h"
#include "language_testing.h"
#include "random_config.h"

namespace kvmtest::language {
namespace {

constexpr size_t kMostNames = 3'000;
constexpr size_t kWork = 5'000'000;

// Blocks, conditions and filters anywhere in each other, more filters than their dicts have
// labels, and names that are assigned.
class RandomProgram {
 public:
  explicit RandomProgram(uint32_t seed) : words_(seed, Dialect::k2009), with_names_(OneIn(3)) {
    Body(0, 5, false);
  }

  const std::string& text() const { return text_; }

 private:
  int Below(int n) { return words_.random().Below(n); }
  bool OneIn(int n) { return Below(n) == 0; }

  void Line(size_t indent, const std::string& text) {
    text_ += std::string(indent, ' ') + text + "\n";
  }

  // `subs`: no variants may stand there, only subvariants.
  void Body(size_t indent, int statements, bool subs) {
    for (int left = 1 + Below(statements); left > 0; --left) Statement(indent, subs);
  }

  void Statement(size_t indent, bool subs) {
    const bool is_deep = indent > 12;
    switch (Below(is_deep ? 4 : 10)) {
      case 0:
      case 1:
        return Line(indent, "no " + words_.Filter(false));
      case 2:
        return Line(indent, "only " + words_.Filter(false) + " " + words_.Filter(false));
      case 3:
        return Operator(indent);
      case 4:
      case 5:
        Line(indent, words_.Word() + ":");
        return Body(indent + 2, 3, true);
      default:
        return Block(indent, subs || OneIn(4));
    }
  }

  void Operator(size_t indent) {
    static const char* const kForms[] = {"name = {}", "name += {}",     "name <= {}",
                                         "name =",    "shortname = {}", "na.* ?+= {}"};
    std::string text =
        with_names_ ? fmt::format(fmt::runtime(kForms[Below(6)]), words_.Label()) : "k = 1";
    if (OneIn(2)) text = words_.Word() + ": " + text;
    Line(indent, text);
  }

  void Block(size_t indent, bool subs) {
    Line(indent, subs ? "subvariants:" : "variants:");
    for (int variant = 1 + Below(3); variant > 0; --variant) {
      Line(indent + 2, "- " + (OneIn(20) ? std::string() : words_.Label()) + ":");
      if (OneIn(3)) Body(indent + 4, 2, subs);
    }
  }

  RandomConfig words_;
  bool with_names_;
  std::string text_;
};

// What a run makes with the classes' help or without; none after an error, or if they are many.
std::optional<std::vector<std::string>> Names(const ConfigImpl& config,
                                              std::optional<NameClasses2009> classes) {
  Runner2009 runner(config);
  runner.PassOverLost(std::move(classes));
  std::vector<std::string> names;
  const bool done = runner.Run([&](const Record2009& record) {
    names.push_back(record.name);
    return names.size() < kMostNames;
  });
  return done ? std::optional(names) : std::nullopt;
}

TEST(NameClassesLaw, CountAndPruneAsARunWithoutThem) {
  int judged = 0, pruned = 0, empty = 0;
  for (uint32_t seed = 0; seed < 4'000; ++seed) {
    RandomProgram program(seed);
    MemoryReader reader;
    reader.Add("main.cfg", program.text());
    Diagnostics diagnostics;
    auto config = ParseConfig(reader, {.path = "main.cfg", .dialect = Dialect::k2009}, diagnostics);
    ASSERT_FALSE(diagnostics.HasErrors()) << program.text();
    auto classes = NameClasses2009::Find(config->impl(), kWork);
    if (!classes) continue;
    const auto names = Names(config->impl(), std::nullopt);
    if (!names) continue;
    ASSERT_EQ(classes->count(), names->size()) << seed << "\n" << program.text();
    ASSERT_EQ(Names(config->impl(), std::move(classes)), names) << seed << "\n" << program.text();
    ++judged;
    empty += names->empty() ? 1 : 0;
    pruned += program.text().find("variants") != std::string::npos && !names->empty() ? 1 : 0;
  }
  EXPECT_GT(judged, 3'000);
  EXPECT_GT(pruned, 1'000);
  EXPECT_GT(empty, 200);
}

}  // namespace
}  // namespace kvmtest::language
