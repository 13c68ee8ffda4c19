#include "language/regex.h"

#include <re2/re2.h>

#include <algorithm>

#include "language/regex_syntax.h"

namespace kvmtest::language {

bool IsPlainCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

bool IsLiteralPattern(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(), IsPlainCharacter);
}

namespace {

std::unique_ptr<re2::RE2> CompileRe2(const std::string& pattern, std::string* error) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto re = std::make_unique<re2::RE2>(pattern, options);
  if (re->ok()) return re;
  *error = re->error();
  return nullptr;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Each byte as the character of its number, in UTF-8.
std::string Widened(std::string_view bytes) {
  std::string text;
  for (char byte : bytes) {
    const auto number = static_cast<unsigned char>(byte);
    if (number < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xC0 | number >> 6);
      text += static_cast<char>(0x80 | (number & 0x3F));
    }
  }
  return text;
}

bool Run(const re2::RE2& re, std::string_view text, re2::RE2::Anchor anchor) {
  return re.Match({text.data(), text.size()}, 0, text.size(), anchor, nullptr, 0);
}

}  // namespace

Regex::Regex() = default;
Regex::~Regex() = default;

std::unique_ptr<Regex> Regex::Compile(const std::string& pattern, bool bytes, std::string* error) {
  Re2Pattern translated;
  if (!TranslateRegex(pattern, bytes, &translated, error)) return nullptr;
  std::unique_ptr<Regex> regex(new Regex);
  regex->ascii_only_ = translated.ascii_only;
  regex->bytes_ = bytes;
  regex->re_ = CompileRe2(translated.text, error);
  if (!regex->re_) return nullptr;
  if (translated.has_boundary) {
    regex->for_empty_text_ = CompileRe2(translated.for_empty_text, error);
    if (!regex->for_empty_text_) return nullptr;
  }
  return regex;
}

bool Regex::CanJudge(std::string_view text) const {
  return !ascii_only_ || IsAscii(text);
}

// RE2's own mode for bytes (Latin-1, release 9.0) finds nothing where alternatives begin with the
// same byte beyond ASCII.
bool Regex::Match(std::string_view text, bool at_start) const {
  const re2::RE2& re = text.empty() && for_empty_text_ ? *for_empty_text_ : *re_;
  const auto anchor = at_start ? re2::RE2::ANCHOR_START : re2::RE2::UNANCHORED;
  return bytes_ && !IsAscii(text) ? Run(re, Widened(text), anchor) : Run(re, text, anchor);
}

}  // namespace kvmtest::language
