#include "language/regex_alternatives.h"

#include <algorithm>
#include <optional>

namespace kvmtest::language {

size_t BehindCharacter(std::string_view pattern, size_t at) {
  auto is_at = [pattern](size_t pos, char c) { return pos < pattern.size() && pattern[pos] == c; };
  if (is_at(at, '\\')) return std::min(at + 2, pattern.size());
  if (!is_at(at, '[')) return at + 1;
  ++at;
  if (is_at(at, '^')) ++at;
  // A ']' that comes first is one of the set.
  do at += is_at(at, '\\') ? 2 : 1;
  while (at < pattern.size() && !is_at(at, ']'));
  return std::min(at + 1, pattern.size());
}

namespace {

// Of the pattern itself; nothing if a ')' is left over. `is_group`: a group is around it all.
std::optional<std::vector<std::string_view>> Split(std::string_view pattern, bool* is_group) {
  std::vector<std::string_view> alternatives;
  size_t begin = 0, depth = 0, at = 0;
  *is_group = pattern.starts_with('(');
  while (at < pattern.size()) {
    const char c = pattern[at];
    if (c == '(') ++depth;
    if (c == ')' && depth-- == 0) return std::nullopt;
    if (c == '|' && depth == 0) {
      alternatives.push_back(pattern.substr(begin, at - begin));
      begin = at + 1;
    }
    at = BehindCharacter(pattern, at);
    if (depth == 0 && at < pattern.size()) *is_group = false;
  }
  *is_group &= depth == 0;
  alternatives.push_back(pattern.substr(begin));
  return alternatives;
}

}  // namespace

std::vector<std::string_view> AlternativesOf(std::string_view pattern) {
  std::optional<std::vector<std::string_view>> found;
  if (pattern.find("(?") == pattern.npos) {
    bool is_group = false;
    found = Split(pattern, &is_group);
    if (is_group) found = Split(pattern.substr(1, pattern.size() - 2), &is_group);
  }
  const bool is_extension = found && std::any_of(found->begin(), found->end(),
                                                 [](auto part) { return part.starts_with('?'); });
  if (!found || is_extension) return {pattern};
  return *std::move(found);
}

}  // namespace kvmtest::language
