#include "vm/netdev.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <set>

#include "vm/vm_config.h"

namespace kvmtest::vm {

namespace {

using Error = std::optional<ParamError>;

constexpr char kAnyNetwork[] = "net";
// The network behind -netdev user that is not told another (qemu 7.2).
constexpr char kUserGuest[] = "10.0.2.15";
constexpr char kUserHost[] = "10.0.2.2";
constexpr int kUserPrefix = 24;
// Of networks that nobody but the test sees.
constexpr uint32_t kOwnAddresses = 10U << 24 | 90U << 16;
// Longer than a name of an interface, and short enough for messages.
constexpr size_t kLongestNetwork = 64;

std::optional<uint32_t> ParseIp(const std::string& text) {
  unsigned a, b, c, d;
  char rest;
  if (std::sscanf(text.c_str(), "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) != 4) {
    return std::nullopt;
  }
  return a << 24 | b << 16 | c << 8 | d;
}

std::string IpText(uint32_t ip) {
  return fmt::format("{}.{}.{}.{}", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

uint32_t Mask(int prefix) {
  return ~uint32_t{0} << (32 - prefix);
}

Error ReadMode(const Params& params, NetConfig* net) {
  const Params::Named found =
      params.FindNearest({"nic_mode", "nettype"}).value_or(Params::Named{"nic_mode", "user", 0});
  std::string mode = found.value;
  const auto destination = params.FindNearest({"netdst", "bridge"});
  std::string network = destination ? destination->value : "";
  if (mode == "user") {
    net->mode = NetMode::kUser;
    return std::nullopt;
  }
  // avocado-vt's word for a bridge that is the test's own.
  if (mode == "bridge" && network == "private") mode = "tap";
  if (mode == "bridge") {
    net->mode = NetMode::kBridge;
    net->network = network;
    if (!network.empty()) return std::nullopt;
    return ParamError{
        fmt::format("{} = bridge needs netdst, the name of an existing bridge", found.key)};
  }
  if (mode != "tap" && mode != "private") {
    return ParamError{
        fmt::format("{} = {}: expected one of user, private, tap, bridge", found.key, mode)};
  }
  net->mode = mode == "tap" ? NetMode::kTap : NetMode::kPrivate;
  const auto own = params.FindNearest({"private_net"});
  const bool is_nearer = own && (!destination || own->rank <= destination->rank);
  net->network = is_nearer ? own->value : network.empty() ? kAnyNetwork : network;
  if (!net->network.empty() && net->network.size() <= kLongestNetwork) return std::nullopt;
  return ParamError{
      fmt::format("private_net = {}: expected 1 to {} bytes", net->network, kLongestNetwork)};
}

Error ReadIpConfig(const Params& params, NetConfig* net) {
  std::string how = params.Get("ip_config", "told");
  if (how == "told") {
    net->ip_config = IpConfig::kTold;
  } else if (how == "dhcp") {
    net->ip_config = IpConfig::kDhcp;
  } else if (how == "none") {
    net->ip_config = IpConfig::kNone;
  } else {
    return ParamError{fmt::format("ip_config = {}: expected told, dhcp or none", how)};
  }
  if (net->ip_config != IpConfig::kDhcp || net->mode != NetMode::kPrivate) return std::nullopt;
  return ParamError{"ip_config = dhcp: nobody answers in a private network"};
}

Error ReadRedirects(const Params& params, NetConfig* net) {
  for (const std::string& name : params.Words("redirs")) {
    Redirect redirect{name, 22};
    Params view = params.For(name);
    if (Error error = GetNumber(view, "guest_port", 1, 65535, 22, &redirect.guest_port)) {
      error->text += fmt::format(" (for {})", name);
      return error;
    }
    net->redirects.push_back(redirect);
  }
  return std::nullopt;
}

bool IsQemusOwnLayout(const NicConfig& nic) {
  return nic.address.ip == kUserGuest && nic.ip_prefix == kUserPrefix;
}

// qemu's own NAT network, laid out so that the allotted address is the guest's: the
// first it leases, and inside the net for a guest that sets it itself.
std::string UserNetdev(const NicConfig& nic) {
  std::string options;
  if (ParseIp(nic.address.ip) && !IsQemusOwnLayout(nic)) {
    // qemu's host and name server take two addresses at the end, or at the start.
    std::string host = UserHostAddress(nic);
    std::string dns = HostAddress({nic.address.ip, host}, nic.ip_prefix);
    options = fmt::format(",net={}/{},host={},dns={},dhcpstart={}",
                          NetworkAddress(nic.address.ip, nic.ip_prefix), nic.ip_prefix, host, dns,
                          nic.address.ip);
  }
  if (nic.net.restricted) options += ",restrict=on";
  if (!nic.net.tftp.empty()) options += ",tftp=" + EscapedOption(nic.net.tftp);
  if (!nic.net.bootfile.empty()) options += ",bootfile=" + EscapedOption(nic.net.bootfile);
  for (const Redirect& redirect : nic.net.redirects) {
    options += fmt::format(",hostfwd=tcp:127.0.0.1:0-:{}", redirect.guest_port);
  }
  return fmt::format("user,id=net-{}{}", nic.name, options);
}

std::string Netdev(const NicConfig& nic, int fd) {
  if (fd < 0) return UserNetdev(nic);
  switch (nic.net.mode) {
    case NetMode::kUser:
      break;
    case NetMode::kPrivate:
      return fmt::format("socket,id=net-{},fd={}", nic.name, fd);
    case NetMode::kTap:
    case NetMode::kBridge:
      return fmt::format("tap,id=net-{},fd={}", nic.name, fd);
  }
  return UserNetdev(nic);
}

}  // namespace

std::optional<ParamError> ReadNetConfig(const Params& nic_params, NetConfig* net) {
  if (Error error = ReadMode(nic_params, net)) return error;
  if (Error error = ReadIpConfig(nic_params, net)) return error;
  if (Error error = CheckYesNo(nic_params, {"restrict"})) return error;
  net->restricted = nic_params.GetBool("restrict", false);
  if (net->mode != NetMode::kUser) return std::nullopt;
  return ReadRedirects(nic_params, net);
}

std::vector<std::string> NicArgs(const NicConfig& nic, int fd) {
  return {
      "-netdev", Netdev(nic, fd), "-device",
      fmt::format("{},id={},netdev=net-{},mac={}", nic.model, nic.name, nic.name, nic.address.mac)};
}

std::vector<std::string> IpWords(const VmConfig& config) {
  std::vector<std::string> words;
  for (const NicConfig& nic : config.nics) {
    if (!nic.attached) continue;
    std::string ip = nic.address.ip;
    if (!ip.empty()) ip += fmt::format("/{}", nic.ip_prefix);
    if (nic.net.ip_config == IpConfig::kDhcp) ip = "dhcp";
    if (ip.empty() || nic.net.ip_config == IpConfig::kNone) continue;
    std::string whose = config.nics.size() > 1 ? nic.address.mac + "," : "";
    words.push_back("kvmtest.ip=" + whose + ip);
  }
  return words;
}

void GiveOwnAddresses(std::vector<VmConfig>* configs) {
  std::set<std::string> planned;  // networks
  for (const VmConfig& config : *configs) {
    for (const NicConfig& nic : config.nics) {
      if (!nic.address.ip.empty()) planned.insert(DescribeNetwork(nic.net));
    }
  }
  uint32_t next = kOwnAddresses;
  for (VmConfig& config : *configs) {
    for (NicConfig& nic : config.nics) {
      do {
        ++next;
      } while ((next & 255) == 0 || (next & 255) == 255);
      const bool user = nic.net.mode == NetMode::kUser;
      if (!nic.address.ip.empty() || nic.net.mode == NetMode::kBridge ||
          nic.net.ip_config == IpConfig::kNone ||
          (!user && planned.count(DescribeNetwork(nic.net)) != 0)) {
        continue;
      }
      nic.address.ip = user ? kUserGuest : IpText(next);
      if (user) nic.ip_prefix = kUserPrefix;
    }
  }
}

std::string CannotLease(const std::vector<VmConfig>& configs) {
  for (const VmConfig& config : configs) {
    for (const NicConfig& nic : config.nics) {
      if (nic.net.mode != NetMode::kTap || nic.net.ip_config != IpConfig::kDhcp) continue;
      if (!nic.address.ip.empty()) continue;
      return fmt::format(
          "ip_config = dhcp: {} of {} has no IP address of the plan's, others of the {} have "
          "(base_ip of their range)",
          nic.name, config.name, DescribeNetwork(nic.net));
    }
  }
  return "";
}

std::string UserHostAddress(const NicConfig& nic) {
  return IsQemusOwnLayout(nic) ? kUserHost : HostAddress({nic.address.ip}, nic.ip_prefix);
}

std::string HostAddress(const std::vector<std::string>& ips, int prefix) {
  std::vector<uint32_t> taken;
  for (const std::string& text : ips) {
    if (std::optional<uint32_t> ip = ParseIp(text)) taken.push_back(*ip);
  }
  if (taken.empty()) return "";
  uint32_t first = taken[0] & Mask(prefix);
  for (uint32_t ip = (first | ~Mask(prefix)) - 1; ip > first; --ip) {
    if (std::find(taken.begin(), taken.end(), ip) == taken.end()) return IpText(ip);
  }
  return "";
}

std::string NetworkAddress(const std::string& ip, int prefix) {
  std::optional<uint32_t> address = ParseIp(ip);
  return address ? IpText(*address & Mask(prefix)) : "";
}

std::string Netmask(int prefix) {
  return IpText(Mask(prefix));
}

// "Hub -1 (net-nic1):", a headline, and of each forwarded port (qemu 7.2)
// "  TCP[HOST_FORWARD]   9       127.0.0.1 37937       10.20.0.1    22     0     0".
std::map<std::string, std::map<std::string, int>> ForwardedPorts(const VmConfig& config,
                                                                 std::string_view usernet) {
  std::map<std::string, std::map<std::string, int>> ports;
  const NicConfig* nic = nullptr;
  for (size_t begin = 0; begin < usernet.size();) {
    size_t end = std::min(usernet.find('\n', begin), usernet.size());
    std::string line(usernet.substr(begin, end - begin));
    begin = end + 1;
    for (const NicConfig& candidate : config.nics) {
      if (line.find("(net-" + candidate.name + ")") != std::string::npos) nic = &candidate;
    }
    int host = 0, guest = 0;
    if (nic == nullptr ||
        std::sscanf(line.c_str(), " TCP[HOST_FORWARD] %*d %*s %d %*s %d", &host, &guest) != 2) {
      continue;
    }
    for (const Redirect& redirect : nic->net.redirects) {
      if (redirect.guest_port == guest && ports[nic->name].emplace(redirect.name, host).second) {
        break;
      }
    }
  }
  return ports;
}

std::string DescribeNetwork(const NetConfig& net) {
  switch (net.mode) {
    case NetMode::kUser:
      return "user network";
    case NetMode::kPrivate:
      return fmt::format("private network '{}'", net.network);
    case NetMode::kTap:
      return fmt::format("tap network '{}'", net.network);
    case NetMode::kBridge:
      return fmt::format("bridge '{}'", net.network);
  }
  return "";
}

}  // namespace kvmtest::vm
