#include "vm/argv.h"

#include <gtest/gtest.h>

#include <string>

#include "vm/params.h"

namespace kvmtest::vm {
namespace {

const std::vector<Address> kAddresses = {{"52:54:00:00:00:01", "10.20.0.1"},
                                         {"52:54:00:00:00:02", ""}};

// The command line for these params, joined; "error: ..." if there is none.
std::string ArgvOf(Params::Map map, Wiring wiring = {"n.t", "tcg", "", "", 3, 4, 5, "", {}}) {
  auto built = BuildVmConfig(Params(std::move(map)), "vm1", kAddresses);
  if (auto* error = std::get_if<ParamError>(&built)) return "error: " + error->text;
  std::string line;
  for (const std::string& word : BuildArgv(std::get<VmConfig>(built), wiring)) {
    line += (line.empty() ? "" : " ") + word;
  }
  return line;
}

constexpr char kStart[] =
    "qemu-system-x86_64 -name guest=n.t/vm1,debug-threads=on -nodefaults -no-user-config -display "
    "none ";
constexpr char kMonitor[] =
    " -chardev socket,id=qmp,fd=3 -mon chardev=qmp,mode=control -chardev socket,id=console,fd=4 "
    "-serial chardev:console -chardev socket,id=shell,fd=5 -serial chardev:shell";

TEST(Argv, NothingAskedFor) {
  EXPECT_EQ(ArgvOf({}), std::string(kStart) +
                            "-machine pc -accel tcg -m 512 -smp 1 -action panic=pause -device "
                            "pvpanic-pci" +
                            kMonitor);
}

TEST(Argv, WholeMachine) {
  EXPECT_EQ(
      ArgvOf({{"machine_type", "q35"},
              {"cpu_model", "qemu64"},
              {"mem", "1G"},
              {"smp", "2"},
              {"kernel", "/k"},
              {"initrd", "/i"},
              {"kernel_params", "quiet"},
              {"nics", "a b"},
              {"nic_model_a", "virtio"},
              {"nic_model_b", "e1000"},
              {"extra_params", "-x 'y z'"},
              {"qemu_binary", "/opt/qemu"}},
             {"n.t", "kvm", "", "abc", 3, 4, 5, "/s/vm1.qmp", {}}),
      "/opt/qemu -name guest=n.t/vm1,debug-threads=on -nodefaults -no-user-config -display none "
      "-machine q35 -accel kvm -cpu qemu64 -m 1G -smp 2 -action panic=pause -device pvpanic-pci "
      "-chardev socket,id=qmp,fd=3 -mon chardev=qmp,mode=control -chardev "
      "socket,id=qmp2,path=/s/vm1.qmp,server=on,wait=off -mon chardev=qmp2,mode=control "
      "-chardev socket,id=console,fd=4 -serial chardev:console -chardev socket,id=shell,fd=5 "
      "-serial chardev:shell -kernel /k -initrd /i -append quiet kvmtest.nonce=abc "
      "kvmtest.ip=10.20.0.1/16 -netdev "
      "user,id=net-a,net=10.20.0.0/16,host=10.20.255.254,dns=10.20.255.253,dhcpstart=10.20.0.1 "
      "-device virtio-net-pci,id=a,netdev=net-a,mac=52:54:00:00:00:01 -netdev user,id=net-b "
      "-device e1000,id=b,netdev=net-b,mac=52:54:00:00:00:02 -x y z");
}

TEST(Argv, WithoutShell) {
  EXPECT_EQ(ArgvOf({{"bios", "/rom"}, {"shell_client", "none"}, {"machine_type", "isapc"}}),
            std::string(kStart) +
                "-machine isapc -accel tcg -m 512 -smp 1 -action panic=pause -chardev "
                "socket,id=qmp,fd=3 -mon chardev=qmp,mode=control -chardev "
                "socket,id=console,fd=4 -serial chardev:console -bios /rom");
}

// kvm-unit-tests are kernels whose command line is their arguments.
TEST(Argv, KernelsWithoutShellKeepTheirCommandLine) {
  VmConfig config;
  config.kernel_params = "selftest setup";
  config.shell_port = false;
  Wiring wiring;
  wiring.nonce = "abc";
  EXPECT_EQ(KernelParams(config, wiring), "selftest setup");
  config.shell_port = true;
  EXPECT_EQ(KernelParams(config, wiring), "selftest setup kvmtest.nonce=abc");
}

TEST(Argv, CommasAreDoubled) {
  std::string line = ArgvOf({{"images", "i"}, {"image_name", "/a,b"}, {"image_format", "raw"}},
                            {"n,t", "tcg", "max", "", 3, 4, 5, "", {}});
  EXPECT_NE(line.find("-name guest=n,,t/vm1,debug-threads=on"), std::string::npos) << line;
  EXPECT_NE(line.find("file=/a,,b.raw,format=qcow2"), std::string::npos) << line;
  EXPECT_NE(line.find("-cpu max"), std::string::npos) << line;
}

TEST(Argv, DriveFormats) {
  struct Row {
    const char* format;
    const char* devices;
  };
  constexpr Row kRows[] = {
      {"ide", "-device ide-hd,drive=drive-d"},
      {"virtio", "-device virtio-blk-pci,drive=drive-d"},
      {"virtio_blk", "-device virtio-blk-pci,drive=drive-d"},
      {"scsi", "-device lsi53c895a,id=hba-d -device scsi-hd,bus=hba-d.0,drive=drive-d"},
      {"virtio_scsi", "-device virtio-scsi-pci,id=hba-d -device scsi-hd,bus=hba-d.0,drive=drive-d"},
      {"ahci", "-device ahci,id=hba-d -device ide-hd,bus=hba-d.0,drive=drive-d"},
      {"nvme", "-device nvme,drive=drive-d,serial=d"},
  };
  for (const Row& row : kRows) {
    std::string line = ArgvOf({{"images", "d"},
                               {"image_name", "/x"},
                               {"drive_format", row.format},
                               {"drive_cache", "unsafe"}},
                              {"n.t", "tcg", "", "", 3, 4, 5, "", {{"d", "/o.qcow2"}}});
    EXPECT_EQ(line.substr(line.find(" -drive")),
              std::string(" -drive if=none,id=drive-d,file=/o.qcow2,format=qcow2,cache=unsafe ") +
                  row.devices);
  }
}

TEST(Argv, ImageNames) {
  auto base = [](Params::Map map) {
    map["images"] = "d";
    auto built = BuildVmConfig(Params(std::move(map)), "vm1", {});
    return std::get<VmConfig>(built).images[0].base;
  };
  EXPECT_EQ(base({{"image_name", "/x/disk"}}), "/x/disk.qcow2");
  EXPECT_EQ(base({{"image_name", "/x/disk.raw"}, {"image_format", "raw"}}), "/x/disk.raw");
  EXPECT_EQ(base({{"image_name", "disk"}, {"images_base_dir", "/b"}}), "/b/disk.qcow2");
  EXPECT_EQ(base({{"image_name", "/dev/sdx"}, {"image_raw_device", "yes"}}), "/dev/sdx");
  EXPECT_EQ(base({{"image_name", "/x"}, {"create_image", "yes"}}), "");
}

TEST(Argv, OlderConfigurationsNameNoObjects) {
  Params old({{"nic_model", "e1000"}, {"image_name", "/x"}});
  EXPECT_EQ(VmNames(old), std::vector<std::string>{"vm1"});
  EXPECT_EQ(NicNames(old), std::vector<std::string>{"nic1"});
  EXPECT_EQ(ImageNames(old), std::vector<std::string>{"image1"});
  EXPECT_TRUE(NicNames(Params({{"nics", ""}, {"nic_model", "e1000"}})).empty());
  EXPECT_TRUE(NicNames(Params()).empty());
  EXPECT_EQ(MainVm(Params(Params::Map{{"vms", "a b"}})), "a");
}

TEST(Argv, Errors) {
  EXPECT_EQ(ArgvOf({{"nics", "a"}, {"nic_model", "nonesuch"}}),
            "error: nic_model = nonesuch: expected one of virtio, virtio_net, e1000, rtl8139, "
            "e1000e, pcnet, ne2k_pci, vmxnet3, virtio-net-pci");
  EXPECT_EQ(ArgvOf({{"nics", "a b c"}}), "error: no address is left for c of vm1");
  EXPECT_EQ(ArgvOf({{"images", "a"}, {"image_name", "/x"}, {"drive_format", "tape"}}),
            "error: drive_format = tape: expected one of ide, virtio, virtio_blk, virtio-blk, "
            "scsi, scsi-hd, virtio_scsi, ahci, sata, nvme");
  EXPECT_EQ(ArgvOf({{"initrd", "/i"}}), "error: initrd is given, but no kernel");
}

TEST(Argv, Overlays) {
  ImageConfig image{"d", "/base.raw", "raw", "", "ide", "", ""};
  EXPECT_EQ(OverlayArgv(image, "qemu-img", "/o"),
            (std::vector<std::string>{"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b",
                                      "/base.raw", "/o"}));
  ImageConfig blank{"d", "", "raw", "1G", "ide", "", ""};
  EXPECT_EQ(OverlayArgv(blank, "qemu-img", "/o"),
            (std::vector<std::string>{"qemu-img", "create", "-q", "-f", "raw", "/o", "1G"}));
}

TEST(SplitShellWords, Table) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(SplitShellWords(" a  b\tc "), (Words{"a", "b", "c"}));
  EXPECT_EQ(SplitShellWords("'a b' \"c 'd\" e\\ f ''"), (Words{"a b", "c 'd", "e f", ""}));
  EXPECT_EQ(SplitShellWords("'a"), std::nullopt);
}

}  // namespace
}  // namespace kvmtest::vm
