#include "procedures/disk_data.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "vm/argv.h"

namespace kvmtest::procedures {

using vm::Failure;
using vm::Trouble;

namespace {

// Swap, file systems and holders (LVM, md, dm-crypt) of a disk, its partitions and what is on
// these. A file system is known by its device's number: its name may be a link or /dev/root, and
// only where the number is of no device (btrfs) does the name tell.
constexpr char kUses[] = R"sh(
uses() {
  read -r number < "/sys/class/block/$1/dev" || return
  mapped=$1
  [ ! -r "/sys/class/block/$1/dm/name" ] || read -r mapped < "/sys/class/block/$1/dm/name"
  while read -r id parent device root place rest; do
    rest=${rest#* - } rest=${rest#* }
    case "$device ${rest%% *}" in
      "$number "*|*" /dev/$1"|*" /dev/mapper/$mapped") echo "$2 is mounted at $place" ;;
    esac
  done < /proc/self/mountinfo
  [ ! -r /proc/swaps ] || while read -r device rest; do
    case $device in "/dev/$1"|"/dev/mapper/$mapped") echo "$2 is swap space" ;; esac
  done < /proc/swaps
  # In subshells: its variables are all the same.
  for dir in "/sys/class/block/$1"/*/partition /sys/fs/btrfs/*/devices/"$1" \
             "/sys/class/block/$1"/holders/*; do
    [ -e "$dir" ] || continue
    case $dir in
      */partition) dir=${dir%/*}; (uses "${dir##*/}" "${dir##*/}") ;;
      */devices/*) echo "$2 is part of a btrfs that is mounted" ;;
      *) (uses "${dir##*/}" "$2 (through ${dir##*/})"); echo "$2 is held by ${dir##*/}" ;;
    esac
  done
}
)sh";

// The blocks of dd: as large as begin and size of the part allow.
std::string Blocks(const DiskPart& part, const char* skipped) {
  constexpr unsigned long long kMost = 64;
  const auto kib = std::gcd(std::gcd(part.start, part.size), kMost);
  return fmt::format("bs={} count={} iflag=fullblock{}{}", kib * 1024, part.size / kib, skipped,
                     skipped[0] == '\0' ? "" : std::to_string(part.start / kib));
}

Trouble RunSummed(Context& context, vm::Machine& machine, const std::string& what,
                  const std::string& command, std::string* checksum) {
  std::string output;
  if (Trouble trouble = RunDd(context, machine, what, command, &output)) return trouble;
  std::vector<std::string> lines = Lines(output);
  *checksum = lines.empty() ? "" : lines.back().substr(0, lines.back().find(' '));
  return std::nullopt;
}

}  // namespace

Trouble DiskKib(Context& context, vm::Machine& machine, const std::string& disk,
                unsigned long long* kib) {
  std::string sectors;
  Trouble trouble =
      RunCommand(context, machine, "the question for a disk's size",
                 fmt::format("cat /sys/block/{}/size", disk), DeviceLimit(context), &sectors);
  *kib = vm::SizeInBytes(Trimmed(sectors), 512).value_or(0) / 1024;
  return trouble;
}

Trouble FindUse(Context& context, vm::Machine& machine, const std::string& disk, std::string* use) {
  std::string output;
  Trouble trouble =
      RunCommand(context, machine, "the question for the use of " + disk,
                 fmt::format("({0}uses {1} {1})", kUses, disk), DeviceLimit(context), &output);
  if (trouble) return trouble;
  std::vector<std::string> lines = Lines(output);
  *use = lines.empty() ? "" : vm::Printable(Trimmed(lines.front()));
  return std::nullopt;
}

Failure NoFreeDisk(const vm::Machine& machine, const std::string& uses) {
  return {vm::kEnvironment,
          fmt::format("{}: {}; the test writes over a disk that the guest does not use: name one "
                      "more in `images`, such as a blank one (create_image = yes)",
                      machine.config().name, uses),
          ""};
}

std::string DdError(const std::string& output) {
  std::vector<std::string> lines = Lines(output);
  auto said = std::find_if(lines.begin(), lines.end(),
                           [](const std::string& line) { return line.rfind("dd:", 0) == 0; });
  if (said == lines.end()) return "dd says nothing";
  return vm::Printable(Trimmed(*said));
}

Trouble RunDd(Context& context, vm::Machine& machine, const std::string& what,
              const std::string& command, std::string* output) {
  vm::ShellFrame::Answer answer;
  if (Trouble trouble = context.fleet.Run(machine, command, DeviceLimit(context), &answer)) {
    return trouble;
  }
  if (output != nullptr) *output = answer.output;
  if (answer.status == 0) return std::nullopt;
  return Failure{vm::kCommandFailed,
                 fmt::format("{}: {} ended with status {}: {}", machine.config().name, what,
                             answer.status, DdError(answer.output)),
                 "the command:\n" + command + "its output:\n" + Shown(answer.output)};
}

Trouble WriteData(Context& context, vm::Machine& machine, const DiskPart& part,
                  std::string* checksum) {
  // A MiB of random data again and again, each time with its number in front.
  constexpr unsigned long long kKibOfStream = 1024;
  return RunSummed(
      context, machine, "writing to " + part.disk,
      fmt::format("(dd if=/dev/urandom of=/tmp/kvmtest-data bs=1023 count=1024 2>&1 || exit\n"
                  "data() {{ n=0; while [ $n -lt {count} ]; do\n"
                  "  printf '%1024d' $n && cat /tmp/kvmtest-data || break; n=$((n + 1))\n"
                  "done; }}\n"
                  "data 2> /dev/null | dd of=/dev/{disk} {to} conv=notrunc,fsync 2>&1 || exit\n"
                  "data 2> /dev/null | dd {from} 2> /dev/null | md5sum\n"
                  "rm /tmp/kvmtest-data)\n",
                  fmt::arg("count", part.size / kKibOfStream + 1), fmt::arg("disk", part.disk),
                  fmt::arg("to", Blocks(part, " seek=")), fmt::arg("from", Blocks(part, ""))),
      checksum);
}

Trouble Checksum(Context& context, vm::Machine& machine, const DiskPart& part,
                 std::string* checksum) {
  // A shell has the status of the last in a pipe only: that of dd comes in front of the checksum.
  return RunSummed(context, machine, "reading from " + part.disk,
                   fmt::format("echo 3 > /proc/sys/vm/drop_caches\n"
                               "(said=$({{ {{ dd if=/dev/{} {} 2>&3; echo $? >&4; }} | md5sum; }} "
                               "4>&1)\n"
                               "set -- $said; echo \"$2\"; exit \"$1\") 3>&1\n",
                               part.disk, Blocks(part, " skip=")),
                   checksum);
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
  // md5sum names the file behind two blanks, and has a backslash before the sum where it escapes
  // that name.
  const size_t begin = said.rfind('\\', 0) == 0 ? 1 : 0;
  std::string found = said.substr(begin, said.find(' ') - begin);
  if (trouble || found == checksum) return trouble;
  return Failure{vm::kDataMismatch,
                 fmt::format("{}: KiB {} to {} of its file hold other data than the guest wrote "
                             "to {}",
                             image.name, part.start, part.start + part.size, part.disk),
                 fmt::format("checksum found   {}\nchecksum written {}\n", found, checksum)};
}

}  // namespace kvmtest::procedures
