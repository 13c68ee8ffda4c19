#ifndef KVMTEST_REPORT_AXES_H_
#define KVMTEST_REPORT_AXES_H_

#include <string>
#include <vector>

#include "report/model.h"

namespace kvmtest::report {

// Guest, device and test of each test: the axes of the matrix. A configuration does not say which
// of its variants are which, so that is taken from what the tests have in common. The parts of a
// short name ("Linux.qcow2.ide.virtio_net.amd64.boot") are split at its dots, and then
//
//   guest   the parts that all tests of the same guest have, which is what the params boot_from
//   say; test    of the rest, those that only tests of one type have; device  what is left,
//   whatever it is: disks, cards, machines.
//
// So Linux.amd64, boot and qcow2.ide.virtio_net. Where nearly every test boots something of its own
// (kvm-unit-tests), the guest is the first part; where all have one type, the test is the last.
struct AxesInput {
  std::string shortname;
  std::string boots;  // what says which guest it is: kernel, image, ... in one string
  std::string type;
};

std::vector<Axes> FindAxes(const std::vector<AxesInput>& tests);

// The params whose values make AxesInput::boots.
const std::vector<std::string>& GuestParams();

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_AXES_H_
