// What the tests of generator/language share: configurations as text, results as text.
#ifndef KVMTEST_TESTS_UNIT_LANGUAGE_LANGUAGE_TESTING_H_
#define KVMTEST_TESTS_UNIT_LANGUAGE_LANGUAGE_TESTING_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "language/config.h"
#include "language/diagnostic.h"
#include "language/expand.h"
#include "printing_law.h"

namespace kvmtest::language {

// A configuration in memory, parsed.
struct Parsed {
  explicit Parsed(const std::string& main, Dialect dialect = Dialect::kModern,
                  const std::vector<std::pair<std::string, std::string>>& files = {},
                  const std::vector<std::string>& strings = {}, bool defaults = false,
                  bool strict = false) {
    reader.Add("main.cfg", main);
    for (const auto& [path, text] : files) reader.Add(path, text);
    config = ParseConfig(reader,
                         {.path = "main.cfg",
                          .strings = strings,
                          .dialect = dialect,
                          .strict = strict,
                          .defaults = defaults},
                         diagnostics);
    // Whatever the test is about: a law that holds for every configuration.
    if (config && !diagnostics.HasErrors()) {
      EXPECT_EQ(PrintingFault(*config, defaults, {.max_dicts = 100}), "");
    }
  }

  std::string Messages() const { return diagnostics.Render(config->sources()); }

  // All dicts as JSON lines, or the messages if there are errors.
  std::string Dicts() {
    std::string out;
    ExpandJson(
        *config, {},
        [&out](std::string_view line) {
          out += line;
          return true;
        },
        diagnostics);
    return diagnostics.HasErrors() ? Messages() : out;
  }

  // "name name ...".
  std::string Names() {
    std::string out;
    ExpandNames(
        *config,
        [&out](std::string_view name) {
          out += (out.empty() ? "" : " ") + std::string(name);
          return true;
        },
        diagnostics);
    return out;
  }

  MemoryReader reader;
  Diagnostics diagnostics;
  std::unique_ptr<Config> config;
};

// `blocks` blocks of so many variants each, b0v0, b0v1, ...
inline std::string Product(int blocks, int variants) {
  std::string out;
  for (int b = 0; b < blocks; ++b) {
    out += "variants:\n";
    for (int v = 0; v < variants; ++v) out += fmt::format("  - b{}v{}:\n", b, v);
  }
  return out;
}

}  // namespace kvmtest::language

#endif  // KVMTEST_TESTS_UNIT_LANGUAGE_LANGUAGE_TESTING_H_
