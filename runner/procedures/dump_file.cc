#include "procedures/dump_file.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "host/fd.h"

namespace kvmtest::procedures {

namespace {

bool ReadAt(int fd, uint64_t offset, void* to, size_t size) {
  return ::pread(fd, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

// Both classes of ELF have these, in other widths.
struct Segments {
  uint64_t notes = 0;   // bytes of PT_NOTE
  uint64_t loaded = 0;  // bytes of PT_LOAD in the file
  uint64_t end = 0;     // of the last segment in the file
};

template <typename Ehdr, typename Phdr>
std::string ReadSegments(int fd, Segments* segments) {
  Ehdr header;
  if (!ReadAt(fd, 0, &header, sizeof header)) return "has no whole ELF header";
  if (header.e_type != ET_CORE) return fmt::format("is an ELF file of type {}", header.e_type);
  std::vector<Phdr> table(header.e_phnum);
  if (!ReadAt(fd, header.e_phoff, table.data(), table.size() * sizeof(Phdr))) {
    return fmt::format("has no whole table of {} program headers", header.e_phnum);
  }
  for (const Phdr& entry : table) {
    if (entry.p_type == PT_NOTE) segments->notes += entry.p_filesz;
    if (entry.p_type == PT_LOAD) segments->loaded += entry.p_filesz;
    segments->end = std::max<uint64_t>(segments->end, entry.p_offset + entry.p_filesz);
  }
  return "";
}

std::string CheckElf(int fd, uint64_t memory, uint64_t size) {
  unsigned char ident[EI_NIDENT];
  if (!ReadAt(fd, 0, ident, sizeof ident) || memcmp(ident, ELFMAG, SELFMAG) != 0) {
    return "is no ELF file";
  }
  Segments segments;
  std::string wrong = ident[EI_CLASS] == ELFCLASS64
                          ? ReadSegments<Elf64_Ehdr, Elf64_Phdr>(fd, &segments)
                          : ReadSegments<Elf32_Ehdr, Elf32_Phdr>(fd, &segments);
  if (!wrong.empty()) return wrong;
  if (segments.notes == 0) return "has no notes (the CPUs' registers)";
  if (segments.loaded < memory) {
    return fmt::format("has {} bytes of the guest's {} bytes of memory", segments.loaded, memory);
  }
  if (segments.end <= size) return "";
  return fmt::format("is cut off: {} bytes of {}", size, segments.end);
}

// qemu 7.2 writes the flattened form, newer ones may write the plain one.
std::string CheckKdump(int fd, uint64_t memory, uint64_t size) {
  char signature[12] = {};
  bool known =
      ReadAt(fd, 0, signature, sizeof signature) &&
      (memcmp(signature, "makedumpfile", 12) == 0 || memcmp(signature, "KDUMP   ", 8) == 0);
  if (!known) return "has no signature of a kdump";
  // Page descriptors are there even for pages of zeros: 24 bytes for each 4 KiB.
  if (size < memory / 4096 * 24) return fmt::format("is cut off: it has only {} bytes", size);
  if (size <= memory + memory / 8) return "";
  return fmt::format("has {} bytes, more than the guest's memory of {}", size, memory);
}

}  // namespace

std::string CheckDump(const std::string& path, const std::string& format, uint64_t memory,
                      DumpFacts* facts) {
  host::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fmt::format("is not there: {}", ::strerror(errno));
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return fmt::format("is lost: {}", ::strerror(errno));
  facts->size = static_cast<uint64_t>(status.st_size);
  return format == "elf" ? CheckElf(file.get(), memory, facts->size)
                         : CheckKdump(file.get(), memory, facts->size);
}

}  // namespace kvmtest::procedures
