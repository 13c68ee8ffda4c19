#include "client.h"

#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "host/files.h"
#include "host/process.h"
#include "job/control_client.h"
#include "job/names.h"
#include "job/result.h"

namespace kvmtest {

namespace {

namespace fs = std::filesystem;
using job::ControlClient;
using nlohmann::json;

constexpr int kCannotAsk = 125;
constexpr char kLeave = 0x1d;  // Ctrl-], as in telnet

int Complain(const std::string& text, int status = kCannotAsk) {
  std::fflush(stdout);
  fmt::print(stderr, "kvmtest-run: error: {}\n", text);
  return status;
}

// Where `ctest` of the build tree around us leaves the results of a test of that name: there may
// be several calls.
std::vector<std::string> ResultsOf(const std::string& test) {
  std::vector<std::string> found;
  std::string wanted = job::ResultDirectoryName(test);
  std::error_code error;
  fs::recursive_directory_iterator entry("kvmtest", error), end;
  for (; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (!entry->is_directory(unknown)) continue;
    if (entry->path().filename() == wanted) found.push_back(entry->path());
    if (entry.depth() >= 4) entry.disable_recursion_pending();
  }
  return found;
}

// The socket of the test that is meant; else *wrong.
std::string SocketOf(const std::string& run, std::string* wrong) {
  if (run.empty()) {
    const char* control = ::getenv("KVMTEST_CONTROL");
    if (control != nullptr && *control != '\0') return control;
    *wrong = "which test? --run DIR names its results directory (KVMTEST_CONTROL is not set)";
    return "";
  }
  std::vector<std::string> directories = {run};
  if (::access((run + "/result.json").c_str(), F_OK) != 0) directories = ResultsOf(run);
  if (directories.empty()) {
    *wrong = fmt::format("'{}' is no results directory, nor a test of the build tree here", run);
  }
  for (const std::string& directory : directories) {
    std::string control = job::Member(job::ReadResult(directory + "/result.json"), "control");
    if (!control.empty()) return control;
    *wrong = fmt::format("the test of {} has no VMs at the moment", directory);
  }
  return "";
}

std::string ConnectTo(const ClientOptions& options, ControlClient* client) {
  std::string wrong;
  std::string socket = SocketOf(options.run, &wrong);
  return socket.empty() ? wrong : client->Connect(socket);
}

ControlClient::Reply Ask(const ClientOptions& options, json request) {
  ControlClient client;
  std::string wrong = ConnectTo(options, &client);
  if (!wrong.empty()) return {json::object(), "", wrong, "closed"};
  request["vm"] = options.vm;
  if (options.timeout) request["timeout"] = *options.timeout;
  return client.Ask(request);
}

int Written(const std::string& bytes, int status) {
  if (host::WriteAll(STDOUT_FILENO, bytes)) return status;
  return Complain("cannot write to standard output");
}

// The terminal is the guest's until this object goes.
class RawTerminal {
 public:
  RawTerminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    is_raw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  ~RawTerminal() {
    if (is_raw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool is_raw_ = false;
};

// To and fro until either side ends.
void Converse(int socket) {
  pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {socket, POLLIN, 0}};
  char buffer[4096];
  for (;;) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) {
      ssize_t got = ::read(socket, buffer, sizeof buffer);
      if (got <= 0 || !host::WriteAll(STDOUT_FILENO, {buffer, static_cast<size_t>(got)})) return;
    }
    if (fds[0].revents == 0) continue;
    ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) return;
    std::string_view typed(buffer, static_cast<size_t>(got));
    if (typed.find(kLeave) != std::string_view::npos || !host::WriteAll(socket, typed)) return;
  }
}

int AttachTerminal(const ClientOptions& options, ControlClient& client) {
  winsize size{};
  ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
  json request = {{"do", "attach"}, {"vm", options.vm}};
  if (size.ws_row > 0) request["rows"] = size.ws_row;
  if (size.ws_col > 0) request["columns"] = size.ws_col;
  ControlClient::Reply reply = client.Ask(request);
  if (!reply.ok()) return Complain(reply.error);
  fmt::print(stderr, "a shell in the guest of {}; `exit` or Ctrl-] leaves it\n", options.vm);
  {
    RawTerminal raw;
    host::WriteAll(STDOUT_FILENO, client.TakeRest());
    Converse(client.fd());
  }
  fmt::print(stderr, "\n");
  return 0;
}

int AttachLines(const ClientOptions& options, ControlClient& client) {
  int status = 0;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    ControlClient::Reply reply =
        client.Ask({{"do", "exec"}, {"vm", options.vm}, {"command", line}});
    if (!reply.ok()) return Complain(reply.error);
    if (!host::WriteAll(STDOUT_FILENO, reply.bytes)) return kCannotAsk;
    status = reply.json.value("status", 0);
  }
  return status;
}

}  // namespace

int ExecInGuest(const ClientOptions& options, const std::vector<std::string>& words) {
  std::string command = words.size() == 1 ? words[0] : host::ShellQuote(words);
  auto reply = Ask(options, {{"do", "exec"}, {"command", command}});
  if (!reply.ok()) return Complain(reply.error);
  return Written(reply.bytes, reply.json.value("status", kCannotAsk));
}

int SendQmp(const ClientOptions& options, const std::string& command,
            const std::string& arguments) {
  json request = {{"execute", command}};
  bool whole = !command.empty() && command[0] == '{';
  if (whole) request = json::parse(command, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object()) return Complain("no JSON: " + command, 2);
  if (!arguments.empty()) {
    json value = json::parse(arguments, nullptr, /*allow_exceptions=*/false);
    if (whole || !value.is_object()) return Complain("no JSON object: " + arguments, 2);
    request["arguments"] = value;
  }
  request["do"] = "qmp";
  auto reply = Ask(options, request);
  if (!reply.ok()) return Complain(reply.error, reply.kind == "qmp" ? 1 : kCannotAsk);
  std::string text = reply.json["return"].dump(-1, ' ', false, json::error_handler_t::replace);
  return Written(text + "\n", 0);
}

int TakeScreendump(const ClientOptions& options, const std::string& file) {
  std::error_code error;
  auto reply = Ask(options, {{"do", "screendump"}, {"file", fs::absolute(file, error).string()}});
  return reply.ok() ? 0 : Complain(reply.error, reply.kind == "qmp" ? 1 : kCannotAsk);
}

int WaitForConsole(const ClientOptions& options, const std::string& pattern, bool next) {
  auto reply = Ask(options, {{"do", "wait"}, {"pattern", pattern}, {"next", next}});
  if (reply.ok()) return Written(reply.json.value("line", "") + "\n", 0);
  if (reply.kind == "bad-request") return Complain(reply.error, 2);
  return Complain(reply.error, reply.kind == "timeout" ? 1 : kCannotAsk);
}

int MigrateVm(const ClientOptions& options, const std::string& protocol) {
  auto reply = Ask(options, {{"do", "migrate"}, {"protocol", protocol}});
  if (reply.ok()) return 0;
  if (reply.kind == "bad-request") return Complain(reply.error, 2);
  bool asked = reply.kind == "migration-failed" || reply.kind == "migration-timeout";
  return Complain(reply.error, asked ? 1 : kCannotAsk);
}

int StartVm(const ClientOptions& options) {
  auto reply = Ask(options, {{"do", "start"}});
  return reply.ok() ? 0 : Complain(reply.error);
}

int ExpectOfVm(const ClientOptions& options, const std::string& what) {
  auto reply = Ask(options, {{"do", "expect"}, {"what", what}});
  return reply.ok() ? 0 : Complain(reply.error);
}

namespace {

// The VM of this name, or one that runs; null: there is none.
json ChooseVm(const json& vms, const std::string& name) {
  json chosen;
  for (const json& vm : vms) {
    if (!name.empty() && vm["name"] != name) continue;
    if (chosen.is_null() || vm["state"] == "running") chosen = vm;
    if (vm["state"] == "running") break;
  }
  return chosen;
}

}  // namespace

int Attach(ClientOptions options, bool stay) {
  ControlClient client;
  std::string wrong = ConnectTo(options, &client);
  if (!wrong.empty()) return Complain(wrong);
  auto reply = client.Ask({{"do", "vms"}});
  if (!reply.ok() || reply.json["vms"].empty()) return Complain("the test has no VM");
  json vm = ChooseVm(reply.json["vms"], options.vm);
  if (vm.is_null()) {
    std::string names;
    for (const json& other : reply.json["vms"]) names += " " + other.value("name", "");
    return Complain(fmt::format("no VM '{}'; the test has{}", options.vm, names), 2);
  }
  options.vm = vm["name"];
  if (vm.value("busy", false)) {
    fmt::print(stderr, "kvmtest-run: the shell of {} is busy with another command; waiting\n",
               options.vm);
  }
  bool terminal = ::isatty(STDIN_FILENO) == 1;
  int status = terminal ? AttachTerminal(options, client) : AttachLines(options, client);
  if (stay || status == kCannotAsk) return status;
  ControlClient last;
  if (ConnectTo(options, &last).empty()) last.Ask({{"do", "release"}});
  return status;
}

}  // namespace kvmtest
