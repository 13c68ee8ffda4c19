#include "report/html.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "vm/console.h"

namespace kvmtest::report {

namespace {

// What turns the direction of the text behind it, and would have others' words read backwards.
struct DirectionControl {
  std::string_view bytes;
  const char* html;
};
constexpr DirectionControl kDirectionControls[] = {
    {"\u061c", "&lt;U+061C&gt;"}, {"\u200e", "&lt;U+200E&gt;"}, {"\u200f", "&lt;U+200F&gt;"},
    {"\u202a", "&lt;U+202A&gt;"}, {"\u202b", "&lt;U+202B&gt;"}, {"\u202c", "&lt;U+202C&gt;"},
    {"\u202d", "&lt;U+202D&gt;"}, {"\u202e", "&lt;U+202E&gt;"}, {"\u2066", "&lt;U+2066&gt;"},
    {"\u2067", "&lt;U+2067&gt;"}, {"\u2068", "&lt;U+2068&gt;"}, {"\u2069", "&lt;U+2069&gt;"},
};

// The one that the text begins with, or null.
const DirectionControl* DirectionControlAt(std::string_view text) {
  for (const DirectionControl& control : kDirectionControls) {
    if (text.substr(0, control.bytes.size()) == control.bytes) return &control;
  }
  return nullptr;
}

}  // namespace

std::string Html(std::string_view text) {
  std::string out;
  std::string printable = vm::Printable(text);
  out.reserve(printable.size() + 16);
  for (size_t i = 0; i < printable.size(); ++i) {
    const char c = printable[i];
    switch (c) {
      case '\xd8':
      case '\xe2':
        if (const auto* control = DirectionControlAt(std::string_view(printable).substr(i))) {
          out += control->html;
          i += control->bytes.size() - 1;
        } else {
          out += c;
        }
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::string PolicySource(std::string_view sha256_hex) {
  std::string bytes;
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < sha256_hex.size(); i += 2) {
    bytes += static_cast<char>(value(sha256_hex[i]) << 4 | value(sha256_hex[i + 1]));
  }
  return "sha256-" + Base64(bytes);
}

std::string ShowLength(double seconds) {
  if (seconds < 0) seconds = 0;
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  auto whole = static_cast<long long>(std::llround(std::min(seconds, 1e12)));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string ShowTime(double seconds_since_1970) {
  if (!(seconds_since_1970 > 0 && seconds_since_1970 < 1e11)) return "?";
  auto time = static_cast<time_t>(seconds_since_1970);
  struct tm parts {};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool NaturalLess::operator()(std::string_view a, std::string_view b) const {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  // The digits at the begin, without zeros before them.
  auto take_number = [&](std::string_view* text) {
    size_t end = 0;
    while (end < text->size() && is_digit((*text)[end])) ++end;
    std::string_view number = text->substr(0, end);
    text->remove_prefix(end);
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
    return number;
  };
  std::string_view left = a;
  std::string_view right = b;
  while (!left.empty() && !right.empty()) {
    if (is_digit(left[0]) && is_digit(right[0])) {
      std::string_view first = take_number(&left);
      std::string_view second = take_number(&right);
      if (first.size() != second.size()) return first.size() < second.size();
      if (first != second) return first < second;
      continue;
    }
    if (left[0] != right[0]) return left[0] < right[0];
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
  // Different names are never equal.
  return left.size() != right.size() ? left.size() < right.size() : a < b;
}

std::string WholeName(const std::string& name) {
  std::string out = "^";
  for (char c : name) {
    // ctest's regular expressions (3.25) take a backslash before any of these.
    if (std::string_view("^$.*+?()[]{}|\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out + "$";
}

}  // namespace kvmtest::report
