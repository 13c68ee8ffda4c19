// type = block_backup: qemu copies a disk as it is when the job starts, while the guest writes
// other data to it: the copy has the old data, the disk the new ones.
//
// Params: those of block_mirror.

#include <fmt/format.h>

#include "procedures/block_job.h"
#include "vm/disk.h"

namespace kvmtest::procedures {

namespace {

using vm::Trouble;

Trouble BlockBackup(Context& context, std::string* passed) {
  JobDisk disk;
  if (Trouble trouble = BootWithDisk(context, "backup", &disk)) return trouble;
  if (Trouble trouble = Fill(context, disk, 'a', 0, kKib)) return trouble;
  if (Trouble trouble = StartWriter(context, disk)) return trouble;
  auto begin = host::Clock::now();
  if (Trouble trouble = StartJob(context, disk, "drive-backup", Json::object())) return trouble;
  // What is overwritten before it is copied, the job has to save first.
  if (Trouble trouble = Fill(context, disk, 'b', 0, kKib)) return trouble;
  if (Trouble trouble = WaitForJob(context, disk, "BLOCK_JOB_COMPLETED")) return trouble;
  context.measurements["block_job_seconds"] = SecondsSince(begin);
  if (Trouble trouble = StopWriter(context, disk)) return trouble;
  if (Trouble trouble = Quit(context, *disk.machine)) return trouble;
  Trouble trouble = CheckFill(context, disk.target, disk.target_format, 'a', 0, kKib);
  if (trouble) return trouble;
  if ((trouble = CheckFill(context, disk.file, disk.format, 'b', 0, kKib))) return trouble;
  if ((trouble = CheckImage(context, vm::FileIs::kRuns, disk.target, disk.target_format))) {
    return trouble;
  }
  *passed = fmt::format("the backup took {:.2f} s and has the data of its begin",
                        context.measurements["block_job_seconds"]);
  return std::nullopt;
}

}  // namespace

const Procedure kBlockBackup = {
    "block_backup", BlockBackup, CheckJobParams, KVMTEST_BLOCK_JOB_PARAMS, true, ConfigureJob,
};

}  // namespace kvmtest::procedures
