#include "plan/network.h"

#include <initializer_list>
#include <string_view>

#include "plan/draft.h"
#include "plan/text.h"

namespace kvmtest::plan {
namespace {

// The first of the keys that the NIC, or else the test, has.
std::string_view OfNic(const Plan& plan, const Test& test, std::string_view nic,
                       std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    std::string own = std::string(key) + "_" + std::string(nic);
    for (std::string_view spelling : {std::string_view(own), key}) {
      if (auto value = ParamOf(plan, test, spelling); !value.empty()) return value;
    }
  }
  return "";
}

}  // namespace

std::set<std::string> NetworksOf(const Plan& plan, const Test& test) {
  std::set<std::string> networks;
  if (test.nics == 0) return networks;
  for (std::string_view nic : Words(ParamOf(plan, test, "nics"))) {
    std::string_view mode = OfNic(plan, test, nic, {"nic_mode", "nettype"});
    if (mode == "tap" || mode == "bridge") {
      networks.emplace(OfNic(plan, test, nic, {"bridge", "netdst"}));
    }
  }
  return networks;
}

}  // namespace kvmtest::plan
