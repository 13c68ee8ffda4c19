// Files that dump-guest-memory might have written.
#include "procedures/dump_file.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "host/files.h"

namespace kvmtest::procedures {
namespace {

constexpr uint64_t kMemory = 8192;

// A core of a guest with `memory` bytes.
std::string Core(uint64_t memory, uint64_t notes = 64, uint16_t type = ET_CORE) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_type = type;
  header.e_phoff = sizeof header;
  header.e_phnum = 2;
  Elf64_Phdr entries[2]{};
  entries[0].p_type = PT_NOTE;
  entries[0].p_offset = sizeof header + sizeof entries;
  entries[0].p_filesz = notes;
  entries[1].p_type = PT_LOAD;
  entries[1].p_offset = entries[0].p_offset + notes;
  entries[1].p_filesz = memory;
  std::string text(reinterpret_cast<const char*>(&header), sizeof header);
  text.append(reinterpret_cast<const char*>(entries), sizeof entries);
  return text + std::string(notes + memory, 'x');
}

TEST(DumpFile, Table) {
  struct Row {
    std::string format;
    std::string content;
    std::string wrong;
  };
  const std::string core = Core(kMemory);
  const Row kRows[] = {
      {"elf", core, ""},
      {"elf", Core(kMemory + 4096), ""},
      {"elf", "", "is no ELF file"},
      {"elf", std::string(kMemory, '\0'), "is no ELF file"},
      {"elf", core.substr(0, 20), "has no whole ELF header"},
      {"elf", core.substr(0, 100), "has no whole table of 2 program headers"},
      {"elf", core.substr(0, core.size() - 1), "is cut off: 8431 bytes of 8432"},
      {"elf", Core(kMemory, 0), "has no notes (the CPUs' registers)"},
      {"elf", Core(kMemory, 64, ET_EXEC), "is an ELF file of type 2"},
      {"elf", Core(4096), "has 4096 bytes of the guest's 8192 bytes of memory"},
      {"kdump-zlib", "makedumpfile" + std::string(1000, 'x'), ""},
      {"kdump-zlib", "KDUMP   " + std::string(1000, 'x'), ""},
      {"kdump-zlib", core, "has no signature of a kdump"},
      {"kdump-zlib", "makedumpfile", "is cut off: it has only 12 bytes"},
      {"kdump-zlib", "makedumpfile" + std::string(kMemory * 2, 'x'),
       "has 16396 bytes, more than the guest's memory of 8192"},
  };
  std::string path = testing::TempDir() + "kvmtest-dump-" + std::to_string(::getpid());
  for (const Row& row : kRows) {
    ASSERT_TRUE(host::WriteFile(path, row.content));
    DumpFacts facts;
    EXPECT_EQ(CheckDump(path, row.format, kMemory, &facts), row.wrong);
    EXPECT_EQ(facts.size, row.content.size());
  }
  ::unlink(path.c_str());
  DumpFacts facts;
  EXPECT_EQ(CheckDump(path, "elf", kMemory, &facts), "is not there: No such file or directory");
}

}  // namespace
}  // namespace kvmtest::procedures
