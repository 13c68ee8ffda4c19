#include "vm/argv.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "vm/params.h"
#include "vm/ssh.h"

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
      "kvmtest.ip=52:54:00:00:00:01,10.20.0.1/16 -netdev "
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

// By ssh a guest is reached at the address that it is told.
TEST(Argv, EveryKindOfShellMeansAGuestThatCanBeTold) {
  VmConfig config;
  config.shell_port = false;
  Wiring wiring;
  wiring.nonce = "abc";
  config.agent = true;
  EXPECT_EQ(KernelParams(config, wiring), "kvmtest.nonce=abc");
  config.agent = false;
  config.ssh = SshConfig{};
  EXPECT_EQ(KernelParams(config, wiring), "kvmtest.nonce=abc");
}

TEST(Argv, GuestAgent) {
  static constexpr char kPort[] =
      "-serial chardev:console -chardev socket,id=agent,fd=5 -device virtio-serial-{},id=agent-bus "
      "-device virtserialport,bus=agent-bus.0,chardev=agent,id=agent,name=org.qemu.guest_agent.0";
  for (const auto& [machine, bus] : {std::pair{"pc", "pci"}, std::pair{"microvm", "device"}}) {
    std::string line = ArgvOf({{"machine_type", machine}, {"shell_client", "agent"}});
    EXPECT_NE(line.find(fmt::format(kPort, bus)), std::string::npos) << line;
    EXPECT_EQ(line.find("shell"), std::string::npos) << line;
  }
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

TEST(Argv, Devices) {
  struct Row {
    Params::Map params;
    const char* options;
  };
  const Row kRows[] = {
      {{{"balloon", "yes"}}, " -device virtio-balloon-pci,id=balloon"},
      {{{"watchdog_model", "ib700"}, {"watchdog_action", "pause"}},
       " -device ib700,id=watchdog -action watchdog=pause"},
      {{{"watchdog_model", "ib700"}, {"enable_watchdog", "no"}}, ""},
      {{{"virtio_rngs", "r"}, {"backend_r", "rng-random"}, {"max-bytes_virtio-rng", "5"}},
       " -object rng-random,id=backend-r,filename=/dev/urandom -device "
       "virtio-rng-pci,id=r,rng=backend-r,max-bytes=5,period=1000"},
      {{{"virtio_ports", "p c"}, {"virtio_port_type_c", "console"}},
       " -device virtio-serial-pci,id=ports -chardev socket,id=port-p,fd=6 -device "
       "virtserialport,bus=ports.0,chardev=port-p,name=p -chardev socket,id=port-c,fd=7 -device "
       "virtconsole,bus=ports.0,chardev=port-c,name=c"},
      {{{"nics", "n"}, {"images", "d"}, {"image_name", "/x"}, {"boot_drive", "no"}},
       " -netdev user,id=net-n,net=10.20.0.0/16,host=10.20.255.254,dns=10.20.255.253,"
       "dhcpstart=10.20.0.1 -device rtl8139,id=n,netdev=net-n,mac=52:54:00:00:00:01"},
  };
  const Wiring wiring{.test = "n.t",
                      .accelerator = "tcg",
                      .cpu_model = "",
                      .nonce = "",
                      .qmp_fd = 3,
                      .console_fd = 4,
                      .shell_fd = 5,
                      .port_fds = {6, 7}};
  for (const Row& row : kRows) {
    EXPECT_EQ(ArgvOf(row.params, wiring), ArgvOf({}) + row.options);
  }
  std::string line =
      ArgvOf({{"smp", "2"}, {"vcpu_maxcpus", "4"}, {"slots_mem", "1"}, {"maxmem_mem", "1G"}});
  EXPECT_NE(line.find(" -m 512,slots=1,maxmem=1G -smp 2,maxcpus=4 "), std::string::npos) << line;
  EXPECT_EQ(ArgvOf({{"slots_mem", "1"}}), "error: slots_mem and maxmem_mem go together");
  EXPECT_EQ(ArgvOf({{"virtio_rngs", "r"}, {"backend", "egd"}}),
            "error: backend = egd: expected one of rng-builtin, rng-random");
}

TEST(Argv, PoolsOfRandomNumbers) {
  auto built = BuildVmConfig(Params(Params::Map{{"virtio_rngs", "a b"}}), "vm1", {});
  Wiring wiring{.test = "n.t", .accelerator = "tcg", .cpu_model = "", .nonce = ""};
  wiring.pool_fds = {{"b", 7}};
  std::string line;
  for (const std::string& word : BuildArgv(std::get<VmConfig>(built), wiring)) line += ' ' + word;
  EXPECT_NE(line.find(" -object rng-builtin,id=backend-a -device virtio-rng-pci,id=a,rng=backend-a "
                      "-object rng-random,id=backend-b,filename=/proc/self/fd/7 -device "),
            std::string::npos)
      << line;
}

TEST(Argv, ShapeOfProcessors) {
  struct Row {
    Params::Map params;
    const char* found;
  };
  const Row kRows[] = {
      {{{"vcpu_sockets", "2"}, {"vcpu_cores", "2"}, {"vcpu_threads", "1"}},
       " -smp 4,sockets=2,cores=2,threads=1 "},
      {{{"smp", "4"}, {"vcpu_sockets", "2"}}, " -smp 4,sockets=2 "},
      {{{"smp", "1"}, {"vcpu_maxcpus", "4"}, {"vcpu_sockets", "4"}},
       " -smp 1,maxcpus=4,sockets=4 "},
      {{{"vcpu_dies", "2"}, {"vcpu_cores", "2"}}, " -smp 4,dies=2,cores=2 "},
      {{{"smp", "4"}, {"vcpu_sockets", "2"}, {"vcpu_cores", "1"}, {"vcpu_threads", "1"}},
       "error: vcpu_sockets = 2, vcpu_cores = 1, vcpu_threads = 1: together 2, which does not fit "
       "smp = 4"},
      {{{"smp", "4"}, {"vcpu_cores", "3"}},
       "error: vcpu_cores = 3: together 3, which does not fit smp = 4"},
      {{{"vcpu_cores", "x"}}, "error: vcpu_cores = x: expected a whole number from 1 to 1024"},
  };
  for (const Row& row : kRows) {
    std::string line = ArgvOf(row.params);
    EXPECT_NE(line.find(row.found), std::string::npos) << line << "\n" << row.found;
  }
}

TEST(Argv, ParamsOfOlderConfigurations) {
  struct Row {
    Params::Map params;
    const char* found;
  };
  const Row kRows[] = {
      {{{"nics", "nic1"}, {"mac_nic1", "52:54:00:AA:00:01"}}, ",mac=52:54:00:aa:00:01"},
      {{{"nics", "nic1"}, {"mac_nic1", "01:54:00:aa:00:01"}},
       "error: mac = 01:54:00:aa:00:01: expected a card's address such as 52:54:00:12:34:56 (for "
       "nic1)"},
      {{{"nics", "nic1"}, {"mac", "52:54:00:aa:00:01"}, {"nic_mode", "bridge"}, {"netdst", "b"}},
       "error: mac: on a bridge of the machine's, addresses are those of the queue's mac_ranges "
       "(for nic1)"},
      {{{"nics", "nic1"}, {"tftp", "/srv/a,b"}, {"bootp", "pxe.0"}},
       ",tftp=/srv/a,,b,bootfile=pxe.0 "},
      {{{"usbs", "u"}, {"usb_type_u", "ich9-usb-uhci1"}, {"usb_devices", "t"}},
       " -device ich9-usb-uhci1,id=usb-u -device usb-tablet,id=usbdev-t,bus=usb-u.0"},
      {{{"usb_devices", "t"}}, "error: usb_devices: t needs one of the controllers in usbs"},
      {{{"usbs", "u"}, {"usb_type", "usb9"}}, "error: usb_type = usb9: expected one of uhci, "},
  };
  for (const Row& row : kRows) {
    std::string line = ArgvOf(row.params);
    EXPECT_NE(line.find(row.found), std::string::npos) << line << "\n" << row.found;
  }
}

TEST(Argv, MachineWithoutPciBus) {
  std::string line = ArgvOf({{"machine_type", "microvm"},
                             {"nics", "a"},
                             {"images", "d e"},
                             {"image_name", "/x"},
                             {"drive_format_e", "virtio_scsi"},
                             {"balloon", "yes"},
                             {"virtio_rngs", "r"},
                             {"virtio_ports", "p"},
                             {"extra_params", "-device virtio-gpu-pci"}});
  for (const char* found :
       {"-device virtio-net-device,id=a,", "-device virtio-blk-device,drive=drive-d",
        "-device virtio-scsi-device,id=hba-e -device scsi-hd,", "-device virtio-balloon-device,",
        "-device virtio-rng-device,id=r,", "-device virtio-serial-device,id=ports",
        " -device virtio-gpu-pci",
        "-chardev socket,id=shell,fd=5 -device virtio-serial-device,id=shell-bus -device "
        "virtconsole,bus=shell-bus.0,chardev=shell,name=kvmtest.shell "}) {
    EXPECT_NE(line.find(found), std::string::npos) << line << "\n" << found;
  }
  EXPECT_EQ(line.find("pvpanic"), std::string::npos) << line;
  const std::string kNoPci = "error: machine_type = microvm has no PCI bus, only virtio devices: ";
  const std::pair<Params::Map, const char*> kRefused[] = {
      {{{"nics", "a"}, {"nic_model", "e1000"}}, "a is a e1000 (nic_model = virtio)"},
      {{{"images", "d"}, {"image_name", "/x"}, {"drive_format", "ahci"}},
       "d is ahci (drive_format = virtio or virtio_scsi)"},
      {{{"cdrom", "/c"}, {"cd_format", "ide"}}, "cd1 is ide (cd_format = virtio_scsi)"},
      {{{"enable_watchdog", "yes"}}, "i6300esb"},
      {{{"pvpanic", "yes"}}, "pvpanic"},
      {{{"vga", "std"}}, "vga, display"},
      {{{"usbs", "u"}}, "usbs"},
  };
  for (auto [params, text] : kRefused) {
    params["machine_type"] = "microvm";
    EXPECT_EQ(ArgvOf(params), kNoPci + text);
    params["machine_type"] = "microvm,pcie=on";
    EXPECT_EQ(ArgvOf(params).find("error"), std::string::npos);
  }
}

// A second -serial would be dropped there.
TEST(Argv, BoardsWithOneSerialPort) {
  for (const char* machine :
       {"microvm,pcie=on", "virt", "arm64-mmio:virt", "virt-7.2,gic-version=3"}) {
    std::string line = ArgvOf({{"machine_type", machine}});
    EXPECT_NE(line.find("-chardev socket,id=shell,fd=5 -device virtio-serial-pci,id=shell-bus "
                        "-device virtconsole,bus=shell-bus.0,chardev=shell,name=kvmtest.shell"),
              std::string::npos)
        << line;
    EXPECT_EQ(line.find("-serial chardev:shell"), std::string::npos) << line;
    Params::Map more = {{"machine_type", machine}, {"serials", "a b c"}};
    EXPECT_NE(ArgvOf(more).find(" has one port, the console's; c cannot be there but as serial_type"
                                " = pci-serial"),
              std::string::npos)
        << ArgvOf(more);
    more["serial_type_c"] = "pci-serial";
    EXPECT_NE(ArgvOf(more).find("-device pci-serial,chardev=serial-c"), std::string::npos);
  }
  EXPECT_EQ(
      ArgvOf({{"machine_type", "microvm"}, {"serials", "a b c"}, {"serial_type", "pci-serial"}}),
      "error: serials: machine_type = microvm has one port, the console's; c cannot be there");
  EXPECT_EQ(ArgvOf({{"machine_type", "virtual"}}).find("virtconsole"), std::string::npos);
}

TEST(Argv, DisksPluggedInLater) {
  ImageConfig image;
  image.name = "d";
  image.interface = "virtio_scsi";
  image.serial = "s,1";
  image.attached = false;
  EXPECT_EQ(DriveDevices(image),
            (std::vector<std::string>{"virtio-scsi-pci,id=hba-d",
                                      "scsi-hd,bus=hba-d.0,drive=drive-d,serial=s,,1,id=disk-d"}));
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

// What a line has beyond the one of `plain`, for params that only add to it.
std::string Added(Params::Map more, Params::Map plain = {}, bool sandbox = false) {
  Wiring wiring{"n.t", "tcg", "", "", 3, 4, 5, "", {}};
  std::string before = ArgvOf(plain, wiring);
  plain.merge(more);
  wiring.serial_logs = "/out/serial-vm1-";
  wiring.sandbox = sandbox;
  std::string after = ArgvOf(plain, wiring);
  if (after.rfind("error: ", 0) == 0) return after;
  std::vector<std::string> old = SplitWords(before), now = SplitWords(after);
  size_t begin = 0;
  while (begin < old.size() && old[begin] == now[begin]) ++begin;
  while (old.size() > begin && old.back() == now.back()) {
    old.pop_back();
    now.pop_back();
  }
  std::string added;
  for (size_t i = begin; i < now.size(); ++i) added += (added.empty() ? "" : " ") + now[i];
  return added;
}

TEST(Argv, Board) {
  struct Row {
    Params::Map params;
    const char* added;
  };
  const Row kRows[] = {
      {{{"vga", "cirrus"}}, "-vga cirrus"},
      {{{"vga", "none"}}, ""},
      {{{"display", "vnc"}}, "-vga std"},
      {{{"display", "vnc"}, {"vga", "none"}}, ""},
      {{{"display", "nographic"}}, ""},
      {{{"vga", "tty"}},
       "error: vga = tty: expected one of none, std, cirrus, vmware, qxl, virtio"},
      {{{"uuid", "12345678-1234-1234-1234-123456789abc"}},
       "-uuid 12345678-1234-1234-1234-123456789abc"},
      {{{"uuid", "random"}},
       "error: uuid = random: expected one such as 12345678-1234-1234-1234-123456789abc"},
      {{{"rtc_base", "localtime"}, {"rtc_clock", "vm"}, {"rtc_drift", "slew"}},
       "-rtc base=localtime,clock=vm,driftfix=slew"},
      {{{"rtc_base", "2006-06-17T16:01:21"}}, "-rtc base=2006-06-17T16:01:21"},
      {{{"rtc_base", "today"}},
       "error: rtc_base = today: expected utc, localtime or a time such as 2006-06-17T16:01:21"},
      {{{"boot_order", "cdn"}, {"boot_once", "d"}, {"boot_menu", "on"}},
       "-boot order=cdn,once=d,menu=on"},
      {{{"boot_order", "xyz"}},
       "error: boot_order = xyz: expected letters such as cdn (disk, cdrom, network)"},
      {{{"guest_numa_nodes", "a b"},
        {"numa_mem_a", "256"},
        {"numa_mem_b", "256M"},
        {"numa_cpus_a", "0"}},
       "-object memory-backend-ram,id=ram-node0,size=256M -numa "
       "node,nodeid=0,memdev=ram-node0,cpus=0 -object memory-backend-ram,id=ram-node1,size=256M "
       "-numa node,nodeid=1,memdev=ram-node1"},
      {{{"guest_numa_nodes", "a"}}, "error: numa_mem_a = : expected a size"},
      {{{"serials", "s0 s1"}}, ""},
      {{{"serials", "s0 s1 log bus"}, {"serial_type_bus", "pci-serial"}},
       "-chardev file,id=serial-log,path=/out/serial-vm1-log.log -serial chardev:serial-log "
       "-chardev file,id=serial-bus,path=/out/serial-vm1-bus.log -device "
       "pci-serial,chardev=serial-bus"},
      {{{"serials", "a b ../c"}}, "error: serials: '../c' cannot be the name of a log"},
      {{{"serials", "a b c"}, {"serial_type", "usb"}},
       "error: serial_type = usb: expected one of isa-serial, pci-serial"},
      {{{"firmware", "ovmf"}},
       "-drive if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd "
       "-drive if=pflash,unit=1,file=/usr/share/OVMF/OVMF_VARS_4M.fd,format=qcow2"},
      {{{"firmware", "uefi"},
        {"ovmf_path", "/fw"},
        {"ovmf_code_filename", "c"},
        {"ovmf_vars_filename", "/v"}},
       "-drive if=pflash,unit=0,format=raw,readonly=on,file=/fw/c -drive "
       "if=pflash,unit=1,file=/v,format=qcow2"},
      {{{"firmware", "openbios"}},
       "error: firmware = openbios: expected one of bios, seabios, ovmf, uefi"},
      {{{"firmware", "ovmf"}, {"bios", "/x"}}, "error: firmware = ovmf and bios = /x: one of them"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Added(row.params), row.added);
}

TEST(Argv, Sandbox) {
  EXPECT_EQ(Added({}, {}, true),
            "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
  EXPECT_EQ(Added({{"qemu_sandbox", "off"}}, {}, true), "");
  VmConfig config;
  config.sandbox_spawn = true;
  Wiring wiring;
  wiring.sandbox = true;
  std::vector<std::string> argv = BuildArgv(config, wiring);
  EXPECT_EQ(*(std::find(argv.begin(), argv.end(), "-sandbox") + 1),
            "on,obsolete=deny,elevateprivileges=deny,spawn=allow,resourcecontrol=deny");
}

// image_boot for all images, as KVM-Autotest's base configuration has it.
TEST(Argv, BootOrderOfImages) {
  auto indices = [](Params::Map more) {
    more.insert({{"images", "a b c"}, {"image_name", "/x"}, {"drive_format", "virtio"}});
    std::string line = ArgvOf(more), found;
    for (size_t at = 0; (at = line.find("bootindex=", at)) != std::string::npos; ++at) {
      found += line.substr(at + 10, line.find_first_of(", ", at) - at - 10) + " ";
    }
    return found;
  };
  EXPECT_EQ(indices({{"image_boot", "yes"}}), "1 2 3 ");
  EXPECT_EQ(indices({{"image_boot_b", "yes"}}), "1 ");
  EXPECT_EQ(indices({{"image_boot", "yes"}, {"image_boot_a", "no"}}), "1 2 ");
  EXPECT_EQ(indices({{"image_boot", "yes"}, {"bootindex_c", "1"}}), "2 3 1 ");
  EXPECT_EQ(indices({{"image_boot", "yes"}, {"bootindex_b", "0"}}), "1 0 2 ");
}

TEST(Argv, DriveOptions) {
  const Params::Map kDisk = {{"images", "d"}, {"image_name", "/x"}, {"drive_format", "nvme"}};
  auto line = [&kDisk](Params::Map more) {
    more.insert(kDisk.begin(), kDisk.end());
    std::string all = ArgvOf(more);
    return all.substr(std::min(all.find(" -drive"), all.find("error: ")));
  };
  EXPECT_EQ(line({{"drive_cache", "none"},
                  {"image_aio", "native"},
                  {"image_snapshot", "yes"},
                  {"drive_werror", "stop"},
                  {"drive_rerror_d", "report"},
                  {"drive_serial", "S1"},
                  {"bootindex_d_vm1", "2"}}),
            " -drive if=none,id=drive-d,file=/x.qcow2,format=qcow2,cache=none,aio=native,"
            "werror=stop,rerror=report -device nvme,drive=drive-d,serial=S1,bootindex=2");
  EXPECT_EQ(line({{"image_boot", "yes"}}),
            " -drive if=none,id=drive-d,file=/x.qcow2,format=qcow2 -device "
            "nvme,drive=drive-d,serial=d,bootindex=1");
  EXPECT_EQ(line({{"drive_cache", "some"}}),
            "error: drive_cache = some: expected one of none, writeback, writethrough, directsync, "
            "unsafe");
  EXPECT_EQ(line({{"drive_serial", "a,b"}}), "error: drive_serial = a,b: no comma, please");
  EXPECT_EQ(line({{"bootindex", "-1"}}),
            "error: bootindex = -1: expected a whole number from 0 to 1000");
}

TEST(Argv, Removables) {
  EXPECT_EQ(Added({{"cdrom", "/a,b.iso"}}),
            "-drive if=none,id=drive-cd1,file=/a,,b.iso,format=raw,media=cdrom,readonly=on -device "
            "ide-cd,drive=drive-cd1");
  EXPECT_EQ(Added({{"cdroms", "x y"},
                   {"cdrom_x", "/x"},
                   {"cdrom_y", "y"},
                   {"cd_format_x", "ahci"},
                   {"cd_format_y", "scsi"},
                   {"images_base_dir", "/i"}}),
            "-drive if=none,id=drive-x,file=/x,format=raw,media=cdrom,readonly=on -device "
            "ahci,id=hba-x -device ide-cd,bus=hba-x.0,drive=drive-x -drive "
            "if=none,id=drive-y,file=/i/y,format=raw,media=cdrom,readonly=on -device "
            "virtio-scsi-pci,id=hba-y -device scsi-cd,bus=hba-y.0,drive=drive-y");
  EXPECT_EQ(Added({{"cdroms", "x"}}), "error: cdrom_x names no file");
  EXPECT_EQ(Added({{"floppy", "/f"}}),
            "-drive if=none,id=drive-floppy,file=/f,format=raw,readonly=on -device "
            "floppy,drive=drive-floppy");
  EXPECT_EQ(Added({{"floppy", "/f"}}, {{"machine_type", "q35"}}),
            "-drive if=none,id=drive-floppy,file=/f,format=raw,readonly=on -device isa-fdc -device "
            "floppy,drive=drive-floppy");
}

TEST(Argv, FilesThatMustBeThere) {
  auto built =
      BuildVmConfig(Params({{"firmware", "ovmf"}, {"cdrom", "/c"}, {"floppy", "/f"}}), "vm1", {});
  EXPECT_EQ(FilesNeeded(std::get<VmConfig>(built)),
            (std::vector<std::string>{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/f",
                                      "/usr/share/OVMF/OVMF_VARS_4M.fd", "/c"}));
}

TEST(Argv, Checksums) {
  CdromConfig cdrom{"cd1", "/c", "ide", "1", "2", "3"};
  std::vector<Checksum> sums = ChecksumsOf(cdrom);
  ASSERT_EQ(sums.size(), 3u);
  EXPECT_EQ(sums[0].param + sums[1].param + sums[2].param, "md5summd5sum_1msha1sum");
  EXPECT_EQ(sums[0].expected + sums[1].expected + sums[2].expected, "123");
}

TEST(SplitShellWords, Table) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(SplitShellWords(" a  b\tc "), (Words{"a", "b", "c"}));
  EXPECT_EQ(SplitShellWords("'a b' \"c 'd\" e\\ f ''"), (Words{"a b", "c 'd", "e f", ""}));
  EXPECT_EQ(SplitShellWords(R"($'a\tb\x0a\x24{c}\'\\'d \$'e' $f)"),
            (Words{"a\tb\n${c}'\\d", "$e", "$f"}));
  EXPECT_EQ(SplitShellWords("'a"), std::nullopt);
  EXPECT_EQ(SplitShellWords("$'a"), std::nullopt);
  EXPECT_EQ(SplitShellWords(R"($'a\')"), std::nullopt);
}

// As repro.sh boots a machine.
TEST(Argv, PortsLeadNowhereWithoutARunner) {
  Devices devices;
  devices.ports.emplace_back().name = "p";
  EXPECT_EQ(DeviceArgs(devices, {}),
            (std::vector<std::string>{"-device", "virtio-serial-pci,id=ports", "-chardev",
                                      "null,id=port-p", "-device",
                                      "virtserialport,bus=ports.0,chardev=port-p,name=p"}));
}

}  // namespace
}  // namespace kvmtest::vm
