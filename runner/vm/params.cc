#include "vm/params.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "vm/known_params.h"

namespace kvmtest::vm {

namespace {

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// The key under which `key` may be overridden for these objects, strongest first:
// for vm1 > nic1: key_nic1_vm1, key_nic1, key_vm1, key.
std::vector<std::string> Candidates(std::string_view key, const std::vector<std::string>& objects) {
  std::vector<std::string> names{std::string(key)};
  for (const std::string& object : objects) {
    std::vector<std::string> stronger;
    stronger.reserve(names.size());
    for (const std::string& name : names) {
      // The inner object's suffix stands before the outer one's.
      stronger.push_back(std::string(key) + "_" + object + name.substr(key.size()));
    }
    names.insert(names.begin(), stronger.begin(), stronger.end());
  }
  return names;
}

constexpr std::string_view kYes[] = {"yes", "on", "true", "1"};
constexpr std::string_view kNo[] = {"no", "off", "false", "0", ""};

template <size_t N>
bool Has(const std::string_view (&words)[N], const std::string& word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  constexpr std::string_view kSpace = " \t\r\n";
  for (size_t begin = 0;;) {
    begin = text.find_first_not_of(kSpace, begin);
    if (begin == std::string_view::npos) return words;
    size_t end = std::min(text.find_first_of(kSpace, begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
}

Params::Params(Map map)
    : map_(std::make_shared<const Map>(std::move(map))),
      read_(std::make_shared<std::set<std::string, std::less<>>>()),
      contradictions_(std::make_shared<std::set<std::string>>()) {}

std::optional<std::string> Params::Find(std::string_view key) const {
  std::optional<std::string> value;
  for (const std::string& name : Candidates(key, objects_)) {
    auto found = map_->find(name);
    if (found == map_->end()) continue;
    read_->insert(name);  // the weaker ones too: they are known, only overridden
    if (!value) value = found->second;
  }
  return value;
}

std::string Params::Get(std::string_view key, std::string_view otherwise) const {
  return Find(key).value_or(std::string(otherwise));
}

bool Params::GetBool(std::string_view key, bool otherwise) const {
  std::optional<std::string> value = Find(key);
  if (!value) return otherwise;
  return Has(kYes, Lower(*value));
}

std::optional<Params::Named> Params::FindNearest(
    std::initializer_list<std::string_view> names) const {
  std::vector<std::vector<std::string>> candidates;
  for (std::string_view name : names) {
    (void)Find(name);  // all of them are known
    candidates.push_back(Candidates(name, objects_));
  }
  for (size_t rank = 0; rank < candidates[0].size(); ++rank) {
    std::optional<Named> nearest;
    std::string full_key;
    for (size_t i = 0; i < candidates.size(); ++i) {
      auto found = map_->find(candidates[i][rank]);
      if (found == map_->end()) continue;
      if (nearest && !nearest->value.empty()) {
        if (found->second.empty() || found->second == nearest->value) continue;
        contradictions_->insert(fmt::format("{} = {} contradicts {} = {}, which is taken",
                                            found->first, found->second, full_key, nearest->value));
        continue;
      }
      if (nearest && found->second.empty()) continue;
      nearest = {std::string(names.begin()[i]), found->second, rank};
      full_key = found->first;
    }
    if (nearest) return nearest;
  }
  return std::nullopt;
}

std::vector<std::string> Params::Contradictions() const {
  return {contradictions_->begin(), contradictions_->end()};
}

std::vector<std::string> Params::Words(std::string_view key) const {
  return SplitWords(Get(key));
}

Params Params::For(std::string_view object) const {
  Params view = *this;
  view.objects_.emplace_back(object);
  return view;
}

Params Params::ForVm(std::string_view vm) const {
  Params view = *this;
  view.objects_ = {std::string(vm)};
  return view;
}

std::vector<std::string> Params::Unread() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : *map_) {
    if (read_->count(key) == 0 && !IsKnownParam(key)) keys.push_back(key);
  }
  return keys;
}

bool HasShell(const Params& vm_params) {
  return vm_params.Get("shell_client", "serial") != "none";
}

std::optional<ParamError> GetNumber(const Params& params, std::string_view key, long low, long high,
                                    long otherwise, long* number) {
  *number = otherwise;
  std::optional<std::string> text = params.Find(key);
  if (!text) return std::nullopt;
  const char* end = text->data() + text->size();
  auto [rest, error] = std::from_chars(text->data(), end, *number);
  if (error == std::errc() && rest == end && *number >= low && *number <= high) {
    return std::nullopt;
  }
  return ParamError{
      fmt::format("{} = {}: expected a whole number from {} to {}", key, *text, low, high)};
}

std::optional<ParamError> CheckYesNo(const Params& params,
                                     std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    std::string value = params.Get(key), word = Lower(value);
    if (Has(kYes, word) || Has(kNo, word)) continue;
    return ParamError{
        fmt::format("{} = {}: expected yes or no (or on, off, true, false, 1, 0)", key, value)};
  }
  return std::nullopt;
}

std::optional<unsigned long long> SizeInBytes(std::string_view text, unsigned long long unit) {
  unsigned long long number = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number == 0 || end - rest > 1) return std::nullopt;
  if (rest == end) return number * unit;
  constexpr std::string_view kUnits = "bkmgt";
  size_t place = kUnits.find(*rest >= 'A' && *rest <= 'Z' ? static_cast<char>(*rest + 32) : *rest);
  if (place == std::string_view::npos) return std::nullopt;
  return number << 10 * place;
}

std::string EscapedOption(std::string_view value) {
  std::string text;
  for (char c : value) {
    text += c;
    if (c == ',') text += c;
  }
  return text;
}

}  // namespace kvmtest::vm
