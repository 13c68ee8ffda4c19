#include "language/keyword_hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "language/diagnostic.h"

namespace kvmtest::language {

namespace {

constexpr std::string_view kKeywords[] = {"only", "no",     "include", "variants",
                                          "join", "suffix", "del"};
constexpr size_t kKeywords2009 = 4;  // the first of them

constexpr size_t kShortestInKey = 4;

bool IsSwapped(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  size_t at = static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

// Of two letters one is too much to be wrong.
bool IsNear(std::string_view word, std::string_view keyword) {
  if (IsSwapped(word, keyword)) return true;
  return word.size() > 2 && EditDistance(word, keyword) == 1;
}

std::string HintOf(std::string_view line, Dialect dialect, size_t shortest) {
  std::span<const std::string_view> keywords = kKeywords;
  if (dialect == Dialect::k2009) keywords = keywords.first(kKeywords2009);
  std::string_view word = line.substr(0, line.find_first_of(" :"));
  for (std::string_view keyword : keywords)
    if (keyword.size() >= shortest && IsNear(word, keyword))
      return fmt::format("did you mean '{}'?", keyword);
  return {};
}

}  // namespace

std::string KeywordHint(std::string_view line, Dialect dialect) {
  return HintOf(line, dialect, 0);
}

std::string KeywordHintInKey(std::string_view key, Dialect dialect) {
  return HintOf(key, dialect, kShortestInKey);
}

}  // namespace kvmtest::language
