// Small random configurations, for laws that hold for all.
#ifndef KVMTEST_TESTS_UNIT_LANGUAGE_RANDOM_CONFIG_H_
#define KVMTEST_TESTS_UNIT_LANGUAGE_RANDOM_CONFIG_H_

#include <fmt/format.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/dialect.h"

namespace kvmtest::language {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int Below(int n) { return static_cast<int>(engine_() % static_cast<uint32_t>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }

 private:
  std::mt19937 engine_;
};

// Blocks in variants in blocks, with a few labels that come again and again.
class RandomConfig {
 public:
  // `subs`: with blocks of subvariants (2009).
  RandomConfig(uint32_t seed, Dialect dialect, bool subs = false)
      : random_(seed), dialect_(dialect), subs_(subs) {
    Blocks(0, subs ? 2 : 3);
  }

  // The configuration with the statements in the text of the variant `place` (-1: at the end).
  std::string With(int place, const std::vector<std::string>& statements, int outer = -1,
                   const std::vector<std::string>& outer_statements = {}) const {
    std::string text;
    for (const Line& line : lines_) {
      text += line.text + "\n";
      auto add = [&](int where, const std::vector<std::string>& some) {
        if (line.variant != where || where < 0) return;
        for (const std::string& statement : some)
          text += std::string(line.indent + 6, ' ') + statement + "\n";
      };
      add(outer, outer_statements);
      add(place, statements);
    }
    if (place < 0)
      for (const std::string& statement : statements) text += statement + "\n";
    return text;
  }

  int variants() const { return variants_; }
  // The variant that the variant stands in; -1: none.
  int Outer(int variant) const {
    size_t indent = 0;
    for (size_t i = lines_.size(); i-- > 0;) {
      if (lines_[i].variant == variant) indent = lines_[i].indent;
      if (lines_[i].variant >= 0 && lines_[i].variant < variant && lines_[i].indent < indent)
        return lines_[i].variant;
    }
    return -1;
  }
  Random& random() { return random_; }

  std::string Label() { return std::string(1, static_cast<char>('a' + random_.Below(5))); }
  // A filter of the 2009 dialect: a label or a regular expression.
  std::string Word() {
    static const char* const kForms[] = {"{0}",
                                         "{0}",
                                         "{0}",
                                         "{0}.{1}",
                                         "{0}\\.{1}",
                                         "{0}.*{1}",
                                         "{0}.+{1}",
                                         "{0}|{1}",
                                         "[{0}{1}]",
                                         "[^{0}]",
                                         "^{0}",
                                         "{0}$",
                                         "^{0}.{1}$",
                                         "^{0}.*{1}",
                                         "({0}.)*{1}",
                                         "({0}|{1}).{2}",
                                         "{0}.*{1}|{2}.{0}",
                                         "(^{0}|{1}.*{2}|{1}$)",
                                         "{0}?",
                                         "{0}{{2}}",
                                         "(.\\.){{1,2}}{0}",
                                         "\\b{0}",
                                         "{0}\\B.{1}",
                                         "(?i){0}",
                                         ".",
                                         ".*",
                                         "...",
                                         "{0}\\..\\.{1}",
                                         "\\w\\W{0}",
                                         "[{0}-{1}]?{2}"};
    // A range must not run backwards.
    std::string a = Label(), b = Label(), c = Label();
    const char* form = kForms[random_.Below(std::size(kForms))];
    if (std::string_view(form).find("}-{") != std::string_view::npos && b < a) std::swap(a, b);
    return fmt::format(fmt::runtime(form), a, b, c);
  }
  std::string Filter(bool simple) {
    std::string filter;
    for (int i = random_.Below(2); i >= 0; --i) {
      if (!filter.empty()) filter += dialect_ == Dialect::k2009 ? " " : ", ";
      filter += dialect_ == Dialect::k2009 ? Word() : Label();
      if (simple || dialect_ == Dialect::k2009) continue;
      for (int part = random_.Below(3); part > 0; --part)
        filter += (random_.OneIn(2) ? "." : "..") + Label();
    }
    return filter;
  }

 private:
  struct Line {
    std::string text;
    size_t indent;
    int variant = -1;  // that begins here
  };

  void Blocks(size_t indent, int most) {
    for (int block = 1 + random_.Below(most); block > 0; --block) {
      lines_.push_back({std::string(indent, ' ') + "variants:", indent});
      for (int variant = 1 + random_.Below(3); variant > 0; --variant) {
        std::string name = Label();
        if (random_.OneIn(5)) name += "." + Label();
        lines_.push_back(
            {fmt::format("{}  - {}:", std::string(indent, ' '), name), indent, variants_++});
        if (indent < 12 && random_.OneIn(4)) Blocks(indent + 6, 2);
        if (subs_ && random_.OneIn(4)) Subvariants(indent + 6);
      }
      if (subs_ && random_.OneIn(4)) Subvariants(indent);
    }
  }

  void Subvariants(size_t indent) {
    bool perhaps = random_.OneIn(4);
    if (perhaps) lines_.push_back({std::string(indent, ' ') + Word() + ":", indent});
    if (perhaps) indent += 2;
    lines_.push_back({std::string(indent, ' ') + "subvariants:", indent});
    for (int variant = 1 + random_.Below(3); variant > 0; --variant) {
      lines_.push_back(
          {fmt::format("{}  - {}:", std::string(indent, ' '), Label()), indent, variants_++});
      if (indent < 12 && random_.OneIn(4)) Subvariants(indent + 6);
    }
  }

  Random random_;
  Dialect dialect_;
  bool subs_;
  std::vector<Line> lines_;
  int variants_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_TESTS_UNIT_LANGUAGE_RANDOM_CONFIG_H_
