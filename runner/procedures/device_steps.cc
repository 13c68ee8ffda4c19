#include "procedures/device_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/process.h"
#include "vm/argv.h"
#include "vm/disk.h"

namespace kvmtest::procedures {

namespace {

using host::Clock;
using vm::Failure;
using vm::Trouble;

constexpr long kMost = 1000000000;

// The id in a text for -device.
std::string IdOf(const std::string& device) {
  size_t at = device.find(",id=");
  if (at == std::string::npos) return "";
  return device.substr(at + 4, device.find(',', at + 4) - at - 4);
}

}  // namespace

const char kLoadDrivers[] = R"sh(
if command -v modprobe > /dev/null; then
  wanted=
  for file in /sys/bus/pci/devices/*/modalias /sys/bus/virtio/devices/*/modalias \
              /sys/bus/scsi/devices/*/modalias /sys/bus/platform/devices/LNRO0005:*/modalias; do
    [ -r "$file" ] && [ ! -e "${file%/*}/driver" ] || continue
    read -r alias < "$file" && wanted="$wanted $alias"
  done
  [ -z "$wanted" ] || modprobe -q -a $wanted 2> /dev/null || true
fi
)sh";

const char kListDisks[] = R"sh(
for dir in /sys/block/*; do
  name=${dir##*/}
  [ -e "$dir/device" ] || continue
  case $name in sr[0-9]*|fd[0-9]*) continue ;; esac
  read -r sectors < "$dir/size"
  serial=
  if [ -r "$dir/serial" ]; then read -r serial < "$dir/serial"
  elif [ -r "$dir/device/serial" ]; then read -r serial < "$dir/device/serial"
  elif [ -r "$dir/device/vpd_pg80" ]; then serial=$(tail -c +5 "$dir/device/vpd_pg80")
  fi
  echo "disk $name $sectors $serial"
done
)sh";

Trouble BootMain(Context& context, vm::Machine** machine) {
  if (Trouble trouble = MainMachine(context, machine)) return trouble;
  if (Trouble trouble = BootAll(context)) return trouble;
  std::string command = context.params.Get("guest_prepare_cmd");
  if (command.empty()) return std::nullopt;
  return RunCommand(context, **machine, "guest_prepare_cmd", command, DeviceLimit(context));
}

std::string CheckDeviceParams(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, params.Get("type").c_str());
  return wrong.empty() ? CheckNumbers(params, {"device_timeout"}) : wrong;
}

std::string CheckNumbers(const vm::Params& params, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    long ignored = 0;
    if (auto error = vm::GetNumber(vm::MainView(params), key, 1, kMost, 1, &ignored)) {
      return error->text;
    }
  }
  return "";
}

long Number(const vm::Params& params, const char* key, long otherwise) {
  long number = otherwise;
  // A wrong number has been refused when the test was set up.
  (void)vm::GetNumber(vm::MainView(params), key, 1, kMost, otherwise, &number);
  return number;
}

long Number(const Context& context, const char* key, long otherwise) {
  return Number(context.params, key, otherwise);
}

bool IsMain(const vm::Params& params, const vm::VmConfig& config) {
  return config.name == vm::MainVm(params);
}

host::Until DeviceLimit(const Context& context) {
  return Limit(context, "device_timeout", 60);
}

Trouble PollGuest(Context& context, vm::Machine& machine, const std::string& command,
                  const host::Until& until, Failure late, std::string* output) {
  constexpr double kSecondsBetween = 0.1;
  constexpr double kAnswerSeconds = 10;  // for a question asked just before the end
  std::optional<std::string> said;       // the last time
  auto too_late = [&] {
    if (!said->empty()) late.detail += "the guest says:\n" + Shown(*said);
    return late;
  };
  for (;;) {
    vm::ShellFrame::Answer answer;
    host::Until answered = Within(context, kAnswerSeconds);
    if (until.at > answered.at) answered = until;
    if (Trouble trouble = context.fleet.Run(machine, command, answered, &answer)) {
      bool cut = answered.is_deadline && trouble->kind == vm::kTestTimeout;
      return said && cut ? too_late() : trouble;
    }
    if (output != nullptr) *output = answer.output;
    if (answer.status == 0) return std::nullopt;
    said = answer.output;
    if (Clock::now() >= until.at) return too_late();
    if (Trouble trouble = Pause(context, kSecondsBetween)) return trouble;
  }
}

Trouble Command(Context& context, vm::Machine& machine, const std::string& command,
                const Json& arguments, Json* value) {
  host::Until until = DeviceLimit(context);
  vm::Qmp::Reply reply = machine.qmp().Execute(command, arguments, until);
  if (value != nullptr) *value = reply.value;
  if (reply.ok()) return std::nullopt;
  return context.fleet.Unanswered(
      reply, until,
      {vm::kQemuError, fmt::format("{}: {}: {}", machine.config().name, command, reply.error), ""});
}

namespace {

// As qemu's monitor reads it (7.2, get_str() of monitor/hmp.c): a blank would end it, and within
// quotes a backslash is for these alone.
std::string MonitorWord(const std::string& text) {
  std::string word = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') word += '\\';
    word += c;
  }
  return word + '"';
}

}  // namespace

Trouble Monitor(Context& context, vm::Machine& machine, const std::string& command,
                const std::string& argument) {
  const std::string line = command + " " + MonitorWord(argument);
  Json said;
  Trouble trouble =
      Command(context, machine, "human-monitor-command", {{"command-line", line}}, &said);
  if (trouble) return trouble;
  std::string text = Trimmed(said.is_string() ? said.get<std::string>() : said.dump());
  context.log.Info("{}: {}{}{}", machine.config().name, line, text.empty() ? "" : ": ", text);
  // drive_add says OK, the others nothing.
  if (text.empty() || text == "OK") return std::nullopt;
  Failure failure{vm::kQemuError,
                  fmt::format("{}: {}: {}", machine.config().name, line, vm::Printable(text)), ""};
  for (const char* lacking :
       {"is not a valid device model name", "does not support hotplugging", "No 'PCI' bus found"}) {
    if (text.find(lacking) != std::string::npos) failure.kind = vm::kEnvironment;
  }
  return failure;
}

Trouble Plug(Context& context, vm::Machine& machine, const std::vector<std::string>& devices) {
  for (const std::string& device : devices) {
    if (Trouble trouble = Monitor(context, machine, "device_add", device)) return trouble;
  }
  return std::nullopt;
}

namespace {

bool IsDeleted(vm::Machine& machine, const std::string& device, size_t from) {
  const auto& events = machine.qmp().events();
  return std::any_of(events.begin() + static_cast<long>(std::min(from, events.size())),
                     events.end(), [&](const vm::Qmp::Event& event) {
                       return event.name == "DEVICE_DELETED" && event.data.contains("device") &&
                              event.data["device"] == device;
                     });
}

}  // namespace

Trouble WaitForLoss(Context& context, vm::Machine& machine, const std::string& place) {
  host::Until until = DeviceLimit(context);
  return PollGuest(context, machine, fmt::format("[ ! -e {} ]", place), until,
                   {vm::kHotplugTimeout,
                    fmt::format("{}: the guest still has {} after it was taken out, within {}",
                                machine.config().name, place, until.Text()),
                    ""});
}

Trouble Unplug(Context& context, vm::Machine& machine, const std::vector<std::string>& devices) {
  for (auto device = devices.rbegin(); device != devices.rend(); ++device) {
    std::string id = IdOf(*device);
    size_t from = machine.qmp().events().size();
    if (Trouble trouble = Command(context, machine, "device_del", {{"id", id}})) return trouble;
    host::Until until = DeviceLimit(context);
    Failure late{vm::kHotplugTimeout,
                 fmt::format("{}: no DEVICE_DELETED for {} within {}: the guest did not let "
                             "it go",
                             machine.config().name, id, until.Text()),
                 ""};
    Trouble trouble =
        context.fleet.WaitUntil([&] { return IsDeleted(machine, id, from); }, until, late);
    if (trouble) return trouble;
  }
  return std::nullopt;
}

void AddPciPort(vm::VmConfig* config) {
  // The bus of q35 itself takes no new devices, that of pc does.
  if (config->machine.find("q35") != std::string::npos) config->devices.pci_ports = 1;
}

std::string OnPciPort(const vm::VmConfig& config, const std::string& device) {
  if (config.devices.pci_ports == 0 || device.find(",bus=") != std::string::npos) return device;
  return device + ",bus=" + vm::PciPortId(1);
}

std::vector<GuestDisk> ReadDisks(const std::string& output) {
  std::vector<GuestDisk> disks;
  for (const std::string& line : Lines(output)) {
    std::vector<std::string> words = vm::SplitWords(line);
    if (words.size() < 3 || words[0] != "disk") continue;
    unsigned long long bytes = vm::SizeInBytes(words[2], 512).value_or(0);
    disks.push_back({words[1], bytes, words.size() > 3 ? words[3] : ""});
  }
  return disks;
}

void SetSerials(vm::VmConfig* config) {
  constexpr size_t kLongest = 20;  // more does not reach the guest, whatever the interface
  for (vm::ImageConfig& image : config->images) {
    if (image.serial.empty()) image.serial = image.name.substr(0, kLongest);
  }
}

Trouble FindDisk(Context& context, vm::Machine& machine, const vm::ImageConfig& image,
                 std::string* name) {
  std::string output;
  Trouble trouble = RunCommand(context, machine, "the question for the disks", kListDisks,
                               DeviceLimit(context), &output);
  if (trouble) return trouble;
  for (const GuestDisk& disk : ReadDisks(output)) {
    if (disk.serial != image.serial) continue;
    *name = disk.name;
    return std::nullopt;
  }
  return Failure{vm::kDeviceMissing,
                 fmt::format("{}: the guest has no disk with the serial number {} ({}, {})",
                             machine.config().name, image.serial, image.name, image.interface),
                 "the guest's disks:\n" + Shown(output)};
}

std::string Trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

std::string DiskFile(const Context& context, const vm::Machine& machine,
                     const vm::ImageConfig& image) {
  return vm::OverlayPath(context.scratch, machine.config(), image);
}

Trouble RunTool(Context& context, const std::vector<std::string>& argv, int* status,
                std::string* output) {
  if (!host::FindProgram(argv[0])) {
    return Failure{vm::kEnvironment, fmt::format("'{}' is not there", argv[0]), ""};
  }
  host::RunOutcome outcome;
  Trouble trouble = context.fleet.RunTool(argv, context.deadline, &outcome);
  context.log.Info("{}: {}", host::ShellQuote(argv),
                   outcome.started ? outcome.exit.Text() : outcome.error);
  *status = outcome.exit.code;
  *output = outcome.output;
  if (trouble) return trouble;
  if (context.loop.stop_signal() != 0) return Failure{vm::kInterrupted, "a signal", ""};
  if (outcome.started && !outcome.timed_out && outcome.exit.signal == 0) return std::nullopt;
  if (outcome.timed_out) {
    return vm::CutByTestTimeout(fmt::format("{} {}", argv[0], argv.size() > 1 ? argv[1] : ""),
                                "command line: " + host::ShellQuote(argv) + "\n");
  }
  return Failure{
      vm::kHarnessError,
      fmt::format("{}: {}", argv[0], outcome.started ? outcome.exit.Text() : outcome.error),
      "command line: " + host::ShellQuote(argv) + "\n" + Shown(outcome.output)};
}

std::string QemuImg(const Context& context) {
  return context.params.Get("qemu_img_binary", "qemu-img");
}

Trouble CheckImage(Context& context, vm::FileIs file, const std::string& path,
                   const std::string& format) {
  int status = 0;
  std::string output;
  std::vector<std::string> argv{QemuImg(context), "check", "-f", format, path};
  if (Trouble trouble = RunTool(context, argv, &status, &output)) return trouble;
  return vm::JudgeCheck(context.log, "qemu-img check of " + path, file, status, Shown(output));
}

Trouble Quit(Context& context, vm::Machine& machine) {
  machine.ExpectExit();
  machine.qmp().Send("quit");
  Trouble trouble =
      context.fleet.WaitUntil([&] { return machine.exited(); }, DeviceLimit(context),
                              {vm::kQemuError, machine.config().name + ": qemu did not quit", ""});
  return trouble;
}

}  // namespace kvmtest::procedures
