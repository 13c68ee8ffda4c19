#ifndef KVMTEST_RUN_TEST_H_
#define KVMTEST_RUN_TEST_H_

#include <string>

#include "job/description.h"

namespace kvmtest {

// What the command line asked for.
struct RunOptions {
  std::string tests;  // FILE@OFFSET
  std::string test;
  std::string output_dir;  // empty: the description's results_dir/<test>
  std::string accel;       // empty: the param accel, else auto
  bool dry_run = false;
  double wait = 0;             // seconds that others of the same ctest may keep its queue
  std::string keep_vm;         // empty: the param keep_vm, else "no"
  double keep_seconds = 3600;  // no longer than that
};

// Runs one test from its description to its verdict on stdout. Returns the exit status.
int RunTest(const RunOptions& options);

}  // namespace kvmtest

#endif  // KVMTEST_RUN_TEST_H_
