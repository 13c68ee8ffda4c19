#ifndef KVMTEST_HOST_FD_PASSING_H_
#define KVMTEST_HOST_FD_PASSING_H_

#include <string_view>

namespace kvmtest::host {

// Sends bytes over a local socket and, if it is not -1, a descriptor along with them (SCM_RIGHTS),
// which stays the caller's. `flags` as sendmsg has them. False, with errno, if not all went.
bool SendWithFd(int socket, std::string_view bytes, int fd, int flags);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_FD_PASSING_H_
