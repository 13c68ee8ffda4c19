#ifndef KVMTEST_VM_NETWORKS_H_
#define KVMTEST_VM_NETWORKS_H_

#include <cstdint>
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

  // What has gone wrong with them meanwhile, of which no guest knows the reason.
  Trouble trouble() const { return trouble_; }

  // New cables for a machine's cards, for qemu to inherit: none where it needs none (user).
  Trouble Plug(const VmConfig& config, std::map<std::string, host::Fd>* fds);
  // The same for one card, which is plugged in while its machine runs; not for nic_mode = user.
  Trouble PlugIn(const NicConfig& nic, const std::string& vm, host::Fd* fd);
  // What qemu must hold as long as it lives.
  std::vector<int> lock_fds() const;

  // The host's own address on the card's network; empty where it has none or nobody knows.
  std::string HostAddressOn(const NicConfig& nic) const;
  // Answers to pings that `from` has sent to `to` so far, if the runner itself is their network.
  std::optional<uint64_t> EchoReplies(const NicConfig& from, const NicConfig& to) const;
  // A raw ICMP socket on the card's network; none where the host is not on it or may not.
  host::Fd PingSocket(const NicConfig& nic);

  // The keepers of the namespaces, for whoever remembers processes.
  std::vector<pid_t> keepers() const;

 private:
  // A bridge in a namespace of its own: the test's addresses are all of one subnet, in which the
  // host would find a guest only on the first of two bridges.
  struct TapNetwork {
    std::unique_ptr<host::NetworkNamespace> space;
    std::string bridge;
    int prefix = 16;
    std::vector<std::string> ips;
    std::vector<Address> dhcp;  // who is to get which address
    std::string host_ip;
  };
  void Collect(const VmConfig& config);
  Trouble MakeNamespace(const std::string& name, TapNetwork* network);
  Trouble StartDhcp(const std::string& name, const TapNetwork& network, host::TimePoint until);
  void WatchDhcp(const std::string& name, const std::string& log, host::Fd ended);
  Trouble LockAddresses(const std::vector<VmConfig>& configs, host::TimePoint until);
  host::Fd BridgeTap(const std::string& bridge, std::string* error);

  host::Loop& loop_;
  host::Log& log_;
  host::Guardian& guardian_;
  Owner owner_;
  std::map<std::string, std::unique_ptr<Hub>> hubs_;
  std::map<std::string, TapNetwork> taps_;
  std::map<std::string, host::NameLock> locks_;
  std::vector<host::Fd> watched_;  // readable when a dnsmasq has ended
  Trouble trouble_;
  unsigned next_tap_ = 0;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_NETWORKS_H_
