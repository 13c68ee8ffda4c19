#include "job/names.h"

#include <fmt/format.h>

namespace kvmtest::job {

std::string Escape(std::string_view name) {
  std::string text;
  for (char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      text += c;
    } else {
      text += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

std::string ResultDirectoryName(std::string_view test) {
  constexpr size_t kLongest = 200;
  std::string name = Escape(test);
  if (name.size() <= kLongest) return name;
  return fmt::format("{}__{:016x}", name.substr(0, kLongest - 18), Fnv1a(test));
}

uint64_t Fnv1a(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

}  // namespace kvmtest::job
