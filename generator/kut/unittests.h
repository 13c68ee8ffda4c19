// Reads unittests.cfg, in which a kvm-unit-tests tree describes its tests.
#ifndef KVMTEST_KUT_UNITTESTS_H_
#define KVMTEST_KUT_UNITTESTS_H_

#include <optional>
#include <string>
#include <vector>

#include "kut/shell_text.h"
#include "language/diagnostic.h"
#include "language/source.h"

namespace kvmtest::kut {

// A section, as it is written.
struct UnitTest {
  std::string name;
  language::Span span;  // of the section's name
  std::string file;     // "apic.flat"
  std::string arch;
  std::string machine;
  std::string accel;
  std::vector<std::string> groups;
  std::vector<std::string> checks;  // path=value
  std::optional<long> timeout;      // seconds; 0: it may take as long as it likes
  ShellText smp;
  ShellText test_args;
  ShellText params;  // extra_params or qemu_params
  ShellText disabled_if;
};

// What is wrong is reported; tests with errors are left out.
std::vector<UnitTest> ReadUnitTests(const language::SourceMap& sources, language::FileId file,
                                    language::Diagnostics* diagnostics);

}  // namespace kvmtest::kut

#endif  // KVMTEST_KUT_UNITTESTS_H_
