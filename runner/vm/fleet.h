#ifndef KVMTEST_VM_FLEET_H_
#define KVMTEST_VM_FLEET_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/clock.h"
#include "host/process.h"
#include "vm/failure.h"
#include "vm/machine.h"
#include "vm/qmp.h"

namespace kvmtest::vm {

// The VMs of one test, and the one way to wait for something while they live: whatever
// a test waits for, a VM that fails meanwhile ends the wait.
class Fleet {
 public:
  using PathsOf = std::function<MachinePaths(const std::string& vm)>;
  // `directory` takes the overlays; it is the run's own.
  Fleet(Surroundings& around, std::vector<VmConfig> configs, PathsOf paths, std::string directory,
        std::string qemu_img);

  // One more machine like this one, named NAME-SUFFIX, that waits for its state: it opens the
  // same disks, so only one of the two may run. Not started yet.
  Machine& AddTwin(const Machine& machine, const std::string& suffix);

  // Makes the overlays of this VM, unless it is a twin, and starts it.
  Trouble Start(Machine& machine, const host::Until& until);
  // The files that a VM opens for its images: image name -> path, as far as they are made. Who
  // makes them before Start at these places spares it that.
  std::map<std::string, std::string>& disks(const Machine& machine) {
    return overlays_[machine.config().name];
  }
  std::string DiskPath(const Machine& machine, const ImageConfig& image) const;
  // Until done() holds: nothing. A VM's trouble, a signal, or `late` when time is up.
  // With a step's limit that is known `late` names it, see Late().
  Trouble WaitUntil(const std::function<bool()>& done, host::TimePoint until, const Failure& late);
  Trouble WaitUntil(const std::function<bool()>& done, const host::Until& until,
                    const Failure& late) {
    return WaitUntil(done, until.at, Late(late, until));
  }
  // Why a QMP command was given no good answer: a VM that failed or a signal explains more than
  // `failure`, and a limit that was up is named.
  Failure Unanswered(const Qmp::Reply& reply, const host::Until& until, Failure failure);
  // What has gone wrong with the VMs by now. It is asked of each of them: one whose qemu is just
  // dying answers no more, and what qemu has told before its answer is known.
  Trouble Ask(host::TimePoint until);
  // The same, as far as it is known.
  Trouble AnyTrouble();
  // Runs a program of the host's to its end, or to `until`. A VM's trouble ends it.
  Trouble RunTool(const std::vector<std::string>& argv, host::TimePoint until,
                  host::RunOutcome* outcome);
  // Runs a command in the guest's shell.
  Trouble Run(Machine& machine, const std::string& command, const host::Until& until,
              ShellFrame::Answer* answer);
  // All of them at once, down the ladder: QMP quit, SIGTERM, SIGKILL (at once if `now`, or when
  // a signal comes), within 15 s for any number of them. The first trouble of any.
  Trouble End(bool now);
  // Only this one, which the test no longer needs.
  Trouble End(Machine& machine);

  // Once they have ended: qemu-img check of the images whose check_image says so, until the whole
  // test's time is up. Leaked clusters are told, and no failure.
  Trouble CheckImages(host::TimePoint deadline);

  std::vector<std::unique_ptr<Machine>>& machines() { return machines_; }
  Machine* Find(const std::string& name);
  // Called when a VM has been started: records and reports follow it.
  void OnStart(std::function<void()> callback) { on_start_ = std::move(callback); }

 private:
  void Add(VmConfig config);
  Trouble MakeOverlays(const VmConfig& config, const host::Until& until);
  Trouble MakeOverlay(const VmConfig& config, const ImageConfig& image, const std::string& path,
                      const host::Until& until);
  void BlameImages(const VmConfig& config, host::TimePoint until, Failure* failure);
  Trouble BlameImage(const VmConfig& config, const ImageConfig& image, const std::string& said,
                     host::TimePoint until);
  Trouble CheckImage(const VmConfig& config, const ImageConfig& image, const std::string& path,
                     host::TimePoint deadline);
  std::optional<ShellFrame::Answer> LastAnswer(GuestShell& shell);
  Trouble Settled(Failure trouble);
  void StepDown(const std::vector<Machine*>& machines, Machine::Rung rung, host::Duration limit);
  Trouble End(const std::vector<Machine*>& machines, bool now);

  Surroundings& around_;
  std::string directory_;
  std::string qemu_img_;
  PathsOf paths_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::map<std::string, std::map<std::string, std::string>> overlays_;  // VM -> image -> file
  std::function<void()> on_start_;
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_FLEET_H_
