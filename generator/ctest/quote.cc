#include "ctest/quote.h"

#include <fmt/format.h>

#include "plan/text.h"

namespace kvmtest::ctest {

std::string Bracket(std::string_view text) {
  // CMake drops a line end right behind the opening bracket.
  const char* first = text.starts_with('\n') ? "\n" : "";
  if (text.find(']') == std::string_view::npos) {
    std::string quoted;
    quoted.reserve(text.size() + 7);
    return quoted.append("[=[").append(first).append(text).append("]=]");
  }
  std::string equals = "=";
  // The text's own end counts: "a]=" followed by "]=]" would close too early.
  std::string probe = std::string(text) + "]";
  while (probe.find("]" + equals + "]") != std::string::npos) equals += '=';
  return fmt::format("[{0}[{1}{2}]{0}]", equals, first, text);
}

std::optional<std::string> ListItemFault(std::string_view text) {
  if (auto fault = plan::NameFault(text)) return fault;
  // ';' separates items, '\' may undo that, and CMake does not split within square brackets.
  size_t pos = text.find_first_of(";\\[]");
  if (pos == std::string_view::npos) return std::nullopt;
  return fmt::format("it holds '{}', which CMake's lists cannot carry", text[pos]);
}

std::optional<std::string> LabelSlip(std::string_view text) {
  // With the "queue:" that may come before it.
  constexpr size_t kLongest = 255 - 6;
  if (text.size() > kLongest) {
    return fmt::format("has {} bytes, and CDash takes no results with a label of more than {}",
                       text.size(), kLongest);
  }
  size_t pos = text.find_last_of("&<>");
  if (pos == std::string_view::npos) return std::nullopt;
  return fmt::format("holds '{}', and CDash shows only the end of it", text[pos]);
}

}  // namespace kvmtest::ctest
