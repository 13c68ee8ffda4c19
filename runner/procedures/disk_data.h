#ifndef KVMTEST_PROCEDURES_DISK_DATA_H_
#define KVMTEST_PROCEDURES_DISK_DATA_H_

#include <string>

#include "procedures/device_steps.h"

namespace kvmtest::procedures {

// A stretch of a guest's disk, in KiB.
struct DiskPart {
  std::string disk;  // "vda"
  unsigned long long start = 0;
  unsigned long long size = 0;
};

// Writes random data there, which the guest makes, and tells their checksum.
vm::Trouble WriteData(Context& context, vm::Machine& machine, const DiskPart& part,
                      std::string* checksum);
// Reads them from the disk, not from the guest's cache; data-mismatch if they are others.
vm::Trouble ReadData(Context& context, vm::Machine& machine, const DiskPart& part,
                     const std::string& checksum);
// Looks for them in the image's file on the host, once qemu has let it go: a guest with something
// else in its disk's place reads what it wrote, too. An image_snapshot keeps nothing.
vm::Trouble FindDataOnHost(Context& context, const vm::Machine& machine,
                           const vm::ImageConfig& image, const DiskPart& part,
                           const std::string& checksum);
// The checksum of what is there.
vm::Trouble Checksum(Context& context, vm::Machine& machine, const DiskPart& part,
                     std::string* checksum);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_DISK_DATA_H_
