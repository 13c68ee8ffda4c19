#include "procedures/block_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "vm/argv.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Trouble;

constexpr char kJob[] = "kvmtest-job";

// The disks that the job may be about, the first choice first: the one that is named, or all.
std::vector<const vm::ImageConfig*> Choices(const vm::Params& params, const vm::VmConfig& config) {
  std::optional<std::string> name = params.Find("block_job_image");
  std::vector<const vm::ImageConfig*> choices;
  for (auto image = config.images.rbegin(); image != config.images.rend(); ++image) {
    if (name ? image->name == *name : image->attached) choices.push_back(&*image);
  }
  return choices;
}

// The first of them that the guest does not use itself.
Trouble ChooseDisk(Context& context, const vm::Params& params, JobDisk* disk) {
  vm::Machine& machine = *disk->machine;
  std::string uses;
  for (const vm::ImageConfig* image : Choices(params, machine.config())) {
    std::string use;
    if (Trouble trouble = FindDisk(context, machine, *image, &disk->name)) return trouble;
    if (Trouble trouble = FindUse(context, machine, disk->name, &use)) return trouble;
    disk->image = image;
    if (use.empty()) return DiskKib(context, machine, disk->name, &disk->kib);
    context.log.Info("{}: not the disk {}: {}", machine.config().name, image->name, use);
    uses += (uses.empty() ? "" : ", ") + use;
  }
  return NoFreeDisk(machine, uses);
}

}  // namespace

std::string CheckJobParams(const vm::Params& params) {
  std::string wrong = CheckDeviceParams(params);
  return wrong.empty() ? CheckNumbers(params, {"block_job_timeout", "block_job_speed"}) : wrong;
}

std::string ConfigureJob(const vm::Params& params, vm::VmConfig* config) {
  if (!IsMain(params, *config)) return "";
  if (Choices(params, *config).empty()) {
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
  if (Trouble trouble = ChooseDisk(context, params, disk)) return trouble;
  disk->device = "drive-" + disk->image->name;
  disk->file = DiskFile(context, *disk->machine, *disk->image);
  disk->format = vm::OverlayFormat(*disk->image);
  disk->target_format = params.Get("block_job_format", "qcow2");
  disk->target = fmt::format("{}/{}.{}", context.scratch, target, disk->target_format);
  return std::nullopt;
}

Trouble Fill(Context& context, const JobDisk& disk, char byte, long start, long kib) {
  return RunDd(
      context, *disk.machine, "writing to " + disk.name,
      fmt::format("dd if=/dev/zero bs=1024 count={} 2> /dev/null | tr '\\0' '{}' | "
                  "dd of=/dev/{} bs=1024 seek={} iflag=fullblock conv=notrunc,fsync 2>&1\n",
                  kib, byte, disk.name, start));
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

namespace {

constexpr unsigned long long kWriterKib = 64;  // at a time

// How many of these blocks the writer has: the second half of the disk.
unsigned long long WriterBlocks(const JobDisk& disk) {
  return std::max(disk.kib / 2 / kWriterKib, 1ULL);
}

}  // namespace

Trouble StartWriter(Context& context, const JobDisk& disk) {
  // It writes once at least, however soon it is stopped. What it leaves in the end is how often it
  // wrote, or why it could not.
  std::string writer = fmt::format(
      "n=0; until\n"
      "  dd if=/dev/urandom of=/dev/{0} bs={1}k count=1 seek=$(({2} + n % {2}))"
      " conv=notrunc,fsync 2> /tmp/kvmtest-error ||\n"
      "    {{ cat /tmp/kvmtest-error > /tmp/kvmtest-written; break; }}\n"
      "  n=$((n + 1)); echo $n > /tmp/kvmtest-written\n"
      "  [ -e /tmp/kvmtest-stop ]\n"
      "do :; done; echo > /tmp/kvmtest-stopped",
      disk.name, kWriterKib, WriterBlocks(disk));
  return RunCommand(context, *disk.machine, "writing without end", InBackground(writer),
                    DeviceLimit(context));
}

Trouble StopWriter(Context& context, const JobDisk& disk, DiskPart* part) {
  host::Until until = DeviceLimit(context);
  std::string written;
  Trouble trouble = PollGuest(
      context, *disk.machine,
      "echo > /tmp/kvmtest-stop; cat /tmp/kvmtest-written && [ -e /tmp/kvmtest-stopped ]", until,
      {until.is_deadline ? vm::kTestTimeout : vm::kShellTimeout,
       fmt::format("{}: the guest's writer does not end within {}", disk.machine->config().name,
                   until.Text()),
       ""},
      &written);
  if (trouble) return trouble;
  const unsigned long long times = vm::SizeInBytes(Trimmed(written), 1).value_or(0);
  if (times == 0) {
    return Failure{vm::kCommandFailed,
                   fmt::format("{}: writing to {} while the job ran failed: {}",
                               disk.machine->config().name, disk.name, DdError(written)),
                   "its output:\n" + Shown(written)};
  }
  context.log.Info("the guest wrote {} times meanwhile", times);
  const unsigned long long blocks = WriterBlocks(disk);
  if (part != nullptr) {
    *part = {disk.name, blocks * kWriterKib, std::min(times, blocks) * kWriterKib};
  }
  return std::nullopt;
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
