#include "vm/foreign_params.h"

namespace kvmtest::vm {

namespace {

constexpr std::string_view kOwnVms = "each test starts VMs of its own, and ends them";
constexpr std::string_view kOverlays =
    "images are never written: each test has fresh overlays of its own";
constexpr std::string_view kMonitors =
    "each VM has a QMP monitor for the runner and one for programs (KVMTEST_<vm>_QMP)";
constexpr std::string_view kPictures = "screendumps are PNG files of VMs that failed";
constexpr std::string_view kTaps =
    "the runner makes and names taps itself; nic_mode = tap or bridge connects them";

constexpr ForeignParam kForeign[] = {
    {"address_index",
     "addresses come from the queue's range, in the order of the VMs and of their cards", true},
    {"auto_cpu_model", "cpu_model names one; without it the accelerator's default is taken"},
    {"backup_image_before_testing", kOverlays},
    {"catch_monitor", kMonitors},
    {"clone_address_index_base", "clones have the addresses that follow those of the VMs"},
    {"clone_master", kOverlays},
    {"convert_ppm_files_to_png", kPictures},
    {"cpu_chk_cmd",
     "type = physical_resources_check reads /proc/cpuinfo; a command of one's own "
     "is type = guest_command",
     true},
    {"image_clone_command", kOverlays},
    {"image_snapshot", kOverlays},
    {"inactivity_treshold", "hang_timeout ends guests that are silent and idle while they boot",
     true},
    {"ip_nic", "addresses come from the queue's range (base_ip_...), in the order of the cards",
     true},
    {"iterations", "each test runs once; ctest --repeat runs it again", true},
    {"keep_ppm_files", kPictures},
    {"keep_screendump_history", kPictures},
    {"kill_unresponsive_vms", kOwnVms},
    {"kill_vm", kOwnVms},
    {"main_monitor", kMonitors},
    {"mem_chk_cmd",
     "type = physical_resources_check reads /proc/meminfo; a command of one's own "
     "is type = guest_command",
     true},
    {"monitor_type", kMonitors},
    {"monitors", kMonitors},
    {"nic_downscript", kTaps},
    {"nic_ifname", kTaps, true},
    {"nic_script", kTaps, true},
    {"password", "ssh takes one only from a person: ssh_key is a private key's file"},
    {"paused_after_start_vm",
     "a test of one's own stops a VM by `kvmtest-run qmp VM stop`, "
     "type = stop_continue tests that",
     true},
    {"qemu_command_prefix", "qemu_binary may be a script that ends in exec PREFIX qemu \"$@\"",
     true},
    {"restart_vm", kOwnVms},
    {"remove_image", "what the test made (create_image) goes with it, what was there stays"},
    {"restore_image", kOverlays},
    {"serial_login", "shell_client = serial is the default"},
    {"start_vm_for_migration", "type = migration starts the destination itself", true},
    {"verify_guest_dmesg",
     "panics and oopses on the console fail every test; console_fail adds "
     "patterns"},
    {"verify_host_dmesg", "the host's kernel log is not looked at", true},
};

}  // namespace

const ForeignParam* FindForeignParam(std::string_view key) {
  for (const ForeignParam& foreign : kForeign) {
    if (key.substr(0, foreign.name.size()) != foreign.name) continue;
    std::string_view rest = key.substr(foreign.name.size());
    // ip_nic1: the object's name is glued on.
    bool number = !rest.empty() && rest.find_first_not_of("0123456789") == std::string_view::npos;
    if (rest.empty() || rest[0] == '_' || (foreign.name == "ip_nic" && number)) return &foreign;
  }
  return nullptr;
}

}  // namespace kvmtest::vm
