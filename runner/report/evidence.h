#ifndef KVMTEST_REPORT_EVIDENCE_H_
#define KVMTEST_REPORT_EVIDENCE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "report/model.h"

namespace kvmtest::report {

// What a test's run has left in its directory, as much of it as a page takes. Only plain files
// count: a test's own program may write there, and a link would bring any file of the host into a
// page that is made to be passed on.

// The end of a file: at most so many bytes and lines, as a terminal would show them.
TextTail ReadTail(const std::string& directory, const std::string& name, size_t bytes,
                  size_t lines);

// A picture as browsers show it; nothing if it is no PNG or too large.
constexpr size_t kMostOfAPicture = 512 << 10;
std::optional<Picture> ReadPicture(const std::string& directory, const std::string& name);

// Result, consoles and, of a test that somebody should look at, pictures and the verdict's text.
// test->test, test->queues and test->directory are set.
void ReadResultOf(const std::string& generation, Test* test);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_EVIDENCE_H_
