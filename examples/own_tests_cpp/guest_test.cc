#include <gtest/gtest.h>
#include <kvmtest/vm.h>

#include <chrono>
#include <string>

using kvmtest::Vm;

TEST(Guest, HasItsProcessors) {
  EXPECT_EQ(Vm::Main().Exec("grep -c ^processor /proc/cpuinfo").output,
            kvmtest::Param("smp", "1") + "\n");
}

TEST(Guest, HasItsAddresses) {
  Vm vm = Vm::Main();
  for (const char* nic : {"nic1", "nic2"}) {
    if (vm.Mac(nic).empty()) continue;
    EXPECT_TRUE(vm.Exec("grep -qx " + vm.Mac(nic) + " /sys/class/net/*/address").ok()) << nic;
  }
}

TEST(Guest, HasASecondCard) {
  Vm vm = Vm::Main();
  if (vm.Mac("nic2").empty()) GTEST_SKIP() << "this variant has one card";
  EXPECT_EQ(vm.Exec("ls /sys/class/net | grep -c ^eth").output, "2\n");
}

int Devices(Vm vm) {
  return std::stoi(vm.Exec("ls /sys/bus/virtio/devices | wc -l").output);
}

TEST(Guest, LetsGoOfADevice) {
  Vm vm = Vm::Main();
  int before = Devices(vm);
  vm.Plug("virtio-rng-pci", "rng");
  while (Devices(vm) == before) {  // the guest takes its time, the runner's deadline is the limit
  }
  auto begin = std::chrono::steady_clock::now();
  vm.Unplug("rng");
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  kvmtest::Measure("unplug_seconds", time.count());
  EXPECT_EQ(Devices(vm), before);
}

TEST(Guest, IsSeenOnItsConsole) {
  Vm vm = Vm::Main();
  vm.Expect("kvmtest-guest: ready");
  vm.Exec("echo '<1>hello from the guest' > /dev/kmsg");
  EXPECT_NE(vm.Expect("hello from").find("the guest"), std::string::npos);
}

// The console of where it is now begins with the move, so this comes last.
TEST(Guest, MovesToAnotherQemu) {
  Vm vm = Vm::Main();
  std::string boot_id = vm.Exec("cat /proc/sys/kernel/random/boot_id").output;
  std::string qemu = vm.Qmp("query-name");
  vm.Exec("echo moved > /tmp/note");
  auto begin = std::chrono::steady_clock::now();
  vm.Migrate("tcp");
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  kvmtest::Measure("migrate_seconds", time.count());
  EXPECT_EQ(vm.Exec("cat /proc/sys/kernel/random/boot_id").output, boot_id);
  EXPECT_EQ(vm.Exec("cat /tmp/note").output, "moved\n");
  EXPECT_NE(vm.Qmp("query-name"), qemu);
  vm.Migrate("unix");
  EXPECT_EQ(vm.Exec("cat /tmp/note").output, "moved\n");
  EXPECT_THROW(vm.Migrate("pigeon"), kvmtest::Error);
}
