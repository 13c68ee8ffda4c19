#include "job/accelerator.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "host/files.h"
#include "host/lock.h"
#include "host/process.h"
#include "job/names.h"
#include "vm/probe.h"

namespace kvmtest::job {

namespace {

using Json = nlohmann::json;

// Part of the key: a probe that has learnt something asks again.
constexpr int kProbeVersion = 2;

struct Answer {
  bool usable = false;
  std::string cpu_model;
  std::string reason;
  bool lasting = true;  // about the machine, not about this moment or this user
};

class Prober {
 public:
  Prober(host::Loop& loop, host::Log& log, const AcceleratorWish& wish, vm::ProbeKind kind)
      : loop_(loop), log_(log), wish_(wish), kind_(kind) {}

  Answer Ask() {
    host::Fd kvm(::open(wish_.kvm_device.c_str(), O_RDWR | O_CLOEXEC));
    if (!kvm) {
      return {false, "", fmt::format("{}: {}", wish_.kvm_device, ::strerror(errno)), false};
    }
    kvm.Close();
    std::string key = Key();
    if (key.empty() || wish_.cache_dir.empty() || !host::MakeDirectories(wish_.cache_dir)) {
      return Try();
    }
    std::string path = fmt::format("{}/{:016x}.json", wish_.cache_dir, Fnv1a(key));
    if (std::optional<Answer> known = Recall(path, key)) return *known;
    // Of several runners that start at once one tries and the others wait for it.
    std::optional<host::Lock> lock = WaitForLock(path + ".lock");
    if (std::optional<Answer> known = Recall(path, key)) return *known;
    Answer answer = Try();
    if (loop_.stop_signal() == 0 && answer.lasting) {
      Json json = {{"key", key},
                   {"usable", answer.usable},
                   {"cpu_model", answer.cpu_model},
                   {"reason", answer.reason}};
      host::WriteFileAtomically(path, json.dump() + "\n");
    }
    return answer;
  }

 private:
  std::string Key() const {
    std::optional<std::string> qemu = host::FindProgram(wish_.qemu_binary);
    struct stat status;
    if (!qemu || ::stat(qemu->c_str(), &status) != 0) return "";
    return fmt::format("{}|{}|{}|{}|{}.{}|{}|{}", kProbeVersion, host::BootId(), *qemu,
                       status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                       wish_.cpu_model, kind_ == vm::ProbeKind::kFull ? "full" : "trivial");
  }

  std::optional<Answer> Recall(const std::string& path, const std::string& key) const {
    Json json = Json::parse(host::ReadFile(path).value_or(""), nullptr, false);
    // What is not as we write it is as good as none.
    for (const char* text : {"key", "cpu_model", "reason"}) {
      if (!json.is_object() || !json.contains(text) || !json[text].is_string()) return std::nullopt;
    }
    if (json["key"] != key || !json.contains("usable") || !json["usable"].is_boolean()) {
      return std::nullopt;
    }
    return Answer{json["usable"], json["cpu_model"], json["reason"]};
  }

  std::optional<host::Lock> WaitForLock(const std::string& path) {
    auto until = host::Clock::now() + host::seconds(20);
    std::string holder;
    bool broken = false;
    std::optional<host::Lock> lock;
    loop_.RunUntil(
        [&] {
          lock = host::Lock::TryAcquire(path, "a probe", &holder, &broken);
          if (!lock && !broken) ::usleep(20000);
          return lock || broken;
        },
        until);
    return lock;
  }

  Answer Try() {
    std::string rom = vm::ProbeRom(kind_);
    if (rom.empty()) return {false, "", "this kvmtest-run has no probe for this architecture"};
    std::string reasons;
    bool lasting = true;
    for (const std::string& model : vm::KvmCpuModels(wish_.cpu_model)) {
      vm::ProbeRun run = Run("kvm", model, rom);
      std::optional<std::string> bad = vm::WhyBad(run);
      if (!bad && kind_ == vm::ProbeKind::kFull) {
        bad = vm::WhySlow(run, Run("tcg", vm::TcgCpuModel(model), rom));
      }
      if (!bad) return {true, model, fmt::format("the probe ran in {:.2f} s", run.wall_seconds)};
      lasting = lasting && vm::TellsOfTheMachine(run);
      reasons += fmt::format("{}-cpu {}: {}", reasons.empty() ? "" : "; ", model, *bad);
    }
    return {false, "", reasons, lasting};
  }

  vm::ProbeRun Run(const std::string& accelerator, const std::string& model,
                   const std::string& rom) {
    host::Fd file = host::MemoryFile("kvmtest-probe", rom);
    std::vector<std::string> argv = vm::ProbeArgv(wish_.qemu_binary, accelerator, model,
                                                  fmt::format("/proc/self/fd/{}", file.get()));
    host::RunOutcome outcome =
        host::RunProgram(loop_, argv, host::seconds(vm::kProbeSeconds), {file.get()});
    log_.Info("probe: {} -> {} in {:.2f} s (CPU {:.2f} s)", host::ShellQuote(argv),
              outcome.timed_out ? "killed" : outcome.exit.Text(), outcome.wall_seconds,
              outcome.exit.cpu_seconds);
    return {outcome.started,
            outcome.timed_out,
            outcome.exit.code,
            outcome.exit.signal,
            outcome.exit.cpu_seconds,
            outcome.wall_seconds,
            outcome.started ? outcome.output : outcome.error};
  }

  host::Loop& loop_;
  host::Log& log_;
  const AcceleratorWish& wish_;
  vm::ProbeKind kind_;
};

Accelerator Tcg(const AcceleratorWish& wish, std::string reason) {
  std::string model = vm::TcgCpuModel(wish.cpu_model);
  return {"tcg", model == wish.cpu_model ? "" : model, std::move(reason)};
}

bool IsForX86(const std::string& qemu_binary) {
  return qemu_binary.find("x86_64") != std::string::npos ||
         qemu_binary.find("i386") != std::string::npos ||
         qemu_binary.find("system-") == std::string::npos;
}

// The params that say so, and what they want.
std::vector<std::pair<std::string, std::string>> OlderWishes(const vm::Params& params) {
  std::vector<std::pair<std::string, std::string>> wishes;
  auto add = [&](const char* key, const std::string& want) {
    wishes.emplace_back(fmt::format("{} = {}", key, params.Get(key)), want);
  };
  if (!params.Get("vm_accelerator").empty()) add("vm_accelerator", params.Get("vm_accelerator"));
  if (params.Find("enable_kvm"))
    add("enable_kvm", params.GetBool("enable_kvm", false) ? "kvm" : "tcg");
  if (params.GetBool("disable_kvm", false)) add("disable_kvm", "tcg");
  return wishes;
}

}  // namespace

std::variant<std::string, vm::ParamError> WantedAccelerator(const vm::Params& params) {
  if (auto error = vm::CheckYesNo(params, {"enable_kvm", "disable_kvm"})) return *error;
  auto older = OlderWishes(params);
  std::string accel = params.Get("accel");
  // accel is ours, so it is what somebody wrote for this runner.
  if (!accel.empty()) older = {{"accel = " + accel, accel}};
  if (older.empty()) return "auto";
  for (const auto& [param, want] : older) {
    bool known = want == "kvm" || want == "tcg" || (want == "auto" && !accel.empty());
    if (!known) {
      return vm::ParamError{
          fmt::format("{}: expected {}kvm or tcg", param, accel.empty() ? "" : "auto, ")};
    }
    if (want != older[0].second) {
      return vm::ParamError{fmt::format("{} contradicts {}", param, older[0].first)};
    }
  }
  return older[0].second;
}

std::variant<Accelerator, vm::Failure> ChooseAccelerator(host::Loop& loop, host::Log& log,
                                                         const AcceleratorWish& wish) {
  if (wish.mode == "tcg") return Tcg(wish, "asked for");
  if (!IsForX86(wish.qemu_binary)) {
    if (wish.mode == "auto") return Tcg(wish, "the probe knows only x86 guests");
    return vm::Failure{vm::kEnvironment, "accel = kvm: the probe knows only x86 guests", ""};
  }
  bool automatic = wish.mode == "auto";
  vm::ProbeKind kind = automatic ? vm::ProbeKind::kFull : vm::ProbeKind::kTrivial;
  Answer answer = Prober(loop, log, wish, kind).Ask();
  if (answer.usable) {
    std::string model = answer.cpu_model == wish.cpu_model ? "" : answer.cpu_model;
    return Accelerator{"kvm", model, answer.reason};
  }
  if (automatic) return Tcg(wish, "KVM is not usable here: " + answer.reason);
  return vm::Failure{vm::kEnvironment, "accel = kvm, but no guest runs under it: " + answer.reason,
                     ""};
}

}  // namespace kvmtest::job
