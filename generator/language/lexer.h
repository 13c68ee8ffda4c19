// A statement's text -> tokens, as the reference's scanner makes them one by one. It is
// asked for the next token only as far as the parser needs it, because what follows a
// condition's colon or `include` is not tokens at all.
#ifndef KVMTEST_LANGUAGE_LEXER_H_
#define KVMTEST_LANGUAGE_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kvmtest::language {

enum class TokenKind : uint8_t {
  kIdentifier,  // alphanumerics, '_' and '-'
  kWhite,       // a run of white space
  kString,      // "..."
  kSet,         // =
  kOperator,    // += <= ~= ?= ?+= ?<=
  kDash,
  kDot,
  kColon,
  kAt,
  kComma,
  kLeftBracket,
  kRightBracket,
  kLeftParen,
  kRightParen,
  kBang,
  kEnd,    // end of the line or a # comment
  kError,  // a character that has no meaning here
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;
  uint32_t pos = 0;  // byte offset in the statement
};

// What a message says of a token that was found.
std::string Found(const Token& token);

class Scanner {
 public:
  Scanner(std::string_view line, size_t pos) : line_(line), pos_(pos) {}

  Token Next();
  Token NextNonWhite();
  // What is left, stripped on the left; the scanner is then at its end.
  std::string_view Rest(uint32_t* pos);

  // The dangling operator character (`+ < ? ~` never closed by `=`) seen last, or 0: the
  // reference drops it without a word.
  char dangling() const { return dangling_; }
  size_t dangling_pos() const { return dangling_pos_; }
  // What a message says of the last token, a kError, where so much was `expected`.
  std::string Complaint(std::string_view expected) const;

 private:
  Token Single(TokenKind kind, size_t length);
  Token ScanString();
  Token Error(std::string message);

  std::string_view line_;
  size_t pos_;
  std::string prefix_;         // operator characters so far; blanks do not end it
  std::string_view repeated_;  // a string's text comes again as an identifier
  uint32_t repeated_pos_ = 0;
  char dangling_ = 0;
  size_t dangling_pos_ = 0;
  std::string_view wrong_;  // the text of a kError
  std::string error_;       // of a kError that says itself what was expected
};

// A statement in the assignment form, the reference's fast path: an operator that ends
// before the first colon. The key is everything before it, whatever it holds.
enum class AssignOp : uint8_t {
  kSet,
  kAppend,
  kPrepend,
  kLazySet,
  kRegexSet,
  kRegexAppend,
  kRegexPrepend,
};

struct Assignment {
  std::string_view key;
  AssignOp op = AssignOp::kSet;
  std::string_view value;
};

bool FindAssignment(std::string_view line, Assignment* assignment);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LEXER_H_
