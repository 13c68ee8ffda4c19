// A fuzz input: a configuration as one text, so that a person can read and write it. Lines that
// begin with "#!" say what else belongs to it; to the language they are comments.
//
//   #!2009  #!modern     the dialect; without one, each target decides
//   #!strict #!defaults  as the options of kvmtest-generate
//   #!file PATH          what follows is this file, main.cfg being the first
//   #!string             what follows is a string from the command line
#ifndef KVMTEST_TESTS_FUZZ_FUZZ_INPUT_H_
#define KVMTEST_TESTS_FUZZ_FUZZ_INPUT_H_

#include <string_view>

#include "language/config.h"
#include "language/source.h"

namespace kvmtest::language {

struct FuzzInput {
  explicit FuzzInput(std::string_view text);

  MemoryReader reader;
  Input input;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_TESTS_FUZZ_FUZZ_INPUT_H_
