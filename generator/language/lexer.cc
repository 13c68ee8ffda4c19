#include "language/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "language/python_text.h"

namespace kvmtest::language {

namespace {

// Bytes of the identifier character at `pos`, 0 if it is none.
size_t IdentifierAt(std::string_view line, size_t pos) {
  unsigned char c = static_cast<unsigned char>(line[pos]);
  if (c < 0x80) return python::IsAlnum(c) || c == '_' || c == '-' ? 1 : 0;
  size_t next = pos;
  return python::IsAlnum(python::DecodeAt(line, &next)) ? next - pos : 0;
}

bool IsOperatorChar(char c) {
  return c == '+' || c == '<' || c == '?' || c == '~';
}

bool IsOperatorPrefix(std::string_view prefix) {
  return prefix.empty() || prefix == "~" || prefix == "+" || prefix == "<" || prefix == "?" ||
         prefix == "?+" || prefix == "?<";
}

TokenKind SingleKind(char c) {
  switch (c) {
    case '-':
      return TokenKind::kDash;
    case '.':
      return TokenKind::kDot;
    case ':':
      return TokenKind::kColon;
    case '@':
      return TokenKind::kAt;
    case ',':
      return TokenKind::kComma;
    case '[':
      return TokenKind::kLeftBracket;
    case ']':
      return TokenKind::kRightBracket;
    case '(':
      return TokenKind::kLeftParen;
    case ')':
      return TokenKind::kRightParen;
    case '!':
      return TokenKind::kBang;
    default:
      return TokenKind::kError;
  }
}

}  // namespace

std::string Found(const Token& token) {
  if (token.kind == TokenKind::kEnd) return "the end of the line";
  return token.kind == TokenKind::kWhite ? "a blank" : fmt::format("'{}'", token.text);
}

Token Scanner::Single(TokenKind kind, size_t length) {
  Token token{kind, line_.substr(pos_, length), static_cast<uint32_t>(pos_)};
  pos_ += length;
  return token;
}

Token Scanner::Error(std::string message) {
  error_ = std::move(message);
  size_t next = pos_;
  if (pos_ < line_.size()) python::DecodeAt(line_, &next);
  Token token{TokenKind::kError, line_.substr(pos_, next - pos_), static_cast<uint32_t>(pos_)};
  pos_ = line_.size();
  wrong_ = token.text;
  return token;
}

std::string Scanner::Complaint(std::string_view expected) const {
  return error_.empty() ? fmt::format("expected {}, found '{}'", expected, wrong_) : error_;
}

Token Scanner::ScanString() {
  size_t close = line_.find('"', pos_ + 1);
  if (close == line_.npos)
    return Error("expected '\"' at the end of the quoted text, found the end of the line");
  Token token{TokenKind::kString, line_.substr(pos_ + 1, close - pos_ - 1),
              static_cast<uint32_t>(pos_)};
  repeated_ = token.text;
  repeated_pos_ = token.pos;
  pos_ = close + 1;
  return token;
}

Token Scanner::Next() {
  if (!repeated_.empty()) {
    Token token{TokenKind::kIdentifier, repeated_, repeated_pos_};
    repeated_ = {};
    return token;
  }
  while (pos_ < line_.size()) {
    size_t begin = pos_;
    for (size_t step; pos_ < line_.size() && (step = IdentifierAt(line_, pos_)) > 0;) pos_ += step;
    if (pos_ > begin) {
      // An identifier that an operator character follows starts a new prefix.
      if (pos_ < line_.size() && IsOperatorChar(line_[pos_])) prefix_.clear();
      return {TokenKind::kIdentifier, line_.substr(begin, pos_ - begin),
              static_cast<uint32_t>(begin)};
    }
    for (size_t step; pos_ < line_.size() && (step = python::SpaceAt(line_, pos_)) > 0;)
      pos_ += step;
    if (pos_ > begin) {
      if (pos_ == line_.size()) break;
      return {TokenKind::kWhite, line_.substr(begin, pos_ - begin), static_cast<uint32_t>(begin)};
    }
    char c = line_[pos_];
    if (c == '#') break;
    if (c == '"') return ScanString();
    if (IsOperatorChar(c)) {
      prefix_ += c;
      dangling_ = c;
      dangling_pos_ = pos_;
      ++pos_;
      continue;
    }
    if (c == '=') {
      if (!IsOperatorPrefix(prefix_))
        return Error(fmt::format("expected an operator, found '{}='", prefix_));
      TokenKind kind = prefix_.empty() ? TokenKind::kSet : TokenKind::kOperator;
      prefix_.clear();
      dangling_ = 0;
      return Single(kind, 1);
    }
    TokenKind kind = SingleKind(c);
    if (kind != TokenKind::kError) return Single(kind, 1);
    return Error({});
  }
  pos_ = line_.size();
  return {TokenKind::kEnd, {}, static_cast<uint32_t>(pos_)};
}

Token Scanner::NextNonWhite() {
  Token token = Next();
  while (token.kind == TokenKind::kWhite) token = Next();
  return token;
}

std::string_view Scanner::Rest(uint32_t* pos) {
  std::string_view rest = python::StripLeft(line_.substr(pos_));
  *pos = static_cast<uint32_t>(line_.size() - rest.size());
  pos_ = line_.size();
  repeated_ = {};
  return rest;
}

namespace {

// Where the operator whose `=` is at `equals` begins, not before `from`.
size_t OperatorBegin(std::string_view line, size_t equals) {
  if (equals == 0) return 0;
  char before = line[equals - 1];
  if (before == '?' || before == '~') return equals - 1;
  if (before != '+' && before != '<') return equals;
  return equals >= 2 && line[equals - 2] == '?' ? equals - 2 : equals - 1;
}

AssignOp OperatorOf(std::string_view text) {
  if (text == "=") return AssignOp::kSet;
  if (text == "+=") return AssignOp::kAppend;
  if (text == "<=") return AssignOp::kPrepend;
  if (text == "~=") return AssignOp::kLazySet;
  if (text == "?=") return AssignOp::kRegexSet;
  return text == "?+=" ? AssignOp::kRegexAppend : AssignOp::kRegexPrepend;
}

}  // namespace

bool FindAssignment(std::string_view line, Assignment* assignment) {
  const void* at = std::memchr(line.data(), '=', line.size());
  if (at == nullptr) return false;
  size_t equals = static_cast<size_t>(static_cast<const char*>(at) - line.data());
  size_t end = equals + 1;
  // A colon up to and including the place just after the operator spoils the form.
  if (std::memchr(line.data(), ':', std::min(end + 1, line.size())) != nullptr) return false;
  size_t begin = OperatorBegin(line, equals);
  assignment->key = python::StripRight(line.substr(0, begin));
  assignment->op = OperatorOf(line.substr(begin, end - begin));
  assignment->value = python::StripLeft(line.substr(end));
  return true;
}

}  // namespace kvmtest::language
