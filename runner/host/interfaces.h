#ifndef KVMTEST_HOST_INTERFACES_H_
#define KVMTEST_HOST_INTERFACES_H_

#include <string>

#include "host/fd.h"

namespace kvmtest::host {

// Network interfaces of the namespace that the calling process is in, by plain ioctls: no `ip`
// or `brctl` is needed. All need CAP_NET_ADMIN there. False (or no descriptor) and *error.

// The interface exists as long as a process has the descriptor open: it is never made
// persistent, so nothing can be left behind by whoever is killed.
Fd OpenTap(const std::string& name, std::string* error);
bool MakeBridge(const std::string& name, std::string* error);
bool JoinBridge(const std::string& interface, const std::string& bridge, std::string* error);
bool BringUp(const std::string& interface, std::string* error);
bool SetAddress(const std::string& interface, const std::string& ip, int prefix,
                std::string* error);

bool IsBridge(const std::string& interface);

// "kvt", a hash of whose it is, "n" and a number below 1000: at most the 15 bytes that a name of
// an interface may have.
std::string InterfaceName(const std::string& host, const std::string& queue,
                          const std::string& state_dir, unsigned index);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_INTERFACES_H_
