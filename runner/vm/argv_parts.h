#ifndef KVMTEST_VM_ARGV_PARTS_H_
#define KVMTEST_VM_ARGV_PARTS_H_

#include <string>
#include <vector>

#include "vm/argv.h"

// Groups of qemu's options that have files of their own.
namespace kvmtest::vm {

using Args = std::vector<std::string>;

void Append(Args* args, std::initializer_list<std::string> more);

void SandboxArgs(const VmConfig& config, const Wiring& wiring, Args* args);
void BoardArgs(const VmConfig& config, const Wiring& wiring, Args* args);
void RemovableArgs(const VmConfig& config, const Wiring& wiring, Args* args);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_ARGV_PARTS_H_
