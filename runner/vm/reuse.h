#ifndef KVMTEST_VM_REUSE_H_
#define KVMTEST_VM_REUSE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "vm/fleet.h"
#include "vm/template_store.h"

namespace kvmtest::vm {

// vm_reuse = template: the first machine of a kind boots and leaves its state, the others continue
// from there. Whatever is wrong with a template costs the time of a boot and no more: it is
// removed, the machine boots and leaves a new one.
//
// The guest's memory is a file of the runner's that qemu maps, so that it needs not go through
// qemu's migration: what does (x-ignore-shared) is the devices' state, less than a MiB. The file is
// a copy of the run's own: 80 MiB of a small guest take 60 ms of CPU time. Mapped privately, the
// template's own file would cost nothing, but a guest that gives back memory (a balloon) makes qemu
// 7.2 punch holes in it, under every other guest.
class Reuse {
 public:
  Reuse(Surroundings& around, Fleet& fleet, const std::string& directory, uint64_t limit_bytes)
      : around_(around), fleet_(fleet), store_(directory, limit_bytes) {}

  // Starts a machine: *restored says whether its guest is up already.
  Trouble Start(Machine& machine, const host::Until& until, bool* restored);
  // Once its guest is up: saves what Start has found missing.
  Trouble Save(Machine& machine, host::TimePoint until);

 private:
  std::optional<TemplateKey> Key(const VmConfig& config, std::string* why) const;
  Trouble StartDraft(Machine& machine, const TemplateKey& key, const host::Until& until);
  // Up to a machine that has all of its state and stands still; then what its guest said at boot
  // can be judged before it goes on.
  Trouble Restore(Machine& machine, const TemplateKey& key, const Template& from,
                  host::TimePoint until);
  Trouble Continue(Machine& machine, const Template& from, host::TimePoint until);
  Trouble CopyDisks(Machine& machine, const Template& from);
  Trouble FallAsleep(Machine& machine, host::TimePoint until);
  Trouble SaveAsleep(Machine& machine, TemplateDraft& draft, host::TimePoint until,
                     bool* continues);
  Trouble InstallProgram(Machine& machine, host::TimePoint until, std::string* program);
  Trouble Wake(Machine& machine, const std::string& nonce, host::TimePoint until);
  Trouble WakeSleeping(Machine& machine, const std::string& line, host::TimePoint until,
                       ShellFrame::Answer* answer);
  // Where no program can sleep, it is started for the purpose.
  Trouble WakeAnew(Machine& machine, const std::string& line, host::TimePoint until,
                   ShellFrame::Answer* answer);
  Trouble SaveStopped(Machine& machine, TemplateDraft& draft, host::TimePoint until);
  Trouble SendState(Machine& machine, host::TimePoint until, std::string* state);
  Trouble LoadState(Machine& machine, const std::string& state, host::TimePoint until);
  Trouble SetCapabilities(Machine& machine, bool on, host::TimePoint until);
  Trouble Execute(Machine& machine, const char* command, const Qmp::Json& arguments,
                  host::TimePoint until, int fd = -1);

  Surroundings& around_;
  Fleet& fleet_;
  TemplateStore store_;
  std::map<std::string, std::unique_ptr<TemplateDraft>> drafts_;  // by VM
};

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_REUSE_H_
