#include "language/value_traps.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvmtest::language {

namespace {

bool IsBlankAt(std::string_view text, size_t pos) {
  return pos >= text.size() || text[pos] == ' ';
}

// Where "# why" or "// why" begins behind a blank and outside quotes; npos if nowhere.
size_t FindComment(std::string_view value) {
  char quote = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (quote != 0 ? c == quote : c == '"' || c == '\'') quote = quote != 0 ? '\0' : c;
    if (quote != 0 || (i > 0 && value[i - 1] != ' ')) continue;
    if (c == '#' && IsBlankAt(value, i + 1)) return i;
    if (value.substr(i).starts_with("//") && IsBlankAt(value, i + 2)) return i;
  }
  return value.npos;
}

bool IsQuote(char c) {
  return c == '"' || c == '\'';
}

// Is a quote of the kind left over?
bool IsOdd(std::string_view value, char quote) {
  return std::count(value.begin(), value.end(), quote) % 2 == 1;
}

// Quotes of one kind at both ends, all of which 2009 removes.
size_t OuterQuotes(std::string_view value, char quote) {
  size_t front = std::min(value.find_first_not_of(quote), value.size());
  return front == value.size() ? front : front + value.size() - 1 - value.find_last_not_of(quote);
}

void AddQuotes(std::string_view value, Dialect dialect, std::vector<ValueTrap>* traps) {
  char front = value.front(), back = value.back();
  if (!IsQuote(front) && !IsQuote(back)) return;
  if (value.size() == 1 && dialect == Dialect::kModern) {
    traps->push_back({"lone-quote", 0, 1, "a lone quote is an empty value"});
  } else if (value.size() > 1 && front == back) {
    size_t pairs = 1;
    while (2 * pairs + 1 < value.size() && value[pairs] == front &&
           value[value.size() - 1 - pairs] == front)
      ++pairs;
    if (dialect == Dialect::k2009 && OuterQuotes(value, front) > 2)
      traps->push_back(
          {"extra-quotes", 0, value.size(), "all outer quotes are removed, not one pair"});
    // "a" "b"
    size_t second = value.find(front, 1);
    if (pairs == 1 && second > 1 && second + 1 < value.size() && value[second - 1] != ' ' &&
        value[second + 1] == ' ')
      traps->push_back({"inner-quotes", 0, value.size(),
                        fmt::format("only the outer quotes are removed: this is {}",
                                    value.substr(1, value.size() - 2))});
  } else if (IsQuote(front) && IsOdd(value, front)) {
    traps->push_back({"lone-quote", 0, 1, "this quote is not closed, so it is part of the value"});
  } else if (IsQuote(back) && IsOdd(value, back)) {
    traps->push_back(
        {"lone-quote", value.size() - 1, 1, "this quote closes none, so it is part of the value"});
  }
}

}  // namespace

std::vector<ValueTrap> FindValueTraps(std::string_view value, Dialect dialect) {
  std::vector<ValueTrap> traps;
  if (value.empty()) return traps;
  AddQuotes(value, dialect, &traps);
  bool may_comment = value.find('#') != value.npos || value.find("//") != value.npos;
  if (size_t pos = may_comment ? FindComment(value) : value.npos; pos != value.npos)
    traps.push_back({"comment-in-value", pos, value.size() - pos,
                     "a comment cannot follow a value: this is part of it",
                     "put the comment on a line of its own"});
  if (value.back() == '\\' && (value.size() == 1 || value[value.size() - 2] == ' '))
    traps.push_back({"no-continuation", value.size() - 1, 1,
                     "a line cannot be continued: the '\\' is part of the value",
                     "add the rest with '+=' on the next line"});
  return traps;
}

}  // namespace kvmtest::language
