#ifndef KVMTEST_REPORT_HTML_H_
#define KVMTEST_REPORT_HTML_H_

#include <string>
#include <string_view>

namespace kvmtest::report {

// Anybody's words as text of the page, between tags or in an attribute's quotes: what a terminal
// would have shown of them, with nothing that HTML would take for markup, and what turns the
// direction of text as <U+202E>.
std::string Html(std::string_view text);

std::string Base64(std::string_view bytes);
// "sha256-..." as a policy spells the digest.
std::string PolicySource(std::string_view sha256_hex);

// "0.42 s", "12.3 s", "3 min 05 s", "2 h 10 min"
std::string ShowLength(double seconds);
// "2026-11-27 06:58:37 UTC"
std::string ShowTime(double seconds_since_1970);

// As people sort names: by the values of the numbers in them.
struct NaturalLess {
  bool operator()(std::string_view a, std::string_view b) const;
};

// A regular expression for ctest that matches just this text.
std::string WholeName(const std::string& name);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_HTML_H_
