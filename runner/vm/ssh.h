#ifndef KVMTEST_VM_SSH_H_
#define KVMTEST_VM_SSH_H_

#include <signal.h>

#include <optional>
#include <string>
#include <vector>

#include "vm/params.h"

namespace kvmtest::vm {

struct VmConfig;

// A guest's shell that is reached by ssh instead of a serial port (shell_client = ssh).
struct SshConfig {
  std::string user;
  std::string key;  // a file with the private key
  long guest_port = 22;
  std::string nic;  // the card through which it is reached
};

// username, ssh_key, shell_port; adds a forwarded port to the first card of a user network.
// `config` has its cards.
std::optional<ParamError> ReadSsh(const Params& vm_params, VmConfig* config);

// What the forwarded port is called.
inline constexpr char kSshRedirect[] = "kvmtest-ssh";

// Keeps a shell in the guest at its own standard input and output: connects again and again, since
// the guest may not be up yet or boot anew. The shell says that it is ready as one at a serial port
// does.
std::vector<std::string> SshArgv(const SshConfig& ssh, const std::string& host, long port);
// To the whole group of that: the connection is given up, and made again.
inline constexpr int kSshReconnect = SIGUSR1;

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_SSH_H_
