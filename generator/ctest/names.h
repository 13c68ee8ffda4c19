// Names that tests of two calls of a build tree share. What ctest knows of a test goes by its name:
// of two that it loads at once the resources add up, and either gets the other's properties. The
// tests of a call are told apart by the plan; here are the others. Pure: files are read elsewhere.
#ifndef KVMTEST_CTEST_NAMES_H_
#define KVMTEST_CTEST_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

#include "ctest/resource_spec.h"

namespace kvmtest::ctest {

// A host's descriptions, in the directory of a generation.
std::string DescriptionsPath(std::string_view host);

// By what all names of a call begin and end with, so that most calls need not be looked at closer.
bool MayShareNames(const ResourceSpec::Naming& first, const ResourceSpec::Naming& second);

struct NamedTests {
  std::string call;
  ResourceSpec::Naming naming;
  std::vector<std::string_view> descriptions;  // of the hosts of `naming`
};

struct NameClashes {
  std::string errors;  // whole lines; tests of hosts that one machine may be
  std::string
      warning;  // without "warning: "; tests that are shown together by KVMTEST_HOST='*' only
};

// Told to the user of `ours`.
NameClashes FindNameClashes(const NamedTests& ours, const NamedTests& theirs);

}  // namespace kvmtest::ctest

#endif  // KVMTEST_CTEST_NAMES_H_
