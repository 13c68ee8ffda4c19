// Which address a guest's NIC gets, for a DHCP server.
#ifndef KVMTEST_PLAN_DHCP_H_
#define KVMTEST_PLAN_DHCP_H_

#include <string>

#include "plan/plan.h"

namespace kvmtest::plan {

// "52:54:00:14:01:10,10.20.1.16" for every address of every queue's blocks that have IPs, as
// dnsmasq (2.90) reads them with --dhcp-hostsfile. With a comment before each block.
std::string WriteDhcpHosts(const Plan& plan);

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_DHCP_H_
