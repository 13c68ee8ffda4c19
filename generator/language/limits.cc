// `KEY_min`, `KEY_max` and `KEY_fixed`: applied to KEY when a dict is complete.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "language/dict_builder.h"
#include "language/python_text.h"
#include "language/reserved_keys.h"

namespace kvmtest::language {

namespace {

constexpr std::string_view kUnits = "BbKkMmGgTt";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A number's text as int() and float() see it: digits of all scripts are digits, and all white
// space around them goes; but in a text all of ASCII only what C takes for space.
std::string Plain(std::string_view text) {
  bool ascii = std::all_of(text.begin(), text.end(),
                           [](char c) { return static_cast<signed char>(c) >= 0; });
  if (!ascii) return python::AsciiDigits(python::Strip(text));
  size_t begin = std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size());
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n\v\f\r") + 1 - begin));
}

// Python allows single underscores between digits.
std::optional<std::string> WithoutUnderscores(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !IsDigit(text[i - 1]) || !IsDigit(text[i + 1]))
      return std::nullopt;
  }
  return out;
}

// A whole number as Python's int() reads it, which limits its length.
constexpr size_t kMaxDigits = 4300;
struct BigInt {
  bool negative = false;
  std::string digits;  // no leading zeros; "" is 0
};

std::optional<BigInt> ParseInt(std::string_view text) {
  std::optional<std::string> plain = WithoutUnderscores(Plain(text));
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  BigInt number;
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) {
    number.negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), IsDigit)) return std::nullopt;
  if (digits.size() > kMaxDigits) return std::nullopt;
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  number.digits = digits;
  if (number.digits.empty()) number.negative = false;
  return number;
}

int Compare(const BigInt& a, const BigInt& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  int result = 0;
  if (a.digits.size() != b.digits.size())
    result = a.digits.size() < b.digits.size() ? -1 : 1;
  else if (int order = a.digits.compare(b.digits))
    result = order < 0 ? -1 : 1;
  return a.negative ? -result : result;
}

// Decimal numbers as Python's float() reads them, without infinities and NaN (which the
// reference cannot turn into whole numbers either).
std::optional<double> ParseFloat(std::string_view text) {
  std::optional<std::string> plain = WithoutUnderscores(Plain(text));
  if (!plain || plain->empty()) return std::nullopt;
  for (char c : *plain)
    if (!IsDigit(c) && c != '.' && c != '+' && c != '-' && c != 'e' && c != 'E')
      return std::nullopt;
  char* end = nullptr;
  double number = std::strtod(plain->c_str(), &end);
  if (end != plain->c_str() + plain->size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

// "1.5G" in bytes; without a unit at its end, in megabytes.
std::optional<double> ParseSize(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double unit = 1024.0 * 1024.0;
  if (size_t at = kUnits.find(text.back()); at != kUnits.npos) {
    size_t power = at / 2;
    unit = std::pow(1024.0, static_cast<double>(power));
    text.remove_suffix(1);
  }
  std::optional<double> number = ParseFloat(text);
  if (!number || !std::isfinite(*number * unit)) return std::nullopt;
  return std::trunc(*number * unit);
}

std::optional<int> CompareNumbers(std::string_view a, std::string_view b) {
  if (a.find_first_of(kUnits) != a.npos || b.find_first_of(kUnits) != b.npos) {
    std::optional<double> x = ParseSize(a), y = ParseSize(b);
    if (!x || !y) return std::nullopt;
    return *x < *y ? -1 : *x > *y ? 1 : 0;
  }
  std::optional<BigInt> x = ParseInt(a), y = ParseInt(b);
  if (!x || !y) return std::nullopt;
  return Compare(*x, *y);
}

}  // namespace

bool DictBuilder::Limit(KeyId key, std::string_view suffix, const SpecialKeys& special,
                        std::vector<Entry>* result) {
  // What stands before the *first* such suffix, as Python's split does.
  std::string_view text = keys_.Text(key);
  std::string_view base_text = text.substr(0, text.find(suffix));
  const Value* limit = Find(key);
  KeyId base = keys_.Intern(base_text);
  bool replace = suffix == "_fixed";
  std::string special_text;
  bool is_special = base < kReservedKeys && special.Text(base, &special_text);
  const Value* value = Find(base);
  if (!replace && value == nullptr && !is_special) replace = true;
  if (!replace) {
    std::string_view current = value != nullptr ? value->text : std::string_view(special_text);
    std::optional<int> order = CompareNumbers(current, limit->text);
    if (!order) {
      error_ = {"not-a-number",
                fmt::format("'{}' limits '{}', but '{}' and '{}' are not both numbers", text,
                            base_text, limit->text, current),
                limit->origin.ToSpan()};
      return false;
    }
    replace = suffix == "_max" ? *order > 0 : *order < 0;
  }
  if (replace) {
    auto old = std::find_if(result->begin(), result->end(),
                            [base](const Entry& entry) { return entry.key == base; });
    if (old != result->end())
      old->value = limit;
    else
      result->push_back({base, limit});
  }
  return true;
}

bool DictBuilder::ApplyLimits(const SpecialKeys& special) {
  if (!substitutions_.empty()) NoteStale();
  if (limit_keys_.empty()) return true;
  std::vector<Entry> result;
  for (KeyId key : limit_keys_) {
    std::string_view text = keys_.Text(key);
    std::string_view suffix = text.ends_with("_max")   ? "_max"
                              : text.ends_with("_min") ? "_min"
                                                       : "_fixed";
    if (!Limit(key, suffix, special, &result)) return false;
  }
  for (const Entry& entry : result) Set(entry.key, entry.value);
  return true;
}

}  // namespace kvmtest::language
