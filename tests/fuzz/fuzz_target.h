// What a target is: libFuzzer's entry point, and how it says that a law is broken.
#ifndef KVMTEST_TESTS_FUZZ_FUZZ_TARGET_H_
#define KVMTEST_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// `what` was expected and did not come about; `found` shows it.
inline void HoldLaw(bool holds, const char* what, const std::string& found = {}) {
  if (holds) return;
  std::fprintf(stderr, "law broken: %s\n%s\n", what, found.c_str());
  std::abort();
}

#endif  // KVMTEST_TESTS_FUZZ_FUZZ_TARGET_H_
