#ifndef KVMTEST_VM_NETDEV_H_
#define KVMTEST_VM_NETDEV_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/params.h"

namespace kvmtest::vm {

struct NicConfig;
struct VmConfig;

// What is behind a network card (nic_mode).
enum class NetMode {
  kUser,     // qemu's own NAT, which reaches out to this machine and in through forwarded ports
  kPrivate,  // frames between the test's VMs and nowhere else
  kTap,      // a bridge in a network namespace of the test's own
  kBridge,   // a bridge of this machine
};

// A port of this machine, chosen by qemu, that leads to one of the guest's.
struct Redirect {
  std::string name;  // "remote_shell"
  long guest_port = 0;
};

// How a guest learns its card's IP address.
enum class IpConfig {
  kTold,  // by kvmtest.ip= on the kernel's command line
  kDhcp,
  kNone,  // it knows, or does not want any
};

struct NetConfig {
  NetMode mode = NetMode::kUser;
  std::string network;  // which of the test's networks, or which bridge of the machine's
  IpConfig ip_config = IpConfig::kTold;
  std::string tftp;         // user: the directory whose files qemu serves, ...
  std::string bootfile;     // ... and which of them DHCP names
  bool restricted = false;  // user: cut off from this machine and the world
  std::vector<Redirect> redirects;
};

// nic_mode/nettype, netdst/bridge/private_net, ip_config, restrict, redirs and guest_port.
std::optional<ParamError> ReadNetConfig(const Params& nic_params, NetConfig* net);

// -netdev and -device of a card. `fd` is where the runner has plugged it in. -1: qemu's own
// network, for nic_mode = user and for a machine that is booted by hand.
std::vector<std::string> NicArgs(const NicConfig& nic, int fd);

// The words by which a guest's init learns its addresses: kvmtest.ip=ADDRESS/PREFIX or
// kvmtest.ip=dhcp of a machine with one card, kvmtest.ip=MAC,... of each of several.
std::vector<std::string> IpWords(const VmConfig& config);

// Cards that have no address of the plan's get one where the network is the test's own: on
// `private` and `tap` 10.90.0.1 onward, in the order of all cards; on `user` the one that qemu
// leases. Not where another card of the network has the plan's, nor for ip_config = none.
void GiveOwnAddresses(std::vector<VmConfig>* configs);
// Which card has to lease an address and has none; empty if all is well.
std::string CannotLease(const std::vector<VmConfig>& configs);
// qemu's own address on a user network; empty if the guest has none there.
std::string UserHostAddress(const NicConfig& nic);

// What the host's side of a network whose guests have these addresses is to have: the last address
// of the net, or the first, or whichever is free. Empty if there is none or `ips` is.
std::string HostAddress(const std::vector<std::string>& ips, int prefix);
// "10.20.0.0"
std::string NetworkAddress(const std::string& ip, int prefix);
// "255.255.0.0"
std::string Netmask(int prefix);

// Out of what qemu's `info usernet` says: card -> redirect -> this machine's port.
std::map<std::string, std::map<std::string, int>> ForwardedPorts(const VmConfig& config,
                                                                 std::string_view usernet);

// A network's name for people: "private network 'a'".
std::string DescribeNetwork(const NetConfig& net);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_NETDEV_H_
