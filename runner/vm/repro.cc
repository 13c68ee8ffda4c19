#include "vm/repro.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "host/process.h"
#include "vm/argv.h"

namespace kvmtest::vm {

namespace {

// Stands for the directory that only the script will make.
constexpr std::string_view kDirectory = "/@KVMTEST-REPRO@";

// The word for a shell, with "$dir" where kDirectory stands.
std::string Quoted(std::string_view word) {
  std::string text;
  for (size_t at; (at = word.find(kDirectory)) != std::string_view::npos;) {
    if (at > 0) text += host::ShellQuote(std::string(word.substr(0, at)));
    text += "\"$dir\"";
    word.remove_prefix(at + kDirectory.size());
  }
  if (!word.empty() || text.empty()) text += host::ShellQuote(std::string(word));
  return text;
}

std::string Command(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) text += (text.empty() ? "" : " ") + Quoted(word);
  return text;
}

std::string ShellHint(const VmConfig& config) {
  if (config.agent) return "    echo \"its guest agent: $dir/agent\" >&2\n";
  if (!config.shell_port) return "";
  return "    echo \"its shell: socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:$dir/shell\" >&2\n";
}

std::string CaseOf(const VmConfig& config, const ReproRequest& request) {
  Wiring wiring;
  wiring.test = request.test;
  wiring.accelerator = request.accelerator;
  wiring.cpu_model = request.cpu_model;
  wiring.nonce = request.nonce;
  wiring.by_hand = kDirectory;
  std::string text = fmt::format("  {})\n", host::ShellQuote(config.name));
  for (const ImageConfig& image : config.images) {
    std::string path = OverlayPath(std::string(kDirectory), config, image);
    wiring.overlays[image.name] = path;
    text += "    " + Command(OverlayArgv(image, request.qemu_img, path)) + "\n";
  }
  text += ShellHint(config);
  return text + "    " + Command(BuildArgv(config, wiring)) + "\n    ;;\n";
}

}  // namespace

std::string ReproScript(const std::vector<VmConfig>& configs, const ReproRequest& request) {
  std::vector<std::string> names;
  names.reserve(configs.size());
  for (const VmConfig& config : configs) names.push_back(host::ShellQuote(config.name));
  std::string text = fmt::format(
      R"(#!/bin/sh
# Boots a VM of the test {0}
# as kvmtest-run did, with its console on this terminal: Ctrl-A X ends qemu, Ctrl-A C is its monitor.
# Disks are fresh overlays in a directory of their own, which goes away at the end.
# usage: repro.sh [VM]      VM: {1} (the first, if none is named)
set -eu
cd {2}
dir=$(mktemp -d "${{TMPDIR:-/tmp}}/kvmtest-repro-XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' HUP INT TERM
echo "QMP: $dir/qmp" >&2
case "${{1:-{3}}}" in
)",
      request.test, fmt::join(names, " "), Quoted(request.directory),
      configs.empty() ? "" : configs[0].name);
  for (const VmConfig& config : configs) text += CaseOf(config, request);
  return text + "  *)\n    echo \"there is no VM $1 in this test\" >&2\n    exit 2\n    ;;\nesac\n";
}

}  // namespace kvmtest::vm
