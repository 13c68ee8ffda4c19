#include "vm/reuse.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "host/files.h"
#include "host/process.h"
#include "vm/guest_past.h"
#include "vm/template_files.h"
#include "vm/wake.h"

namespace kvmtest::vm {

namespace {

using host::Clock;

// What a restore may take before a boot is tried instead.
constexpr host::Duration kRestoreLimit = host::seconds(60);
constexpr int kPipeSize = 1 << 20;  // what everybody may have

std::string HostName() {
  utsname names;
  return ::uname(&names) == 0 ? names.nodename : "";
}

// Which qemu it is, as far as can be told without running it.
std::string BuildOf(const std::string& qemu_binary) {
  std::string path = host::FindProgram(qemu_binary).value_or(qemu_binary);
  struct stat status {};
  ::stat(path.c_str(), &status);
  return fmt::format("{} {} {}.{} {}", path, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec, status.st_ino);
}

host::Fd NewMemory(const VmConfig& config) {
  host::Fd memory = host::MemoryFile("kvmtest-memory", "");
  if (memory && !host::SetFileLength(memory.get(), MemoryBytes(config).value_or(0))) memory.Close();
  return memory;
}

// How the migration has ended, if it has: "completed", "failed", "cancelled".
std::string MigrationEnd(Machine& machine, size_t from) {
  const auto& events = machine.qmp().events();
  for (size_t i = from; i < events.size(); ++i) {
    if (events[i].name != "MIGRATION") continue;
    std::string status = events[i].data.value("status", "");
    if (status == "completed" || status == "failed" || status == "cancelled") return status;
  }
  return "";
}

Failure Problem(const Machine& machine, const std::string& text) {
  return {kQemuError, machine.config().name + ": " + text, ""};
}

bool IsFinal(const Failure& failure) {
  return failure.kind == kInterrupted || failure.kind == kHarnessError;
}

Failure CannotRun() {
  return {kEnvironment, "its guest cannot run the program that sets clock and entropy", ""};
}

std::string EndOfBoot(const std::string& template_name) {
  return fmt::format("[kvmtest: so far the boot that left template {}; restored here]",
                     template_name);
}

std::string Seed() {
  std::string seed(32, '\0');
  (void)!::getrandom(seed.data(), seed.size(), 0);
  return seed;
}

}  // namespace

std::optional<TemplateKey> Reuse::Key(const VmConfig& config, std::string* why) const {
  std::optional<std::string> no = WhyNoTemplate(config);
  std::vector<std::string> files;
  if (!no) no = FindTemplateFiles(config, &files);
  if (no) {
    *why = *no;
    return std::nullopt;
  }
  return MakeTemplateKey(
      config, files,
      {BuildOf(config.qemu_binary), HostName(), around_.accelerator, around_.cpu_model},
      [this](const std::string& path) { return store_.DigestOf(path); }, why);
}

Trouble Reuse::Start(Machine& machine, const host::Until& until, bool* restored) {
  *restored = false;
  const std::string& name = machine.config().name;
  std::string why;
  std::optional<TemplateKey> key = Key(machine.config(), &why);
  if (!key) {
    around_.log.Note("{}: boots without a template: {}", name, why);
    return fleet_.Start(machine, until);
  }
  std::optional<Template> found = store_.Open(*key, &why);
  if (found) {
    auto begin = Clock::now();
    host::TimePoint limit = host::Within(kRestoreLimit, until);
    Trouble trouble = Restore(machine, *key, *found, limit);
    if (!trouble && !machine.Replay(found->past, EndOfBoot(key->name))) {
      trouble = Problem(machine, "its file events is not what was saved");
    }
    if (!trouble) {
      // Nothing is wrong with the template: another test may not mind what its guest did.
      if (Trouble at_boot = machine.GuestTrouble()) return at_boot;
      trouble = Continue(machine, *found, limit);
    }
    *restored = !trouble;
    if (*restored) {
      around_.log.Note("{}: restored from template {} in {:.2f} s", name, key->name,
                       host::SecondsBetween(begin, Clock::now()));
      return std::nullopt;
    }
    if (IsFinal(*trouble)) return trouble;
    why = trouble->text;
    if (!trouble->detail.empty()) around_.log.Info("{}", trouble->detail);
    if (Trouble left = machine.Abandon()) return left;
    fleet_.disks(machine).clear();
  }
  if (!why.empty()) {
    around_.log.Note("{}: template {} is removed: {}", name, key->name, why);
    store_.Remove(*key);
  }
  return StartDraft(machine, *key, until);
}

Trouble Reuse::StartDraft(Machine& machine, const TemplateKey& key, const host::Until& until) {
  const std::string& name = machine.config().name;
  std::string why;
  std::unique_ptr<TemplateDraft> draft = store_.Begin(key, &why);
  host::Fd memory = draft ? NewMemory(machine.config()) : host::Fd();
  if (draft && !memory) why = "no file for its memory";
  if (memory) {
    machine.UseMemory(std::move(memory));
    drafts_[name] = std::move(draft);
  } else {
    around_.log.Note("{}: boots and leaves no template: {}", name, why);
  }
  return fleet_.Start(machine, until);
}

Trouble Reuse::CopyDisks(Machine& machine, const Template& from) {
  for (const ImageConfig& image : machine.config().images) {
    std::string path = fleet_.DiskPath(machine, image);
    host::Fd to = host::OpenForWriting(path);
    if (from.disks.count(image.name) == 0 || !to || !from.CopyDisk(image.name, to.get())) {
      return Problem(machine, fmt::format("its disk {} is not what was saved", image.name));
    }
    fleet_.disks(machine)[image.name] = path;
  }
  return std::nullopt;
}

Trouble Reuse::Restore(Machine& machine, const TemplateKey& key, const Template& from,
                       host::TimePoint until) {
  if (Trouble trouble = CopyDisks(machine, from)) return trouble;
  if (!machine.ReplaySerial(from.past, EndOfBoot(key.name))) {
    return Problem(machine, "the logs of its serial ports cannot be written");
  }
  host::Fd memory = NewMemory(machine.config());
  if (!memory) return Problem(machine, "no file for its memory");
  // While qemu starts. It sets up a machine that waits for its state without a byte in its memory.
  machine.UseMemory(std::move(memory), [&] { return from.CopyMemory(machine.memory_fd()); });
  if (Trouble trouble = fleet_.Start(machine, host::Until(until))) return trouble;
  return LoadState(machine, from.state, until);
}

Trouble Reuse::Continue(Machine& machine, const Template& from, host::TimePoint until) {
  if (Trouble trouble = Execute(machine, "cont", nullptr, until)) return trouble;
  machine.ExpectStop(false);
  machine.shell()->Continue(from.shell_nonce);
  return Wake(machine, around_.nonce, until);
}

Trouble Reuse::LoadState(Machine& machine, const std::string& state, host::TimePoint until) {
  machine.ExpectStop(true);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Problem(machine, "no pipe for its state");
  host::Fd of_qemu(ends[0]), ours(ends[1]);
  ::fcntl(ours.get(), F_SETPIPE_SZ, kPipeSize);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  if (Trouble trouble = SetCapabilities(machine, true, until)) return trouble;
  Trouble trouble = Execute(machine, "getfd", {{"fdname", "template"}}, until, of_qemu.get());
  if (trouble) return trouble;
  of_qemu.Close();
  size_t from = machine.qmp().events().size();
  trouble = Execute(machine, "migrate-incoming", {{"uri", "fd:template"}}, until);
  if (trouble) return trouble;
  for (size_t sent = 0; sent < state.size();) {
    ssize_t put = ::write(ours.get(), state.data() + sent, state.size() - sent);
    if (put > 0) sent += static_cast<size_t>(put);
    if (put < 0 && errno != EAGAIN) break;  // qemu has read enough of it
    // A pipe that has room again wakes no one here.
    if (sent < state.size()) around_.loop.RunFor(host::milliseconds(1));
    if (Clock::now() >= until || around_.loop.stop_signal() != 0) break;
  }
  ours.Close();
  std::string end;
  trouble = fleet_.WaitUntil([&] { return !(end = MigrationEnd(machine, from)).empty(); }, until,
                             Problem(machine, "qemu does not take its state"));
  if (trouble) return trouble;
  if (end != "completed") return Problem(machine, "qemu cannot load its state");
  return SetCapabilities(machine, false, until);
}

Trouble Reuse::Save(Machine& machine, host::TimePoint until) {
  const std::string& name = machine.config().name;
  auto found = drafts_.find(name);
  if (found == drafts_.end()) return std::nullopt;
  std::unique_ptr<TemplateDraft> draft = std::move(found->second);
  drafts_.erase(found);
  auto begin = Clock::now();
  Trouble trouble = FallAsleep(machine, until);
  bool continues = true;
  if (!trouble) trouble = SaveAsleep(machine, *draft, until, &continues);
  // Nobody can tell whether it has read them before or after.
  std::string why;
  std::optional<TemplateKey> now = Key(machine.config(), &why);
  if (!trouble && (!now || now->text != draft->key().text)) {
    trouble = Problem(machine, "files of its have changed while it booted");
  }
  if (!trouble && !draft->Publish(machine.shell()->nonce())) {
    trouble = Problem(machine, "it cannot be written");
  }
  if (trouble && (IsFinal(*trouble) || !continues || !machine.alive())) return trouble;
  if (trouble) {
    around_.log.Note("{}: leaves no template: {}", name, trouble->text);
  } else {
    store_.Prune(draft->key());
    around_.log.Note("{}: booted, and saved as template {} in {:.2f} s", name, draft->key().name,
                     host::SecondsBetween(begin, Clock::now()));
  }
  return std::nullopt;
}

// Saves the guest while its program sleeps, and wakes it: it has stood still for a while.
Trouble Reuse::SaveAsleep(Machine& machine, TemplateDraft& draft, host::TimePoint until,
                          bool* continues) {
  machine.ExpectStop(true);
  Trouble trouble = SaveStopped(machine, draft, until);
  Trouble stays = Execute(machine, "cont", nullptr, until);
  *continues = !stays;
  if (stays) return stays;
  machine.ExpectStop(false);
  Trouble asleep = Wake(machine, "", until);
  return trouble ? trouble : asleep;
}

Trouble Reuse::SaveStopped(Machine& machine, TemplateDraft& draft, host::TimePoint until) {
  if (Trouble trouble = Execute(machine, "stop", nullptr, until)) return trouble;
  std::string why, state;
  std::optional<GuestPast> past = machine.SavePast(&why);
  if (!past) return Problem(machine, why);
  if (Trouble trouble = SetCapabilities(machine, true, until)) return trouble;
  Trouble sent = SendState(machine, until, &state);
  Trouble reset = SetCapabilities(machine, false, until);
  if (sent) return sent;
  if (reset) return reset;
  bool good = draft.AddBytes("state", state) && draft.AddPast(*past) &&
              draft.AddFile("memory", machine.memory_fd());
  // A migration that is complete has left all of the disks in their files.
  for (const auto& [image, path] : fleet_.disks(machine)) {
    host::Fd disk(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    good = good && disk && draft.AddFile("disk-" + image, disk.get());
  }
  if (good) return std::nullopt;
  return Problem(machine, "it cannot be written");
}

Trouble Reuse::SendState(Machine& machine, host::TimePoint until, std::string* state) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Problem(machine, "no pipe for its state");
  host::Fd ours(ends[0]), of_qemu(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  Trouble trouble = Execute(machine, "getfd", {{"fdname", "template"}}, until, of_qemu.get());
  if (trouble) return trouble;
  of_qemu.Close();
  size_t from = machine.qmp().events().size();
  if ((trouble = Execute(machine, "migrate", {{"uri", "fd:template"}}, until))) return trouble;
  bool open = true;
  around_.loop.Watch(ours.get(), [&] {
    open = host::ReadAvailable(ours.get(), state);
    if (!open) around_.loop.Forget(ours.get());
  });
  std::string end;
  trouble = fleet_.WaitUntil(
      [&] {
        end = MigrationEnd(machine, from);
        return !end.empty() && (!open || end != "completed");
      },
      until, Problem(machine, "qemu does not finish its state"));
  around_.loop.Forget(ours.get());
  if (trouble) return trouble;
  if (end == "completed") return std::nullopt;
  // Some devices cannot be saved; qemu says which.
  Qmp::Reply reply = machine.qmp().Execute("query-migrate", nullptr, until);
  return Problem(machine, "qemu cannot save its state: " +
                              (reply.ok() ? reply.value.value("error-desc", end) : reply.error));
}

Trouble Reuse::SetCapabilities(Machine& machine, bool on, host::TimePoint until) {
  Qmp::Json list = Qmp::Json::array();
  for (const char* name : {"x-ignore-shared", "events"}) {
    list.push_back({{"capability", name}, {"state", on}});
  }
  return Execute(machine, "migrate-set-capabilities", {{"capabilities", list}}, until);
}

Trouble Reuse::Execute(Machine& machine, const char* command, const Qmp::Json& arguments,
                       host::TimePoint until, int fd) {
  Qmp::Reply reply = machine.qmp().Execute(command, arguments, until, fd);
  if (reply.ok()) return std::nullopt;
  return fleet_.Unanswered(reply, host::Until(until),
                           Problem(machine, fmt::format("{}: {}", command, reply.error)));
}

Trouble Reuse::InstallProgram(Machine& machine, host::TimePoint until, std::string* program) {
  ShellFrame::Answer answer;
  if (Trouble trouble = fleet_.Run(machine, InstallWakeCommand(), host::Until(until), &answer))
    return trouble;
  std::vector<std::string> words = SplitWords(answer.output);
  if (answer.status != 0 || words.size() != 1) return CannotRun();
  *program = words[0];
  return std::nullopt;
}

Trouble Reuse::FallAsleep(Machine& machine, host::TimePoint until) {
  std::string program;
  if (Trouble trouble = InstallProgram(machine, until, &program)) return trouble;
  GuestShell& shell = *machine.shell();
  if (!shell.CommandsCanRead()) return std::nullopt;
  if (!shell.Send(SleepCommand(program))) return CannotRun();
  bool ended = false;
  auto asleep_or_ended = [&] {
    return shell.Partial().value_or("").find(kAsleep) != std::string_view::npos ||
           (ended = shell.TakeAnswer().has_value());
  };
  Trouble trouble = fleet_.WaitUntil(asleep_or_ended, until, CannotRun());
  if (trouble) {
    shell.Type("\n");  // else it would take the next command for what it waits for
    shell.GiveUp();
  }
  return ended ? Trouble(CannotRun()) : trouble;
}

Trouble Reuse::Wake(Machine& machine, const std::string& nonce, host::TimePoint until) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::string line = WakeLine(Seed(), now, nonce);
  ShellFrame::Answer answer;
  Trouble trouble = machine.shell()->CommandsCanRead() ? WakeSleeping(machine, line, until, &answer)
                                                       : WakeAnew(machine, line, until, &answer);
  if (trouble) return trouble;
  if (answer.status != 0) {
    return Problem(machine,
                   "its guest's clock and entropy cannot be set: " + WakeError(answer.status));
  }
  // A shell that goes on with the command has not heard it say so.
  if (answer.output.rfind(kAsleep, 0) == 0) answer.output.erase(0, answer.output.find('\n') + 1);
  machine.NoteAddresses(answer.output);
  return std::nullopt;
}

Trouble Reuse::WakeSleeping(Machine& machine, const std::string& line, host::TimePoint until,
                            ShellFrame::Answer* answer) {
  GuestShell& shell = *machine.shell();
  Failure silent =
      Problem(machine, "the program that sets its guest's clock and entropy is silent");
  std::optional<ShellFrame::Answer> taken;
  Trouble trouble = silent;
  if (shell.Type(line) == line.size()) {
    auto answered = [&] { return (taken = shell.TakeAnswer()).has_value(); };
    trouble = fleet_.WaitUntil(answered, until, silent);
  }
  if (trouble) {
    shell.GiveUp();
    return trouble;
  }
  *answer = *taken;
  return std::nullopt;
}

Trouble Reuse::WakeAnew(Machine& machine, const std::string& line, host::TimePoint until,
                        ShellFrame::Answer* answer) {
  std::string program;
  if (Trouble trouble = InstallProgram(machine, until, &program)) return trouble;
  return fleet_.Run(machine, WakeCommand(program, line), host::Until(until), answer);
}

}  // namespace kvmtest::vm
