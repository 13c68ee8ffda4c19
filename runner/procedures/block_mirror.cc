// type = block_mirror: while the guest writes, qemu mirrors its disk to a new file and then goes on
// with that one; the guest reads there what it wrote, and both files hold the same.
//
// Params: block_job_image (the last of images), block_job_format (of the new file, qcow2),
// block_job_timeout (120), block_job_speed (bytes a second, no limit).

#include <fmt/format.h>

#include "procedures/block_job.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

// The whole disk, as the guest sees it.
Trouble WholeDisk(Context& context, const JobDisk& disk, DiskPart* part) {
  std::string sectors;
  Trouble trouble =
      RunCommand(context, *disk.machine, "the question for the disk's size",
                 fmt::format("cat /sys/block/{}/size", disk.name), DeviceLimit(context), &sectors);
  *part = {disk.name, 0, vm::SizeInBytes(Trimmed(sectors), 512).value_or(0) / 1024};
  return trouble;
}

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
  if (Trouble trouble = StopWriter(context, disk)) return trouble;
  DiskPart all;
  if (Trouble trouble = WholeDisk(context, disk, &all)) return trouble;
  std::string checksum;
  if (Trouble trouble = Checksum(context, *disk.machine, all, &checksum)) return trouble;
  Trouble trouble =
      Command(context, *disk.machine, "block-job-complete", {{"device", "kvmtest-job"}});
  if (trouble) return trouble;
  if ((trouble = WaitForJob(context, disk, "BLOCK_JOB_COMPLETED"))) return trouble;
  context.measurements["block_job_seconds"] = SecondsSince(begin);
  if ((trouble = ReadData(context, *disk.machine, all, checksum))) return trouble;
  if ((trouble = Quit(context, *disk.machine))) return trouble;
  if ((trouble = Compare(context, disk))) return trouble;
  if ((trouble = CheckImage(context, disk.target, disk.target_format))) return trouble;
  *passed = fmt::format("{} KiB were mirrored in {:.2f} s and are the same", all.size,
                        context.measurements["block_job_seconds"]);
  return std::nullopt;
}

}  // namespace

const Procedure kBlockMirror = {
    "block_mirror", BlockMirror, CheckJobParams, KVMTEST_BLOCK_JOB_PARAMS, true, ConfigureJob,
};

}  // namespace kvmtest::procedures
