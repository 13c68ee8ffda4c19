#include "language/regex.h"

#include <re2/re2.h>

#include <algorithm>

#include "language/regex_syntax.h"

namespace kvmtest::language {

bool IsLiteralPattern(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

namespace {

std::unique_ptr<re2::RE2> CompileRe2(const std::string& pattern, bool bytes, std::string* error) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(bytes ? re2::RE2::Options::EncodingLatin1 : re2::RE2::Options::EncodingUTF8);
  auto re = std::make_unique<re2::RE2>(pattern, options);
  if (re->ok()) return re;
  *error = re->error();
  return nullptr;
}

}  // namespace

Regex::Regex() = default;
Regex::~Regex() = default;

std::unique_ptr<Regex> Regex::Compile(const std::string& pattern, bool bytes, std::string* error) {
  Re2Pattern translated;
  if (!TranslateRegex(pattern, bytes, &translated, error)) return nullptr;
  std::unique_ptr<Regex> regex(new Regex);
  regex->ascii_only_ = translated.ascii_only;
  regex->re_ = CompileRe2(translated.text, bytes, error);
  if (!regex->re_) return nullptr;
  if (translated.has_boundary) {
    regex->for_empty_text_ = CompileRe2(translated.for_empty_text, bytes, error);
    if (!regex->for_empty_text_) return nullptr;
  }
  return regex;
}

bool Regex::CanJudge(std::string_view text) const {
  return !ascii_only_ || std::all_of(text.begin(), text.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

const re2::RE2& Regex::For(std::string_view text) const {
  return text.empty() && for_empty_text_ ? *for_empty_text_ : *re_;
}

bool Regex::MatchesStart(std::string_view text) const {
  return For(text).Match({text.data(), text.size()}, 0, text.size(), re2::RE2::ANCHOR_START,
                         nullptr, 0);
}

bool Regex::Found(std::string_view text) const {
  return For(text).Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr,
                         0);
}

}  // namespace kvmtest::language
