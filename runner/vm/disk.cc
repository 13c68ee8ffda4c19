#include "vm/disk.h"

#include <fmt/format.h>

#include <optional>
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

// As of qemu-img 7.2. An image that it cannot even open or read to its end (1) is damaged, too.
Trouble JudgeCheck(host::Log& log, const std::string& what, int status, const std::string& shown) {
  constexpr int kLeaks = 3;     // space is lost, and nothing else
  constexpr int kNoCheck = 63;  // the format has none
  if (status == 0 || status == kNoCheck) return std::nullopt;
  if (status == kLeaks) {
    log.Note("{}: clusters are leaked, which is no failure", what);
    return std::nullopt;
  }
  return Failure{kImageCorrupt,
                 fmt::format("{}: exit status {}: the image is damaged", what, status), shown};
}

}  // namespace kvmtest::vm
