#include "config_param.h"

#include <fmt/format.h>

#include <algorithm>

namespace kvmtest {
namespace {

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

}  // namespace

std::string ConfigParamFault(const std::string& text) {
  if (text.empty()) return "";
  size_t equals = text.find('=');
  if (equals == std::string::npos) return fmt::format("'{}' is not KEY=VALUE", text);
  std::string key = text.substr(0, equals);
  if (key.empty()) return fmt::format("'{}' has no key before '='", text);
  auto odd = std::find_if_not(key.begin(), key.end(), IsKeyCharacter);
  if (odd != key.end()) {
    return fmt::format("the key '{}' may hold letters, digits, '_', '-' and '.'", key);
  }
  if (text.find_first_of("\n\r") != std::string::npos) {
    return fmt::format("the value of '{}' holds a line end, which no value can", key);
  }
  return "";
}

std::string ConfigParamString(const std::string& text) {
  size_t equals = text.find('=');
  // Values lose a pair of quotes around them, and blanks where there is none.
  return fmt::format("{} = \"{}\"", text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace kvmtest
