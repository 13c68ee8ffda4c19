#ifndef KVMTEST_VM_NETWORKS_H_
#define KVMTEST_VM_NETWORKS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/guardian.h"
#include "host/lock.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/netns.h"
#include "vm/failure.h"
#include "vm/frame_switch.h"
#include "vm/vm_config.h"

namespace kvmtest::vm {

// The networks of one test: made before its VMs start, gone with this object at the latest. A
// machine plugs its cards in when it starts.
class Networks {
 public:
  // Whose they are, for names of interfaces; `directory` takes dnsmasq's log, `scratch` its leases.
  struct Owner {
    std::string host, queue, state_dir;
    std::string directory, scratch;
  };
  Networks(host::Loop& loop, host::Log& log, host::Guardian& guardian, Owner owner)
      : loop_(loop), log_(log), guardian_(guardian), owner_(std::move(owner)) {}
  ~Networks();
  Networks(const Networks&) = delete;
  Networks& operator=(const Networks&) = delete;

  // What these machines need. Waits for addresses that another test has on the same bridge.
  Trouble SetUp(const std::vector<VmConfig>& configs, host::TimePoint until);

  // New cables for a machine's cards, for qemu to inherit: none where it needs none (user).
  Trouble Plug(const VmConfig& config, std::map<std::string, host::Fd>* fds);
  // The same for one card, which is plugged in while its machine runs; not for nic_mode = user.
  Trouble PlugIn(const NicConfig& nic, const std::string& vm, host::Fd* fd);
  // What qemu must hold as long as it lives.
  std::vector<int> lock_fds() const;

  // The host's own address on the card's network; empty where it has none or nobody knows.
  std::string HostAddressOn(const NicConfig& nic) const;
  // A raw ICMP socket on the card's network; none where the host is not on it or may not.
  host::Fd PingSocket(const NicConfig& nic);

  // The keeper of the namespace, for whoever remembers processes; -1: there is none.
  pid_t keeper() const { return namespace_ ? namespace_->pid() : -1; }

 private:
  // A bridge in the namespace.
  struct TapNetwork {
    std::string bridge;
    int prefix = 16;
    std::vector<std::string> ips;
    std::vector<Address> dhcp;  // who is to get which address
    std::string host_ip;
  };
  void Collect(const VmConfig& config);
  Trouble MakeNamespace();
  Trouble StartDhcp(const TapNetwork& network, host::TimePoint until);
  Trouble LockAddresses(const std::vector<VmConfig>& configs, host::TimePoint until);
  host::Fd BridgeTap(const std::string& bridge, std::string* error);

  host::Loop& loop_;
  host::Log& log_;
  host::Guardian& guardian_;
  Owner owner_;
  std::map<std::string, std::unique_ptr<Hub>> hubs_;
  std::map<std::string, TapNetwork> taps_;
  std::unique_ptr<host::NetworkNamespace> namespace_;
  std::map<std::string, host::NameLock> locks_;
  unsigned next_tap_ = 0;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_NETWORKS_H_
