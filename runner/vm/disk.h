#ifndef KVMTEST_VM_DISK_H_
#define KVMTEST_VM_DISK_H_

#include <string>

#include "vm/vm_config.h"

namespace kvmtest::vm {

// Makes the file that a VM opens for this image: an overlay on it, or a blank disk. False if
// that takes qemu-img: a base in another format than raw and qcow2, a size that needs
// interpretation, anything odd. Then nothing is left at `path`.
bool MakeDisk(const ImageConfig& image, const std::string& path);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_DISK_H_
