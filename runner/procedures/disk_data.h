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

// The size of a disk, as the guest sees it.
vm::Trouble DiskKib(Context& context, vm::Machine& machine, const std::string& disk,
                    unsigned long long* kib);

// What the guest does with a disk, its partitions and what lies on them, for people: "vda1 is
// mounted at /". Empty: nothing, so that the test may write there as it likes.
vm::Trouble FindUse(Context& context, vm::Machine& machine, const std::string& disk,
                    std::string* use);
// The skip of a test that has no other disk than those, of which `uses` tells.
vm::Failure NoFreeDisk(const vm::Machine& machine, const std::string& uses);

// A command on a disk that must succeed; if it does not, the verdict has dd's own words.
vm::Trouble RunDd(Context& context, vm::Machine& machine, const std::string& what,
                  const std::string& command, std::string* output = nullptr);
// What dd says of its failure, in its output.
std::string DdError(const std::string& output);

// Writes random data there, which the guest makes, and tells their checksum. No more than a MiB
// of them is kept in the guest, whose /tmp may be smaller than any disk.
vm::Trouble WriteData(Context& context, vm::Machine& machine, const DiskPart& part,
                      std::string* checksum);
// Reads them from the disk, not from the guest's cache; data-mismatch if they are others.
vm::Trouble ReadData(Context& context, vm::Machine& machine, const DiskPart& part,
                     const std::string& checksum);
// Looks for them in the image's file on the host, once qemu has let it go: a guest with something
// else in its disk's place reads what it wrote, too.
vm::Trouble FindDataOnHost(Context& context, const vm::Machine& machine,
                           const vm::ImageConfig& image, const DiskPart& part,
                           const std::string& checksum);
// The checksum of what is there.
vm::Trouble Checksum(Context& context, vm::Machine& machine, const DiskPart& part,
                     std::string* checksum);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_DISK_DATA_H_
