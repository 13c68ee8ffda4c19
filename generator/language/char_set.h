// Sets of characters as ranges of code points, and the sets that Python's regular expressions
// name: \d, \w and \s.
#ifndef KVMTEST_LANGUAGE_CHAR_SET_H_
#define KVMTEST_LANGUAGE_CHAR_SET_H_

#include <string>
#include <vector>

#include "language/python_text.h"

namespace kvmtest::language {

class CharSet {
 public:
  using Range = python::CharRange;

  // \d, \w or \s, by its letter; `ascii`: as in byte strings.
  static CharSet Class(char name, bool ascii);

  void Add(char32_t first, char32_t last) { ranges_.push_back({first, last}); }
  void AddAll(const CharSet& other) {
    ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  }
  // All characters that are not in it.
  CharSet Complement() const;
  // Adds what differs from its ASCII letters only in case; `ascii`: among bytes.
  void AddOtherCase(bool ascii);
  bool IsAscii() const;
  // As RE2 writes it: [\x{30}-\x{39}]. `negated`: all other characters. RE2 knows none beyond
  // `largest`.
  std::string ToRe2(bool negated, char32_t largest) const;

 private:
  bool Has(char32_t c) const;

  std::vector<Range> ranges_;  // in any order; may overlap
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_CHAR_SET_H_
