#ifndef KVMTEST_CLIENT_H_
#define KVMTEST_CLIENT_H_

#include <optional>
#include <string>
#include <vector>

// The subcommands that speak with a running test. Each returns an exit status: 0, what the guest's
// command ended with (exec), 1 (qemu's error; it did not appear), 125 (it could not be asked).
namespace kvmtest {

struct ClientOptions {
  std::string run;  // a results directory or a test's name; empty: KVMTEST_CONTROL
  std::string vm;
  std::optional<double> timeout;  // seconds; nothing: as long as the test lasts
};

// One word is a line for the guest's shell; several are a command and its arguments.
int ExecInGuest(const ClientOptions& options, const std::vector<std::string>& words);
// A QMP command by name, with or without arguments as JSON; or {"execute": ...}.
int SendQmp(const ClientOptions& options, const std::string& command, const std::string& arguments);
int TakeScreendump(const ClientOptions& options, const std::string& file);
// Until the console shows it; `next`: behind what the last wait has seen.
int WaitForConsole(const ClientOptions& options, const std::string& pattern, bool next);
int MigrateVm(const ClientOptions& options, const std::string& protocol);
int StartVm(const ClientOptions& options);
int ExpectOfVm(const ClientOptions& options, const std::string& what);
// A shell in the guest: a terminal, or line by line if stdin is none. Then the VMs, if the test
// keeps them for us, are let go, unless `stay`.
int Attach(ClientOptions options, bool stay);

}  // namespace kvmtest

#endif  // KVMTEST_CLIENT_H_
