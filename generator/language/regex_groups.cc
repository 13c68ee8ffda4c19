// Groups of Python's regular expressions, and the flags in them.
#include "language/regex_syntax_impl.h"

namespace kvmtest::language {

bool RegexTranslator::GroupName() {
  const size_t begin = at_;
  while (!AtEnd() && !Peek('>')) ++at_;
  std::string_view name = TextFrom(begin);
  if (!Take('>')) return Fail("missing '>' after a group's name");
  auto in_name = [this](char32_t c) {
    return c == '_' || (bytes_ ? IsLetter(c) || IsDigit(c) : python::IsAlnum(c));
  };
  bool good = !name.empty() && !IsDigit(chars_[begin]) &&
              std::all_of(chars_.begin() + static_cast<ptrdiff_t>(begin),
                          chars_.begin() + static_cast<ptrdiff_t>(at_ - 1), in_name);
  if (!good) return Fail(fmt::format("bad group name '{}'", name));
  if (std::find(names_.begin(), names_.end(), name) != names_.end())
    return Fail(fmt::format("two groups are named '{}'", name));
  names_.push_back(name);
  return true;
}

bool RegexTranslator::OpenGroup() {
  const size_t begin = at_++;
  const unsigned outer = flags_;
  if (Take('?')) {
    if (AtEnd()) return Fail("the pattern ends after '(?'");
    char32_t c = chars_[at_++];
    char32_t next = AtEnd() ? 0 : chars_[at_];
    switch (c) {
      case ':':
        break;
      case 'P':
        if (next == '=') return Unsupported("back references");
        if (!Take('<')) return Fail(fmt::format("unknown extension '{}'", Text(begin, at_ + 1)));
        if (!GroupName()) return false;
        break;
      case '#':
        while (!AtEnd() && !Peek(')')) ++at_;
        return Take(')') || Fail("missing ')' after a comment");
      case '=':
      case '!':
        return Unsupported("look-around assertions");
      case '<':
        if (next == '=' || next == '!') return Unsupported("look-around assertions");
        return Fail(fmt::format("unknown extension '{}'", Text(begin, at_ + 1)));
      case '(':
        return Unsupported("conditional groups");
      case '>':
        if (!bytes_) return Unsupported("atomic groups");
        [[fallthrough]];
      default:
        --at_;
        if (!(bytes_ ? OldFlags() : Flags())) return false;
        if (chars_[at_ - 1] == ')') return true;  // for all the pattern
    }
  }
  groups_.push_back(outer);
  out_ += "(?:";
  last_ = Last::kNothing;
  return true;
}

bool RegexTranslator::CloseGroup() {
  ++at_;
  if (groups_.empty()) return Fail("unmatched ')'");
  out_ += ')';
  flags_ = groups_.back();
  groups_.pop_back();
  last_ = Last::kItem;
  return true;
}

// One letter of (?...) or (?...:...).
bool RegexTranslator::TakeFlag(unsigned* flags, bool off) {
  if (AtEnd()) return Fail("the pattern ends after '(?'");
  char32_t c = chars_[at_++];
  bool type = c == 'a' || c == 'u' || c == 'L';
  switch (c) {
    case 'i':
      *flags |= kIgnoreCase;
      return true;
    case 'm':
      *flags |= kMultiLine;
      return true;
    case 's':
      *flags |= kDotAll;
      return true;
    case 'x':
    case 't':
      return Unsupported(fmt::format("flags '{}'", static_cast<char>(c)));
    default:
      break;
  }
  if (bytes_ && c == 'L') return true;  // the C locale is ASCII
  if (bytes_ && c == 'u') return Unsupported("flags 'u' in bytes");
  if (bytes_ || !type || off || c == 'L')
    return Fail(fmt::format("bad flag '{}'", Text(at_ - 1, at_)));
  *flags |= c == 'a' ? kAscii : kUnicode;
  if ((*flags & kAscii) && (*flags & kUnicode)) return Fail("flags 'a' and 'u' exclude each other");
  return true;
}

bool RegexTranslator::SetGlobalFlags(unsigned flags) {
  global_flags_ |= flags;
  flags_ |= flags;
  return true;
}

// Python 2.7 has them anywhere, for all the pattern.
bool RegexTranslator::OldFlags() {
  unsigned flags = 0;
  do {
    if (!TakeFlag(&flags, false)) return false;
  } while (!AtEnd() && IsLetter(chars_[at_]));
  return Take(')') ? SetGlobalFlags(flags) : Fail("missing ')' after flags");
}

// Python 3.11: (?flags) at the start, (?flags-flags:...) anywhere.
bool RegexTranslator::Flags() {
  const bool at_start = groups_.empty() && first_branch_ && out_.empty();
  if (Peek(')')) return Fail("the group '(?)' has no flags");
  unsigned on = 0, off = 0;
  while (!Peek('-') && !Peek(')') && !Peek(':'))
    if (!TakeFlag(&on, false)) return false;
  if (Take(')')) {
    if (!at_start) return Fail("flags for the whole pattern must stand at its start");
    if ((global_flags_ | on) & kAscii && (global_flags_ | on) & kUnicode)
      return Fail("flags 'a' and 'u' exclude each other");
    return SetGlobalFlags(on);
  }
  if (Take('-')) {
    do {
      if (!TakeFlag(&off, true)) return false;
    } while (!Peek(':'));
  }
  ++at_;
  if ((on & off) != 0) return Fail("a flag is both on and off");
  if (on & (kAscii | kUnicode)) flags_ &= ~static_cast<unsigned>(kAscii | kUnicode);
  flags_ = (flags_ | on) & ~off;
  return true;
}

}  // namespace kvmtest::language
