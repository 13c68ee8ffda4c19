#include "language/explain.h"

#include <algorithm>

#include "language/explain_2009.h"
#include "language/explain_modern.h"

namespace kvmtest::language {

void KeepCommon(const std::vector<Obstacle>& obstacles, std::vector<Obstacle>* common) {
  std::erase_if(*common, [&](const Obstacle& known) {
    return std::none_of(obstacles.begin(), obstacles.end(),
                        [&](const Obstacle& other) { return other.at == known.at; });
  });
}

bool Explanation::IsKeyMissing() const {
  return !key.empty() && std::all_of(tests.begin(), tests.end(),
                                     [](const ExplainedTest& test) { return test.params.empty(); });
}

std::optional<Explanation> Explain(const Config& config, const std::string& name,
                                   const std::string& key, Diagnostics& diagnostics,
                                   const Bounds& bounds) {
  ExpandError error;
  auto explain = config.dialect() == Dialect::k2009 ? Explain2009 : ExplainModern;
  std::optional<Explanation> explanation = explain(config, name, key, bounds, &error);
  if (!explanation) Report(error, diagnostics);
  return explanation;
}

}  // namespace kvmtest::language
