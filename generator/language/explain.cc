#include "language/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "language/config_impl.h"
#include "language/explain_2009.h"
#include "language/explain_modern.h"
#include "language/nothing_selected.h"

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

namespace {

// Which filters would have to go for tests of what is asked for, if it is a variant: one that keeps
// out all of them need not be the only one.
void ExplainVariant(const Config& config, Explanation* result) {
  if (result->answer != Explanation::Answer::kAllRemoved) return;
  const std::vector<Variant>& variants = config.impl().variants;
  VariantId asked = kNone;
  for (VariantId id = 0; id < variants.size(); ++id) {
    const Variant& variant = variants[id];
    bool is_name = variant.labels.size() == 1 && variant.labels[0].name == result->asked;
    if (!is_name && variant.text != result->asked) continue;
    if (asked != kNone) return;
    asked = id;
  }
  if (asked == kNone) return;
  std::vector<Note> notes = WhyNothingIsSelected(config, asked);
  auto is_told = [&](const Obstacle& obstacle) {
    const Span &told = obstacle.at.span, &note = notes[0].span;
    return told.file == note.file && told.line == note.line;
  };
  const bool all_told =
      notes.size() == 1 && result->common.size() == 1 && is_told(result->common[0]);
  if (notes.empty() || all_told) return;
  result->remarks.push_back(
      {fmt::format("filters remove every test of variant '{}':", result->asked), std::move(notes)});
}

}  // namespace

std::optional<Explanation> Explain(const Config& config, const std::string& name,
                                   const std::string& key, Diagnostics& diagnostics,
                                   const Bounds& bounds) {
  ExpandError error;
  auto explain = config.dialect() == Dialect::k2009 ? Explain2009 : ExplainModern;
  std::optional<Explanation> explanation = explain(config, name, key, bounds, &error);
  if (!explanation)
    Report(error, diagnostics);
  else
    ExplainVariant(config, &*explanation);
  return explanation;
}

}  // namespace kvmtest::language
