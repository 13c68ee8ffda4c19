// `KEY ?= x` and its kin change what there is, so there must be some such key.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "language/lint_2009.h"
#include "language/regex.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

class KeyLint {
 public:
  KeyLint(const ConfigImpl& config, Diagnostics* diagnostics)
      : config_(config), diagnostics_(*diagnostics) {}

  void Run() {
    Look(config_.program.body);
    for (const Item* item : by_pattern_) {
      std::string_view pattern = config_.tree.keys.Text(item->key);
      auto [it, is_new] = sets_any_.try_emplace(item->key, true);
      if (is_new) it->second = AnyMatches(pattern);
      if (it->second) continue;
      diagnostics_.Report(
          {.severity = Severity::kWarning,
           .code = "no-such-key",
           .span = item->value.origin.ToSpan(),
           .message = fmt::format("no statement sets '{}', so this changes nothing", pattern)});
    }
  }

 private:
  void Look(const Block2009& block) {
    for (const Statement2009& statement : block) {
      for (const Item& item : statement.items) {
        if (item.kind >= ItemKind::kRegexSet)
          by_pattern_.push_back(&item);
        else
          keys_.insert(item.key);
      }
      Look(statement.body);
      for (const Variant2009& variant : statement.variants) Look(variant.body);
    }
  }

  // True as well if that would take long to find out.
  bool AnyMatches(std::string_view pattern) {
    std::string error;
    std::unique_ptr<Regex> regex = Regex::Compile(fmt::format("^({})$", pattern), true, &error);
    if (!regex || matches_left_ < keys_.size()) return true;
    matches_left_ -= keys_.size();
    return std::any_of(keys_.begin(), keys_.end(),
                       [&](KeyId key) { return regex->MatchesStart(config_.tree.keys.Text(key)); });
  }

  const ConfigImpl& config_;
  Diagnostics& diagnostics_;
  std::set<KeyId> keys_ = {kNameKey, kShortnameKey, kDependKey};
  std::vector<const Item*> by_pattern_;
  std::map<KeyId, bool> sets_any_;
  size_t matches_left_ = 100'000;
};

}  // namespace

void LintKeys2009(const ConfigImpl& config, Diagnostics* diagnostics) {
  KeyLint(config, diagnostics).Run();
}

}  // namespace kvmtest::language
