#include "host/ctest_tags.h"

namespace kvmtest::host {

namespace {

// ctest 3.25 to 4.x: <CTestMeasurement>, <CTestMeasurementFile>, <CTestDetails>, <CTestLabel>, and
// the first two with Dart's name.
bool BeginsTag(std::string_view text) {
  if (text.empty() || text[0] != '<') return false;
  text.remove_prefix(1);
  if (!text.empty() && text[0] == '/') text.remove_prefix(1);
  return text.substr(0, 5) == "CTest" || text.substr(0, 4) == "Dart";
}

}  // namespace

std::string WithoutCtestTags(std::string_view text) {
  constexpr std::string_view kUncut = "CTEST_FULL_OUTPUT";
  std::string harmless;
  harmless.reserve(text.size());
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text.substr(0, kUncut.size()) == kUncut) {
      harmless += "CTEST FULL OUTPUT";
      text.remove_prefix(kUncut.size() - 1);
      continue;
    }
    harmless += text[0];
    if (BeginsTag(text)) harmless += ' ';
  }
  return harmless;
}

}  // namespace kvmtest::host
