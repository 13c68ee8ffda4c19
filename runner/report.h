#ifndef KVMTEST_REPORT_H_
#define KVMTEST_REPORT_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "job/result.h"
#include "vm/fleet.h"

namespace kvmtest {

// What comes out of a test for people and for ctest.
struct Report {
  job::Verdict verdict;
  std::vector<std::string> notes;
  std::vector<std::string> vms;  // those of which the directory has evidence
  std::string consoles;
  std::string directory;
  bool directory_is_ours = false;  // what it holds is of this run
  std::map<std::string, double> measurements;
  std::string accelerator;   // empty: it was not come to that
  std::string qemu_version;  // likewise
};

// The one way to stdout: what is for people may hold anybody's words, so ctest finds no tag in it;
// what is for ctest is ours. False: it cannot be written.
bool Print(std::string_view for_people, std::string_view for_ctest = "");

// The verdict line first, then the evidence.
std::string ForPeople(const Report& report);
// Measurements, files and the details column.
std::string ForCtest(const Report& report);

// The VMs of a test, for result.json.
nlohmann::json RecordOf(vm::Fleet& fleet);

}  // namespace kvmtest

#endif  // KVMTEST_REPORT_H_
