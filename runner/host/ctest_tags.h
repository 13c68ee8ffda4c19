#ifndef KVMTEST_HOST_CTEST_TAGS_H_
#define KVMTEST_HOST_CTEST_TAGS_H_

#include <string>
#include <string_view>

namespace kvmtest::host {

// The same text with nothing in it that ctest would obey. Whatever a guest, a test's program or
// qemu has written may stand in a test's output, in which ctest looks for elements that attach any
// file of the host, set measurements, labels and details, or keep ctest from cutting the output.
// Their '<' gets a blank behind it.
std::string WithoutCtestTags(std::string_view text);

}  // namespace kvmtest::host

#endif  // KVMTEST_HOST_CTEST_TAGS_H_
