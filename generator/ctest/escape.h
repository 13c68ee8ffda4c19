// Names of ours as CTest's resource types and as file names.
#ifndef KVMTEST_CTEST_ESCAPE_H_
#define KVMTEST_CTEST_ESCAPE_H_

#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"

namespace kvmtest::ctest {

// Injective into [a-z0-9_]: those but '_' stay, any other byte becomes '_' and two hex digits. So
// "__" never occurs inside an escaped name and may separate them.
std::string Escape(std::string_view name);

// The directory of a test's results. Escaped names may grow beyond what a file name may be
// (255 bytes): beyond 200 bytes, the first 182 and a digest stand for the whole. The runner
// computes the same (generator/README.md, "The treaty").
std::string ResultDirectoryName(std::string_view test_name);

// A host's queues, in natural order, within names of resource types and CMake variables. Of many a
// digest stands for theirs.
std::string QueueSetName(std::string_view host, const std::vector<std::string>& queues);

// Resource types of CTest (3.25: [a-z_][a-z0-9_]*): "kvm", a letter and "__" come first.
bool IsOurResource(std::string_view type);
std::string PoolResource(std::string_view host);
std::string CpuResource(std::string_view host);
std::string MemoryResource(std::string_view host);
std::string GateResource(std::string_view queue_set);
std::string QueueResource(std::string_view host, std::string_view queue);
// Automatic ranges of several calls have one name and nothing else in common: the address tells
// them apart.
std::string RangeResource(std::string_view host, std::string_view queue,
                          const plan::MacBlock& block);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_ESCAPE_H_
