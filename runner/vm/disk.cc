#include "vm/disk.h"

#include <errno.h>
#include <fmt/format.h>
#include <re2/re2.h>
#include <string.h>

#include <optional>
#include <string_view>
#include <utility>

#include "host/files.h"
#include "vm/qcow2.h"

namespace kvmtest::vm {

namespace {

std::optional<uint64_t> BaseSize(const ImageConfig& image) {
  if (image.format == "raw") return host::RegularFileSize(image.base);
  if (image.format != "qcow2") return std::nullopt;
  std::optional<std::string> begin = host::ReadBegin(image.base, kQcow2HeaderSize);
  return begin ? Qcow2DiskSize(*begin) : std::nullopt;
}

std::optional<Qcow2File> Content(const ImageConfig& image) {
  bool blank = image.base.empty();
  std::optional<uint64_t> size = blank ? ParseDiskSize(image.size) : BaseSize(image);
  if (!size) return std::nullopt;
  if (!blank) return EmptyQcow2({*size, image.base, image.format});
  if (image.format == "raw") return Qcow2File{{}, (*size + 511) / 512 * 512};
  return image.format == "qcow2" ? EmptyQcow2({*size, "", ""}) : std::nullopt;
}

}  // namespace

bool MakeDisk(const ImageConfig& image, const std::string& path) {
  std::optional<Qcow2File> content = Content(image);
  if (!content) return false;
  host::Fd file = host::OpenForWriting(path);
  bool good = file && host::SetFileLength(file.get(), content->length);
  for (const Qcow2File::Piece& piece : content->pieces) {
    good = good && host::WriteAt(file.get(), piece.offset, piece.bytes);
  }
  if (!good) host::RemoveTree(path);
  return good;
}

// Failed to get shared "write" lock
// Is another process using the image [/images/l.qcow2]?
std::string ImageInUse(std::string_view said) {
  static const RE2 lock(
      R"(Failed to get (?:shared )?"[a-z ]+" lock\s+Is another process using the image \[([^\]\n]*)\])");
  std::string path;
  RE2::PartialMatch(re2::StringPiece(said.data(), said.size()), lock, &path);
  return path;
}

// "... Could not open backing file: Could not open '/images/base.qcow2': No such file or directory"
std::string WhyOutOfReach(const std::string& said, FileIs file) {
  static const RE2 below("Could not open backing file: ");
  static const RE2 open("Could not open '([^'\n]*)': ([A-Z][a-z ]+)");
  re2::StringPiece rest(said);
  if (file == FileIs::kRuns && !RE2::FindAndConsume(&rest, below)) return "";
  std::string path = ImageInUse({rest.data(), rest.size()}), why;
  if (!path.empty()) return "another process may write to " + path;
  while (RE2::FindAndConsume(&rest, open, &path, &why)) {
    for (int error : {ENOENT, EACCES, EPERM, ENOTDIR}) {
      if (why == ::strerror(error)) return fmt::format("{}: {}", path, why);
    }
  }
  return "";
}

// As of qemu-img 7.2. An image that it cannot even open or read to its end (1) is damaged, too.
Trouble JudgeCheck(host::Log& log, const std::string& what, FileIs file, int status,
                   const std::string& shown) {
  constexpr int kLeaks = 3;     // space is lost, and nothing else
  constexpr int kNoCheck = 63;  // the format has none
  if (status == 0 || status == kNoCheck) return std::nullopt;
  if (status == kLeaks) {
    log.Note("{}: clusters are leaked, which is no failure", what);
    return std::nullopt;
  }
  if (std::string why = WhyOutOfReach(shown, file); !why.empty()) {
    return Failure{kEnvironment, fmt::format("{}: {}", what, why), shown};
  }
  return Failure{kImageCorrupt,
                 fmt::format("{}: exit status {}: the image is damaged", what, status), shown};
}

}  // namespace kvmtest::vm
