#include "host/interfaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>

namespace kvmtest::host {

namespace {

constexpr char kTun[] = "/dev/net/tun";

bool Request(const std::string& interface, ifreq* request, std::string* error) {
  *request = {};
  if (interface.empty() || interface.size() >= IFNAMSIZ) {
    *error = fmt::format("'{}' is no name of an interface: it has 1 to {} bytes", interface,
                         IFNAMSIZ - 1);
    return false;
  }
  interface.copy(request->ifr_name, IFNAMSIZ - 1);
  return true;
}

bool Control(unsigned long code, void* argument, const std::string& what, std::string* error) {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket && ::ioctl(socket.get(), code, argument) == 0) return true;
  *error = fmt::format("{}: {}", what, ::strerror(errno));
  return false;
}

void SetIp(sockaddr* address, uint32_t ip) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(ip);
  memcpy(address, &in, sizeof in);
}

}  // namespace

Fd OpenTap(const std::string& name, std::string* error) {
  ifreq request;
  if (!Request(name, &request, error)) return Fd();
  Fd tap(::open(kTun, O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!tap) {
    *error = fmt::format("{}: {}", kTun, ::strerror(errno));
    return Fd();
  }
  // Without IFF_VNET_HDR the kernel puts whole checksums into what the guest gets: DHCP clients
  // that read raw frames drop half-made ones.
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(tap.get(), TUNSETIFF, &request) == 0) return tap;
  *error = fmt::format("cannot make the tap {}: {}", name, ::strerror(errno));
  return Fd();
}

bool MakeBridge(const std::string& name, std::string* error) {
  ifreq request;
  return Request(name, &request, error) &&
         Control(SIOCBRADDBR, request.ifr_name, "cannot make the bridge " + name, error);
}

bool JoinBridge(const std::string& interface, const std::string& bridge, std::string* error) {
  unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) {
    *error = fmt::format("there is no interface {}", interface);
    return false;
  }
  ifreq request;
  if (!Request(bridge, &request, error)) return false;
  request.ifr_ifindex = static_cast<int>(index);
  return Control(SIOCBRADDIF, &request,
                 fmt::format("cannot attach {} to the bridge {}", interface, bridge), error);
}

bool BringUp(const std::string& interface, std::string* error) {
  ifreq request;
  if (!Request(interface, &request, error)) return false;
  std::string what = fmt::format("cannot bring {} up", interface);
  if (!Control(SIOCGIFFLAGS, &request, what, error)) return false;
  request.ifr_flags |= IFF_UP;
  return Control(SIOCSIFFLAGS, &request, what, error);
}

bool SetAddress(const std::string& interface, const std::string& ip, int prefix,
                std::string* error) {
  ifreq request;
  in_addr address{};
  if (!Request(interface, &request, error)) return false;
  if (::inet_pton(AF_INET, ip.c_str(), &address) != 1) {
    *error = fmt::format("'{}' is no IPv4 address", ip);
    return false;
  }
  std::string what = fmt::format("cannot give {} the address {}/{}", interface, ip, prefix);
  SetIp(&request.ifr_addr, ntohl(address.s_addr));
  if (!Control(SIOCSIFADDR, &request, what, error)) return false;
  SetIp(&request.ifr_netmask, ~uint32_t{0} << (32 - prefix));
  return Control(SIOCSIFNETMASK, &request, what, error);
}

bool IsBridge(const std::string& interface) {
  // Not by /sys, which may have been mounted in another namespace.
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  ifreq request;
  std::string error;
  if (!Request(interface, &request, &error)) return false;
  request.ifr_data = reinterpret_cast<char*>(&driver);
  return Control(SIOCETHTOOL, &request, "", &error) && std::string_view(driver.driver) == "bridge";
}

std::string InterfaceName(const std::string& host, const std::string& queue,
                          const std::string& state_dir, unsigned index) {
  // FNV-1a; a byte that no name has keeps the parts apart.
  uint64_t hash = 14695981039346656037U;
  for (const std::string* part : {&host, &queue, &state_dir}) {
    for (unsigned char c : *part + '\n') hash = (hash ^ c) * 1099511628211U;
  }
  return fmt::format("kvt{:08x}n{}", static_cast<uint32_t>(hash ^ hash >> 32), index % 1000);
}

}  // namespace kvmtest::host
