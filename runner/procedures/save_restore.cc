// type = save_restore: the guest's state is saved while it works and restored, and the guest goes
// on from there as if nothing had been.
//
// Params: save_method = file (default: the machine is stopped, its state written to a file, its
// qemu ended, and the state read by a new qemu with the same disks) | snapshot (a snapshot inside
// the qcow2 disks, to which the running machine returns; what the guest did since is undone);
// save_timeout (240 s) for the save and for the restore.

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>

#include <cerrno>

#include "procedures/guest_work.h"
#include "procedures/monitor.h"
#include "procedures/state_transfer.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

// Too late is a failure of the same kind.
constexpr TransferKinds kSaving = {vm::kSaveFailed, vm::kSaveFailed};
constexpr TransferKinds kRestoring = {vm::kRestoreFailed, vm::kRestoreFailed};

class SaveRestore {
 public:
  SaveRestore(Context& context, Machine& machine)
      : context_(context), machine_(machine), work_(context) {}

  Trouble ByFile();
  Trouble BySnapshot();

 private:
  Trouble Boot();
  Trouble SaveToFile(const std::string& path);
  Trouble RestoreFromFile(const std::string& path, Machine** restored);
  Trouble GiveFile(Machine& machine, const std::string& path, int flags);
  Trouble FindNodes();
  Trouble SnapshotJob(const char* command, const char* kind, const char* measurement);
  host::Until Until() { return Limit(context_, "save_timeout", 240); }
  // The time since `begin` is the measurement's.
  void Measure(const char* measurement, host::TimePoint begin) {
    context_.measurements[measurement] = host::SecondsBetween(begin, host::Clock::now());
  }

  Context& context_;
  Machine& machine_;
  GuestWork work_;
  Json nodes_ = Json::array();  // names of the disks' block nodes
};

Trouble SaveRestore::Boot() {
  if (Trouble trouble = BootAll(context_)) return trouble;
  // A snapshot holds the same state as a file.
  if (Trouble trouble = ExpectMovable(context_, machine_)) return trouble;
  return work_.Start(machine_);
}

// qemu gets the file itself, so that it need neither open files nor start programs.
Trouble SaveRestore::GiveFile(Machine& machine, const std::string& path, int flags) {
  host::Fd file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!file) {
    return Failure{vm::kHarnessError, fmt::format("cannot open {}: {}", path, ::strerror(errno)),
                   ""};
  }
  return Ask(context_, machine,
             {"getfd", {{"fdname", "kvmtest-state"}}, vm::kQemuError, file.get()});
}

Trouble SaveRestore::SaveToFile(const std::string& path) {
  auto begin = host::Clock::now();
  if (Trouble trouble = PrepareTransfer(context_, machine_)) return trouble;
  machine_.ExpectStop(true);
  if (Trouble trouble = Ask(context_, machine_, {"stop"})) return trouble;
  TransferSide side = SideNow(machine_);
  if (Trouble trouble = GiveFile(machine_, path, O_RDWR | O_CREAT | O_TRUNC)) return trouble;
  if (Trouble trouble =
          Ask(context_, machine_, {"migrate", {{"uri", "fd:kvmtest-state"}}, vm::kSaveFailed})) {
    return trouble;
  }
  if (Trouble trouble = AwaitTransfer(context_, {side}, Until(), kSaving, "the save")) {
    return trouble;
  }
  if (Trouble trouble = ExpectStatus(context_, machine_, "postmigrate", vm::kSaveFailed)) {
    return trouble;
  }
  if (Trouble trouble = context_.fleet.End(machine_)) return trouble;
  Measure("save_seconds", begin);
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) {
    context_.measurements["state_mib"] = static_cast<double>(status.st_size) / (1 << 20);
  }
  return std::nullopt;
}

Trouble SaveRestore::RestoreFromFile(const std::string& path, Machine** restored) {
  auto begin = host::Clock::now();
  if (Trouble trouble = StartReceiver(context_, machine_, "restored", restored)) return trouble;
  Machine& machine = **restored;
  TransferSide side = SideNow(machine);
  if (Trouble trouble = GiveFile(machine, path, O_RDONLY)) return trouble;
  if (Trouble trouble =
          Ask(context_, machine,
              {"migrate-incoming", {{"uri", "fd:kvmtest-state"}}, vm::kRestoreFailed})) {
    return trouble;
  }
  if (Trouble trouble = AwaitTransfer(context_, {side}, Until(), kRestoring, "the restore")) {
    return trouble;
  }
  // It was stopped when it was saved, and is so still.
  if (Trouble trouble = Ask(context_, machine, {"cont", nullptr, vm::kRestoreFailed})) {
    return trouble;
  }
  if (Trouble trouble = ExpectStatus(context_, machine, "running", vm::kRestoreFailed)) {
    return trouble;
  }
  machine.shell()->AssumeReady();
  Measure("restore_seconds", begin);
  return std::nullopt;
}

Trouble SaveRestore::ByFile() {
  if (Trouble trouble = Boot()) return trouble;
  std::string path = context_.scratch + "/" + machine_.config().name + ".state";
  if (Trouble trouble = SaveToFile(path)) return trouble;
  Machine* restored = nullptr;
  if (Trouble trouble = RestoreFromFile(path, &restored)) return trouble;
  if (Trouble trouble = work_.Check(*restored, "after the restore")) return trouble;
  return CheckAddresses(context_, *restored);
}

// All disks that the guest can write: a snapshot is of all or of none.
Trouble SaveRestore::FindNodes() {
  Json blocks;
  if (Trouble trouble = Ask(context_, machine_, {"query-block"}, &blocks)) return trouble;
  for (const Json& block : blocks) {
    if (!block.contains("inserted") || block["inserted"].value("ro", true)) continue;
    nodes_.push_back(block["inserted"].value("node-name", ""));
  }
  if (!nodes_.empty()) return std::nullopt;
  return Failure{vm::kSaveFailed,
                 machine_.config().name + ": the machine has no disk for a snapshot", ""};
}

Trouble SaveRestore::SnapshotJob(const char* command, const char* kind, const char* measurement) {
  auto begin = host::Clock::now();
  Json arguments = {
      {"job-id", command}, {"tag", "kvmtest"}, {"vmstate", nodes_[0]}, {"devices", nodes_}};
  machine_.ExpectStop(true);
  if (Trouble trouble = RunJob(context_, machine_, {command, arguments, kind}, Until())) {
    return trouble;
  }
  machine_.ExpectStop(false);
  if (Trouble trouble = ExpectStatus(context_, machine_, "running", kind)) return trouble;
  Measure(measurement, begin);
  return std::nullopt;
}

Trouble SaveRestore::BySnapshot() {
  if (Trouble trouble = Boot()) return trouble;
  if (Trouble trouble = FindNodes()) return trouble;
  long saved_at = work_.count();
  if (Trouble trouble = SnapshotJob("snapshot-save", vm::kSaveFailed, "save_seconds")) {
    return trouble;
  }
  if (Trouble trouble = work_.Check(machine_, "after the save")) return trouble;
  if (Trouble trouble = work_.LeaveMark(machine_)) return trouble;
  if (Trouble trouble = SnapshotJob("snapshot-load", vm::kRestoreFailed, "restore_seconds")) {
    return trouble;
  }
  machine_.ShellWentBack();
  work_.GoBackTo(saved_at);
  if (Trouble trouble = work_.ExpectNoMark(machine_, "after the restore")) return trouble;
  if (Trouble trouble = work_.Check(machine_, "after the restore")) return trouble;
  return CheckAddresses(context_, machine_);
}

Trouble SaveAndRestore(Context& context, std::string* passed) {
  Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  SaveRestore test(context, *machine);
  std::string method = context.params.Get("save_method", "file");
  Trouble trouble = method == "file" ? test.ByFile() : test.BySnapshot();
  if (trouble) return trouble;
  *passed = fmt::format("saved in {:.2f} s, restored in {:.2f} s ({})",
                        context.measurements["save_seconds"],
                        context.measurements["restore_seconds"], method);
  return std::nullopt;
}

std::string CheckSaveRestore(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "save_restore");
  if (wrong.empty()) wrong = CheckNumbers(params, {{"save_timeout", 1, 1000000}});
  if (!wrong.empty()) return wrong;
  std::string method = params.Get("save_method", "file");
  if (method != "file" && method != "snapshot") {
    return fmt::format("save_method = {}: expected file or snapshot", method);
  }
  if (method == "file" || !vm::ImageNames(vm::MainView(params)).empty()) return "";
  return "save_method = snapshot needs a disk (images), in which the state is saved";
}

}  // namespace

const Procedure kSaveRestore = {"save_restore", SaveAndRestore, CheckSaveRestore,
                                "save_method save_timeout"};

}  // namespace kvmtest::procedures
