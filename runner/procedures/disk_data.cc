#include "procedures/disk_data.h"

#include <fmt/format.h>
#include <unistd.h>

#include "vm/argv.h"

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

Trouble FindDataOnHost(Context& context, const vm::Machine& machine, const vm::ImageConfig& image,
                       const DiskPart& part, const std::string& checksum) {
  if (image.drive_options.find(",snapshot=on") != std::string::npos) return std::nullopt;
  // Not `qemu-img dd`: that of 7.2 counts from the disk's begin even if it skips something.
  std::string source =
      fmt::format("driver=raw,offset={},size={},file.driver={},file.file.filename={}",
                  part.start * 1024, part.size * 1024, vm::OverlayFormat(image),
                  vm::EscapedOption(DiskFile(context, machine, image)));
  std::string copy = context.scratch + "/data-on-host";
  int status = 0;
  std::string said;
  Trouble trouble =
      RunTool(context, {QemuImg(context), "convert", "--image-opts", "-O", "raw", source, copy},
              &status, &said);
  if (!trouble && status != 0) {
    trouble = Failure{vm::kImageCorrupt, image.name + ": its file cannot be read", Shown(said)};
  }
  if (!trouble) trouble = RunTool(context, {"md5sum", copy}, &status, &said);
  ::unlink(copy.c_str());
  // md5sum names the file behind two blanks, here as in the guest (there "-"), and has a backslash
  // before the sum where it escapes that name.
  const size_t begin = said.rfind('\\', 0) == 0 ? 1 : 0;
  std::string found = said.substr(begin, said.find(' ') - begin);
  if (trouble || found == checksum.substr(0, checksum.find(' '))) return trouble;
  return Failure{vm::kDataMismatch,
                 fmt::format("{}: KiB {} to {} of its file hold other data than the guest wrote "
                             "to {}",
                             image.name, part.start, part.start + part.size, part.disk),
                 fmt::format("checksum found   {}\nchecksum written {}\n", found, checksum)};
}

}  // namespace kvmtest::procedures
