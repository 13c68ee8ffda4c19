// "Printing a configuration that was read and reading it again gives the same dicts."
#ifndef KVMTEST_TESTS_LANGUAGE_PRINTER_PRINTING_LAW_H_
#define KVMTEST_TESTS_LANGUAGE_PRINTER_PRINTING_LAW_H_

#include <memory>
#include <string>

#include "language/config.h"
#include "language/expand.h"
#include "printed_source.h"

namespace kvmtest::language {

// Reads what was printed of `original`; `defaults` as that was read.
std::unique_ptr<Config> ReadPrinted(const PrintedSource& printed, const Config& original,
                                    bool defaults, Diagnostics* diagnostics);

// How the law is broken: both expansions and the text between; "" if it holds. `options` may stop
// the expansion early, in both at the same dict.
std::string PrintingFault(const Config& config, bool defaults, const ExpandOptions& options = {});

}  // namespace kvmtest::language

#endif  // KVMTEST_TESTS_LANGUAGE_PRINTER_PRINTING_LAW_H_
