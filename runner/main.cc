#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "job/queue.h"
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

}  // namespace

int main(int argc, char** argv) try {
  // A ctest that is killed takes its tests with it.
  pid_t parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) return kHarnessError;

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
  app.add_flag("--dry-run", options.dry_run, "print the qemu command lines and end");
  std::string state_dir;
  CLI::App* cleanup = app.add_subcommand(
      "cleanup", "remove what killed runs left in the queues at or below STATE_DIR");
  cleanup->add_option("STATE_DIR", state_dir)->required();
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Finish(app.exit(error) == 0 ? 0 : kUsageError);
  }
  if (cleanup->parsed()) return CleanUp(state_dir);
  if (options.tests.empty() || options.test.empty()) {
    fmt::print(stderr, "kvmtest-run: error: --tests and --test are required (see --help)\n");
    return kUsageError;
  }
  return kvmtest::RunTest(options);
} catch (const std::exception& error) {
  std::fprintf(stderr, "kvmtest-run: error: %s\n", error.what());
  return kHarnessError;
}
