#include "plan/natural_order.h"

#include <cstddef>

namespace kvmtest::plan {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// The digits at `pos`, without leading zeros; moves `pos` behind them.
std::string_view TakeNumber(std::string_view text, size_t* pos) {
  while (*pos + 1 < text.size() && text[*pos] == '0' && IsDigit(text[*pos + 1])) ++*pos;
  size_t begin = *pos;
  while (*pos < text.size() && IsDigit(text[*pos])) ++*pos;
  return text.substr(begin, *pos - begin);
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      std::string_view left = TakeNumber(a, &i);
      std::string_view right = TakeNumber(b, &j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i;
      ++j;
    }
  }
  if (i < a.size() || j < b.size()) return j < b.size();
  return a < b;
}

}  // namespace kvmtest::plan
