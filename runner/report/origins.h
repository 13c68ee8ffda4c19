#ifndef KVMTEST_REPORT_ORIGINS_H_
#define KVMTEST_REPORT_ORIGINS_H_

#include <map>
#include <string>
#include <string_view>

#include "report/model.h"

namespace kvmtest::report {

// What `kvmtest-generate explain` says of a test: of each param its value as it is shown there, and
// the places that count.
struct ParamOrigin {
  std::string value;  // in quotes; empty: not set
  std::string places;
};
std::map<std::string, ParamOrigin> ParamOrigins(std::string_view explanation);

// Asks it of the tests that somebody should look at, in the order of the page, of as many as a
// short time lets. A place is taken only where the configuration still gives the value that the
// test was generated with.
void FindParamPlaces(Model* model);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_ORIGINS_H_
