#include "ctest/quote.h"

#include <fmt/format.h>

#include "plan/text.h"

namespace kvmtest::ctest {

std::string Bracket(std::string_view text) {
  std::string equals = "=";
  // The text's own end counts: "a]=" followed by "]=]" would close too early.
  std::string probe = std::string(text) + "]";
  while (probe.find("]" + equals + "]") != std::string::npos) equals += '=';
  return fmt::format("[{0}[{1}]{0}]", equals, text);
}

std::optional<std::string> ListItemFault(std::string_view text) {
  if (auto fault = plan::NameFault(text)) return fault;
  // ';' separates items, '\' may undo that, and CMake does not split within square brackets.
  size_t pos = text.find_first_of(";\\[]");
  if (pos == std::string_view::npos) return std::nullopt;
  return fmt::format("it holds '{}', which CMake's lists cannot carry", text[pos]);
}

}  // namespace kvmtest::ctest
