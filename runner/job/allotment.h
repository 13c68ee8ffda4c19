#ifndef KVMTEST_JOB_ALLOTMENT_H_
#define KVMTEST_JOB_ALLOTMENT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "job/description.h"
#include "vm/vm_config.h"

namespace kvmtest::job {

// What ctest gave this test of one resource type: {id, slots} pairs.
struct Unit {
  std::string id;
  unsigned slots = 0;
};
// Resource type -> units, of all groups together.
using Allotment = std::map<std::string, std::vector<Unit>>;

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Reads CTEST_RESOURCE_GROUP_*. Nothing where ctest runs without a resource spec or
// gave this test no group. Text: the variables make no sense.
std::variant<std::optional<Allotment>, std::string> ReadAllotment(const Environment& environment);

// What contradicts the description, for people; empty if nothing does.
std::string CheckAllotment(const Description& description, const Allotment& allotment);

// The addresses of a queue's blocks, one after the other, at most `count` of them.
// Left out: 00:00:00:00:00:00, for which qemu puts a default of its own, multicast MACs,
// and indexes whose IP ends in .0 or .255. Text: an address that is none.
std::variant<std::vector<vm::Address>, std::string> Addresses(const QueueChoice& queue,
                                                              size_t count);

}  // namespace kvmtest::job

#endif  // KVMTEST_JOB_ALLOTMENT_H_
