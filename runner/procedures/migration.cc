// type = migration: the guest moves to another qemu, which opens the same disks, while it works,
// and is the same guest afterwards; it may move on several times.
//
// Params: migration_protocol = tcp (default; on the loopback, qemu chooses the port) | unix |
// exec | fd, or several, taken in turn; migration_pingpong (as many as there are protocols): how
// often it moves, each time into a new qemu; mig_timeout (240 s) for each; migration_max_bandwidth
// (bytes a second; qemu's own default), migration_downtime_limit (milliseconds; likewise).
// migration_test_command: its output must be the same before and after.
// migration_bg_command is started before, migration_bg_check_command must succeed after each move,
// migration_bg_kill_command ends it. They come in addition to the work that the guest always does.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "host/process.h"
#include "procedures/guest_work.h"
#include "procedures/monitor.h"
#include "procedures/state_transfer.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

constexpr TransferKinds kKinds = {vm::kMigrationFailed, vm::kMigrationTimeout};
constexpr const char* kProtocols[] = {"tcp", "unix", "exec", "fd"};

std::vector<std::string> Protocols(const vm::Params& params) {
  std::vector<std::string> words = params.Words("migration_protocol");
  return words.empty() ? std::vector<std::string>{"tcp"} : words;
}

// Below the private directory of the run's sockets: its path is short enough.
std::string SocketPath(Machine& machine) {
  std::string path = machine.paths().qmp_socket;
  return path.substr(0, path.rfind('.')) + ".migration";
}

// Where the destination listens and what the source is told to connect to.
class Route {
 public:
  Route(Context& context, Machine& source, Machine& destination)
      : context_(context), source_(source), destination_(destination) {}

  Trouble Open(const std::string& protocol);  // the destination waits from now on
  Trouble Begin();                            // the source sends

 private:
  Trouble OpenTcp();
  Trouble OpenFifo();
  Trouble OpenPair();
  Trouble Listen(const std::string& uri) {
    return Ask(context_, destination_, {"migrate-incoming", {{"uri", uri}}, vm::kMigrationFailed});
  }

  Context& context_;
  Machine& source_;
  Machine& destination_;
  std::string uri_;  // the source's
};

Trouble Route::Open(const std::string& protocol) {
  if (protocol == "tcp") return OpenTcp();
  if (protocol == "exec") return OpenFifo();
  if (protocol == "fd") return OpenPair();
  uri_ = "unix:" + SocketPath(destination_);
  return Listen(uri_);
}

Trouble Route::OpenTcp() {
  if (Trouble trouble = Listen("tcp:127.0.0.1:0")) return trouble;
  Json answer;
  if (Trouble trouble = Ask(context_, destination_, {"query-migrate"}, &answer)) return trouble;
  const Json addresses = answer.value("socket-address", Json::array());
  if (addresses.empty()) {
    return Failure{vm::kMigrationFailed,
                   destination_.config().name + ": qemu does not say on which port it listens", ""};
  }
  uri_ = "tcp:127.0.0.1:" + addresses[0].value("port", "0");
  return std::nullopt;
}

Trouble Route::OpenFifo() {
  std::string path = context_.scratch + "/" + destination_.config().name + ".fifo";
  if (::mkfifo(path.c_str(), 0600) != 0) {
    return Failure{vm::kHarnessError,
                   fmt::format("cannot make the pipe {}: {}", path, ::strerror(errno)), ""};
  }
  uri_ = "exec:cat >" + host::ShellQuote(path);
  return Listen("exec:cat <" + host::ShellQuote(path));
}

Trouble Route::OpenPair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Failure{vm::kHarnessError, fmt::format("socketpair: {}", ::strerror(errno)), ""};
  }
  host::Fd of_source(ends[0]), of_destination(ends[1]);
  const Json name = {{"fdname", "kvmtest"}};
  if (Trouble trouble = Ask(context_, source_, {"getfd", name, vm::kQemuError, of_source.get()})) {
    return trouble;
  }
  if (Trouble trouble =
          Ask(context_, destination_, {"getfd", name, vm::kQemuError, of_destination.get()})) {
    return trouble;
  }
  uri_ = "fd:kvmtest";
  return Listen(uri_);
}

Trouble Route::Begin() {
  return Ask(context_, source_, {"migrate", {{"uri", uri_}}, vm::kMigrationFailed});
}

class Migration {
 public:
  Migration(Context& context, Machine& machine)
      : context_(context),
        original_(machine),
        machine_(&machine),
        protocols_(Protocols(context.params)),
        work_(context) {}

  Trouble Run(std::string* passed);

 private:
  Trouble Prepare();
  Trouble Move(long hop);
  void Measure(const Json& answer);
  Trouble CheckGuest(long hop);
  Trouble UserCommand(const char* param, std::string* output = nullptr);

  Context& context_;
  Machine& original_;
  Machine* machine_;  // where the guest is now
  std::vector<std::string> protocols_;
  GuestWork work_;
  std::string test_output_;
  double seconds_ = 0, longest_downtime_ = 0, ram_mib_ = 0;
};

Trouble Migration::UserCommand(const char* param, std::string* output) {
  std::string command = context_.params.ForVm(original_.config().object).Get(param);
  if (command.empty()) return std::nullopt;
  return RunCommand(context_, *machine_, param, command,
                    Limit(context_, "guest_command_timeout", 240), output);
}

Trouble Migration::Prepare() {
  if (Trouble trouble = BootAll(context_)) return trouble;
  if (Trouble trouble = ExpectMovable(context_, original_)) return trouble;
  if (Trouble trouble = work_.Start(*machine_)) return trouble;
  std::string background =
      context_.params.ForVm(original_.config().object).Get("migration_bg_command");
  if (!background.empty()) {
    Trouble trouble =
        RunCommand(context_, *machine_, "migration_bg_command", InBackground(background),
                   Limit(context_, "guest_command_timeout", 240));
    if (trouble) return trouble;
  }
  return UserCommand("migration_test_command", &test_output_);
}

// One move: the original gives the destination its name and disks, the number tells it from those
// before.
struct Hop {
  Machine& original;
  Machine& source;
  long number;
  std::string protocol;
};

// What the params say of it.
Trouble SetParameters(Context& context, Machine& source) {
  Json parameters = Json::object();
  for (auto [param, qemu] : {std::pair("migration_max_bandwidth", "max-bandwidth"),
                             {"migration_downtime_limit", "downtime-limit"}}) {
    long value = 0;
    (void)vm::GetNumber(context.params, param, 0, INT64_MAX, 0, &value);
    if (value != 0) parameters[qemu] = value;
  }
  if (parameters.empty()) return std::nullopt;
  return Ask(context, source, {"migrate-set-parameters", parameters});
}

Trouble Transfer(Context& context, const Hop& hop, Machine& destination, const host::Until& until) {
  TransferSide from = SideNow(hop.source), to = SideNow(destination);
  Route route(context, hop.source, destination);
  if (Trouble trouble = route.Open(hop.protocol)) return trouble;
  hop.source.ExpectStop(true);
  if (Trouble trouble = route.Begin()) return trouble;
  if (Trouble trouble = AwaitTransfer(context, {from, to}, until, kKinds,
                                      fmt::format("the migration ({})", hop.protocol))) {
    return trouble;
  }
  return WaitForEvent(context, destination, "RESUME", to.from, Within(context, 20),
                      {vm::kMigrationFailed,
                       destination.config().name + ": qemu has the state but does not run it", ""});
}

// *answer: how it went, as the source tells it.
Trouble MoveAndAsk(Context& context, const Hop& hop, const host::Until& until,
                   Machine** destination, Json* answer) {
  if (Trouble trouble =
          StartReceiver(context, hop.original, fmt::format("dst{}", hop.number), destination)) {
    return trouble;
  }
  if (Trouble trouble = PrepareTransfer(context, hop.source)) return trouble;
  if (Trouble trouble = SetParameters(context, hop.source)) return trouble;
  if (Trouble trouble = Transfer(context, hop, **destination, until)) return trouble;
  if (Trouble trouble = Ask(context, hop.source, {"query-migrate"}, answer)) return trouble;
  // What it leaves behind must not run on, and is not needed.
  if (Trouble trouble = ExpectStatus(context, hop.source, "postmigrate", vm::kMigrationFailed)) {
    return trouble;
  }
  if (Trouble trouble = context.fleet.End(hop.source)) return trouble;
  if ((*destination)->shell() != nullptr) (*destination)->shell()->AssumeReady();
  return std::nullopt;
}

Trouble Migration::Move(long hop) {
  const std::string& protocol = protocols_[static_cast<size_t>(hop - 1) % protocols_.size()];
  Machine* destination = nullptr;
  Json answer;
  Trouble trouble = MoveAndAsk(context_, {original_, *machine_, hop, protocol},
                               Limit(context_, "mig_timeout", 240), &destination, &answer);
  if (trouble) return trouble;
  Measure(answer);
  machine_ = destination;
  return CheckGuest(hop);
}

void Migration::Measure(const Json& answer) {
  double downtime = answer.value("downtime", 0.0) / 1000;
  seconds_ += answer.value("total-time", 0.0) / 1000;
  longest_downtime_ = std::max(longest_downtime_, downtime);
  ram_mib_ += answer.at("ram").value("transferred", 0.0) / (1 << 20);
  context_.log.Info("{}: migrated, down for {:.3f} s: {}", machine_->config().name, downtime,
                    answer.dump());
}

Trouble Migration::CheckGuest(long hop) {
  std::string when = fmt::format("after migration {}", hop);
  if (Trouble trouble = work_.Check(*machine_, when)) return trouble;
  if (Trouble trouble = CheckAddresses(context_, *machine_)) return trouble;
  if (Trouble trouble = UserCommand("migration_bg_check_command")) return trouble;
  std::string output;
  if (Trouble trouble = UserCommand("migration_test_command", &output)) return trouble;
  if (output == test_output_) return std::nullopt;
  return Failure{vm::kWrongState,
                 fmt::format("{}: {} migration_test_command has another output",
                             machine_->config().name, when),
                 "before:\n" + Shown(test_output_) + "after:\n" + Shown(output)};
}

Trouble Migration::Run(std::string* passed) {
  if (Trouble trouble = Prepare()) return trouble;
  long hops = static_cast<long>(protocols_.size());
  (void)vm::GetNumber(context_.params, "migration_pingpong", 1, 1000, hops, &hops);
  for (long hop = 1; hop <= hops; ++hop) {
    if (Trouble trouble = Move(hop)) return trouble;
  }
  if (Trouble trouble = UserCommand("migration_bg_kill_command")) return trouble;
  context_.measurements["migration_seconds"] = seconds_;
  context_.measurements["migration_downtime_seconds"] = longest_downtime_;
  context_.measurements["migration_ram_mib"] = ram_mib_;
  *passed = fmt::format("migrated {} in {:.2f} s, down for {:.3f} s at most ({})",
                        hops == 1 ? "once" : fmt::format("{} times", hops), seconds_,
                        longest_downtime_, fmt::join(protocols_, ", "));
  return std::nullopt;
}

Trouble Migrate(Context& context, std::string* passed) {
  Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  return Migration(context, *machine).Run(passed);
}

std::string CheckMigration(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "migration");
  if (!wrong.empty()) return wrong;
  for (const std::string& protocol : Protocols(params)) {
    if (std::find(std::begin(kProtocols), std::end(kProtocols), protocol) == std::end(kProtocols)) {
      return fmt::format("migration_protocol = {}: expected tcp, unix, exec or fd", protocol);
    }
  }
  return CheckNumbers(params, {{"migration_pingpong", 1, 1000},
                               {"mig_timeout", 1, 1000000},
                               {"migration_max_bandwidth", 1, INT64_MAX},
                               {"migration_downtime_limit", 1, 2000000}});
}

// exec: is a program of qemu's.
std::string AllowPrograms(const vm::Params& params, vm::VmConfig* config) {
  std::vector<std::string> protocols = Protocols(params);
  config->sandbox_spawn = std::find(protocols.begin(), protocols.end(), "exec") != protocols.end();
  return "";
}

}  // namespace

Trouble MoveOnDemand(Context& context, const std::string& vm, Machine& source,
                     const std::string& protocol, host::TimePoint until, Machine** destination) {
  if (protocol != "tcp" && protocol != "unix" && protocol != "fd") {
    return Failure{"bad-request", fmt::format("protocol '{}': expected tcp, unix or fd", protocol),
                   ""};
  }
  // One for each time that it was tried.
  auto number = static_cast<long>(context.fleet.machines().size());
  Machine* original = context.fleet.Find(vm);
  context.log.Info("{} is to move ({})", source.config().name, protocol);
  Json ignored;
  host::Until limit = Limit(context, "mig_timeout", 240);
  if (until < limit.at) limit = host::Until(until);
  *destination = nullptr;
  Trouble trouble =
      MoveAndAsk(context, {*original, source, number, protocol}, limit, destination, &ignored);
  if (!trouble) return std::nullopt;
  // It stays where it is, and the program decides what to make of that.
  if (source.alive()) source.qmp().Execute("migrate_cancel", nullptr, Within(context, 20));
  source.ExpectStop(false);
  if (*destination != nullptr) context.fleet.End(**destination);
  return trouble;
}

const Procedure kMigration = {
    .type = "migration",
    .run = Migrate,
    .check = CheckMigration,
    .params =
        "migration_protocol migration_pingpong mig_timeout migration_max_bandwidth "
        "migration_downtime_limit migration_test_command migration_bg_command "
        "migration_bg_check_command migration_bg_kill_command guest_command_timeout",
    .configure = AllowPrograms};

}  // namespace kvmtest::procedures
