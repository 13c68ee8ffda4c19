#include "procedures/kut_conditions.h"

#include <fmt/format.h>

#include "host/files.h"
#include "host/process.h"

namespace kvmtest::procedures {

namespace {

vm::Trouble Skip(std::string why) {
  return vm::Failure{vm::kEnvironment, std::move(why), ""};
}

std::string StrippedOfLineEnds(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// kut_check: words of the form path=value.
vm::Trouble CheckFiles(const vm::Params& params) {
  for (const std::string& word : params.Words("kut_check")) {
    size_t equals = word.find('=');
    std::string path = word.substr(0, equals);
    std::string expected = equals != word.npos ? word.substr(equals + 1) : "";
    std::optional<std::string> found = host::ReadFile(path);
    std::string odd = host::WhyNotRead(path);
    if (!odd.empty()) return Skip(fmt::format("{}: {}", path, odd));
    if (found && StrippedOfLineEnds(*found) == expected) continue;
    return Skip(found ? fmt::format("{} is '{}', not '{}'", path,
                                    vm::Printable(StrippedOfLineEnds(*found)), expected)
                      : fmt::format("{} is not there (expected '{}' in it)", path, expected));
  }
  return std::nullopt;
}

// A text that the generator keeps as one quoted word.
std::string ShellText(const vm::Params& params, const char* key) {
  std::optional<std::vector<std::string>> words = vm::SplitShellWords(params.Get(key));
  return words && words->size() == 1 ? words->front() : params.Get(key);
}

// Runs a script of bash in the tree, with what kvm-unit-tests' own scripts have set; $1 is `text`.
host::RunOutcome RunBash(Context& context, const std::string& script, const std::string& text) {
  const vm::Params& params = context.params;
  std::string begin =
      "TESTNAME=$2 MAX_SMP=$3 ARCH=$4 ACCEL=$5 TARGET=qemu; "
      "export TESTNAME MAX_SMP ARCH ACCEL TARGET; cd -- \"$6\" || exit 3; ";
  return host::RunProgram(
      context.loop,
      {"bash", "--norc", "-c", begin + script, "kvm-unit-tests", text,
       ShellText(params, "kut_name"), params.Get("kut_max_smp", "1"), params.Get("kut_tree_arch"),
       context.accelerator, params.Get("images_base_dir", "/")},
      host::seconds(10));
}

vm::Trouble CheckDisabledIf(Context& context) {
  std::string text = ShellText(context.params, "kut_disabled_if");
  if (text.empty()) return std::nullopt;
  // Exit status 5 says that it holds, so that no other failure looks like it.
  host::RunOutcome outcome = RunBash(context, "if eval \"$1\"; then exit 5; fi", text);
  if (!outcome.started) return Skip(outcome.error + " (for kut_disabled_if)");
  if (outcome.exit.code == 5) return Skip("disabled if " + text);
  if (outcome.exit.ok()) return std::nullopt;
  return Skip(fmt::format("kut_disabled_if: {}: {}", text, vm::Printable(outcome.output)));
}

}  // namespace

vm::Trouble CheckKutConditions(Context& context) {
  const vm::Params& params = context.params;
  if (params.GetBool("kut_nodefault", false) && !params.GetBool("kut_run_nodefault", false)) {
    return Skip("not run by default (group nodefault): kut_run_nodefault = yes runs it");
  }
  std::string arch = params.Get("kut_arch");
  std::string tree = params.Get("kut_tree_arch");
  if (!arch.empty() && !tree.empty() && arch != tree) {
    return Skip(fmt::format("for {} only, and the tree is built for {}", arch, tree));
  }
  std::string accel = params.Get("kut_accel");
  if (!accel.empty() && accel != context.accelerator) {
    return Skip(fmt::format("for {} only, and the accelerator is {}", accel, context.accelerator));
  }
  if (vm::Trouble trouble = CheckFiles(params)) return trouble;
  return CheckDisabledIf(context);
}

vm::Trouble ExpandKutShellParams(Context& context, std::vector<std::string>* words) {
  std::string text = ShellText(context.params, "kut_shell_params");
  if (text.empty()) return std::nullopt;
  host::RunOutcome outcome =
      RunBash(context, "eval \"set -- $1\" 2> /dev/null || exit 4; printf '%s\\0' \"$@\"", text);
  if (!outcome.started) return Skip(outcome.error + " (for kut_shell_params)");
  if (!outcome.exit.ok()) {
    return vm::Failure{vm::kHarnessError, "bash cannot expand kut_shell_params: " + text,
                       vm::Printable(outcome.output)};
  }
  for (size_t begin = 0; begin < outcome.output.size();) {
    size_t end = std::min(outcome.output.find('\0', begin), outcome.output.size());
    words->push_back(outcome.output.substr(begin, end - begin));
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace kvmtest::procedures
