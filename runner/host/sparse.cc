#include "host/sparse.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "host/checksum.h"
#include "host/files.h"

namespace kvmtest::host {

namespace {

constexpr uint64_t kPage = 4096;
constexpr size_t kBuffer = 256 << 10;  // stays in a CPU's cache

bool IsZero(std::string_view page) {
  return page[0] == 0 && ::memcmp(page.data(), page.data() + 1, page.size() - 1) == 0;
}

class Copier {
 public:
  Copier(int from, int to) : from_(from), to_(to), buffer_(kBuffer) {}

  bool CopyExtent(uint64_t begin, uint64_t end) {
    for (uint64_t offset = begin; offset < end;) {
      size_t size = std::min<uint64_t>(kBuffer, end - offset);
      ssize_t got = ReadAt(from_, offset, buffer_.data(), size);
      if (got <= 0) return false;
      if (!CopyPages(offset, {buffer_.data(), static_cast<size_t>(got)})) return false;
      offset += static_cast<uint64_t>(got);
    }
    return true;
  }
  Checksum& sum() { return sum_; }

 private:
  bool CopyPages(uint64_t offset, std::string_view bytes) {
    // Runs of pages that are not zero go in one write.
    size_t run = 0;
    for (size_t at = 0; at < bytes.size(); at += kPage) {
      std::string_view page = bytes.substr(at, kPage);
      if (IsZero(page)) {
        if (!Write(offset + run, bytes.substr(run, at - run))) return false;
        run = at + page.size();
        continue;
      }
      sum_.AddNumber(offset + at);
      sum_.Add(page);
    }
    return run >= bytes.size() || Write(offset + run, bytes.substr(run));
  }

  bool Write(uint64_t offset, std::string_view bytes) {
    return to_ < 0 || bytes.empty() || WriteAt(to_, offset, bytes);
  }

  int from_;
  int to_;
  std::vector<char> buffer_;
  Checksum sum_;
};

}  // namespace

std::optional<std::string> CopySparse(int from, int to) {
  struct stat status;
  if (::fstat(from, &status) != 0) return std::nullopt;
  auto length = static_cast<uint64_t>(status.st_size);
  if (to >= 0 && !SetFileLength(to, length)) return std::nullopt;
  Copier copier(from, to);
  copier.sum().AddNumber(length);
  for (uint64_t at = 0; at < length;) {
    off_t data = ::lseek(from, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // only a hole is left
    off_t hole = data < 0 ? data : ::lseek(from, data, SEEK_HOLE);
    if (hole < 0) return std::nullopt;
    // Extents of file systems with small blocks need not begin where pages do.
    uint64_t begin = std::max(at, static_cast<uint64_t>(data) / kPage * kPage);
    uint64_t end = std::min(length, (static_cast<uint64_t>(hole) + kPage - 1) / kPage * kPage);
    if (!copier.CopyExtent(begin, end)) return std::nullopt;
    at = end;
  }
  return copier.sum().Hex();
}

}  // namespace kvmtest::host
