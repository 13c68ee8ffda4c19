#include "vm/ssh.h"

#include <fmt/format.h>

#include <algorithm>

#include "vm/config_parts.h"
#include "vm/vm_config.h"

namespace kvmtest::vm {

namespace {

// Nobody can be asked, no file of the user's says otherwise, and a guest that has gone is noticed.
constexpr const char* kOptions[] = {
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "LogLevel=ERROR",
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "ConnectTimeout=10",
    "GlobalKnownHostsFile=/dev/null",
    "ServerAliveInterval=3",
    "ServerAliveCountMax=5",
    "ForwardAgent=no",
    "PermitLocalCommand=no",
};

// kSshReconnect ends what the loop runs, not the loop.
constexpr char kLoop[] = "trap : USR1; while :; do \"$@\"; sleep 0.5; done";

}  // namespace

ConfigError ReadSsh(const Params& params, VmConfig* config) {
  if (params.Get("shell_client") != "ssh") return std::nullopt;
  SshConfig ssh;
  ssh.user = params.Get("username", "root");
  if (ssh.user.empty() || ssh.user[0] == '-' || ssh.user.find('@') != std::string::npos) {
    return ParamError{fmt::format("username = {}: expected a user of the guest's", ssh.user)};
  }
  if (ConfigError error = FileParam(params, "ssh_key", &ssh.key)) return error;
  if (ssh.key.empty()) {
    return ParamError{
        "shell_client = ssh needs ssh_key, a file with a private key: ssh takes a "
        "password only from a person"};
  }
  if (ConfigError error = GetNumber(params, "shell_port", 1, 65535, 22, &ssh.guest_port)) {
    return error;
  }
  auto nic = std::find_if(config->nics.begin(), config->nics.end(), [](const NicConfig& card) {
    bool bridge = card.net.mode == NetMode::kBridge && !card.address.ip.empty();
    return card.attached && (card.net.mode == NetMode::kUser || bridge);
  });
  if (nic == config->nics.end()) {
    return ParamError{
        "shell_client = ssh needs a network card with nic_mode = user, or bridge with "
        "an IP address: this machine reaches the guest by no other"};
  }
  ssh.nic = nic->name;
  if (nic->net.mode == NetMode::kUser) nic->net.redirects.push_back({kSshRedirect, ssh.guest_port});
  config->ssh = ssh;
  return std::nullopt;
}

std::vector<std::string> SshArgv(const SshConfig& ssh, const std::string& host, long port) {
  std::vector<std::string> argv{"/bin/sh", "-c",   kLoop, "ssh",   "ssh", "-T",
                                "-F",      "none", "-i",  ssh.key, "-p",  std::to_string(port)};
  for (const char* option : kOptions) argv.insert(argv.end(), {"-o", option});
  argv.insert(argv.end(), {ssh.user + "@" + host, "echo '@@kvmtest-shell ready'; exec sh"});
  return argv;
}

}  // namespace kvmtest::vm
