#ifndef KVMTEST_REPORT_BUILD_TREE_H_
#define KVMTEST_REPORT_BUILD_TREE_H_

#include <string>
#include <variant>

#include "report/model.h"

namespace kvmtest::report {

// What a build tree holds of its tests: of each call of kvm_discover_tests() the descriptions of
// the generation that counts, and below them results, evidence and history. Of several hosts those
// count that have run tests here, since a host's results are on its own disk. An error is a text.
std::variant<Model, std::string> ReadBuildTree(const std::string& build_dir);

// Whether tests have ended here since the file was written, or could not be made anew, or ever if
// there is no such file.
bool HasNewerResults(const std::string& build_dir, const std::string& file);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_BUILD_TREE_H_
