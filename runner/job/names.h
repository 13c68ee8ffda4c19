#ifndef KVMTEST_JOB_NAMES_H_
#define KVMTEST_JOB_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace kvmtest::job {

// [a-z0-9] as they are, every other byte as _ and two hex digits: injective, and fit for
// resource types, fixtures and file names.
std::string Escape(std::string_view name);

// The directory of a test's results below results_dir: its escaped name, which where
// it is too long for a file system (over 200 bytes) is cut and ends in "__" and
// 16 hex digits of a hash of the whole name.
std::string ResultDirectoryName(std::string_view test);

uint64_t Fnv1a(std::string_view bytes);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_NAMES_H_
