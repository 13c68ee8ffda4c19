// type = block_snapshot: while the guest writes, qemu takes an external snapshot of its disk
// (blockdev-snapshot-sync): what is written from then on goes to a new file, and the old one keeps
// what it had.
//
// Params: block_job_image, block_job_format (of the new file, qcow2).

#include <fmt/format.h>

#include "procedures/block_job.h"
#include "vm/disk.h"

namespace kvmtest::procedures {

namespace {

using vm::Trouble;

Trouble BlockSnapshot(Context& context, std::string* passed) {
  JobDisk disk;
  if (Trouble trouble = BootWithDisk(context, "snapshot", &disk)) return trouble;
  if (Trouble trouble = Fill(context, disk, 'a', 0, kKib)) return trouble;
  if (Trouble trouble = StartWriter(context, disk)) return trouble;
  auto begin = host::Clock::now();
  Trouble trouble = Command(
      context, *disk.machine, "blockdev-snapshot-sync",
      {{"device", disk.device}, {"snapshot-file", disk.target}, {"format", disk.target_format}});
  if (trouble) return trouble;
  context.measurements["snapshot_seconds"] = SecondsSince(begin);
  if ((trouble = Fill(context, disk, 'b', 0, kKib / 2))) return trouble;
  if ((trouble = StopWriter(context, disk))) return trouble;
  if ((trouble = Quit(context, *disk.machine))) return trouble;
  if ((trouble = CheckFill(context, disk.file, disk.format, 'a', 0, kKib))) return trouble;
  // The new file shows the new data, and through it the old where nothing is new.
  const std::string& target = disk.target;
  if ((trouble = CheckFill(context, target, disk.target_format, 'b', 0, kKib / 2))) return trouble;
  trouble = CheckFill(context, target, disk.target_format, 'a', kKib / 2, kKib / 2);
  if (trouble) return trouble;
  if ((trouble = CheckImage(context, vm::FileIs::kRuns, target, disk.target_format))) {
    return trouble;
  }
  *passed = fmt::format("the snapshot took {:.3f} s and keeps the old data",
                        context.measurements["snapshot_seconds"]);
  return std::nullopt;
}

}  // namespace

const Procedure kBlockSnapshot = {
    "block_snapshot", BlockSnapshot, CheckJobParams, KVMTEST_BLOCK_JOB_PARAMS, true, ConfigureJob,
};

}  // namespace kvmtest::procedures
