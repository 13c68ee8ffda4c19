#include "report/axes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kvmtest::report {
namespace {

// "guest | device | test" of each.
std::vector<std::string> Show(const std::vector<AxesInput>& inputs) {
  std::vector<std::string> shown;
  for (const Axes& axes : FindAxes(inputs)) {
    shown.push_back(axes.guest + " | " + axes.device + " | " + axes.test);
  }
  return shown;
}

using Lines = std::vector<std::string>;

TEST(Axes, GuestsAreToldByWhatTheyBoot) {
  std::vector<AxesInput> inputs;
  Lines expected;
  for (std::string test : {"boot", "reboot"}) {
    inputs.push_back({"tiny." + test, "rom", test});
    expected.push_back("tiny |  | " + test);
    for (std::string disk : {"qcow2.ide", "raw.ide", "qcow2.scsi"}) {
      for (std::string guest : {"virtio_net.amd64", "e1000.amd64", "virtio_net.cloud"}) {
        std::string card = guest.substr(0, guest.find('.'));
        std::string kernel = guest.substr(card.size() + 1);
        inputs.push_back({"Linux." + disk + "." + guest + "." + test, kernel, test});
        // Not of cloud, though it has no other card.
        expected.push_back("Linux." + kernel + " | " + disk + "." + card + " | " + test);
      }
    }
  }
  EXPECT_EQ(Show(inputs), expected);
}

TEST(Axes, VariantsOfATestAreTheTests) {
  EXPECT_EQ(Show({{"q35.Linux.tcp.migrate", "a", "migration"},
                  {"pc.Linux.unix.migrate", "a", "migration"},
                  {"pc.Linux.boot", "a", "boot"},
                  {"q35.Linux.boot", "a", "boot"}}),
            (Lines{"Linux | q35 | tcp.migrate", "Linux | pc | unix.migrate", "Linux | pc | boot",
                   "Linux | q35 | boot"}));
}

TEST(Axes, AGuestWithOneTestKeepsItsName) {
  EXPECT_EQ(Show({{"tiny.boot", "rom", "boot"},
                  {"Linux.boot", "linux", "boot"},
                  {"Linux.reboot", "linux", "reboot"}}),
            (Lines{"tiny |  | boot", "Linux |  | boot", "Linux |  | reboot"}));
}

TEST(Axes, WithOneTypeTheLastPartIsTheTest) {
  EXPECT_EQ(Show({{"ide.boot", "a", "boot"}, {"scsi.boot", "a", "boot"}}),
            (Lines{" | ide | boot", " | scsi | boot"}));
}

TEST(Axes, WhereEachTestBootsItsOwnTheGuestIsTheFirstPart) {
  EXPECT_EQ(Show({{"x86.apic", "apic.flat", "kvm_unit_test"},
                  {"x86.msr", "msr.flat", "kvm_unit_test"},
                  {"x86.pmu", "pmu.flat", "kvm_unit_test"},
                  {"x86.vmx", "vmx.flat", "kvm_unit_test"}}),
            (Lines{"x86 |  | apic", "x86 |  | msr", "x86 |  | pmu", "x86 |  | vmx"}));
}

TEST(Axes, EveryTestHasAColumn) {
  EXPECT_EQ(Show({{"", "", ""}, {"..", "", "boot"}}), (Lines{" |  | ", " |  | boot"}));
}

}  // namespace
}  // namespace kvmtest::report
