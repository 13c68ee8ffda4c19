// type = virtio_console: random data go from the host through a virtio serial port into the guest,
// which tells their checksum, and back to the host, which compares every byte.
//
// Params: virtio_ports (one, if not given) and their virtio_port_type; virtio_console_size
// (KiB, 64). Every port is tried.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <random>
#include <string_view>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr char kDefaultPort[] = "kvmtest.port";
constexpr char kConsole[] = "/dev/hvc0";

// As gzip computes it, which every guest has.
uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = ~uint32_t{0};
  for (char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
  }
  return ~crc;
}

std::string RandomBytes(size_t count) {
  std::mt19937_64 random(std::random_device{}());
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 255);
  return bytes;
}

// The guest's device file for a port: plain ones bear the name, a console is the only hvc.
Trouble FindPort(Context& context, vm::Machine& machine, const vm::PortConfig& port,
                 std::string* file) {
  std::string command = fmt::format(
      "{}for dir in /sys/class/virtio-ports/*; do\n"
      "  [ \"$(cat $dir/name 2> /dev/null)\" = '{}' ] && echo /dev/${{dir##*/}} && exit 0\n"
      "done\nexit 1\n",
      kLoadDrivers, port.name);
  if (port.console) {
    command = fmt::format("{0}[ -c {1} ] && echo {1}", kLoadDrivers, kConsole);
  }
  vm::ShellFrame::Answer answer;
  Trouble trouble = context.fleet.Run(machine, command, DeviceLimit(context), &answer);
  if (trouble) return trouble;
  *file = Trimmed(answer.output);
  if (answer.status == 0) return std::nullopt;
  return Failure{
      vm::kDeviceMissing,
      fmt::format("{}: the guest has no virtio port '{}'", machine.config().name, port.name), ""};
}

// A terminal forgets that it is to be raw when nobody has it open.
std::string MakeRaw(const std::string& file) {
  return file == kConsole ? "stty raw -echo < " + file + "; " : "";
}

// The guest's reader must be there first: what comes before it may be dropped. One that cannot
// open the port has read nothing.
Trouble Send(Context& context, vm::Machine& machine, vm::Port& port, const std::string& file,
             const std::string& data) {
  std::string reader = fmt::format(
      "({2}echo > /tmp/kvmtest-port.ready; head -c {0} > /tmp/kvmtest-port) < {1}\n"
      "echo | tee /tmp/kvmtest-port.ready > /tmp/kvmtest-port.done",
      data.size(), file, MakeRaw(file));
  std::string command = "rm -f /tmp/kvmtest-port*; : > /tmp/kvmtest-port\n" + InBackground(reader) +
                        "until [ -e /tmp/kvmtest-port.ready ]; do sleep 0.1; done\n";
  Trouble trouble =
      RunCommand(context, machine, "reading from " + file, command, DeviceLimit(context));
  if (trouble) return trouble;
  size_t sent = 0;
  const std::string& name = machine.config().name;
  auto more = [&] {
    sent += port.Write(std::string_view(data).substr(sent));
    return sent == data.size();
  };
  trouble = context.fleet.WaitUntil(
      more, DeviceLimit(context),
      {vm::kDataMismatch, fmt::format("{}: the port took less than {} bytes", name, data.size()),
       ""});
  if (trouble) return trouble;
  host::Until until = DeviceLimit(context);
  return PollGuest(
      context, machine, "[ -e /tmp/kvmtest-port.done ]", until,
      vm::Late({vm::kDataMismatch,
                fmt::format("{}: the guest did not get the {} bytes that the host sent", name,
                            data.size()),
                ""},
               until));
}

Trouble CheckSum(Context& context, vm::Machine& machine, const std::string& data) {
  std::string output;
  Trouble trouble = RunCommand(context, machine, "the checksum",
                               "gzip -c < /tmp/kvmtest-port | tail -c 8 | od -A n -t x4",
                               DeviceLimit(context), &output);
  if (trouble) return trouble;
  // gzip ends with checksum and size.
  std::string expected = fmt::format("{:08x} {:08x}", Crc32(data), data.size());
  std::string found = fmt::format("{}", fmt::join(vm::SplitWords(output), " "));
  if (found == expected) return std::nullopt;
  return Failure{vm::kDataMismatch,
                 fmt::format("{}: the guest got data with the checksum and size {}, expected {}",
                             machine.config().name, found, expected),
                 ""};
}

Trouble Return(Context& context, vm::Machine& machine, vm::Port& port, const std::string& file,
               const std::string& data) {
  port.Forget();
  Trouble trouble =
      RunCommand(context, machine, "writing to " + file,
                 "(" + MakeRaw(file) + "cat /tmp/kvmtest-port) > " + file, DeviceLimit(context));
  if (trouble) return trouble;
  const std::string& name = machine.config().name;
  trouble = context.fleet.WaitUntil(
      [&] { return port.received().size() >= data.size(); }, DeviceLimit(context),
      {vm::kDataMismatch,
       fmt::format("{}: less than {} bytes came back from the guest", name, data.size()), ""});
  if (trouble || port.received() == data) return trouble;
  return Failure{vm::kDataMismatch, name + ": other bytes came back from the guest than were sent",
                 ""};
}

Trouble UsePort(Context& context, vm::Machine& machine, const vm::PortConfig& config,
                size_t bytes) {
  vm::Port& port = *machine.port(config.name);
  std::string file;
  if (Trouble trouble = FindPort(context, machine, config, &file)) return trouble;
  std::string data = RandomBytes(bytes);
  if (Trouble trouble = Send(context, machine, port, file, data)) return trouble;
  if (Trouble trouble = CheckSum(context, machine, data)) return trouble;
  return Return(context, machine, port, file, data);
}

Trouble VirtioConsole(Context& context, std::string* passed) {
  vm::Machine* machine = nullptr;
  if (Trouble trouble = BootMain(context, &machine)) return trouble;
  long kib = Number(context, "virtio_console_size", 64);
  auto begin = host::Clock::now();
  const std::vector<vm::PortConfig>& ports = machine->config().devices.ports;
  for (const vm::PortConfig& port : ports) {
    Trouble trouble = UsePort(context, *machine, port, static_cast<size_t>(kib) * 1024);
    if (trouble) return trouble;
  }
  context.measurements["transfer_seconds"] = SecondsSince(begin);
  *passed = fmt::format("{} KiB went there and back through {} port(s)", kib, ports.size());
  return std::nullopt;
}

std::string CheckVirtioConsoleParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"virtio_console_size"}) : wrong;
}

std::string AddPort(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  if (!params.Find("virtio_ports")) config->devices.ports.push_back({kDefaultPort, false});
  return config->devices.ports.empty() ? "virtio_console needs a port in `virtio_ports`" : "";
}

}  // namespace

const Procedure kVirtioConsole = {
    "virtio_console",
    VirtioConsole,
    CheckVirtioConsoleParams,
    KVMTEST_DEVICE_PARAMS "virtio_console_size",
    true,
    AddPort,
};

}  // namespace kvmtest::procedures
