// type = guest_command: a script that runs in the guest decides by its exit status; 77 skips the
// test. Files that it leaves are collected, also when it has failed.
//
// Params: guest_command, or guest_script = a file of the host whose content is run in the guest
// (below images_base_dir if relative); guest_command_timeout (240 s); guest_command_expect: a
// regular expression that must be found in the output, where ^ and $ are the ends of a line;
// guest_files: paths in the guest, as its shell expands them (/tmp/*.log), that are copied to the
// results, below guest-VM/; of a directory all files in it. A path that does not exist is no
// failure, one that cannot be copied is. They travel as base64 through the guest's shell, at some
// 50 KB a second.

#include <fmt/format.h>
#include <re2/re2.h>
#include <string.h>

#include <cerrno>

#include "host/files.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

std::string ScriptPath(const vm::Params& view) {
  std::string path = view.Get("guest_script");
  if (path.empty() || path[0] == '/') return path;
  return view.Get("images_base_dir") + "/" + path;  // a missing one is refused
}

RE2::Options PatternOptions() {
  RE2::Options options(RE2::Quiet);
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_dot_nl(false);
  return options;
}

// As grep's users expect: ^ and $ are the ends of a line.
std::string ByLines(const std::string& pattern) {
  return "(?m)" + pattern;
}

Trouble Command(const vm::Params& view, std::string* what, std::string* command) {
  *what = "guest_command";
  *command = view.Get("guest_command");
  std::string path = ScriptPath(view);
  if (path.empty()) return std::nullopt;
  *what = "guest_script";
  std::optional<std::string> text = host::ReadFile(path);
  if (!text) {
    return Failure{vm::kEnvironment,
                   fmt::format("guest_script = {}: {}", path, host::ReadError(path)), ""};
  }
  *command = *text;
  return std::nullopt;
}

// "/tmp/a b.log" in the guest is "tmp/a b.log" below the directory; no name leads out of it.
std::string LocalPath(const std::string& directory, const std::string& name) {
  std::string path = directory;
  for (size_t begin = 0; begin < name.size();) {
    size_t end = std::min(name.find('/', begin), name.size());
    std::string part = name.substr(begin, end - begin);
    if (!part.empty() && part != "." && part != "..") path += "/" + part;
    begin = end + 1;
  }
  return path;
}

// Names may hold whatever a file's may, so they end in a null. A directory with a slash behind it
// may be a link to one. (find's own -print0 is not everywhere.)
constexpr char kListFiles[] = R"sh(
for f in {}; do
  if [ -d "$f" ]; then
    find "$f/" -type f -exec sh -c 'for n; do printf "%s\0" "$n"; done' sh {{}} +
  elif [ -f "$f" ]; then printf "%s\0" "$f"
  fi
done; :)sh";

class GuestFiles {
 public:
  GuestFiles(Context& context, Machine& machine)
      : context_(context),
        machine_(machine),
        directory_(context.directory + "/guest-" + machine.config().name) {}

  // A pattern that matches nothing is noted. A file that is there was asked for, so one that cannot
  // be had is trouble.
  Trouble Fetch(const std::vector<std::string>& patterns);

 private:
  Trouble FetchOne(const std::string& name);
  Trouble Run(const std::string& command, vm::ShellFrame::Answer* answer) {
    return context_.fleet.Run(machine_, command, Limit(context_, "guest_command_timeout", 240),
                              answer);
  }

  Context& context_;
  Machine& machine_;
  std::string directory_;
};

Trouble GuestFiles::Fetch(const std::vector<std::string>& patterns) {
  host::RemoveTree(directory_);  // of an earlier run
  for (const std::string& pattern : patterns) {
    vm::ShellFrame::Answer answer;
    if (Trouble trouble = Run(fmt::format(kListFiles, pattern), &answer)) {
      return trouble;
    }
    if (answer.output.empty()) context_.log.Note("guest_files: nothing matches {}", pattern);
    for (size_t begin = 0; begin < answer.output.size();) {
      size_t end = std::min(answer.output.find('\0', begin), answer.output.size());
      if (Trouble trouble = FetchOne(answer.output.substr(begin, end - begin))) return trouble;
      begin = end + 1;
    }
  }
  return std::nullopt;
}

Trouble GuestFiles::FetchOne(const std::string& name) {
  vm::ShellFrame::Answer answer;
  if (Trouble trouble = Run("base64 < " + host::ShellQuote(name), &answer)) return trouble;
  std::optional<std::string> bytes = vm::FromBase64(answer.output);
  const std::string& vm = machine_.config().name;
  if (answer.status != 0 || !bytes) {
    return Failure{vm::kCommandFailed,
                   fmt::format("{}: guest_files: the guest does not give {}: {}", vm, name,
                               answer.status == 0 ? "what came is no base64"
                                                  : fmt::format("status {}", answer.status)),
                   "its output:\n" + Shown(answer.output)};
  }
  std::string path = LocalPath(directory_, name);
  if (!host::MakeDirectories(path.substr(0, path.rfind('/'))) || !host::WriteFile(path, *bytes)) {
    return Failure{vm::kHarnessError,
                   fmt::format("{}: guest_files: cannot write {}: {}", vm, path, ::strerror(errno)),
                   ""};
  }
  context_.log.Info("{}: fetched {} ({} bytes)", vm, host::ShellQuote(name), bytes->size());
  return std::nullopt;
}

Trouble Judge(const vm::Params& view, Machine& machine, const std::string& what,
              const vm::ShellFrame::Answer& answer) {
  std::string detail = "its output:\n" + Shown(answer.output);
  const std::string& name = machine.config().name;
  if (answer.status == kSkipStatus) {
    return Failure{vm::kEnvironment, fmt::format("{}: {} skips the test", name, what), detail};
  }
  if (answer.status != 0) {
    return Failure{vm::kCommandFailed,
                   fmt::format("{}: {} ended with status {}", name, what, answer.status), detail};
  }
  std::string expected = view.Get("guest_command_expect");
  if (expected.empty() ||
      RE2::PartialMatch(answer.output, RE2(ByLines(expected), PatternOptions()))) {
    return std::nullopt;
  }
  return Failure{vm::kWrongOutput,
                 fmt::format("{}: '{}' is not in the output of {}", name, expected, what), detail};
}

Trouble GuestCommand(Context& context, std::string* passed) {
  Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  vm::Params view = context.params.ForVm(machine->config().object);
  std::string what, command;
  if (Trouble trouble = Command(view, &what, &command)) return trouble;
  if (Trouble trouble = BootAll(context)) return trouble;
  vm::ShellFrame::Answer answer;
  auto begin = host::Clock::now();
  if (Trouble trouble = context.fleet.Run(*machine, command,
                                          Limit(context, "guest_command_timeout", 240), &answer)) {
    return trouble;
  }
  double time = host::SecondsBetween(begin, host::Clock::now());
  context.measurements["guest_command_seconds"] = time;
  Trouble trouble = Judge(view, *machine, what, answer);
  Trouble fetching = GuestFiles(context, *machine).Fetch(view.Words("guest_files"));
  if (trouble && fetching) context.log.Note("{}", fetching->text);
  if (trouble) return trouble;
  if (fetching) return fetching;
  if (!answer.output.empty()) context.log.Note("{} wrote:\n{}", what, Shown(answer.output));
  *passed = fmt::format("{} succeeded in {:.2f} s", what, time);
  return std::nullopt;
}

std::string CheckGuestCommand(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "guest_command");
  if (!wrong.empty()) return wrong;
  vm::Params view = vm::MainView(params);
  if (view.Get("guest_command").empty() == view.Get("guest_script").empty()) {
    return "type = guest_command needs one of guest_command and guest_script";
  }
  std::string script = ScriptPath(view);
  if (!script.empty() && view.Get("images_base_dir").substr(0, 1) != "/" &&
      view.Get("guest_script")[0] != '/') {
    return fmt::format(
        "guest_script = {}: a relative path needs the param images_base_dir (an "
        "absolute path)",
        view.Get("guest_script"));
  }
  std::string expected = view.Get("guest_command_expect");
  RE2 pattern(expected, PatternOptions());  // whose errors speak of nothing else
  if (pattern.ok()) return "";
  return fmt::format("guest_command_expect = {}: no regular expression: {}", expected,
                     pattern.error());
}

}  // namespace

const Procedure kGuestCommand = {
    "guest_command", GuestCommand, CheckGuestCommand,
    "guest_command guest_script guest_command_timeout guest_command_expect guest_files"};

}  // namespace kvmtest::procedures
