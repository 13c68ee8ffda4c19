// Which networks beyond its own host a test's guests are on.
#ifndef KVMTEST_PLAN_NETWORK_H_
#define KVMTEST_PLAN_NETWORK_H_

#include <set>
#include <string>

#include "plan/plan.h"

namespace kvmtest::plan {

// The bridges that its NICs are on: those whose `nic_mode` (older: `nettype`) is tap or bridge, by
// the param `bridge` (`netdst`), "" if that is not given. A NIC may have params of its own
// (`nic_mode_nic2`). All other modes keep a guest's network to itself.
std::set<std::string> NetworksOf(const Plan& plan, const Test& test);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_NETWORK_H_
