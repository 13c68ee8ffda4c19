#ifndef KVMTEST_PROCEDURES_BLOCK_JOB_H_
#define KVMTEST_PROCEDURES_BLOCK_JOB_H_

#include <string>

#include "procedures/device_steps.h"
#include "procedures/disk_data.h"

// What the procedures about block jobs share: they all work on a disk to which the guest
// writes meanwhile.
namespace kvmtest::procedures {

#define KVMTEST_BLOCK_JOB_PARAMS \
  KVMTEST_DEVICE_PARAMS "block_job_image block_job_timeout block_job_speed block_job_format "

// What the procedures write, as Fill counts it: a MiB.
inline constexpr long kKib = 1024;

// The disk that a job is about: the image block_job_image of the main VM; if not given, the last
// one that the guest does not use itself.
struct JobDisk {
  vm::Machine* machine = nullptr;
  const vm::ImageConfig* image = nullptr;
  std::string device;  // qemu's name for it
  std::string file;    // the host's, and its format
  std::string format;
  std::string name;  // the guest's
  unsigned long long kib = 0;
  std::string target;  // the file that the job is to make, and its format
  std::string target_format;
};

std::string CheckJobParams(const vm::Params& params);
std::string ConfigureJob(const vm::Params& params, vm::VmConfig* config);

// Boots and finds the disk; environment, if the guest uses all that it may be.
vm::Trouble BootWithDisk(Context& context, const std::string& target, JobDisk* disk);

// Fills the disk from KiB `start` on with one byte, in the guest.
vm::Trouble Fill(Context& context, const JobDisk& disk, char byte, long start, long kib);
// The same in the host's file, once qemu has ended: data-mismatch if other bytes are there.
vm::Trouble CheckFill(Context& context, const std::string& file, const std::string& format,
                      char byte, long start, long kib);

// A guest that writes without end to the second half of the disk, until it is told to end.
vm::Trouble StartWriter(Context& context, const JobDisk& disk);
// Ends it and tells where it has written; command-failed if it could not.
vm::Trouble StopWriter(Context& context, const JobDisk& disk, DiskPart* part = nullptr);

// drive-mirror, drive-backup with what the params say of the job.
vm::Trouble StartJob(Context& context, const JobDisk& disk, const std::string& command,
                     Json arguments);
// Waits for an event of the job: job-failed if it ends otherwise, job-timeout if it does not come
// within block_job_timeout.
vm::Trouble WaitForJob(Context& context, const JobDisk& disk, const std::string& event);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_BLOCK_JOB_H_
