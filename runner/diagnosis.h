#ifndef KVMTEST_DIAGNOSIS_H_
#define KVMTEST_DIAGNOSIS_H_

#include <string>
#include <vector>

#include "host/log.h"
#include "host/loop.h"
#include "vm/failure.h"
#include "vm/fleet.h"

namespace kvmtest {

// What a test that failed leaves for its reader. Every step is for what it is worth: one that
// fails says so in the log and is no reason for another verdict. All of it takes at most
// kDiagnosisLimit, however many machines there are and however dead their qemus: CTest's own
// timeout is near.
constexpr host::Duration kDiagnosisLimit = host::seconds(8);

struct Diagnosis {
  std::string
      summary;       // of the machine that the failure is about: what else a verdict says of a hang
  std::string text;  // many lines
};

// While the machines live: their states, what their vCPUs do, screen-VM.png, vcpus-VM.txt.
Diagnosis Diagnose(host::Loop& loop, host::Log& log, vm::Fleet& fleet, const vm::Failure& failure,
                   const std::string& directory);

// What keeps a test from passing although its procedure has shown what it promises: what a console
// said to the very end, or has not shown although the test expects it, or a qemu that did not end
// as it should.
vm::Trouble WhatTheEndShowed(vm::Fleet& fleet);

// The last lines of every console.
std::string DescribeConsoles(vm::Fleet& fleet);

}  // namespace kvmtest

#endif  // KVMTEST_DIAGNOSIS_H_
