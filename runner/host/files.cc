#include "host/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "host/temporary.h"

namespace kvmtest::host {

namespace fs = std::filesystem;

namespace {

// Why nobody should read it; empty if it is a file or a disk. (The error of reading a directory is
// clear enough.)
std::string OddKind(mode_t mode) {
  if (S_ISFIFO(mode)) return "it is a fifo, not a file";
  if (S_ISSOCK(mode)) return "it is a socket, not a file";
  if (S_ISCHR(mode)) return "it is a character device, not a file";
  return "";
}

Fd OpenForReading(const std::string& path) {
  // Without waiting for the other end of a fifo.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status;
  if (!fd || ::fstat(fd.get(), &status) != 0) return Fd();
  if (OddKind(status.st_mode).empty()) return fd;
  errno = ENOTSUP;
  return Fd();
}

}  // namespace

std::string WhyNotRead(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? OddKind(status.st_mode) : "";
}

std::string ReadError(const std::string& path) {
  int error = errno;
  std::string odd = WhyNotRead(path);
  return odd.empty() ? ::strerror(error) : odd;
}

std::optional<std::string> ReadFile(const std::string& path) {
  Fd fd = OpenForReading(path);
  if (!fd) return std::nullopt;
  std::string content;
  char buffer[65536];
  for (;;) {
    ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
  }
}

std::optional<std::string> ReadForeignFile(const std::string& path, size_t most,
                                           std::string* wrong) {
  auto refuse = [wrong](std::string why) {
    *wrong = std::move(why);
    return std::nullopt;
  };
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? std::nullopt : refuse(::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) return refuse("it is no regular file");
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd || ::fstat(fd.get(), &status) != 0) return refuse(::strerror(errno));
  // Somebody may have been quick.
  if (!S_ISREG(status.st_mode)) return refuse("it is no regular file");
  auto size = static_cast<uint64_t>(status.st_size);
  if (size > most) return refuse(fmt::format("it has {} bytes, more than {}", size, most));
  std::string content;
  char buffer[65536];
  for (;;) {
    ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(::strerror(errno));
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > most) return refuse(fmt::format("it has more than {} bytes", most));
  }
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

bool WriteAt(int fd, uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return true;
}

ssize_t ReadAt(int fd, uint64_t offset, char* bytes, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = ::pread(fd, bytes + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

bool SetFileLength(int fd, uint64_t length) {
  return ::ftruncate(fd, static_cast<off_t>(length)) == 0;
}

// O_NONBLOCK: a fifo that somebody has put there is an error, and not waited for.
Fd OpenForWriting(const std::string& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666));
}

bool WriteFile(const std::string& path, std::string_view content) {
  Fd fd = OpenForWriting(path);
  return fd && WriteAll(fd.get(), content);
}

bool AppendToFile(const std::string& path, std::string_view content) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  return fd && WriteAll(fd.get(), content);
}

bool WriteFileAtomically(const std::string& path, std::string_view content) {
  std::optional<Temporary> side = Temporary::File(path);
  return side && WriteAll(side->fd(), content) && side->Publish();
}

bool WriteOutput(const std::string& path, std::string_view content) {
  std::error_code ignored;
  bool is_open = path.rfind("/dev/", 0) == 0 || path.rfind("/proc/", 0) == 0;
  fs::file_status status = fs::status(path, ignored);
  if (is_open || (fs::exists(status) && !fs::is_regular_file(status))) {
    // Waits for whoever reads a fifo.
    Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return fd && WriteAll(fd.get(), content);
  }
  // Link by link, since the last one may lead to a file that is not there yet.
  fs::path target = path;
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(target, ignored)); ++links) {
    target = target.parent_path() / fs::read_symlink(target, ignored);
  }
  return WriteFileAtomically(target.string(), content);
}

bool FileContains(const std::string& path, std::string_view bytes) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (!file || ::fstat(file.get(), &status) != 0 || status.st_size == 0) return false;
  auto size = static_cast<size_t>(status.st_size);
  void* begin = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (begin == MAP_FAILED) return false;
  bool found = ::memmem(begin, size, bytes.data(), bytes.size()) != nullptr;
  ::munmap(begin, size);
  return found;
}

bool IsRegularFile(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

long long WriteTime(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return 0;
  return status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
}

std::optional<uint64_t> RegularFileSize(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

std::optional<std::string> ReadBegin(const std::string& path, size_t size) {
  Fd fd = OpenForReading(path);
  if (!fd) return std::nullopt;
  std::string content(size, '\0');
  ssize_t got = ReadAt(fd.get(), 0, content.data(), size);
  if (got < 0) return std::nullopt;
  content.resize(static_cast<size_t>(got));
  return content;
}

bool MakeDirectories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  errno = error.value();
  return !error;
}

void RemoveTree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
}

std::vector<std::string> ListDirectory(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool ReadAvailable(int fd, std::string* out) {
  char buffer[65536];
  for (;;) {
    ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got > 0) {
      out->append(buffer, static_cast<size_t>(got));
      return true;  // one helping: a guest that floods its console must not starve the others
    }
    if (got == 0) return false;
    if (errno != EINTR) return errno == EAGAIN;
  }
}

std::vector<std::string> SocketDirectoryBases() {
  std::vector<std::string> bases;
  const char* runtime = ::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/' && ::strlen(runtime) <= 40) bases.push_back(runtime);
  bases.push_back("/tmp");
  return bases;
}

Fd MemoryFile(const char* name, std::string_view content) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC));
  if (fd && !WriteAll(fd.get(), content)) fd.Close();
  return fd;
}

const std::string& BootId() {
  static const std::string kId = [] {
    std::string id = ReadFile("/proc/sys/kernel/random/boot_id").value_or("unknown");
    while (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
  }();
  return kId;
}

}  // namespace kvmtest::host
