#include "language/names_2009.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "language/regex_syntax.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

void Prepend(std::string_view label, std::string* name) {
  const size_t size = name->size();
  if (size == 0) {
    *name = label;
    return;
  }
  // Grows as strings grow, and moves the text once.
  name->resize(label.size() + 1 + size);
  std::memmove(name->data() + label.size() + 1, name->data(), size);
  label.copy(name->data(), label.size());
  (*name)[label.size()] = '.';
}

void Append(std::string_view label, std::string* name) {
  if (!name->empty()) *name += '.';
  *name += label;
}

// A value with its text.
struct MadeText {
  std::string text;
  Value value;
};

}  // namespace

bool FindLabel(std::string_view name, std::string_view word) {
  for (size_t pos = name.find(word); pos != name.npos; pos = name.find(word, pos + 1)) {
    bool begins = pos == 0 || name[pos - 1] == '.';
    size_t end = pos + word.size();
    if (begins && (end == name.size() || name[end] == '.')) return true;
  }
  return false;
}

std::string FilterPattern2009(std::string_view word) {
  return fmt::format(R"((\.|^)({})(\.|$))", word);
}

std::string TextOf(std::span<const Word2009> words) {
  std::string text;
  for (const Word2009& word : words) text += std::string(word.text) + "\n";
  return text;
}

std::unique_ptr<PatternAutomaton> FilterAutomaton2009(std::span<const Word2009> words) {
  std::vector<std::string> patterns;
  for (const Word2009& word : words) {
    Re2Pattern pattern;
    std::string error;  // told where the filter is met
    if (!TranslateRegex(FilterPattern2009(word.text), true, &pattern, &error)) return nullptr;
    patterns.push_back(std::move(pattern.text));
  }
  return PatternAutomaton::Make(patterns);
}

bool HoldsComma2009(std::string_view word) {
  return word.find(',') != word.npos && word.find('{') == word.npos;
}

namespace {

ExpandError BadFilter(const Word2009& word, std::string_view why) {
  return {"bad-pattern", fmt::format("bad filter '{}': {}", word.text, why), word.span};
}

void AddBadFilters(const Block2009& block, std::vector<ExpandError>* out) {
  for (const Statement2009& statement : block) {
    for (const Word2009& word : statement.words) {
      std::string error;
      if (!IsLiteralPattern(word.text) &&
          !Regex::Compile(FilterPattern2009(word.text), true, &error))
        out->push_back(BadFilter(word, error));
    }
    AddBadFilters(statement.body, out);
    for (const Variant2009& variant : statement.variants) AddBadFilters(variant.body, out);
  }
}

}  // namespace

std::vector<ExpandError> BadFilters2009(const Block2009& block) {
  std::vector<ExpandError> out;
  AddBadFilters(block, &out);
  return out;
}

bool NameRules2009::Matches(const Word2009& word, const std::string& name, bool* result,
                            ExpandError* error) {
  auto [it, is_new] = matchers_.try_emplace(word.text);
  Matcher& matcher = it->second;
  if (is_new) {
    matcher.literal = !word.text.empty() && IsLiteralPattern(word.text);
    if (!matcher.literal)
      matcher.regex = Regex::Compile(FilterPattern2009(word.text), true, &matcher.error);
  }
  if (matcher.literal) {
    *result = FindLabel(name, word.text);
    return true;
  }
  if (!matcher.regex) {
    *error = BadFilter(word, matcher.error);
    return false;
  }
  *result = matcher.regex->Found(name);
  return true;
}

bool NameRules2009::PatternMatches(const Item& item, KeyId key) {
  auto [it, is_new] = key_patterns_.try_emplace(item.key);
  if (is_new) {
    std::string error;
    it->second = Regex::Compile(fmt::format("^({})$", keys_.Text(item.key)), true, &error);
  }
  return it->second && it->second->MatchesStart(keys_.Text(key));
}

bool NameRules2009::Hits(const Item& item, KeyId key) {
  return item.kind >= ItemKind::kRegexSet ? PatternMatches(item, key) : item.key == key;
}

bool NameRules2009::TouchesNames(const Item& item) {
  return Hits(item, kNameKey) || Hits(item, kShortnameKey) || Hits(item, kDependKey);
}

bool NameRules2009::Apply(const Item& item, Names2009* names, ExpandError* error) {
  const bool append = Appends(item.kind), prepend = Prepends(item.kind);
  auto applied_to = [&](std::string_view text) {
    std::string value(item.value.text);
    if (append) value.insert(0, text);
    if (prepend) value += text;
    return value;
  };
  if (Hits(item, kNameKey)) names->name = applied_to(names->name);
  if (Hits(item, kShortnameKey)) names->shortname = applied_to(names->shortname);
  if (!Hits(item, kDependKey)) return true;
  if (!append && !prepend) {
    names->depend_text = {std::shared_ptr<const Value>(), &item.value};  // the program's
    return true;
  }
  if (names->depend_text == nullptr) {
    *error = {"depend-is-list", "'depend' is a list; nothing can be added to it as text",
              item.value.origin.ToSpan()};
    return false;
  }
  auto made = std::make_shared<MadeText>();
  made->text = applied_to(names->depend_text->text);
  made->value = {.text = made->text, .origin = item.value.origin, .lasting = false};
  names->depend_text = {made, &made->value};
  return true;
}

bool NameRules2009::Enter(const Variant2009& variant, Names2009* names, ExpandError* error) {
  if (names->depend_text != nullptr) {
    *error = {"depend-is-list",
              "'depend' was set to a text; it is a list and cannot pass a 'variants' block so",
              names->depend_text->origin.ToSpan()};
    return false;
  }
  Prepend(variant.name, &names->name);
  if (variant.add_to_shortname) Prepend(variant.name, &names->shortname);
  for (std::string& dep : names->depend) Prepend(variant.name, &dep);
  names->depend.insert(names->depend.end(), variant.deps.begin(), variant.deps.end());
  return true;
}

bool NameRules2009::EnterSub(const Variant2009& variant, Names2009* names, ExpandError* error) {
  if (names->depend_text != nullptr && !variant.deps.empty()) {
    *error = {"depend-is-list", "'depend' was set to a text; it is a list",
              names->depend_text->origin.ToSpan()};
    return false;
  }
  for (std::string_view dep : variant.deps) Append(dep, &names->depend.emplace_back(names->name));
  Append(variant.name, &names->name);
  if (variant.add_to_shortname) Append(variant.name, &names->shortname);
  return true;
}

}  // namespace kvmtest::language
