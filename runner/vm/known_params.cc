#include "vm/known_params.h"

#include <algorithm>
#include <iterator>

namespace kvmtest::vm {

namespace {

// Sorted. Read by the planner, or by nobody: names, labels, notes.
constexpr std::string_view kKnown[] = {
    "address_index",
    "address_ranges",
    "assign",
    "dep",
    "depend",
    "display",
    "env",
    "hostname",
    "iterations",
    "kill_unresponsive_vms",
    "kill_vm",
    "kill_vm_gracefully",
    "kill_vm_gracefully_on_error",
    "kill_vm_on_error",
    "kill_vm_timeout",
    "labels",
    "mac_ranges",
    "main_vm",
    "name",
    "queue",
    "restart_vm",
    "shortname",
    "skip",
    "start_vm",
    "test_set",
    "test_timeout",
    "type",
    "used_cpus",
    "used_mem",
    "vms",
};

// Families with a range's or an object's name at the end.
constexpr std::string_view kKnownPrefixes[] = {
    "address_range_",
    "base_ip_",
    "base_mac_",
    "range_size_",
};

}  // namespace

bool IsKnownParam(std::string_view key) {
  if (std::binary_search(std::begin(kKnown), std::end(kKnown), key)) return true;
  if (key.substr(0, 1) == "_") return true;  // modern: _name_map_file and the like
  return std::any_of(
      std::begin(kKnownPrefixes), std::end(kKnownPrefixes),
      [&](std::string_view prefix) { return key.substr(0, prefix.size()) == prefix; });
}

}  // namespace kvmtest::vm
