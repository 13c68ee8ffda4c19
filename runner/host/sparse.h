#ifndef KVMTEST_HOST_SPARSE_H_
#define KVMTEST_HOST_SPARSE_H_

#include <optional>
#include <string>

namespace kvmtest::host {

// Copies what a file holds and leaves its holes holes; pages of zeros become some. `to` is empty
// so far and gets the same length; with -1 nothing is written. Returns the checksum of the content,
// which does not depend on where the holes are; nothing on an error (errno).
std::optional<std::string> CopySparse(int from, int to);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_SPARSE_H_
