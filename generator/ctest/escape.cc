#include "ctest/escape.h"

#include <fmt/format.h>

#include "plan/digest.h"

namespace kvmtest::ctest {

std::string Escape(std::string_view name) {
  std::string escaped;
  for (char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      escaped += c;
    } else {
      escaped += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

std::string ResultDirectoryName(std::string_view test_name) {
  std::string escaped = Escape(test_name);
  constexpr size_t kLongest = 200;
  if (escaped.size() <= kLongest) return escaped;
  return fmt::format("{}__{:016x}", escaped.substr(0, kLongest - 18), plan::Fnv1a(test_name));
}

bool IsOurResource(std::string_view type) {
  return type.starts_with("kvm") && type.find("__") == 4;
}

std::string PoolResource(std::string_view host) {
  return "kvmp__" + Escape(host);
}

std::string CpuResource(std::string_view host) {
  return "kvmc__" + Escape(host);
}

std::string MemoryResource(std::string_view host) {
  return "kvmm__" + Escape(host);
}

std::string QueueSetName(std::string_view host, const std::vector<std::string>& queues) {
  std::string names;
  for (const std::string& queue : queues) names += "__" + Escape(queue);
  // No escaped name holds "_d" and another letter.
  constexpr size_t kLongest = 100;
  if (names.size() > kLongest) names = fmt::format("___digest{:016x}", plan::Fnv1a(names));
  return Escape(host) + names;
}

std::string GateResource(std::string_view queue_set) {
  return fmt::format("kvmg__{}", queue_set);
}

std::string QueueResource(std::string_view host, std::string_view queue) {
  return fmt::format("kvmq__{}__{}", Escape(host), Escape(queue));
}

std::string RangeResource(std::string_view host, std::string_view queue,
                          const plan::MacBlock& block) {
  std::string type =
      fmt::format("kvmr__{}__{}__{}", Escape(host), Escape(queue), Escape(block.range));
  if (block.range == plan::kAutomaticRange) type += fmt::format("__{:012x}", block.base_mac);
  return type;
}

}  // namespace kvmtest::ctest
