#ifndef KVMTEST_DRY_RUN_H_
#define KVMTEST_DRY_RUN_H_

#include <string>

#include "test_setup.h"
#include "vm/machine.h"

namespace kvmtest {

// The commands that make a machine's disks and start it, a line each, with /RUN for the run's own
// directory, 3 to 5 for the descriptors of QMP, console and shell, and those from 6 on for its
// ports and network cards.
std::string CommandLines(const TestSetup& setup, const vm::VmConfig& config,
                         const std::string& test, const vm::MachinePaths& paths);

}  // namespace kvmtest

#endif  // KVMTEST_DRY_RUN_H_
