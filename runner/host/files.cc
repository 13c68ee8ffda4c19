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

namespace kvmtest::host {

namespace fs = std::filesystem;

std::optional<std::string> ReadFile(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
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

Fd OpenForWriting(const std::string& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
}

bool WriteFile(const std::string& path, std::string_view content) {
  Fd fd = OpenForWriting(path);
  return fd && WriteAll(fd.get(), content);
}

bool WriteFileAtomically(const std::string& path, std::string_view content) {
  std::string side = fmt::format("{}.{}.tmp", path, ::getpid());
  if (WriteFile(side, content) && ::rename(side.c_str(), path.c_str()) == 0) return true;
  int error = errno;
  ::unlink(side.c_str());
  errno = error;
  return false;
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

std::optional<uint64_t> RegularFileSize(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

std::optional<std::string> ReadBegin(const std::string& path, size_t size) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
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

std::string BootId() {
  std::string id = ReadFile("/proc/sys/kernel/random/boot_id").value_or("unknown");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

}  // namespace kvmtest::host
