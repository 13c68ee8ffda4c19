#ifndef KVMTEST_VM_DISK_H_
#define KVMTEST_VM_DISK_H_

#include <string>
#include <string_view>

#include "host/log.h"
#include "vm/failure.h"
#include "vm/vm_config.h"

namespace kvmtest::vm {

// Makes the file that a VM opens for this image: an overlay on it, or a blank disk. False if
// that takes qemu-img: a base in another format than raw and qcow2, a size that needs
// interpretation, anything odd. Then nothing is left at `path`.
bool MakeDisk(const ImageConfig& image, const std::string& path);

// Why qemu or qemu-img, by what they said, could not open an image that may be sound: another
// process may write to it, or what it stands on is not there or not ours to read. Empty if they
// said no such thing. `kRuns`: of a file of the run's own only what it stands on counts, since who
// keeps that file itself is one of the run's processes.
enum class FileIs { kUsers, kRuns };
std::string WhyOutOfReach(const std::string& said, FileIs file);

// The image that another process may write to, by what qemu said. (Of a raw image it says so of the
// device, and not of a backing file.) Empty if it did not.
std::string ImageInUse(std::string_view said);

// What the exit status of `qemu-img check` says: trouble (image-corrupt) if the image is damaged, a
// note if clusters are leaked, and nothing of a format that has no check; environment if it is out
// of reach. `what` begins the message: "vm1: qemu-img check of image1"; `shown` is the output, fit
// to be shown.
Trouble JudgeCheck(host::Log& log, const std::string& what, FileIs file, int status,
                   const std::string& shown);

}  // namespace kvmtest::vm

#endif  // KVMTEST_VM_DISK_H_
