#include "procedures/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/files.h"
#include "host/process.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

// Linux takes no longer string in an environment.
constexpr size_t kLongestEntry = 120000;
constexpr size_t kMostParts = 1000;
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

void AddMachines(const Context& context, std::vector<std::string>* environment) {
  std::string names;
  for (auto& machine : context.fleet.machines()) {
    const vm::VmConfig& config = machine->config();
    names += names.empty() ? config.name : " " + config.name;
    std::string prefix = "KVMTEST_" + VariableName(config.name) + "_";
    environment->push_back(prefix + "QMP=" + machine->paths().qmp_socket);
    environment->push_back(prefix + "CONSOLE=" + machine->paths().console_log);
    for (size_t i = 0; i < config.nics.size(); ++i) {
      const vm::NicConfig& nic = config.nics[i];
      std::vector<std::string> prefixes = {prefix + VariableName(nic.name) + "_"};
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

std::vector<SubResult> ReadSubResults(std::string_view text) {
  std::vector<SubResult> parts;
  for (std::string_view line : Lines(text)) {
    size_t blank = line.find(' ');
    if (blank == std::string_view::npos || parts.size() == kMostParts) continue;
    std::string status(line.substr(0, blank));
    if (status != "pass" && status != "fail" && status != "skip") continue;
    parts.push_back({status, vm::Printable(line.substr(blank + 1))});
  }
  return parts;
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
