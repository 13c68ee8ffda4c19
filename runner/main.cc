#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "client.h"
#include "host/ctest_tags.h"
#include "job/queue.h"
#include "report/make_report.h"
#include "run_test.h"

namespace {

constexpr int kUsageError = 2;
constexpr int kHarnessError = 3;

// The status, unless what was printed could not be written.
int Finish(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  fmt::print(stderr, "kvmtest-run: error: cannot write to standard output: {}\n", strerror(errno));
  return kHarnessError;
}

int CleanUp(const std::string& state_dir) {
  std::vector<std::string> lines;
  int status = kvmtest::job::CleanUp(state_dir, &lines);
  for (const std::string& line : lines) std::puts(line.c_str());
  return Finish(status);
}

// *status is set when it has run.
void AddReport(CLI::App& app, kvmtest::report::ReportOptions* options, int* status) {
  CLI::App* command = app.add_subcommand(
      "report", "make one page of what the tests of a build tree came to, for a browser");
  command->add_option("BUILD_DIR", options->build_dir)->required();
  command->add_option("-o,--output", options->output, "the page (default: report.html)")
      ->type_name("FILE");
  command->add_flag("--after-ctest", options->after_ctest,
                    "as the last step of a ctest run: only if tests have run since FILE was made, "
                    "and never with an error");
  command->final_callback([options, status] { *status = kvmtest::report::MakeReport(*options); });
}

// What the subcommands that speak with a running test were told.
struct ClientArguments {
  kvmtest::ClientOptions options;
  std::vector<std::string> words;
  std::string text;
  std::string more;
  bool flag = false;
};

// Adds one of them; all but attach have a VM.
CLI::App* AddClient(CLI::App& app, const std::string& name, const std::string& description,
                    ClientArguments* arguments, const std::function<int()>& run, int* status) {
  CLI::App* command = app.add_subcommand(name, description);
  command
      ->add_option("--run", arguments->options.run,
                   "the test: its results directory, or its name where the current directory "
                   "is its build tree (default: $KVMTEST_CONTROL)")
      ->type_name("DIR|TEST");
  command->final_callback([run, status] { *status = run(); });
  return command;
}

void AddTimeout(CLI::App* command, ClientArguments* arguments) {
  command
      ->add_option("--timeout", arguments->options.timeout,
                   "give up after so long (default: when the test ends)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
}

CLI::App* AddVmClient(CLI::App& app, const std::string& name, const std::string& description,
                      ClientArguments* arguments, const std::function<int()>& run, int* status) {
  CLI::App* command = AddClient(app, name, description, arguments, run, status);
  command->add_option("VM", arguments->options.vm)->required();
  return command;
}

// For test programs and people while a test's VMs live. *status is set when one of them has run.
void AddClients(CLI::App& app, ClientArguments* given, int* status) {
  CLI::App* exec = AddVmClient(
      app, "exec", "run a command in the guest; its output and exit status are its own", given,
      [given] { return kvmtest::ExecInGuest(given->options, given->words); }, status);
  exec->add_option("COMMAND", given->words, "one word is a line for the shell")->required();
  AddTimeout(exec, given);

  CLI::App* qmp = AddVmClient(
      app, "qmp", "send qemu a QMP command and print what it returns", given,
      [given] { return kvmtest::SendQmp(given->options, given->text, given->more); }, status);
  qmp->add_option("COMMAND", given->text, "its name, or {\"execute\": ...}")->required();
  qmp->add_option("ARGUMENTS", given->more, "a JSON object");
  AddTimeout(qmp, given);

  CLI::App* screendump = AddVmClient(
      app, "screendump", "write a picture of the display to FILE (PNG, or PPM by its name)", given,
      [given] { return kvmtest::TakeScreendump(given->options, given->text); }, status);
  screendump->add_option("FILE", given->text)->required();

  CLI::App* wait = AddVmClient(
      app, "wait", "wait until the console has shown REGEX, and print that line", given,
      [given] { return kvmtest::WaitForConsole(given->options, given->text, given->flag); },
      status);
  wait->add_option("REGEX", given->text, "RE2 syntax")->required();
  wait->add_flag("--next", given->flag, "only behind what the last wait has seen");
  AddTimeout(wait, given);

  CLI::App* migrate = AddVmClient(
      app, "migrate", "move a VM's guest to another qemu with the same disks", given,
      [given] { return kvmtest::MigrateVm(given->options, given->text); }, status);
  migrate->add_option("PROTOCOL", given->text, "tcp (default), unix or fd");
  AddTimeout(migrate, given);

  AddVmClient(
      app, "start", "start a VM of a test with start_vm = no", given,
      [given] { return kvmtest::StartVm(given->options); }, status);

  CLI::App* expect = AddVmClient(
      app, "expect", "from now on a VM that does this is no failure", given,
      [given] { return kvmtest::ExpectOfVm(given->options, given->text); }, status);
  expect->add_option("WHAT", given->text)
      ->required()
      ->check(CLI::IsMember({"exit", "panic", "stop"}));

  CLI::App* attach = AddClient(
      app, "attach", "a shell in the guest of a running test, or of one that --keep-vm keeps",
      given, [given] { return kvmtest::Attach(given->options, given->flag); }, status);
  attach->add_option("DIR|TEST", given->text, "the same as --run");
  attach->add_option("--vm", given->options.vm, "default: the first that runs");
  attach->add_flag("--stay", given->flag, "the VMs are kept on afterwards");
  attach->parse_complete_callback([given] {
    if (given->options.run.empty()) given->options.run = given->text;
  });
}

}  // namespace

int main(int argc, char** argv) try {
  pid_t parent = ::getppid();
  CLI::App app("Runs one KVM test that kvmtest-generate has described.", "kvmtest-run");
  app.set_version_flag("--version", std::string("kvmtest-run ") + KVMTEST_VERSION);
  kvmtest::RunOptions options;
  app.add_option("--tests", options.tests, "the test's description")->type_name("FILE@OFFSET");
  app.add_option("--test", options.test, "the test's name")->type_name("NAME");
  app.add_option("--output-dir", options.output_dir,
                 "where logs and result go (default: where the description says)")
      ->type_name("DIR");
  app.add_option("--accel", options.accel, "overrides the param accel")
      ->check(CLI::IsMember({"auto", "kvm", "tcg"}));
  app.add_flag("--keep-vm", options.keep_vm,
               "keep the VMs of a test that failed alive for a person; --keep-vm=yes: of one that "
               "passed, too; no: not even if the param keep_vm says so")
      ->envname("KVMTEST_KEEP_VM")
      ->type_name("[=on-failure|yes|no]");
  app.add_option("--keep-seconds", options.keep_seconds, "no longer than that")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
  app.add_option("--wait", options.wait,
                 "how long others of the same ctest may keep the test's queue, beside 35 s")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
  app.add_flag("--dry-run", options.dry_run, "print the qemu command lines and end");
  std::string state_dir;
  CLI::App* cleanup = app.add_subcommand(
      "cleanup", "remove what killed runs left in the queues at or below STATE_DIR");
  cleanup->add_option("STATE_DIR", state_dir)->required();
  ClientArguments given;
  int client_status = -1;
  AddClients(app, &given, &client_status);
  kvmtest::report::ReportOptions report_options;
  report_options.output = "report.html";
  AddReport(app, &report_options, &client_status);
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Finish(app.exit(error) == 0 ? 0 : kUsageError);
  }
  if (client_status >= 0) return Finish(client_status);
  if (cleanup->parsed()) return CleanUp(state_dir);
  if (options.tests.empty() || options.test.empty()) {
    fmt::print(stderr, "kvmtest-run: error: --tests and --test are required (see --help)\n");
    return kUsageError;
  }
  // A ctest that is killed takes its tests with it.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) return kHarnessError;
  return kvmtest::RunTest(options);
} catch (const std::exception& error) {
  std::string what = kvmtest::host::WithoutCtestTags(error.what());
  std::fprintf(stderr, "kvmtest-run: error: %s\n", what.c_str());
  return kHarnessError;
}
