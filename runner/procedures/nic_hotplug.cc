// type = nic_hotplug: a network card is plugged into the running main VM; its guest finds it under
// the address that the plan gave it and reaches through it qemu's network (nic_mode = user), this
// machine (tap) or another VM (private); the card is taken out and the guest loses it.
//
// Params: hotplug_nic, one of the VM's nics, which it does not boot with (the last one; so it has
// an address of the queue's block as every other card), repeat_times (1).

#include <fmt/format.h>

#include <algorithm>

#include "procedures/device_steps.h"
#include "procedures/monitor.h"
#include "vm/argv.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

const vm::NicConfig& NicToPlug(const vm::Machine& machine) {
  const auto& nics = machine.config().nics;
  return *std::find_if(nics.begin(), nics.end(), [](const auto& nic) { return !nic.attached; });
}

// The guest's network cards, a name a line.
constexpr char kListCards[] =
    "for dir in /sys/class/net/*; do [ ! -e $dir/device ] || echo ${dir##*/}; done\n";

// The card that was not there before.
Trouble WaitForCard(Context& context, vm::Machine& machine, const vm::NicConfig& nic,
                    const std::string& before, std::string* card) {
  std::string command = kLoadDrivers;
  command += "for card in $(" + std::string(kListCards) + "); do\n case ' " + before +
             " ' in *\" $card \"*) ;; *) echo $card; exit 0 ;; esac\ndone\nexit 1\n";
  host::Until until = DeviceLimit(context);
  Failure late{vm::kHotplugTimeout,
               fmt::format("{}: the guest saw no new network card within {} of plugging in "
                           "{} ({})",
                           machine.config().name, until.Text(), nic.name, nic.model),
               ""};
  Trouble trouble = PollGuest(context, machine, command, until, late, card);
  *card = Trimmed(*card);
  return trouble;
}

Trouble CheckMac(Context& context, vm::Machine& machine, const vm::NicConfig& nic,
                 const std::string& card) {
  std::string mac;
  Trouble trouble =
      RunCommand(context, machine, "the question for the address",
                 fmt::format("cat /sys/class/net/{}/address", card), DeviceLimit(context), &mac);
  if (trouble) return trouble;
  if (Trimmed(mac) == nic.address.mac) return std::nullopt;
  return Failure{vm::kWrongAddress,
                 fmt::format("{}: the guest's new card {} has the address {}, expected {} of {}",
                             machine.config().name, card, Trimmed(mac), nic.address.mac, nic.name),
                 ""};
}

// Where the guest finds qemu's own network behind -netdev user.
std::string HostOf(const std::string& netdev) {
  size_t at = netdev.find(",host=");
  return at == std::string::npos ? "10.0.2.2"
                                 : netdev.substr(at + 6, netdev.find(',', at + 6) - at - 6);
}

// Another VM's address on the card's network; empty if there is none.
std::string NeighbourOf(Context& context, const vm::Machine& machine, const vm::NicConfig& nic) {
  for (const auto& other : context.fleet.machines()) {
    if (other.get() == &machine) continue;
    for (const vm::NicConfig& its : other->config().nics) {
      bool there = its.attached && its.net.mode == nic.net.mode &&
                   its.net.network == nic.net.network && !its.address.ip.empty();
      if (there) return its.address.ip;
    }
  }
  return "";
}

std::string PeerOf(Context& context, const vm::Machine& machine, const vm::NicConfig& nic,
                   const std::string& netdev) {
  if (nic.net.mode == vm::NetMode::kUser) return HostOf(netdev);
  if (nic.net.mode == vm::NetMode::kTap) return context.networks.HostAddressOn(nic);
  return NeighbourOf(context, machine, nic);
}

// The card's other end. A descriptor goes to the monitor that is to use it: the human monitor would
// not know of it.
Trouble AddNetdev(Context& context, vm::Machine& machine, const vm::NicConfig& nic,
                  const std::string& netdev) {
  if (nic.net.mode == vm::NetMode::kUser) return Monitor(context, machine, "netdev_add", netdev);
  host::Fd cable;
  if (Trouble trouble = context.networks.PlugIn(nic, machine.config().name, &cable)) return trouble;
  const std::string id = "net-" + nic.name;
  Trouble trouble = Ask(context, machine, {"getfd", {{"fdname", id}}, vm::kQemuError, cable.get()});
  if (trouble) return trouble;
  const char* type = nic.net.mode == vm::NetMode::kTap ? "tap" : "socket";
  return Command(context, machine, "netdev_add", {{"type", type}, {"id", id}, {"fd", id}});
}

Trouble UseLink(Context& context, vm::Machine& machine, const vm::NicConfig& nic,
                const std::string& netdev, const std::string& card) {
  std::string peer = PeerOf(context, machine, nic, netdev);
  if (peer.empty()) {
    context.log.Note("{}: nobody is to be reached through {} ({})", machine.config().name, nic.name,
                     vm::DescribeNetwork(nic.net));
    return RunCommand(context, machine, "using the new card " + card,
                      fmt::format("ip link set {} up", card), DeviceLimit(context));
  }
  std::string address =
      nic.address.ip.empty() ? "10.0.2.15/24" : fmt::format("{}/{}", nic.address.ip, nic.ip_prefix);
  std::string command =
      fmt::format("ip link set {0} up && ip addr add {1} dev {0} && ping -c 2 -W 10 -I {0} {2}",
                  card, address, peer);
  return RunCommand(context, machine, "using the new card " + card, command, DeviceLimit(context));
}

Trouble PlugOnce(Context& context, vm::Machine& machine, const vm::NicConfig& nic) {
  std::string before;
  Trouble trouble = RunCommand(context, machine, "the question for its network cards", kListCards,
                               DeviceLimit(context), &before);
  if (trouble) return trouble;
  std::replace(before.begin(), before.end(), '\n', ' ');
  std::vector<std::string> options = vm::NicArgs(nic, -1);
  const std::string& netdev = options.at(1);
  std::vector<std::string> devices{OnPciPort(machine.config(), options.at(3))};
  if ((trouble = AddNetdev(context, machine, nic, netdev))) return trouble;
  auto begin = host::Clock::now();
  if ((trouble = Plug(context, machine, devices))) return trouble;
  std::string card;
  if ((trouble = WaitForCard(context, machine, nic, before, &card))) return trouble;
  context.measurements["hotplug_seconds"] = SecondsSince(begin);
  if ((trouble = UseLink(context, machine, nic, netdev, card))) return trouble;
  if ((trouble = CheckMac(context, machine, nic, card))) return trouble;
  begin = host::Clock::now();
  if ((trouble = Unplug(context, machine, devices))) return trouble;
  if ((trouble = WaitForLoss(context, machine, "/sys/class/net/" + card))) return trouble;
  context.measurements["hotunplug_seconds"] = SecondsSince(begin);
  return Command(context, machine, "netdev_del", {{"id", "net-" + nic.name}});
}

Trouble NicHotplug(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  const vm::NicConfig& nic = NicToPlug(*machine);
  long times = Number(context, "repeat_times", 1);
  for (long i = 0; i < times; ++i) {
    if (Trouble trouble = PlugOnce(context, *machine, nic)) return trouble;
  }
  *passed = fmt::format("{} ({}, {}) was plugged in, used and taken out {} time(s)", nic.name,
                        nic.model, nic.address.mac, times);
  return std::nullopt;
}

std::string CheckNicHotplugParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"repeat_times"}) : wrong;
}

std::string TakeNicOut(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  if (config->nics.empty()) return "nic_hotplug needs a network card in `nics`, to be plugged in";
  std::string name = params.Get("hotplug_nic", config->nics.back().name);
  for (vm::NicConfig& nic : config->nics) {
    if (nic.name != name) continue;
    if (nic.net.mode == vm::NetMode::kBridge) {
      return fmt::format(
          "nic_hotplug plugs in cards of nic_mode = user, tap and private, and {} is none", name);
    }
    nic.attached = false;
    AddPciPort(config);
    return "";
  }
  return fmt::format("hotplug_nic = {} is none of the VM's nics", name);
}

}  // namespace

const Procedure kNicHotplug = {
    "nic_hotplug",
    NicHotplug,
    CheckNicHotplugParams,
    KVMTEST_DEVICE_PARAMS "hotplug_nic repeat_times",
    true,
    TakeNicOut,
};

}  // namespace kvmtest::procedures
