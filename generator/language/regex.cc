#include "language/regex.h"

#include <re2/re2.h>

#include <algorithm>

namespace kvmtest::language {

bool IsLiteralPattern(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

Regex::Regex(std::unique_ptr<re2::RE2> re) : re_(std::move(re)) {}
Regex::~Regex() = default;

std::unique_ptr<Regex> Regex::Compile(const std::string& pattern, bool bytes, std::string* error) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(bytes ? re2::RE2::Options::EncodingLatin1 : re2::RE2::Options::EncodingUTF8);
  auto re = std::make_unique<re2::RE2>(pattern, options);
  if (!re->ok()) {
    *error = re->error();
    if (re->error_code() == re2::RE2::ErrorBadPerlOp)
      *error += " (look-around and other Perl extensions are not supported)";
    return nullptr;
  }
  return std::unique_ptr<Regex>(new Regex(std::move(re)));
}

bool Regex::MatchesStart(std::string_view text) const {
  return re_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
}

bool Regex::Found(std::string_view text) const {
  return re_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace kvmtest::language
