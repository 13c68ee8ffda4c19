// What the tests of explanations share.
#ifndef KVMTEST_TESTS_UNIT_LANGUAGE_EXPLAIN_TESTING_H_
#define KVMTEST_TESTS_UNIT_LANGUAGE_EXPLAIN_TESTING_H_

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "language/explain.h"
#include "language_testing.h"

namespace kvmtest::language {

struct ExplainInput {
  std::string text = {};
  std::vector<std::pair<std::string, std::string>> files = {};
  std::vector<std::string> strings = {};
  bool defaults = false;
  Dialect dialect = Dialect::kModern;
};

// The explanation as it is printed, with [1] in front if the program would exit so; the messages
// if there is none.
inline std::string Explained(const Config& config, Diagnostics& diagnostics,
                             const std::string& test, const std::string& param) {
  std::optional<Explanation> explanation = Explain(config, test, param, diagnostics);
  if (!explanation) return diagnostics.Render(config.sources());
  return (explanation->IsExplained() ? "" : "[1]\n") + RenderExplanation(*explanation, config);
}

inline std::string Explained(const ExplainInput& input, const std::string& test,
                             const std::string& param = "") {
  Parsed parsed(input.text, input.dialect, input.files, input.strings, input.defaults);
  return Explained(*parsed.config, parsed.diagnostics, test, param);
}

}  // namespace kvmtest::language

#endif  // KVMTEST_TESTS_UNIT_LANGUAGE_EXPLAIN_TESTING_H_
