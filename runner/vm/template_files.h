#ifndef KVMTEST_VM_TEMPLATE_FILES_H_
#define KVMTEST_VM_TEMPLATE_FILES_H_

#include <optional>
#include <string>
#include <vector>

#include "vm/vm_config.h"

namespace kvmtest::vm {

// The files whose contents are part of what a guest has seen when it is saved: those that its
// machine needs, those that its images have their data in, and those that qemu serves to it. Why
// there can be no template, if somebody might change those contents without a trace; else nothing.
std::optional<std::string> FindTemplateFiles(const VmConfig& config,
                                             std::vector<std::string>* files);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_TEMPLATE_FILES_H_
