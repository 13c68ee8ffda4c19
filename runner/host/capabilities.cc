#include "host/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace kvmtest::host {

void KeepCapabilities(std::initializer_list<int> kept) {
  uint32_t mask[_LINUX_CAPABILITY_U32S_3] = {};
  for (int capability : kept) mask[CAP_TO_INDEX(capability)] |= CAP_TO_MASK(capability);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, sets) != 0) return;
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) {
    sets[i].effective &= mask[i];
    sets[i].permitted &= mask[i];
  }
  ::syscall(SYS_capset, &header, sets);
}

// What is not in the bounding set, exec does not give to root.
void LimitCapabilities(std::initializer_list<int> kept) {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (std::find(kept.begin(), kept.end(), capability) == kept.end()) {
      ::prctl(PR_CAPBSET_DROP, capability);
    }
  }
}

}  // namespace kvmtest::host
