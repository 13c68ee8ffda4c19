#include "kvmtest/vm.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <utility>

#include "job/control_client.h"

namespace kvmtest {

namespace {

using nlohmann::json;

std::string Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

// As the runner names a VM's variables.
std::string VariableName(std::string name) {
  for (char& c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain) c = '_';
  }
  return name;
}

job::ControlClient::Reply Try(const json& request) {
  std::string socket = Variable("KVMTEST_CONTROL");
  if (socket.empty()) throw Error("this program is to be run by kvmtest-run (no KVMTEST_CONTROL)");
  job::ControlClient client;
  std::string wrong = client.Connect(socket);
  if (!wrong.empty()) throw Error(wrong);
  return client.Ask(request);
}

job::ControlClient::Reply Ask(const std::string& vm, const char* what, json request = {}) {
  request["do"] = what;
  request["vm"] = vm;
  job::ControlClient::Reply reply = Try(request);
  if (!reply.ok()) throw Error(std::string(what) + ": " + reply.error);
  return reply;
}

json Parsed(const std::string& text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) throw Error("no JSON object: " + text);
  return value;
}

}  // namespace

Vm::Vm(std::string name) : name_(std::move(name)) {}

Vm Vm::Main() {
  return Vm(Variable("KVMTEST_MAIN_VM"));
}

std::vector<std::string> Vm::Names() {
  std::istringstream stream(Variable("KVMTEST_VMS"));
  std::vector<std::string> names;
  for (std::string name; stream >> name;) names.push_back(name);
  return names;
}

std::string Vm::Mac(const std::string& nic) const {
  std::string prefix = "KVMTEST_" + VariableName(name_) + "_";
  return Variable(nic.empty() ? prefix + "MAC" : prefix + VariableName(nic) + "_MAC");
}

std::string Vm::Ip(const std::string& nic) const {
  std::string prefix = "KVMTEST_" + VariableName(name_) + "_";
  return Variable(nic.empty() ? prefix + "IP" : prefix + VariableName(nic) + "_IP");
}

ExecResult Vm::Exec(const std::string& command, Seconds timeout) {
  auto reply = Ask(name_, "exec", {{"command", command}, {"timeout", timeout.count()}});
  return {reply.json.value("status", 0), reply.bytes};
}

std::string Vm::Qmp(const std::string& command, const std::string& arguments, Seconds timeout) {
  json request = {{"execute", command}, {"timeout", timeout.count()}};
  json given = Parsed(arguments);
  if (!given.empty()) request["arguments"] = given;
  return Ask(name_, "qmp", request).json["return"].dump();
}

std::string Vm::Expect(const std::string& regex, Seconds timeout) {
  json request = {{"pattern", regex}, {"next", true}, {"timeout", timeout.count()}};
  return Ask(name_, "wait", request).json.value("line", "");
}

void Vm::Screendump(const std::string& file) {
  Ask(name_, "screendump", {{"file", file[0] == '/' ? file : OutputDir() + "/" + file}});
}

void Vm::Plug(const std::string& driver, const std::string& id, const std::string& properties) {
  json arguments = Parsed(properties);
  arguments["driver"] = driver;
  arguments["id"] = id;
  Qmp("device_add", arguments.dump());
}

void Vm::Unplug(const std::string& id, Seconds timeout) {
  auto until = std::chrono::steady_clock::now() + timeout;
  Qmp("device_del", json{{"id", id}}.dump());
  // It is there until the guest has let go of it.
  for (;;) {
    json devices = json::parse(Qmp("qom-list", R"({"path": "/machine/peripheral"})"));
    bool there = false;
    for (const json& device : devices) there = there || device.value("name", "") == id;
    if (!there) return;
    if (std::chrono::steady_clock::now() > until) {
      throw Error("the guest did not let go of " + id + " in time");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void Vm::Migrate(const std::string& protocol, Seconds timeout) {
  Ask(name_, "migrate", {{"protocol", protocol}, {"timeout", timeout.count()}});
}

void Vm::Start() {
  Ask(name_, "start");
}
void Vm::ExpectExit() {
  Ask(name_, "expect", {{"what", "exit"}});
}
void Vm::ExpectPanic() {
  Ask(name_, "expect", {{"what", "panic"}});
}
void Vm::ExpectStop() {
  Ask(name_, "expect", {{"what", "stop"}});
}

std::string Param(const std::string& name, const std::string& otherwise) {
  const char* value = std::getenv(("KVM_TEST_" + name).c_str());
  return value != nullptr ? value : otherwise;
}

std::string OutputDir() {
  std::string directory = Variable("KVMTEST_OUTPUT_DIR");
  return directory.empty() ? "." : directory;
}

void Measure(const std::string& name, double value) {
  std::ofstream file(OutputDir() + "/measurements", std::ios::app);
  file.precision(17);
  file << name << ' ' << value << '\n';
  if (!file.flush()) throw Error("cannot write " + OutputDir() + "/measurements");
}

}  // namespace kvmtest
