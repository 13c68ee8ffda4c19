#ifndef KVMTEST_HOST_NETNS_H_
#define KVMTEST_HOST_NETNS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "host/fd.h"

namespace kvmtest::host {

// A network namespace of the test's own: bridges, taps on them, and programs that serve the guests.
//
// The runner itself stays where it is. A child, the keeper, enters a new namespace (as root, or as
// anybody by way of a user namespace in which it is root) and does there what it is told; taps and
// sockets made there come back as descriptors and work wherever they are used. It needs no undoing:
// the keeper dies with the runner, its programs with it, and a namespace goes with its last process
// and descriptor, a tap with qemu's descriptor.
class NetworkNamespace {
 public:
  NetworkNamespace() = default;
  ~NetworkNamespace() { Leave(); }
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  // False and *error: what this machine lacks. Once.
  bool Enter(std::string* error);
  // Ends the keeper and what it runs.
  void Leave();
  // Of the keeper, and of the group that it and its programs are.
  pid_t pid() const { return pid_; }

  // A bridge that is up, with an address of its own unless `ip` is empty.
  bool AddBridge(const std::string& name, const std::string& ip, int prefix, std::string* error);
  // A tap that is up and on the bridge.
  Fd OpenTap(const std::string& name, const std::string& bridge, std::string* error);
  // A socket that sees this network.
  Fd OpenSocket(int domain, int type, int protocol, std::string* error);
  // Starts a program; what it says goes to the end of the file `log`. Returns what is readable once
  // it has ended; an empty one and *error if it was not started.
  Fd Run(const std::vector<std::string>& argv, const std::string& log, std::string* error);

 private:
  bool Ask(const std::vector<std::string>& words, Fd* fd, std::string* error);

  pid_t pid_ = -1;
  Fd socket_;
};

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_NETNS_H_
