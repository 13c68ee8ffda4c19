// Tests of kvm-unit-tests as variants of a Cartesian configuration.
#ifndef KVMTEST_KUT_CARTESIAN_H_
#define KVMTEST_KUT_CARTESIAN_H_

#include <string>
#include <vector>

#include "kut/unittests.h"

namespace kvmtest::kut {

// Of the tree, as its config.mak or the command line says.
struct Tree {
  std::string directory;  // absolute
  std::string test_dir;   // "x86"
  std::string arch;       // "x86_64"
  long max_smp = 4;
};

// The whole file. Errors in what a shell would read are reported; the text is of no use then.
std::string CartesianText(const Tree& tree, const std::vector<UnitTest>& tests,
                          const language::SourceMap& sources, language::FileId file,
                          language::Diagnostics* diagnostics);

}  // namespace kvmtest::kut

#endif  // KVMTEST_KUT_CARTESIAN_H_
