// type = ping: every VM of the test reaches every other, over each network that both
// are on, by the addresses of the plan or the test's own (vm::GiveOwnAddresses); and the host where
// there is one (the NAT of a user network, the bridge of a tap network), which reaches the VM in
// turn.
//
// First each guest must have its cards' addresses, else the class is wrong-address; then no more
// than ping_loss_ratio of the answers may be missing, else it is ping-failed.
//
// Params: ping_count, ping_interval (s), ping_timeout (s, for the answers after the last question),
// ping_loss_ratio (percent), packet_size (bytes of data).

#include <arpa/inet.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "host/icmp.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using host::Clock;
using vm::Failure;
using vm::Trouble;

struct RangedParam {
  const char* name;
  long low, high, otherwise;
};
constexpr RangedParam kCount = {"ping_count", 1, 10000, 3};
constexpr RangedParam kTimeout = {"ping_timeout", 1, 3600, 5};
constexpr RangedParam kLoss = {"ping_loss_ratio", 0, 99, 0};
constexpr RangedParam kSize = {"packet_size", 0, 65507, 56};
constexpr RangedParam kNumbers[] = {kCount, kTimeout, kLoss, kSize};

long Number(const Context& context, const RangedParam& param) {
  long number = param.otherwise;
  (void)vm::GetNumber(context.params, param.name, param.low, param.high, param.otherwise, &number);
  return number;
}

// A VM's card, and what the guest calls it.
struct Card {
  vm::Machine* machine;
  const vm::NicConfig* nic;
  std::string interface;

  const std::string& vm() const { return machine->config().name; }
};

bool SameNetwork(const vm::NicConfig& a, const vm::NicConfig& b) {
  return a.net.mode != vm::NetMode::kUser && a.net.mode == b.net.mode &&
         a.net.network == b.net.network;
}

// "/sys/class/net/eth0/address:52:54:00:10:00:01"
std::string InterfaceOf(const std::string& text, const std::string& mac) {
  static const RE2 line(R"((?m)^/sys/class/net/([^/]+)/address:(\S+)$)");
  re2::StringPiece rest(text);
  for (std::string interface, address; RE2::FindAndConsume(&rest, line, &interface, &address);) {
    if (address == mac) return interface;
  }
  return "";
}

// "2: eth0    inet 10.20.0.1/16 brd ..."
std::set<std::string> AddressesOf(const std::string& text, const std::string& interface) {
  static const RE2 line(R"((?m)^\d+: (\S+) +inet ([0-9.]+)/)");
  std::set<std::string> found;
  re2::StringPiece rest(text);
  for (std::string name, address; RE2::FindAndConsume(&rest, line, &name, &address);) {
    if (name == interface) found.insert(address);
  }
  return found;
}

// The cards that have an address, each with it.
Trouble FindCards(Context& context, vm::Machine& machine, std::vector<Card>* cards) {
  std::string output;
  Trouble trouble = RunCommand(context, machine, "the question for its addresses",
                               "grep . /sys/class/net/*/address /dev/null; ip -o -4 addr show",
                               Limit(context, "login_timeout", 60), &output);
  if (trouble) return trouble;
  for (const vm::NicConfig& nic : machine.config().nics) {
    if (nic.address.ip.empty()) continue;
    std::string interface = InterfaceOf(output, nic.address.mac);
    std::set<std::string> found = AddressesOf(output, interface);
    if (found.count(nic.address.ip) == 0) {
      std::string has = found.empty() ? "no IP address" : "the address " + *found.begin();
      return Failure{vm::kWrongAddress,
                     fmt::format("{}: {} ({}) has {}, not {}", machine.config().name, nic.name,
                                 nic.address.mac, has, nic.address.ip),
                     "the guest's addresses:\n" + Shown(output)};
    }
    cards->push_back({&machine, &nic, interface});
  }
  return std::nullopt;
}

Trouble Judge(Context& context, const std::string& from, const std::string& to, long sent,
              long received, const std::string& detail) {
  context.log.Info("ping from {} to {}: {} of {} answers", from, to, received, sent);
  long allowed = Number(context, kLoss);
  if ((sent - received) * 100 <= allowed * sent) return std::nullopt;
  return Failure{vm::kPingFailed,
                 fmt::format("{} got {} of {} answers from {} (allowed loss: {} %)", from, received,
                             sent, to, allowed),
                 detail};
}

// Who is pinged, from a guest.
struct Target {
  std::string ip;
  std::string whose;
  const vm::NicConfig* nic;  // null: the host's

  std::string Name() const { return fmt::format("{} ({})", ip, whose); }
};

// A guest's word for it is not enough where the runner passes the frames on itself.
Trouble Witness(const Card& from, const Target& to, long received, uint64_t seen,
                const std::string& detail) {
  if (seen >= static_cast<uint64_t>(received)) return std::nullopt;
  return Failure{vm::kPingFailed,
                 fmt::format("{} ({}) says that it got {} answers from {}, but {} came by on their "
                             "network",
                             from.vm(), from.nic->name, received, to.Name(), seen),
                 detail};
}

Trouble FromGuest(Context& context, const Card& from, const Target& to) {
  long count = Number(context, kCount), timeout = Number(context, kTimeout);
  std::string command = fmt::format("ping -c {} -i {} -W {} -s {} -I {} {}", count,
                                    context.params.Get("ping_interval", "0.2"), timeout,
                                    Number(context, kSize), from.interface, to.ip);
  auto replies = [&]() -> std::optional<uint64_t> {
    if (to.nic == nullptr) return std::nullopt;
    return context.networks.EchoReplies(*to.nic, *from.nic);
  };
  const std::optional<uint64_t> before = replies();
  vm::ShellFrame::Answer answer;
  host::Until until = Within(context, 30.0 + 2.0 * static_cast<double>(count + timeout));
  if (Trouble trouble = context.fleet.Run(*from.machine, command, until, &answer)) return trouble;
  long sent = 0, received = 0;
  static const RE2 summary(R"((\d+) packets transmitted, (\d+) (?:packets )?received)");
  if (!RE2::PartialMatch(answer.output, summary, &sent, &received)) {
    return Failure{vm::kCommandFailed,
                   fmt::format("{}: {}: it sums nothing up", from.vm(), command),
                   "its output:\n" + Shown(answer.output)};
  }
  std::string detail = "command: " + command + "\nits output:\n" + Shown(answer.output);
  if (before) {
    uint64_t seen = replies().value_or(0) - *before;
    if (Trouble trouble = Witness(from, to, received, seen, detail)) return trouble;
  }
  return Judge(context, fmt::format("{} ({})", from.vm(), from.nic->name), to.Name(), sent,
               received, detail);
}

// Sends one question; whether its answer came in time.
Trouble OneFromHost(Context& context, const host::Fd& socket, const sockaddr_in& to,
                    uint16_t sequence, bool* answered) {
  auto id = static_cast<uint16_t>(::getpid());
  std::string packet = host::EchoRequest(id, sequence, static_cast<size_t>(Number(context, kSize)));
  // An error (nobody answers ARP yet) is an answer that does not come.
  (void)!::sendto(socket.get(), packet.data(), packet.size(), 0,
                  reinterpret_cast<const sockaddr*>(&to), sizeof to);
  auto look = [&] {
    std::string buffer(1 << 16, '\0');
    for (ssize_t got; (got = ::recv(socket.get(), buffer.data(), buffer.size(), 0)) > 0;) {
      std::string_view reply(buffer.data(), static_cast<size_t>(got));
      if (host::EchoReplyTo(reply, id) == sequence) *answered = true;
    }
  };
  constexpr char kLate[] = "late";
  host::TimePoint until = Within(context, static_cast<double>(Number(context, kTimeout)));
  context.loop.Watch(socket.get(), look);
  Trouble trouble = context.fleet.WaitUntil([&] { return *answered; }, until, {kLate, "", ""});
  context.loop.Forget(socket.get());
  if (trouble && trouble->kind == kLate) return std::nullopt;
  return trouble;
}

Trouble FromHost(Context& context, const Card& to) {
  host::Fd socket = context.networks.PingSocket(*to.nic);
  if (!socket) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, to.nic->address.ip.c_str(), &address.sin_addr);
  long count = Number(context, kCount), received = 0;
  for (long i = 0; i < count; ++i) {
    bool answered = false;
    Trouble trouble = OneFromHost(context, socket, address, static_cast<uint16_t>(i), &answered);
    if (trouble) return trouble;
    if (answered) ++received;
  }
  return Judge(context, "the host",
               fmt::format("{} ({} of {})", to.nic->address.ip, to.nic->name, to.vm()), count,
               received, "");
}

Trouble PingAll(Context& context, const std::vector<Card>& cards, size_t* ways) {
  for (const Card& from : cards) {
    for (const Card& to : cards) {
      if (from.machine == to.machine || !SameNetwork(*from.nic, *to.nic)) continue;
      Trouble trouble =
          FromGuest(context, from,
                    {to.nic->address.ip, fmt::format("{} of {}", to.nic->name, to.vm()), to.nic});
      if (trouble) return trouble;
      ++*ways;
    }
    std::string host = context.networks.HostAddressOn(*from.nic);
    if (host.empty()) continue;
    if (Trouble trouble = FromGuest(context, from, {host, "the host", nullptr})) return trouble;
    if (Trouble trouble = FromHost(context, from)) return trouble;
    ++*ways;
  }
  return std::nullopt;
}

Trouble Ping(Context& context, std::string* passed) {
  if (Trouble trouble = BootAll(context)) return trouble;
  std::vector<Card> cards;
  for (auto& machine : context.fleet.machines()) {
    if (Trouble trouble = FindCards(context, *machine, &cards)) return trouble;
  }
  size_t ways = 0;
  if (Trouble trouble = PingAll(context, cards, &ways)) return trouble;
  if (ways == 0) {
    return Failure{vm::kPingFailed, "no two VMs of the test have IP addresses on one network", ""};
  }
  *passed = fmt::format("{} card(s) have their addresses, {} way(s) pinged", cards.size(), ways);
  return std::nullopt;
}

bool AnyPeer(const vm::VmConfig& config, const vm::NicConfig& nic,
             const std::vector<vm::VmConfig>& configs, bool with_ip) {
  if (nic.net.mode == vm::NetMode::kUser || nic.net.mode == vm::NetMode::kTap) return true;
  for (const vm::VmConfig& other : configs) {
    if (&other == &config) continue;
    for (const vm::NicConfig& its : other.nics) {
      if (SameNetwork(nic, its) && !(with_ip && its.address.ip.empty())) return true;
    }
  }
  return false;
}

// Whether there is anything to ping.
bool AnyWay(const std::vector<vm::VmConfig>& configs, bool with_ip) {
  for (const vm::VmConfig& config : configs) {
    for (const vm::NicConfig& nic : config.nics) {
      if (with_ip && nic.address.ip.empty()) continue;
      if (AnyPeer(config, nic, configs, with_ip)) return true;
    }
  }
  return false;
}

std::string CheckPingedMachines(const std::vector<vm::VmConfig>& configs) {
  if (!AnyWay(configs, /*with_ip=*/false)) {
    return "ping: no two VMs of the test share a network (nic_mode, private_net)";
  }
  if (AnyWay(configs, /*with_ip=*/true)) return "";
  return "ping: no card has an IP address to be pinged at: with nic_mode = bridge or ip_config = "
         "none, addresses are those of the queue's range, which has none; expected one with "
         "base_ip, such as mac_ranges = r0, base_mac_r0 = 52:54:00:10:00:00, base_ip_r0 = "
         "10.20.0.0, range_size_r0 = 256";
}

std::string CheckPing(const vm::Params& params) {
  std::string wrong = CheckGuestParams(params);
  if (!wrong.empty()) return wrong;
  long ignored = 0;
  for (const RangedParam& param : kNumbers) {
    auto error =
        vm::GetNumber(params, param.name, param.low, param.high, param.otherwise, &ignored);
    if (error) return error->text;
  }
  std::string interval = params.Get("ping_interval", "0.2");
  if (!RE2::FullMatch(interval, R"(\d{1,3}(\.\d{1,3})?)")) {
    return fmt::format("ping_interval = {}: expected seconds such as 0.2", interval);
  }
  for (const std::string& name : vm::VmNames(params)) {
    if (!vm::HasShell(params.ForVm(name))) return "ping needs guests with a shell";
  }
  return "";
}

}  // namespace

const Procedure kPing = {
    .type = "ping",
    .run = Ping,
    .check = CheckPing,
    .params = "ping_count ping_interval ping_timeout ping_loss_ratio packet_size",
    .check_machines = CheckPingedMachines,
};

}  // namespace kvmtest::procedures
