#include "vm/console_patterns.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <optional>

namespace kvmtest::vm {

namespace {

std::optional<ParamError> Check(const char* key, const std::string& pattern) {
  RE2 compiled(pattern, RE2::Quiet);
  if (compiled.ok()) return std::nullopt;
  return ParamError{
      fmt::format("{} = {}: no regular expression: {}", key, pattern, compiled.error())};
}

std::vector<std::string> Split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at; (at = text.find(separator, from)) != std::string::npos;) {
    parts.push_back(text.substr(from, at - from));
    from = at + separator.size();
  }
  parts.push_back(text.substr(from));
  return parts;
}

}  // namespace

std::variant<ConsolePatterns, ParamError> ReadConsolePatterns(const Params& vm_params) {
  ConsolePatterns patterns{vm_params.Get("console_fail"), vm_params.Get("console_ignore"), {}};
  std::string expect = vm_params.Get("console_expect");
  if (!expect.empty()) patterns.expect = Split(expect, " && ");
  if (auto error = Check("console_fail", patterns.fail)) return *error;
  if (auto error = Check("console_ignore", patterns.ignore)) return *error;
  for (const std::string& pattern : patterns.expect) {
    if (pattern.empty()) return ParamError{"console_expect: an empty pattern beside '&&'"};
    if (auto error = Check("console_expect", pattern)) return *error;
  }
  return patterns;
}

}  // namespace kvmtest::vm
