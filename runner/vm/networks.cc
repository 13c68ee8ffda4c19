#include "vm/networks.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "host/files.h"
#include "host/interfaces.h"
#include "host/process.h"
#include "vm/console.h"

namespace kvmtest::vm {

namespace {

using host::Clock;
using host::Fd;

constexpr host::Duration kLockRetry(100);
constexpr host::Duration kDhcpStart = host::seconds(20);

Failure Lacks(const std::string& text) {
  return {kEnvironment, text, ""};
}

std::vector<std::string> DnsmasqArgv(const std::string& bridge, const std::string& net,
                                     const std::string& netmask, const std::vector<Address>& guests,
                                     const std::string& leases) {
  std::vector<std::string> argv = {"dnsmasq",
                                   // in the foreground, as who it is, telling what it does
                                   "--no-daemon", "--conf-file=/dev/null", "--log-dhcp",
                                   // no name server
                                   "--port=0", "--no-resolv", "--no-hosts",
                                   // only whom we name gets an address, at once and always the same
                                   "--interface=" + bridge, "--bind-interfaces", "--no-ping",
                                   "--dhcp-authoritative", "--dhcp-leasefile=" + leases,
                                   fmt::format("--dhcp-range={},static,{},1h", net, netmask)};
  for (const Address& guest : guests) {
    argv.push_back(fmt::format("--dhcp-host={},{}", guest.mac, guest.ip));
  }
  return argv;
}

}  // namespace

Networks::~Networks() {
  for (const auto& [name, hub] : hubs_) {
    log_.Info("private network '{}': {} frame(s) passed on, {} dropped", name, hub->passed(),
              hub->dropped());
  }
  for (const Fd& fd : watched_) loop_.Forget(fd.get());
  for (const auto& [name, network] : taps_) {
    if (!network.space) continue;
    pid_t keeper = network.space->pid();
    network.space->Leave();
    if (keeper > 0) guardian_.ForgetGroup(keeper);
  }
}

std::vector<pid_t> Networks::keepers() const {
  std::vector<pid_t> pids;
  for (const auto& [name, network] : taps_) {
    if (network.space && network.space->pid() > 0) pids.push_back(network.space->pid());
  }
  return pids;
}

Trouble Networks::SetUp(const std::vector<VmConfig>& configs, host::TimePoint until) {
  for (const VmConfig& config : configs) Collect(config);
  for (auto& [name, network] : taps_) {
    if (Trouble trouble = MakeNamespace(name, &network)) return trouble;
  }
  for (const auto& [name, network] : taps_) {
    if (network.dhcp.empty()) continue;
    if (Trouble trouble = StartDhcp(name, network, host::Within(kDhcpStart, until))) return trouble;
  }
  return LockAddresses(configs, until);
}

void Networks::Collect(const VmConfig& config) {
  for (const NicConfig& nic : config.nics) {
    if (nic.net.mode == NetMode::kPrivate && hubs_.count(nic.net.network) == 0) {
      hubs_[nic.net.network] = std::make_unique<Hub>(loop_);
    }
    if (nic.net.mode != NetMode::kTap) continue;
    TapNetwork& network = taps_[nic.net.network];
    network.prefix = nic.ip_prefix;
    if (nic.address.ip.empty()) continue;
    network.ips.push_back(nic.address.ip);
    if (nic.net.ip_config == IpConfig::kDhcp) network.dhcp.push_back(nic.address);
  }
}

Trouble Networks::MakeNamespace(const std::string& name, TapNetwork* network) {
  std::string error;
  network->space = std::make_unique<host::NetworkNamespace>();
  host::NetworkNamespace& space = *network->space;
  bool entered = space.Enter(&error);
  if (space.pid() > 0) guardian_.AddGroup(space.pid());
  if (!entered) return Lacks("nic_mode = tap needs a network namespace: " + error);
  network->bridge = fmt::format("br{}", keepers().size() - 1);
  network->host_ip = HostAddress(network->ips, network->prefix);
  // The second: before anything is booted for nothing.
  if (!space.AddBridge(network->bridge, network->host_ip, network->prefix, &error) ||
      !space.OpenTap("probe", network->bridge, &error)) {
    return Lacks("nic_mode = tap: " + error);
  }
  log_.Info("tap network '{}': {} with {}/{} in a namespace kept by pid {}", name, network->bridge,
            network->host_ip, network->prefix, space.pid());
  return std::nullopt;
}

// It says that it has started before any guest asks.
Trouble Networks::StartDhcp(const std::string& name, const TapNetwork& network,
                            host::TimePoint until) {
  std::string log = fmt::format("{}/dnsmasq-{}.log", owner_.directory, network.bridge);
  if (!host::FindProgram("dnsmasq")) {
    return Lacks("ip_config = dhcp in a tap network needs the program dnsmasq");
  }
  host::WriteFile(log, "");
  std::string error;
  std::vector<std::string> argv = DnsmasqArgv(
      network.bridge, NetworkAddress(network.ips[0], network.prefix), Netmask(network.prefix),
      network.dhcp, fmt::format("{}/leases-{}", owner_.scratch, network.bridge));
  log_.Info("runs: {}", host::ShellQuote(argv));
  auto started = [&] {
    return host::ReadFile(log).value_or("").find(" started, ") != std::string::npos;
  };
  host::Fd ended = network.space->Run(argv, log, &error);
  bool has_ended = false;
  if (ended) loop_.Watch(ended.get(), [&] { has_ended = true; });
  while (ended && !has_ended && !started() && Clock::now() < until && loop_.stop_signal() == 0) {
    loop_.RunFor(host::milliseconds(20));
  }
  if (ended) loop_.Forget(ended.get());
  if (loop_.stop_signal() != 0) {
    return Failure{kInterrupted, ::strsignal(loop_.stop_signal()), ""};
  }
  if (ended && !has_ended && started()) {
    WatchDhcp(name, log, std::move(ended));
    return std::nullopt;
  }
  std::string said = Printable(host::ReadFile(log).value_or(""));
  if (has_ended)
    error = said.empty() ? "it ended and wrote nothing" : "it ended and wrote: " + said;
  return Failure{kHarnessError, "dnsmasq did not start" + (error.empty() ? "" : ": " + error),
                 "command line: " + host::ShellQuote(argv) + "\nit wrote:\n" + said};
}

void Networks::WatchDhcp(const std::string& name, const std::string& log, Fd ended) {
  loop_.Watch(ended.get(), [this, name, log, fd = ended.get()] {
    loop_.Forget(fd);
    trouble_ = Failure{kHarnessError,
                       fmt::format("dnsmasq, which gives the guests of the tap network '{}' their "
                                   "addresses, has ended while the test ran",
                                   name),
                       "it wrote:\n" + Printable(host::ReadFile(log).value_or(""))};
  });
  watched_.push_back(std::move(ended));
}

// One lock per address on a bridge that others share, taken in order, so that two tests never wait
// for each other.
Trouble Networks::LockAddresses(const std::vector<VmConfig>& configs, host::TimePoint until) {
  std::map<std::string, std::string> wanted;  // lock -> what it is about
  for (const VmConfig& config : configs) {
    for (const NicConfig& nic : config.nics) {
      if (nic.net.mode != NetMode::kBridge) continue;
      if (!host::IsBridge(nic.net.network)) {
        return Lacks(fmt::format("this machine has no bridge '{}' (netdst)", nic.net.network));
      }
      wanted[fmt::format("kvmtest/{}/{}", nic.net.network, nic.address.mac)] =
          fmt::format("{} on the bridge '{}'", nic.address.mac, nic.net.network);
    }
  }
  for (const auto& [name, what] : wanted) {
    std::string holder;
    bool broken = false;
    std::optional<host::NameLock> lock;
    for (;;) {
      lock = host::NameLock::TryAcquire(name, &holder, &broken);
      if (lock || broken || loop_.stop_signal() != 0 || Clock::now() >= until) break;
      loop_.RunFor(kLockRetry);
    }
    if (broken) return Failure{kHarnessError, holder, ""};
    if (loop_.stop_signal() != 0) {
      return Failure{kInterrupted, ::strsignal(loop_.stop_signal()), ""};
    }
    if (!lock) return Failure{kQueueBusy, fmt::format("{} is in use by {}", what, holder), ""};
    locks_.emplace(name, std::move(*lock));
  }
  return std::nullopt;
}

std::vector<int> Networks::lock_fds() const {
  std::vector<int> fds;
  for (const auto& [name, lock] : locks_) fds.push_back(lock.fd());
  return fds;
}

Trouble Networks::Plug(const VmConfig& config, std::map<std::string, Fd>* fds) {
  for (const NicConfig& nic : config.nics) {
    if (!nic.attached || nic.net.mode == NetMode::kUser) continue;
    if (Trouble trouble = PlugIn(nic, config.name, &(*fds)[nic.name])) return trouble;
  }
  return std::nullopt;
}

Trouble Networks::PlugIn(const NicConfig& nic, const std::string& vm, Fd* fd) {
  std::string error;
  if (nic.net.mode == NetMode::kPrivate) {
    *fd = hubs_.at(nic.net.network)->Plug();
    error = ::strerror(errno);
  } else if (nic.net.mode == NetMode::kTap) {
    const TapNetwork& network = taps_.at(nic.net.network);
    *fd = network.space->OpenTap(fmt::format("t{}", next_tap_++), network.bridge, &error);
  } else {
    *fd = BridgeTap(nic.net.network, &error);
    if (!*fd) return Lacks(fmt::format("nic_mode = bridge for {} of {}: {}", nic.name, vm, error));
  }
  if (*fd) return std::nullopt;
  return Failure{kHarnessError,
                 fmt::format("{}: cannot plug {} into the {}: {}", vm, nic.name,
                             DescribeNetwork(nic.net), error),
                 ""};
}

// Never persistent: the kernel removes it when qemu is dead, whoever else is dead by then.
Fd Networks::BridgeTap(const std::string& bridge, std::string* error) {
  std::string name = host::InterfaceName(owner_.host, owner_.queue, owner_.state_dir, next_tap_++);
  Fd tap = host::OpenTap(name, error);
  if (!tap || !host::JoinBridge(name, bridge, error) || !host::BringUp(name, error)) return Fd();
  log_.Info("{} is on the bridge {}", name, bridge);
  return tap;
}

std::string Networks::HostAddressOn(const NicConfig& nic) const {
  if (nic.address.ip.empty()) return "";
  if (nic.net.mode == NetMode::kUser) return UserHostAddress(nic);
  auto network = taps_.find(nic.net.network);
  return nic.net.mode == NetMode::kTap && network != taps_.end() ? network->second.host_ip : "";
}

std::optional<uint64_t> Networks::EchoReplies(const NicConfig& from, const NicConfig& to) const {
  auto hub = hubs_.find(from.net.network);
  if (from.net.mode != NetMode::kPrivate || hub == hubs_.end()) return std::nullopt;
  in_addr sender{}, receiver{};
  ::inet_pton(AF_INET, from.address.ip.c_str(), &sender);
  ::inet_pton(AF_INET, to.address.ip.c_str(), &receiver);
  return hub->second->replies({ntohl(sender.s_addr), ntohl(receiver.s_addr)});
}

Fd Networks::PingSocket(const NicConfig& nic) {
  std::string error;
  auto network = taps_.find(nic.net.network);
  if (nic.net.mode != NetMode::kTap || network == taps_.end()) return Fd();
  return network->second.space->OpenSocket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP, &error);
}

}  // namespace kvmtest::vm
