#ifndef KVMTEST_HOST_CAPABILITIES_H_
#define KVMTEST_HOST_CAPABILITIES_H_

#include <initializer_list>

namespace kvmtest::host {

// Of the capabilities that this process has, as root all of them, it keeps these. What it executes
// as root has all again.
void KeepCapabilities(std::initializer_list<int> kept);

// Nor shall what it executes have others. Async-signal-safe. Needs CAP_SETPCAP, and so does nothing
// for whoever is not root.
void LimitCapabilities(std::initializer_list<int> kept);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_CAPABILITIES_H_
