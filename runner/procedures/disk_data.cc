#include "procedures/disk_data.h"

#include <fmt/format.h>

namespace kvmtest::procedures {

using vm::Failure;
using vm::Trouble;

Trouble WriteData(Context& context, vm::Machine& machine, const DiskPart& part,
                  std::string* checksum) {
  std::string command = fmt::format(
      "dd if=/dev/urandom of=/tmp/kvmtest-data bs=1024 count={0} 2> /dev/null &&\n"
      "dd if=/tmp/kvmtest-data of=/dev/{1} bs=1024 seek={2} conv=notrunc,fsync 2>&1 &&\n"
      "md5sum < /tmp/kvmtest-data && rm /tmp/kvmtest-data\n",
      part.size, part.disk, part.start);
  std::string output;
  Trouble trouble = RunCommand(context, machine, "writing to " + part.disk, command,
                               DeviceLimit(context), &output);
  if (trouble) return trouble;
  std::vector<std::string> lines = Lines(output);
  *checksum = lines.empty() ? "" : lines.back();
  return std::nullopt;
}

Trouble Checksum(Context& context, vm::Machine& machine, const DiskPart& part,
                 std::string* checksum) {
  std::string command = fmt::format(
      "echo 3 > /proc/sys/vm/drop_caches\n"
      "dd if=/dev/{} bs=1024 skip={} count={} 2> /dev/null > /tmp/kvmtest-read &&\n"
      "md5sum < /tmp/kvmtest-read && rm /tmp/kvmtest-read\n",
      part.disk, part.start, part.size);
  Trouble trouble = RunCommand(context, machine, "reading from " + part.disk, command,
                               DeviceLimit(context), checksum);
  *checksum = Trimmed(*checksum);
  return trouble;
}

Trouble ReadData(Context& context, vm::Machine& machine, const DiskPart& part,
                 const std::string& checksum) {
  std::string found;
  if (Trouble trouble = Checksum(context, machine, part, &found)) return trouble;
  if (found == checksum) return std::nullopt;
  return Failure{vm::kDataMismatch,
                 fmt::format("{}: the guest reads other data from {} (KiB {} to {}) than it wrote",
                             machine.config().name, part.disk, part.start, part.start + part.size),
                 fmt::format("checksum read    {}\nchecksum written {}\n", found, checksum)};
}

}  // namespace kvmtest::procedures
