// type = block_mirror: while the guest writes, qemu mirrors its disk to a new file and then goes on
// with that one; the guest reads there what it wrote, and both files hold the same.
//
// Params: block_job_image (the last of images that the guest does not use), block_job_format (of
// the new file, qcow2), block_job_timeout (120), block_job_speed (bytes a second, no limit).

#include <fmt/format.h>

#include "procedures/block_job.h"
#include "vm/disk.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

Trouble Compare(Context& context, const JobDisk& disk) {
  int status = 0;
  std::string output;
  Trouble trouble = RunTool(context,
                            {QemuImg(context), "compare", "-f", disk.format, "-F",
                             disk.target_format, disk.file, disk.target},
                            &status, &output);
  if (trouble || status == 0) return trouble;
  return Failure{
      vm::kDataMismatch,
      fmt::format("{} and its mirror differ: {}", disk.device, vm::Printable(Trimmed(output))), ""};
}

Trouble BlockMirror(Context& context, std::string* passed) {
  JobDisk disk;
  if (Trouble trouble = BootWithDisk(context, "mirror", &disk)) return trouble;
  if (Trouble trouble = StartWriter(context, disk)) return trouble;
  auto begin = host::Clock::now();
  if (Trouble trouble = StartJob(context, disk, "drive-mirror", Json::object())) return trouble;
  if (Trouble trouble = WaitForJob(context, disk, "BLOCK_JOB_READY")) return trouble;
  // The rest of the disk, which may be large, is compared on the host.
  DiskPart part;
  if (Trouble trouble = StopWriter(context, disk, &part)) return trouble;
  std::string checksum;
  if (Trouble trouble = Checksum(context, *disk.machine, part, &checksum)) return trouble;
  Trouble trouble =
      Command(context, *disk.machine, "block-job-complete", {{"device", "kvmtest-job"}});
  if (trouble) return trouble;
  if ((trouble = WaitForJob(context, disk, "BLOCK_JOB_COMPLETED"))) return trouble;
  context.measurements["block_job_seconds"] = SecondsSince(begin);
  if ((trouble = ReadData(context, *disk.machine, part, checksum))) return trouble;
  if ((trouble = Quit(context, *disk.machine))) return trouble;
  if ((trouble = Compare(context, disk))) return trouble;
  if ((trouble = CheckImage(context, vm::FileIs::kRuns, disk.target, disk.target_format))) {
    return trouble;
  }
  *passed = fmt::format("{} KiB were mirrored in {:.2f} s and are the same", disk.kib,
                        context.measurements["block_job_seconds"]);
  return std::nullopt;
}

}  // namespace

const Procedure kBlockMirror = {
    "block_mirror", BlockMirror, CheckJobParams, KVMTEST_BLOCK_JOB_PARAMS, true, ConfigureJob,
};

}  // namespace kvmtest::procedures
