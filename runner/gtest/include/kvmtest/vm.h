#ifndef KVMTEST_VM_H_
#define KVMTEST_VM_H_

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// For tests of one's own in C++: GoogleTest programs that kvmtest-run starts when their VMs have
// booted (type = the program's name, found in test_dirs). Link KvmTest::gtest, which has main();
// GTest::gtest_main, linked before it, will do as well, or a main() of one's own.
//
//   TEST(Guest, HasTwoCpus) {
//     kvmtest::Vm vm = kvmtest::Vm::Main();
//     EXPECT_EQ(vm.Exec("nproc").output, "2\n");
//   }
//
// A skipped test (GTEST_SKIP) is a skip of ctest if all are, a failed one a failure. When a VM
// panics or dies the runner ends the program at once, unless the test has said ExpectExit or its
// like.
namespace kvmtest {

// What could not be done, and why. GoogleTest makes a failure of it where nobody catches it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ExecResult {
  int status = 0;
  std::string output;  // stdout and stderr
  bool ok() const { return status == 0; }
};

class Vm {
 public:
  using Seconds = std::chrono::duration<double>;

  explicit Vm(std::string name);
  // That of the param main_vm, else the first.
  static Vm Main();
  // All of the test.
  static std::vector<std::string> Names();

  const std::string& name() const { return name_; }
  // Of a network card, by default the first; empty if there is none.
  std::string Mac(const std::string& nic = "") const;
  std::string Ip(const std::string& nic = "") const;

  // A line for the guest's shell.
  ExecResult Exec(const std::string& command, Seconds timeout = Seconds(60));
  // A QMP command; its arguments and what it returns are JSON.
  std::string Qmp(const std::string& command, const std::string& arguments = "{}",
                  Seconds timeout = Seconds(60));
  // Waits until the console shows this regular expression (RE2), behind where the last
  // Expect of this VM has found its own, and returns the line.
  std::string Expect(const std::string& regex, Seconds timeout = Seconds(60));
  // PNG, or PPM by the file's name.
  void Screendump(const std::string& file);

  // Hotplug: device_add, and device_del until the guest has let go of it. Properties are JSON:
  // R"({"bus": "pci.0"})".
  void Plug(const std::string& driver, const std::string& id, const std::string& properties = "{}");
  void Unplug(const std::string& id, Seconds timeout = Seconds(60));

  // The guest moves to another qemu that opens the same disks, over "tcp", "unix" or "fd". From
  // then on this VM is there, with a console that begins anew for Expect; the qemu before has
  // ended.
  void Migrate(const std::string& protocol = "tcp", Seconds timeout = Seconds(240));

  // For a test with start_vm = no.
  void Start();
  // From now on it is no failure if the VM ends, panics or is stopped.
  void ExpectExit();
  void ExpectPanic();
  void ExpectStop();

 private:
  std::string name_;
};

// A param of the test.
std::string Param(const std::string& name, const std::string& otherwise = "");
// For ctest's measurements.
void Measure(const std::string& name, double value);
// Where files go that a person will want to see.
std::string OutputDir();

// For a main() of one's own, after testing::InitGoogleTest: runs all tests and returns what
// kvmtest-run understands: 0, 1, or 77 if all were skipped, or if kvmtest-run did not start the
// program. (Where main() has RUN_ALL_TESTS(), which knows no 77, the program ends with it anyway.)
int RunAllTests();

}  // namespace kvmtest

#endif  // KVMTEST_VM_H_
