#include "procedures/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "host/files.h"
#include "host/process.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

// Linux takes no longer string in an environment.
constexpr size_t kLongestEntry = 120000;
constexpr size_t kMostParts = 1000;
constexpr size_t kLongestName = 1000;  // of one of them
constexpr size_t kMostMeasurements = 100;

bool IsPlainName(const std::string& name) {
  return !name.empty() && name[0] != '.' && name.find('/') == std::string::npos;
}

// As a shell's variable may be called.
std::string VariableName(std::string name) {
  for (char& c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain) c = '_';
  }
  return name;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What is wrong with a measurement; empty if nothing is.
std::string CheckMeasurement(const std::string& name, double value) {
  bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:/").find(c) != std::string_view::npos;
  });
  if (!plain || name.empty() || name.size() > 70) {
    return fmt::format("'{}' is no name: up to 70 of A-Z a-z 0-9 _ - . : /", vm::Printable(name));
  }
  // ctest and CDash would show two of one name, and the runner's are no numbers.
  for (const char* taken : {"Environment", "Processors", "accel", "qemu_version"}) {
    if (name == taken) return fmt::format("'{}' is told of every test already", name);
  }
  // Also where this test has none of its own: a figure of that name means one thing.
  for (const char* taken :
       {"boot_seconds", "restore_seconds", "qemu_cpu_seconds", "qemu_max_rss_mib"}) {
    if (name == taken) return name + " is measured by the runner";
  }
  return std::isfinite(value) ? "" : fmt::format("{}: not a finite number", name);
}

std::variant<std::map<std::string, double>, std::string> ReadJsonMeasurements(
    const std::string& text) {
  nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return "it is no JSON object";
  std::map<std::string, double> found;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_number())
      return fmt::format("{}: expected a number, found {}", name, value.dump());
    if (std::string wrong = CheckMeasurement(name, value); !wrong.empty()) return wrong;
    found[name] = value;
  }
  return found;
}

std::optional<double> ToNumber(const std::string& text) {
  double value = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

std::variant<std::map<std::string, double>, std::string> ReadMeasurementLines(
    const std::string& text) {
  std::map<std::string, double> found;
  size_t number = 0;
  for (std::string_view line : Lines(text)) {
    ++number;
    std::vector<std::string> words = vm::SplitWords(line);
    if (words.empty()) continue;
    std::optional<double> value = words.size() == 2 ? ToNumber(words[1]) : std::nullopt;
    if (!value) {
      return fmt::format("line {}: expected NAME NUMBER, found '{}'", number,
                         vm::Printable(line.substr(0, 100)));
    }
    if (std::string wrong = CheckMeasurement(words[0], *value); !wrong.empty()) {
      return fmt::format("line {}: {}", number, wrong);
    }
    found[words[0]] = *value;
  }
  return found;
}

constexpr char kBlanks[] = " \t";

std::string_view WithoutBlanks(std::string_view text) {
  size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

void AddPart(std::string status, std::string_view text, SubResults* results) {
  bool first_failed = ++results->counts[status] == 1 && status == "fail";
  if (!first_failed && results->parts.size() == kMostParts) return;
  std::string name = vm::Printable(text.substr(0, kLongestName));
  if (text.size() > kLongestName) name += "...";
  if (first_failed) results->first_failed = name;
  if (results->parts.size() < kMostParts) {
    results->parts.push_back({std::move(status), std::move(name)});
  }
}

// What the names of the variables of one VM, or of its network card of this name, begin with.
std::string Prefix(const std::string& vm, const std::string& nic = "") {
  std::string prefix = "KVMTEST_" + VariableName(vm) + "_";
  return nic.empty() ? prefix : prefix + VariableName(nic) + "_";
}

void AddMachines(const Context& context, std::vector<std::string>* environment) {
  std::string names;
  for (auto& machine : context.fleet.machines()) {
    const vm::VmConfig& config = machine->config();
    names += names.empty() ? config.name : " " + config.name;
    std::string prefix = Prefix(config.name);
    environment->push_back(prefix + "QMP=" + machine->paths().qmp_socket);
    environment->push_back(prefix + "CONSOLE=" + machine->paths().console_log);
    for (size_t i = 0; i < config.nics.size(); ++i) {
      const vm::NicConfig& nic = config.nics[i];
      std::vector<std::string> prefixes = {Prefix(config.name, nic.name)};
      if (i == 0) prefixes.push_back(prefix);
      for (const std::string& of_nic : prefixes) {
        environment->push_back(of_nic + "MAC=" + nic.address.mac);
        environment->push_back(of_nic + "IP=" + nic.address.ip);
      }
    }
  }
  environment->push_back("KVMTEST_VMS=" + names);
}

}  // namespace

std::vector<std::string> TestDirs(const vm::Params& params, std::string* wrong) {
  std::string text = params.Get("test_dirs");
  auto words = vm::SplitShellWords(text);
  if (!words) {
    *wrong = fmt::format("test_dirs = {}: a quote is not closed", text);
    return {};
  }
  for (const std::string& directory : *words) {
    if (directory[0] == '/') continue;
    *wrong = fmt::format("test_dirs: '{}' is no absolute path", directory);
  }
  return *words;
}

std::variant<TestProgram, std::string> FindTestProgram(const vm::Params& params) {
  std::string command = params.Get("command");
  std::string type = params.Get("type");
  if (!command.empty() && type == kExternal.type) {
    return TestProgram{"command", {"/bin/sh", "-c", command}};
  }
  if (type == kExternal.type) return "type = external needs command, a line for the shell";
  std::string wrong;
  std::vector<std::string> directories = TestDirs(params, &wrong);
  if (!wrong.empty()) return wrong;
  std::string nothing = fmt::format("no procedure '{}'", type);
  if (directories.empty() || !IsPlainName(type)) return nothing;
  for (const std::string& directory : directories) {
    std::string path = directory + "/" + type;
    if (auto program = host::FindProgram(path)) return TestProgram{type, {*program}};
    if (host::IsRegularFile(path)) return nothing + fmt::format(": {} is not executable", path);
  }
  return nothing + fmt::format(", and no program of that name in {}", params.Get("test_dirs"));
}

std::string CheckVariables(const vm::Params& params) {
  std::map<std::string, std::string> owners;  // by prefix
  std::string wrong;
  auto take = [&](const std::string& prefix, const std::string& owner) {
    auto [other, is_new] = owners.emplace(prefix, owner);
    if (is_new || !wrong.empty()) return;
    wrong = fmt::format(
        "{} and {} would share their variables {}*: expected names that differ in "
        "more than signs",
        other->second, owner, prefix);
  };
  for (const std::string& name : vm::VmNames(params)) {
    take(Prefix(name), "VM " + name);
    for (const std::string& nic : params.ForVm(name).Words("nics")) {
      take(Prefix(name, nic), fmt::format("card {} of VM {}", nic, name));
    }
  }
  return wrong;
}

std::vector<std::string> ProgramEnvironment(const Context& context, const std::string& runner) {
  std::vector<std::string> environment;
  for (const auto& [key, value] : context.params.map()) {
    std::string entry = "KVM_TEST_" + key + "=" + value;
    if (key.find('=') == std::string::npos && entry.size() < kLongestEntry) {
      environment.push_back(entry);
    }
  }
  environment.push_back("KVMTEST_RUN=" + runner);
  environment.push_back("KVMTEST_CONTROL=" + context.control);
  environment.push_back("KVMTEST_OUTPUT_DIR=" + context.directory);
  environment.push_back("KVMTEST_PARAMS=" + context.directory + "/params.json");
  environment.push_back(
      fmt::format("TEST_PREMATURE_EXIT_FILE={}/{}", context.directory, kUnfinished));
  environment.push_back("KVMTEST_MAIN_VM=" + vm::MainVm(context.params));
  AddMachines(context, &environment);
  return environment;
}

std::variant<std::map<std::string, double>, std::string> ReadMeasurements(const std::string& text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  bool is_json = first != std::string::npos && text[first] == '{';
  auto found = is_json ? ReadJsonMeasurements(text) : ReadMeasurementLines(text);
  auto* values = std::get_if<std::map<std::string, double>>(&found);
  if (values != nullptr && values->size() > kMostMeasurements) {
    return fmt::format("{} of them, more than {}", values->size(), kMostMeasurements);
  }
  return found;
}

size_t SubResults::Count(const std::string& status) const {
  auto found = counts.find(status);
  return found != counts.end() ? found->second : 0;
}

size_t SubResults::Total() const {
  size_t total = 0;
  for (const auto& [status, count] : counts) total += count;
  return total;
}

SubResults ReadSubResults(std::string_view text) {
  SubResults results;
  size_t number = 0;
  for (std::string_view line : Lines(text)) {
    ++number;
    line = WithoutBlanks(line);
    if (line.empty()) continue;
    size_t blank = std::min(line.find_first_of(kBlanks), line.size());
    std::string status(line.substr(0, blank));
    std::string_view name = WithoutBlanks(line.substr(blank));
    bool known = status == "pass" || status == "fail" || status == "skip";
    if (known && !name.empty()) {
      AddPart(std::move(status), name, &results);
    } else if (results.wrong.empty()) {
      results.wrong = fmt::format("line {}: expected pass, fail or skip and a name, found '{}'",
                                  number, vm::Printable(line.substr(0, 100)));
    }
  }
  return results;
}

void ProgramOutput::Append(std::string_view bytes) {
  size_t to_head = std::min(kHead - head_.size(), bytes.size());
  head_ += bytes.substr(0, to_head);
  tail_ += bytes.substr(to_head);
  if (tail_.size() <= 2 * kTail) return;
  dropped_ += tail_.size() - kTail;
  tail_.erase(0, tail_.size() - kTail);
}

std::string ProgramOutput::Shown() const {
  std::string tail = tail_;
  size_t dropped = dropped_;
  if (tail.size() > kTail) {
    dropped += tail.size() - kTail;
    tail.erase(0, tail.size() - kTail);
  }
  std::string gap = dropped > 0 ? fmt::format("\n[... {} bytes ...]\n", dropped) : "";
  std::string text = vm::Printable(head_) + gap + vm::Printable(tail);
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

std::string ProgramOutput::LastLine() const {
  std::string last;
  for (std::string_view line : Lines(tail_.empty() ? head_ : tail_)) {
    std::string text = vm::Printable(line);
    if (text.find_first_not_of(" \t") != std::string::npos) last = text;
  }
  return last.substr(0, 300);
}

}  // namespace kvmtest::procedures
