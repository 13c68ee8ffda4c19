// A configuration that was read, written as source text again: what is read from that gives the
// same dicts. A law of the language, and so a test of its parsers and of what they keep.
#ifndef KVMTEST_TESTS_LANGUAGE_PRINTER_PRINTED_SOURCE_H_
#define KVMTEST_TESTS_LANGUAGE_PRINTER_PRINTED_SOURCE_H_

#include <map>
#include <string>
#include <vector>

#include "language/config.h"

namespace kvmtest::language {

struct PrintedSource {
  std::string main_path;
  std::map<std::string, std::string> files;  // by path, main_path among them
  std::vector<std::string> strings;          // as from the command line

  // For people: each file and string behind a line "#!file PATH" or "#!string".
  std::string Text() const;
};

// `config` must have been read without errors.
PrintedSource PrintSource(const Config& config);

// The parts of it: what is to be printed of each dialect.
PrintedSource PrintModern(const Config& config);
PrintedSource Print2009(const Config& config);

}  // namespace kvmtest::language

#endif  // KVMTEST_TESTS_LANGUAGE_PRINTER_PRINTED_SOURCE_H_
