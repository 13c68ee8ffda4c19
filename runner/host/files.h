#ifndef KVMTEST_HOST_FILES_H_
#define KVMTEST_HOST_FILES_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/fd.h"

namespace kvmtest::host {

// The disk. Functions that can fail return false or nothing and leave errno set.
//
// What is read is a file or a disk, whatever a user has named: a fifo would be waited for, for
// ever, and a device may have no end. Others are refused, and errno is ENOTSUP.
std::optional<std::string> ReadFile(const std::string& path);
// Why it would be refused; empty if it would not, or is not there.
std::string WhyNotRead(const std::string& path);
// What to say of the last error: of `path`, which could not be read.
std::string ReadError(const std::string& path);
// A file that others make, who may have left anything in its place: neither waits (as for the
// writer of a fifo), nor opens a device, nor takes more than `most` bytes. Nothing if there is no
// file of that name; *wrong: why what is there was not read.
std::optional<std::string> ReadForeignFile(const std::string& path, size_t most,
                                           std::string* wrong);
bool WriteFile(const std::string& path, std::string_view content);
bool AppendToFile(const std::string& path, std::string_view content);
// To the side (temporary.h) and renamed: a reader sees the old or the new content, whole.
bool WriteFileAtomically(const std::string& path, std::string_view content);
// To where somebody wants it: the file that a link leads to is replaced, not the link, and what is
// no regular file (a fifo, a terminal, /dev/null, what a descriptor is open for) is written to.
bool WriteOutput(const std::string& path, std::string_view content);
// Whether these bytes are somewhere in it.
bool FileContains(const std::string& path, std::string_view bytes);
bool IsRegularFile(const std::string& path);
// When it was last written to, in nanoseconds since 1970; 0 if there is none.
long long WriteTime(const std::string& path);
std::optional<uint64_t> RegularFileSize(const std::string& path);
// Its first `size` bytes, or all of it if it is shorter.
std::optional<std::string> ReadBegin(const std::string& path, size_t size);
bool MakeDirectories(const std::string& path);
void RemoveTree(const std::string& path);
std::vector<std::string> ListDirectory(const std::string& path);  // names, sorted
Fd OpenForWriting(const std::string& path);                       // truncated
bool WriteAll(int fd, std::string_view bytes);
bool WriteAt(int fd, uint64_t offset, std::string_view bytes);
// How much was read: less than `size` only at the end of the file; -1: an error.
ssize_t ReadAt(int fd, uint64_t offset, char* bytes, size_t size);
bool SetFileLength(int fd, uint64_t length);

// Appends what a non-blocking descriptor has now; false at its end or on an error.
bool ReadAvailable(int fd, std::string* out);

// Where a directory may be made whose path is short enough for sockets (107 bytes on Linux),
// which a path below a build tree often is not; the better ones first.
std::vector<std::string> SocketDirectoryBases();

// An anonymous file with this content, for programs that want a path: "/proc/self/fd/N".
Fd MemoryFile(const char* name, std::string_view content);

const std::string& BootId();

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_FILES_H_
