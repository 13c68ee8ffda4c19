#include "language/regex_alternatives.h"

#include <cstddef>

namespace kvmtest::language {

namespace {

// Behind the set of characters that begins at `at`. A ']' right behind its '[' or '[^' is one of
// the characters.
size_t BehindSet(std::string_view pattern, size_t at) {
  ++at;
  if (at < pattern.size() && pattern[at] == '^') ++at;
  for (const size_t first = at; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at > first) return at + 1;
    if (pattern[at] == '\\') ++at;
  }
  return pattern.size();
}

}  // namespace

std::vector<std::string_view> AlternativesOf(std::string_view pattern) {
  if (pattern.find("(?") != pattern.npos) return {pattern};
  std::vector<std::string_view> alternatives;
  size_t begin = 0, depth = 0, at = 0;
  bool is_group = pattern.starts_with('(');  // one around all
  while (at < pattern.size()) {
    const char c = pattern[at];
    if (c == '[') {
      at = BehindSet(pattern, at);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && depth-- == 0) return {pattern};  // which is none
    if (c == '|' && depth == 0) {
      alternatives.push_back(pattern.substr(begin, at - begin));
      begin = at + 1;
    }
    at += c == '\\' ? 2 : 1;
    if (depth == 0 && at < pattern.size()) is_group = false;
  }
  if (is_group && depth == 0) return AlternativesOf(pattern.substr(1, pattern.size() - 2));
  alternatives.push_back(pattern.substr(begin));
  return alternatives;
}

}  // namespace kvmtest::language
