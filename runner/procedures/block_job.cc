#include "procedures/block_job.h"

#include <fmt/format.h>

#include <algorithm>

#include "vm/argv.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr char kJob[] = "kvmtest-job";

const vm::ImageConfig* FindImage(const vm::Params& params, const vm::VmConfig& config) {
  const auto& images = config.images;
  if (images.empty()) return nullptr;
  std::string name = params.Get("block_job_image", images.back().name);
  auto found = std::find_if(images.begin(), images.end(),
                            [&](const auto& image) { return image.name == name; });
  return found != images.end() ? &*found : nullptr;
}

}  // namespace

std::string CheckJobParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"block_job_timeout", "block_job_speed"}) : wrong;
}

std::string ConfigureJob(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  if (FindImage(params, *config) == nullptr) {
    return fmt::format("{} needs a disk in `images`{}", params.Get("type"),
                       params.Find("block_job_image") ? ", and block_job_image one of them" : "");
  }
  SetSerials(config);
  return "";
}

Trouble BootWithDisk(Context& context, const std::string& target, JobDisk* disk) {
  if (Trouble trouble = BootMain(context, &disk->machine)) return trouble;
  const vm::VmConfig& config = disk->machine->config();
  vm::Params params = context.params.ForVm(config.object);
  disk->image = FindImage(params, config);
  disk->device = "drive-" + disk->image->name;
  disk->file = DiskFile(context, *disk->machine, *disk->image);
  disk->format = vm::OverlayFormat(*disk->image);
  disk->target_format = params.Get("block_job_format", "qcow2");
  disk->target = fmt::format("{}/{}.{}", context.scratch, target, disk->target_format);
  return FindDisk(context, *disk->machine, *disk->image, &disk->name);
}

Trouble Fill(Context& context, const JobDisk& disk, char byte, long start, long kib) {
  std::string command = fmt::format(
      "dd if=/dev/zero bs=1024 count={} 2> /dev/null | tr '\\0' '{}' | "
      "dd of=/dev/{} bs=1024 seek={} iflag=fullblock conv=notrunc,fsync 2> /dev/null",
      kib, byte, disk.name, start);
  return RunCommand(context, *disk.machine, "writing to " + disk.name, command,
                    DeviceLimit(context));
}

Trouble CheckFill(Context& context, const std::string& file, const std::string& format, char byte,
                  long start, long kib) {
  int status = 0;
  std::string output;
  std::string read = fmt::format("read -P {} {}k {}k", static_cast<int>(byte), start, kib);
  Trouble trouble =
      RunTool(context, {"qemu-io", "-r", "-f", format, "-c", read, file}, &status, &output);
  if (trouble) return trouble;
  if (status == 0 && output.find("failed") == std::string::npos) return std::nullopt;
  return Failure{
      vm::kDataMismatch,
      fmt::format("{}: other bytes than '{}' from KiB {} to {}", file, byte, start, start + kib),
      Shown(output)};
}

Trouble StartWriter(Context& context, const JobDisk& disk) {
  std::string command = fmt::format(
      "read -r sectors < /sys/block/{0}/size\n"
      "half=$((sectors / 4)) blocks=$((sectors / 4 / 64))\n"
      "(n=0; until [ -e /tmp/kvmtest-stop ]; do\n"
      "  dd if=/dev/urandom of=/dev/{0} bs=64k count=1 seek=$((half / 64 + n % blocks))"
      " conv=notrunc,fsync 2> /dev/null\n"
      "  n=$((n + 1)); echo $n > /tmp/kvmtest-written\n"
      "done; echo > /tmp/kvmtest-stopped) &\n",
      disk.name);
  return RunCommand(context, *disk.machine, "writing without end", command, DeviceLimit(context));
}

Trouble StopWriter(Context& context, const JobDisk& disk) {
  host::TimePoint until = DeviceLimit(context);
  std::string written;
  Trouble trouble = PollGuest(
      context, *disk.machine,
      "echo > /tmp/kvmtest-stop; cat /tmp/kvmtest-written && [ -e /tmp/kvmtest-stopped ]", until,
      {vm::kShellTimeout, disk.machine->config().name + ": the guest's writer does not end", ""},
      &written);
  if (!trouble) context.log.Info("the guest wrote {} times meanwhile", Trimmed(written));
  return trouble;
}

Trouble StartJob(Context& context, const JobDisk& disk, const std::string& command,
                 Json arguments) {
  arguments["job-id"] = kJob;
  arguments["device"] = disk.device;
  arguments["target"] = disk.target;
  arguments["format"] = disk.target_format;
  arguments["sync"] = "full";
  if (long speed = Number(context, "block_job_speed", 0)) arguments["speed"] = speed;
  return Command(context, *disk.machine, command, arguments);
}

Trouble WaitForJob(Context& context, const JobDisk& disk, const std::string& event) {
  host::Until until = Limit(context, "block_job_timeout", 120);
  vm::Qmp& qmp = disk.machine->qmp();
  const vm::Qmp::Event* seen = nullptr;
  Failure late{vm::kJobTimeout,
               fmt::format("{}: the job on {} did not come to {} within {}",
                           disk.machine->config().name, disk.device, event, until.Text()),
               ""};
  Trouble trouble = context.fleet.WaitUntil(
      [&] {
        seen = qmp.FindEvent(event);
        // Whatever else it comes to ends it.
        if (seen == nullptr) seen = qmp.FindEvent("BLOCK_JOB_COMPLETED");
        if (seen == nullptr) seen = qmp.FindEvent("BLOCK_JOB_CANCELLED");
        return seen != nullptr;
      },
      until, late);
  if (trouble && trouble->kind == vm::kJobTimeout) {
    vm::Qmp::Reply jobs = qmp.Execute("query-block-jobs", nullptr, DeviceLimit(context));
    if (jobs.ok()) trouble->detail = "query-block-jobs: " + jobs.value.dump() + "\n";
  }
  if (trouble) return trouble;
  std::string error = seen->data.value("error", "");
  if (seen->name == event && error.empty()) return std::nullopt;
  return Failure{vm::kJobFailed,
                 fmt::format("{}: the job on {}: {}: {}", disk.machine->config().name, disk.device,
                             seen->name, error.empty() ? "no error given" : error),
                 ""};
}

}  // namespace kvmtest::procedures
