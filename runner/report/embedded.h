#ifndef KVMTEST_REPORT_EMBEDDED_H_
#define KVMTEST_REPORT_EMBEDDED_H_

#include <string_view>

namespace kvmtest::report {

// A file of this room that is part of every page, and its SHA-256 in hexadecimal digits, by which
// the page's policy allows it.
struct Embedded {
  std::string_view text;
  std::string_view sha256;
};

extern const Embedded kPageStyle;   // page.css
extern const Embedded kPageScript;  // page.js

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_EMBEDDED_H_
