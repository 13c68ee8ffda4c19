#ifndef KVMTEST_PROCEDURES_DUMP_FILE_H_
#define KVMTEST_PROCEDURES_DUMP_FILE_H_

#include <cstdint>
#include <string>

namespace kvmtest::procedures {

struct DumpFacts {
  uint64_t size = 0;  // of the file
};

// What is wrong with a file that dump-guest-memory wrote of a guest with this much memory; empty
// if it is a dump in that format. An ELF core holds notes and all of the memory, and as many
// bytes as its headers say; a compressed one has its signature and is no larger than the memory.
std::string CheckDump(const std::string& path, const std::string& format, uint64_t memory,
                      DumpFacts* facts);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_DUMP_FILE_H_
