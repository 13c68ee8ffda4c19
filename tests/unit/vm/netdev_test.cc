#include "vm/netdev.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "vm/argv.h"
#include "vm/vm_config.h"

namespace kvmtest::vm {
namespace {

const std::vector<Address> kAddresses = {{"52:54:00:00:00:01", "10.20.0.1"},
                                         {"52:54:00:00:00:02", "10.20.0.2"}};

// The words about cards of the command line for these params; "error: ..." if there are none.
std::string Words(Params::Map map, std::map<std::string, int> fds = {}) {
  map.emplace("nics", "a");
  map.emplace("nic_model", "virtio");
  auto built = BuildVmConfig(Params(std::move(map)), "vm1", kAddresses);
  if (auto* error = std::get_if<ParamError>(&built)) return "error: " + error->text;
  Wiring wiring;
  wiring.nic_fds = std::move(fds);
  std::string line;
  for (const std::string& word : BuildArgv(std::get<VmConfig>(built), wiring)) line += " " + word;
  size_t begin = line.find(" -netdev");
  return begin == std::string::npos ? "" : line.substr(begin + 1);
}

std::string Told(Params::Map map) {
  map.emplace("nics", "a");
  auto built = BuildVmConfig(Params(std::move(map)), "vm1", kAddresses);
  std::string line;
  for (const std::string& word : IpWords(std::get<VmConfig>(built))) line += word + " ";
  return line;
}

constexpr char kDevice[] = " -device virtio-net-pci,id=a,netdev=net-a,mac=52:54:00:00:00:01";

TEST(Netdev, Modes) {
  EXPECT_EQ(Words({}), std::string("-netdev user,id=net-a,net=10.20.0.0/16,host=10.20.255.254,"
                                   "dns=10.20.255.253,dhcpstart=10.20.0.1") +
                           kDevice);
  EXPECT_EQ(Words({{"nic_mode", "private"}}, {{"a", 7}}),
            std::string("-netdev socket,id=net-a,fd=7") + kDevice);
  EXPECT_EQ(Words({{"nettype", "tap"}}, {{"a", 8}}),
            std::string("-netdev tap,id=net-a,fd=8") + kDevice);
  EXPECT_EQ(Words({{"nettype", "bridge"}, {"netdst", "br7"}}, {{"a", 9}}),
            std::string("-netdev tap,id=net-a,fd=9") + kDevice);
}

// A command line for people needs no descriptor.
TEST(Netdev, NotPluggedIn) {
  EXPECT_EQ(Words({{"nic_mode", "tap"}}), Words({}));
}

// The cards' addresses as "user:10.0.2.15/24 ..." for these modes; `planned` has the plan's.
std::string Own(const std::vector<std::pair<NetMode, IpConfig>>& cards, size_t planned = 9999) {
  std::vector<VmConfig> configs(1);
  for (const auto& [mode, ip_config] : cards) {
    NicConfig& nic = configs[0].nics.emplace_back();
    nic.name = "a";
    nic.net.mode = mode;
    nic.net.ip_config = ip_config;
    if (configs[0].nics.size() == planned + 1) nic.address.ip = "10.20.0.1";
  }
  GiveOwnAddresses(&configs);
  std::string text;
  for (const NicConfig& nic : configs[0].nics) {
    text += fmt::format("{}/{}>{} ", nic.address.ip, nic.ip_prefix, UserHostAddress(nic));
  }
  return text + CannotLease(configs);
}

TEST(Netdev, OwnAddresses) {
  const std::pair user(NetMode::kUser, IpConfig::kTold), tap(NetMode::kTap, IpConfig::kTold),
      lease(NetMode::kTap, IpConfig::kDhcp), none(NetMode::kTap, IpConfig::kNone),
      bridge(NetMode::kBridge, IpConfig::kTold), hub(NetMode::kPrivate, IpConfig::kTold);
  EXPECT_EQ(Own({user, tap, lease}),
            "10.0.2.15/24>10.0.2.2 10.90.0.2/16>10.90.255.254 10.90.0.3/16>10.90.255.254 ");
  EXPECT_EQ(Own({none, bridge, hub}), "/16> /16> 10.90.0.3/16>10.90.255.254 ");
  EXPECT_EQ(Own({user, tap, tap}, 1), "10.0.2.15/24>10.0.2.2 10.20.0.1/16>10.20.255.254 /16> ");
  EXPECT_EQ(Own({tap, lease}, 0),
            "10.20.0.1/16>10.20.255.254 /16> ip_config = dhcp: a of  has no IP address of the "
            "plan's, others of the tap network '' have (base_ip of their range)");
}

TEST(Netdev, OwnAddressesAreOfHosts) {
  std::vector<std::pair<NetMode, IpConfig>> cards(255, {NetMode::kTap, IpConfig::kTold});
  EXPECT_NE(Own(cards).find(" 10.90.0.254/16>10.90.255.254 10.90.1.1/16>"), std::string::npos);
}

TEST(Netdev, ForwardedPortsAreChosenByQemu) {
  EXPECT_EQ(Words({{"redirs", "shell web"}, {"guest_port_web", "80"}, {"restrict", "yes"}}),
            std::string("-netdev user,id=net-a,net=10.20.0.0/16,host=10.20.255.254,"
                        "dns=10.20.255.253,dhcpstart=10.20.0.1,restrict=on,"
                        "hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:0-:80") +
                kDevice);
}

TEST(Netdev, Networks) {
  auto read = [](Params::Map map) {
    NetConfig net;
    auto error = ReadNetConfig(Params(std::move(map)), &net);
    return error ? "error: " + error->text : DescribeNetwork(net);
  };
  EXPECT_EQ(read({}), "user network");
  EXPECT_EQ(read({{"nic_mode", "private"}}), "private network 'net'");
  EXPECT_EQ(read({{"nic_mode", "private"}, {"private_net", "x"}}), "private network 'x'");
  EXPECT_EQ(read({{"nic_mode", "tap"}, {"netdst", "x"}}), "tap network 'x'");
  EXPECT_EQ(read({{"nettype", "bridge"}, {"netdst", "private"}}), "tap network 'private'");
  EXPECT_EQ(read({{"nic_mode", "bridge"}, {"bridge", "br0"}}), "bridge 'br0'");
  EXPECT_EQ(read({{"nic_mode", "bridge"}}),
            "error: nic_mode = bridge needs netdst, the name of an existing bridge");
  EXPECT_EQ(read({{"nettype", "macvtap"}}),
            "error: nettype = macvtap: expected one of user, private, tap, bridge");
  EXPECT_EQ(read({{"nic_mode", "tap"}, {"netdst", ""}}), "tap network 'net'");
  EXPECT_EQ(read({{"restrict", "maybe"}}),
            "error: restrict = maybe: expected yes or no (or on, off, true, false, 1, 0)");
  EXPECT_EQ(read({{"nic_mode", "passt"}}),
            "error: nic_mode = passt: expected one of user, private, tap, bridge");
  EXPECT_EQ(read({{"nic_mode", "private"}, {"ip_config", "dhcp"}}),
            "error: ip_config = dhcp: nobody answers in a private network");
  EXPECT_EQ(read({{"ip_config", "guessed"}}),
            "error: ip_config = guessed: expected told, dhcp or none");
  EXPECT_EQ(read({{"redirs", "web"}, {"guest_port", "65536"}}),
            "error: guest_port = 65536: expected a whole number from 1 to 65535 (for web)");
}

TEST(Netdev, TheNearerNameCounts) {
  auto read = [](Params::Map map) {
    NetConfig net;
    auto error = ReadNetConfig(Params(std::move(map)).For("vm1").For("a"), &net);
    return error ? "error: " + error->text : DescribeNetwork(net);
  };
  EXPECT_EQ(read({{"nic_mode", "user"}, {"nettype_a", "private"}}), "private network 'net'");
  EXPECT_EQ(read({{"nettype", "user"}, {"nic_mode_vm1", "tap"}}), "tap network 'net'");
  EXPECT_EQ(read({{"nic_mode", "bridge"}, {"netdst", "br0"}, {"bridge_a", "br1"}}), "bridge 'br1'");
  EXPECT_EQ(read({{"nic_mode", "tap"}, {"netdst", "br0"}, {"private_net", "x"}}),
            "tap network 'x'");
  EXPECT_EQ(read({{"nic_mode", "tap"}, {"netdst_a", "y"}, {"private_net", "x"}}),
            "tap network 'y'");
}

// What a user reads of a test with several cards names the one.
TEST(Netdev, ErrorsNameTheCard) {
  EXPECT_EQ(Words({{"nic_mode", "x"}}),
            "error: nic_mode = x: expected one of user, private, tap, bridge (for a)");
}

TEST(Netdev, WhatTheGuestIsTold) {
  EXPECT_EQ(Told({}), "kvmtest.ip=10.20.0.1/16 ");
  EXPECT_EQ(Told({{"ip_config", "dhcp"}}), "kvmtest.ip=dhcp ");
  EXPECT_EQ(Told({{"ip_config", "none"}}), "");
  EXPECT_EQ(Told({{"nics", "a b"}, {"ip_prefix_b", "24"}}),
            "kvmtest.ip=52:54:00:00:00:01,10.20.0.1/16 kvmtest.ip=52:54:00:00:00:02,10.20.0.2/24 ");
  EXPECT_EQ(Told({{"nics", "a b"}, {"ip_config_a", "dhcp"}, {"ip_config_b", "none"}}),
            "kvmtest.ip=52:54:00:00:00:01,dhcp ");
}

TEST(Netdev, HostAddress) {
  EXPECT_EQ(HostAddress({"10.20.0.1"}, 16), "10.20.255.254");
  EXPECT_EQ(HostAddress({"10.20.0.254", "10.20.0.253"}, 24), "10.20.0.252");
  EXPECT_EQ(HostAddress({"10.0.0.2", "10.0.0.1"}, 30), "");
  EXPECT_EQ(HostAddress({}, 16), "");
  EXPECT_EQ(NetworkAddress("10.20.30.40", 20), "10.20.16.0");
  EXPECT_EQ(Netmask(20), "255.255.240.0");
}

TEST(Netdev, ReadsForwardedPorts) {
  VmConfig config;
  config.nics.resize(2);
  config.nics[0].name = "a";
  config.nics[0].net.redirects = {{"shell", 22}, {"also", 22}};
  config.nics[1].name = "b";
  config.nics[1].net.redirects = {{"web", 80}};
  auto ports = ForwardedPorts(
      config,
      "Hub -1 (net-b):\r\n"
      "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
      "  TCP[HOST_FORWARD]   9       127.0.0.1 37937       10.20.0.2    80     0     0\r\n"
      "Hub -1 (net-a):\r\n"
      "  TCP[ESTABLISHED]    5       127.0.0.1 40000       10.20.0.1    22     0     0\r\n"
      "  TCP[HOST_FORWARD]   3       127.0.0.1 42559       10.20.0.1    22     0     0\r\n"
      "  TCP[HOST_FORWARD]   4       127.0.0.1 42560       10.20.0.1    22     0     0\r\n");
  EXPECT_EQ(ports["a"], (std::map<std::string, int>{{"shell", 42559}, {"also", 42560}}));
  EXPECT_EQ(ports["b"], (std::map<std::string, int>{{"web", 37937}}));
  EXPECT_TRUE(ForwardedPorts(config, "nothing").empty());
}

}  // namespace
}  // namespace kvmtest::vm
