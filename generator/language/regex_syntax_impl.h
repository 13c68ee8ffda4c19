// The reader of Python's regular expressions behind TranslateRegex; see regex_syntax.cc.
#ifndef KVMTEST_LANGUAGE_REGEX_SYNTAX_IMPL_H_
#define KVMTEST_LANGUAGE_REGEX_SYNTAX_IMPL_H_

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/char_set.h"
#include "language/python_text.h"

namespace kvmtest::language {

class RegexTranslator {
 public:
  RegexTranslator(std::string_view pattern, bool bytes, unsigned flags, bool empty_text)
      : pattern_(pattern),
        bytes_(bytes),
        empty_text_(empty_text),
        flags_(flags),
        global_flags_(flags) {
    for (size_t pos = 0; pos < pattern.size();) {
      offsets_.push_back(pos);
      chars_.push_back(bytes ? static_cast<unsigned char>(pattern[pos++])
                             : python::DecodeAt(pattern, &pos));
    }
    offsets_.push_back(pattern.size());
  }

  bool Run() {
    while (!AtEnd())
      if (!Piece()) return false;
    return groups_.empty() || Fail("missing ')'");
  }

  std::string& out() { return out_; }
  std::string& error() { return error_; }
  unsigned global_flags() const { return global_flags_; }
  bool has_boundary() const { return has_boundary_; }
  bool ascii_only() const { return ascii_only_; }

 private:
  enum Flag : unsigned {
    kIgnoreCase = 1,
    kMultiLine = 2,
    kDotAll = 4,
    kAscii = 8,
    kUnicode = 16,
  };
  enum class Last { kNothing, kAnchor, kItem, kRepeat };
  // A character, or a set of them.
  struct Atom {
    bool is_set = false;
    char32_t character = 0;
    CharSet set = {};
  };

  static bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
  static bool IsLetter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  bool AtEnd() const { return at_ == chars_.size(); }
  bool Peek(char32_t c) const { return !AtEnd() && chars_[at_] == c; }
  bool Take(char32_t c) {
    if (!Peek(c)) return false;
    ++at_;
    return true;
  }
  bool Has(Flag flag) const { return (flags_ & flag) != 0; }
  bool ascii() const { return bytes_ || Has(kAscii); }

  bool Fail(std::string message) {
    error_ = std::move(message);
    return false;
  }
  bool Unsupported(std::string_view what) {
    return Fail(fmt::format("{} are not supported", what));
  }
  std::string_view Text(size_t begin, size_t end) const {
    size_t offset = offsets_[begin];
    return pattern_.substr(offset, offsets_[std::min(end, chars_.size())] - offset);
  }
  // From `begin` to where the reading stands.
  std::string_view TextFrom(size_t begin) const { return Text(begin, at_); }

  void Put(std::string_view text, Last last) {
    out_ += text;
    last_ = last;
  }

  bool Piece();
  bool Escape();
  bool Set();
  bool SetMember(Atom* atom);
  bool SetEscape(Atom* atom);
  bool CommonEscape(size_t begin, Atom* atom);
  bool HexEscape(size_t begin, int digits, Atom* atom);
  uint32_t TakeOctal(size_t most);
  bool Literal(char32_t c);
  // `characters` are such in either case, if case does not count; a class is what it is.
  bool PutSet(CharSet characters, const CharSet& classes, bool negated);
  void Boundary(std::string_view text);
  bool Repeat();
  bool Braces(uint32_t* least, std::optional<uint32_t>* most, bool* literal);

  // In regex_groups.cc.
  bool OpenGroup();
  bool GroupName();
  bool Flags();
  bool OldFlags();
  bool TakeFlag(unsigned* flags, bool off);
  bool SetGlobalFlags(unsigned flags);
  bool CloseGroup();

  std::string_view pattern_;
  std::vector<char32_t> chars_;
  std::vector<size_t> offsets_;  // of the characters in the pattern, and its end
  bool bytes_;
  bool empty_text_;
  size_t at_ = 0;
  unsigned flags_, global_flags_;
  std::vector<unsigned> groups_;  // the flags around each that is open
  std::vector<std::string_view> names_;
  std::string out_, error_;
  Last last_ = Last::kNothing;
  bool first_branch_ = true;
  bool has_boundary_ = false;
  bool ascii_only_ = false;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_REGEX_SYNTAX_IMPL_H_
