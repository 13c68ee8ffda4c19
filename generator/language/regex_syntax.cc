// Follows sre_parse.py of both versions in what is accepted. What RE2 lacks is refused with
// "... not supported"; for all else the two must agree, whatever the pattern.
//
// Case, the classes \d \w \s, `.`, `^` and `$` are written out so that no flag of RE2's is
// needed; groups never capture, since only whether a text matches is asked for.
#include "language/regex_syntax.h"

#include "language/regex_syntax_impl.h"

namespace kvmtest::language {

namespace {

constexpr uint32_t kMaxRepeat = 1000;  // RE2's limit
constexpr std::string_view kNever = R"(\zx)";

bool IsOctal(char32_t c) {
  return c >= '0' && c <= '7';
}

std::optional<uint32_t> DigitValue(char32_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

bool RegexTranslator::Piece() {
  char32_t c = chars_[at_];
  switch (c) {
    case '\\':
      return Escape();
    case '[':
      return Set();
    case '(':
      return OpenGroup();
    case ')':
      return CloseGroup();
    case '*':
    case '+':
    case '?':
    case '{':
      return Repeat();
    default:
      break;
  }
  ++at_;
  switch (c) {
    case '|':
      out_ += '|';
      last_ = Last::kNothing;
      first_branch_ &= !groups_.empty();
      return true;
    case '.':
      Put(Has(kDotAll) ? "(?s:.)" : R"([^\n])", Last::kItem);
      return true;
    case '^':
      Put(Has(kMultiLine) ? "(?m:^)" : R"(\A)", Last::kAnchor);
      return true;
    case '$':
      Put(Has(kMultiLine) ? "(?m:$)" : R"(\z)", Last::kAnchor);
      return true;
    default:
      return Literal(c);
  }
}

bool RegexTranslator::Literal(char32_t c) {
  CharSet set;
  set.Add(c, c);
  if (Has(kIgnoreCase) && (IsLetter(c) || c >= 0x80)) return PutSet(set, {}, false);
  if (IsLetter(c) || IsDigit(c) || c == '_')
    Put(std::string(1, static_cast<char>(c)), Last::kItem);
  else
    Put(fmt::format("\\x{{{:x}}}", static_cast<uint32_t>(c)), Last::kItem);
  return true;
}

bool RegexTranslator::PutSet(CharSet characters, const CharSet& classes, bool negated) {
  if (Has(kIgnoreCase)) {
    if (!ascii() && !characters.IsAscii()) return Unsupported("'(?i)' and letters beyond ASCII");
    characters.AddOtherCase(ascii());
  }
  characters.AddAll(classes);
  Put(characters.ToRe2(negated, bytes_ ? 0xFF : 0x10FFFF), Last::kItem);
  return true;
}

// With a backslash, outside sets.
bool RegexTranslator::Escape() {
  const size_t begin = at_++;
  if (AtEnd()) return Fail("'\\' at the end");
  char32_t c = chars_[at_];
  Atom atom;
  switch (c) {
    case 'A':
    case 'Z':
      ++at_;
      Put(c == 'A' ? R"(\A)" : R"(\z)", Last::kAnchor);
      return true;
    case 'b':
    case 'B':
      ++at_;
      Boundary(c == 'b' ? R"(\b)" : R"(\B)");
      return true;
    case '0':
      ++at_;
      return Literal(TakeOctal(2));
    default:
      break;
  }
  if (IsDigit(c)) {
    bool octal =
        at_ + 2 < chars_.size() && c <= '7' && IsOctal(chars_[at_ + 1]) && IsOctal(chars_[at_ + 2]);
    if (!octal) return Unsupported("back references");
    uint32_t value = TakeOctal(3);
    if (value > 0377 && !bytes_) return Fail(fmt::format("bad escape '{}'", TextFrom(begin)));
    return Literal(value & 0377);
  }
  if (!CommonEscape(begin, &atom)) return false;
  return atom.is_set ? PutSet({}, atom.set, false) : Literal(atom.character);
}

void RegexTranslator::Boundary(std::string_view text) {
  has_boundary_ = true;
  ascii_only_ |= !ascii();
  Put(empty_text_ ? kNever : text, Last::kAnchor);
}

uint32_t RegexTranslator::TakeOctal(size_t most) {
  uint32_t value = 0;
  for (size_t i = 0; i < most && !AtEnd() && IsOctal(chars_[at_]); ++i)
    value = value * 8 + (chars_[at_++] - '0');
  return value;
}

// What a backslash at `begin` means in sets and outside alike.
bool RegexTranslator::CommonEscape(size_t begin, Atom* atom) {
  static constexpr std::string_view kNames = "afnrtv", kControls = "\a\f\n\r\t\v";
  char32_t c = chars_[at_++];
  if (c < 0x80) {
    if (size_t i = kNames.find(static_cast<char>(c)); i != kNames.npos) {
      atom->character = static_cast<unsigned char>(kControls[i]);
      return true;
    }
  }
  switch (c) {
    case 'd':
    case 'w':
    case 's':
      *atom = {true, 0, CharSet::Class(static_cast<char>(c), ascii())};
      return true;
    case 'D':
    case 'W':
    case 'S':
      *atom = {true, 0, CharSet::Class(static_cast<char>(c - 'A' + 'a'), ascii()).Complement()};
      return true;
    case 'x':
      return HexEscape(begin, 2, atom);
    case 'u':
    case 'U':
      if (!bytes_) return HexEscape(begin, c == 'u' ? 4 : 8, atom);
      break;
    case 'N':
      if (!bytes_) return Unsupported("characters by name");
      break;
    default:
      break;
  }
  if (!bytes_ && IsLetter(c)) return Fail(fmt::format("bad escape '{}'", TextFrom(begin)));
  atom->character = c;
  return true;
}

bool RegexTranslator::HexEscape(size_t begin, int digits, Atom* atom) {
  uint32_t value = 0;
  for (int i = 0; i < digits; ++i) {
    std::optional<uint32_t> digit = AtEnd() ? std::nullopt : DigitValue(chars_[at_]);
    if (!digit) return Fail(fmt::format("incomplete escape '{}'", TextFrom(begin)));
    value = value * 16 + *digit;
    ++at_;
  }
  if (value > 0x10FFFF) return Fail(fmt::format("bad escape '{}'", TextFrom(begin)));
  atom->character = value;
  return true;
}

bool RegexTranslator::SetEscape(Atom* atom) {
  const size_t begin = at_++;
  if (AtEnd()) return Fail("'\\' at the end");
  char32_t c = chars_[at_];
  if (c == 'b') {
    ++at_;
    atom->character = '\b';
    return true;
  }
  if (!IsDigit(c)) return CommonEscape(begin, atom);
  if (!IsOctal(c)) {
    ++at_;
    return Fail(fmt::format("bad escape '{}'", TextFrom(begin)));
  }
  uint32_t value = TakeOctal(3);
  if (value > 0377 && !bytes_) return Fail(fmt::format("bad escape '{}'", TextFrom(begin)));
  atom->character = value & 0377;
  return true;
}

bool RegexTranslator::SetMember(Atom* atom) {
  if (AtEnd()) return Fail("missing ']'");
  if (Peek('\\')) return SetEscape(atom);
  atom->character = chars_[at_++];
  return true;
}

bool RegexTranslator::Set() {
  ++at_;
  bool negated = Take('^');
  CharSet characters, classes;
  for (bool first = true; first || !Take(']'); first = false) {
    size_t begin = at_;
    Atom low, high;
    if (!SetMember(&low)) return false;
    high = low;
    bool minus_ends = at_ + 1 < chars_.size() && chars_[at_] == '-' && chars_[at_ + 1] == ']';
    bool range = !minus_ends && Take('-');
    if (range && !SetMember(&high)) return false;
    if (range && (low.is_set || high.is_set || low.character > high.character))
      return Fail(fmt::format("bad range '{}'", TextFrom(begin)));
    if (low.is_set)
      classes.AddAll(low.set);
    else
      characters.Add(low.character, high.character);
  }
  return PutSet(std::move(characters), classes, negated);
}

bool RegexTranslator::Braces(uint32_t* least, std::optional<uint32_t>* most, bool* literal) {
  const size_t begin = at_;
  auto number = [this]() -> std::optional<uint32_t> {
    std::optional<uint32_t> value;
    for (; !AtEnd() && IsDigit(chars_[at_]); ++at_)
      value = std::min(value.value_or(0) * 10 + (chars_[at_] - '0'), kMaxRepeat + 1);
    return value;
  };
  *literal = Peek('}');
  if (*literal) return true;
  std::optional<uint32_t> low = number(), high = low;
  if (Take(',')) high = number();
  if (!Take('}')) {
    at_ = begin;
    *literal = true;
    return true;
  }
  *least = low.value_or(0);
  *most = high;
  return true;
}

bool RegexTranslator::Repeat() {
  const size_t begin = at_;
  char32_t c = chars_[at_++];
  uint32_t least = c == '+' ? 1 : 0;
  std::optional<uint32_t> most;
  if (c == '?') most = 1;
  if (c == '{') {
    bool literal;
    if (!Braces(&least, &most, &literal)) return false;
    if (literal) return Literal('{');
  }
  if (most && *most < least) return Fail(fmt::format("bad repetition '{}'", TextFrom(begin)));
  if (last_ == Last::kNothing || last_ == Last::kAnchor)
    return Fail(fmt::format("nothing to repeat before '{}'", TextFrom(begin)));
  if (last_ == Last::kRepeat)
    return Fail(fmt::format("'{}' follows another repetition", TextFrom(begin)));
  if (least > kMaxRepeat || most.value_or(0) > kMaxRepeat)
    return Unsupported(fmt::format("more than {} repetitions", kMaxRepeat));
  if (!bytes_ && Peek('+')) return Unsupported("possessive repetitions");
  Take('?');  // as few as possible: no matter for whether there is a match
  out_ += c != '{' ? std::string(1, static_cast<char>(c))
          : most   ? fmt::format("{{{},{}}}", least, *most)
                   : fmt::format("{{{},}}", least);
  last_ = Last::kRepeat;
  return true;
}

bool TranslateRegex(std::string_view pattern, bool bytes, Re2Pattern* out, std::string* error) {
  unsigned flags = 0;
  while (true) {
    RegexTranslator translator(pattern, bytes, flags, false);
    if (!translator.Run()) {
      *error = std::move(translator.error());
      return false;
    }
    if (translator.global_flags() != flags) {  // they hold for what stands before them, too
      flags = translator.global_flags();
      continue;
    }
    *out = {std::move(translator.out()), translator.ascii_only(), translator.has_boundary(), {}};
    break;
  }
  if (!out->has_boundary) return true;
  RegexTranslator translator(pattern, bytes, flags, true);
  translator.Run();
  out->for_empty_text = std::move(translator.out());
  return true;
}

}  // namespace kvmtest::language
