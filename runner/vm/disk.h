#ifndef KVMTEST_VM_DISK_H_
#define KVMTEST_VM_DISK_H_

#include <string>

#include "host/log.h"
#include "vm/failure.h"
#include "vm/vm_config.h"

namespace kvmtest::vm {

// Makes the file that a VM opens for this image: an overlay on it, or a blank disk. False if
// that takes qemu-img: a base in another format than raw and qcow2, a size that needs
// interpretation, anything odd. Then nothing is left at `path`.
bool MakeDisk(const ImageConfig& image, const std::string& path);

// What the exit status of `qemu-img check` says: trouble (image-corrupt) if the image is damaged, a
// note if clusters are leaked, and nothing of a format that has no check. `what` begins the
// message: "vm1: qemu-img check of image1"; `shown` is the output, fit to be shown.
Trouble JudgeCheck(host::Log& log, const std::string& what, int status, const std::string& shown);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_DISK_H_
