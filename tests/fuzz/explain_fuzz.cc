// A configuration that can be expanded -> its first dicts explained, and names that are none. What
// is told of a dict are its values.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_input.h"
#include "fuzz_target.h"
#include "language/config.h"
#include "language/diagnostic.h"
#include "language/expand.h"
#include "language/explain.h"

namespace kvmtest::language {
namespace {

constexpr Bounds kBounds = {.made_bytes = 10'000, .steps = 20'000};
constexpr size_t kMaxExplained = 4;
constexpr size_t kMaxTests = 15;  // of one name; an explanation may leave out some of more

struct Wanted {
  std::string name;
  std::map<std::string, std::string> params;
};

// Nothing if not all of them are known.
std::optional<std::vector<Wanted>> DictsOf(const Config& config) {
  std::vector<Wanted> dicts;
  Diagnostics diagnostics;
  bool ok = Expand(
      config, {.max_dicts = 500, .bounds = kBounds},
      [&dicts](const Dict& dict) {
        Wanted& wanted = dicts.emplace_back();
        wanted.name = dict.name;
        for (const Param& param : dict.params) wanted.params.emplace(param.key, param.value);
        return true;
      },
      diagnostics);
  if (!ok) return std::nullopt;
  return dicts;
}

bool IsOwn(std::string_view key) {
  return key == "name" || key == "shortname" || key == "dep" || key == "depend" ||
         key == "_name_map_file" || key == "_short_name_map_file";
}

bool Tells(const Explanation& explanation, const Wanted& wanted) {
  return std::any_of(explanation.tests.begin(), explanation.tests.end(),
                     [&](const ExplainedTest& test) {
                       std::map<std::string, std::string> told;
                       for (const ExplainedParam& param : test.params)
                         if (!IsOwn(param.key) || wanted.params.contains(param.key))
                           told.emplace(param.key, param.value.value_or(""));
                       return told == wanted.params;
                     });
}

// The text, which is never empty; nothing after an error.
std::optional<Explanation> ExplainName(const Config& config, const std::string& name,
                                       const std::string& key) {
  Diagnostics diagnostics;
  std::optional<Explanation> explanation = Explain(config, name, key, diagnostics, kBounds);
  HoldLaw(explanation.has_value() || diagnostics.HasErrors(), "there is an answer or an error");
  if (explanation)
    HoldLaw(!RenderExplanation(*explanation, config).empty(), "an answer is not empty");
  return explanation;
}

bool IsRenamed(const Wanted& wanted) {
  return std::any_of(wanted.params.begin(), wanted.params.end(),
                     [](const auto& param) { return param.first.starts_with("name_"); });
}

void HoldLaws(const Config& config) {
  std::optional<std::vector<Wanted>> dicts = DictsOf(config);
  for (const char* name : {"a", "", "a..b", "x.a.b.a"}) ExplainName(config, name, "x");
  if (!dicts) return;
  for (size_t i = 0; i < std::min(dicts->size(), kMaxExplained); ++i) {
    const Wanted& wanted = (*dicts)[i];
    std::optional<Explanation> explanation = ExplainName(config, wanted.name, "");
    ExplainName(config, wanted.name + ".a", "");
    ExplainName(config, wanted.name.substr(wanted.name.find('.') + 1), "");
    for (const auto& [key, value] : wanted.params) ExplainName(config, wanted.name, key);
    // Bounds this small are met here and there.
    if (!explanation || explanation->gave_up || IsRenamed(wanted)) continue;
    HoldLaw(explanation->IsExplained(), "a test of the result is explained", wanted.name);
    if (explanation->tests.size() < kMaxTests)
      HoldLaw(Tells(*explanation, wanted), "what is told of a test are its values",
              RenderExplanation(*explanation, config));
  }
}

}  // namespace
}  // namespace kvmtest::language

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvmtest::language;
  FuzzInput fuzz({reinterpret_cast<const char*>(data), size});
  Diagnostics diagnostics;
  std::unique_ptr<Config> config = ParseConfig(fuzz.reader, fuzz.input, diagnostics);
  if (!diagnostics.HasErrors()) HoldLaws(*config);
  return 0;
}
