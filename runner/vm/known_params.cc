#include "vm/known_params.h"

#include <algorithm>
#include <iterator>

namespace kvmtest::vm {

namespace {

// Sorted. Read by the planner, by another VM than this test has, or by nobody.
constexpr std::string_view kKnown[] = {
    "accel",
    "address_ranges",
    "allowed_resets",
    "assign",
    "boot_marker",
    "bootp",
    "bridge",
    "console_expect",
    "console_fail",
    "console_ignore",
    "cpu_model",
    "create_image",
    "dep",
    "depend",
    "display",
    "drive_cache",
    "drive_format",
    "env",
    "force_create_image",
    "hang_timeout",
    "hostname",
    "image_format",
    "image_name",
    "image_raw_device",
    "image_size",
    "images",
    "images_base_dir",
    "initrd",
    "ip_config",
    "ip_prefix",
    "keep_vm",
    "kernel_params",
    "known_failures",
    "labels",
    "login_timeout",
    "mac_ranges",
    "machine_type",
    "main_vm",
    "name",
    "netdst",
    "nettype",
    "nic_mode",
    "nic_model",
    "nics",
    "post_command",
    "post_command_noncritical",
    "pre_command_noncritical",
    "private_net",
    "pvpanic",
    "qemu_img_binary",
    "queue",
    "redirs",
    "restrict",
    "scsi_hba",
    "shell_client",
    "shell_port",
    "shortname",
    "skip",
    "ssh_key",
    "start_vm",
    "template_dir",
    "template_limit",
    "test_set",
    "test_timeout",
    "tftp",
    "timeout_multiplier",
    "type",
    "used_cpus",
    "used_mem",
    "username",
    "vm_create_timeout",
    "vm_reuse",
    "vms",
    "watchdog_action",
};

// Families with a range's or an object's name at the end.
constexpr std::string_view kKnownPrefixes[] = {
    "address_range_", "base_ip_", "base_mac_", "guest_port_", "range_size_",
};

}  // namespace

bool IsKnownParam(std::string_view key) {
  if (std::binary_search(std::begin(kKnown), std::end(kKnown), key)) return true;
  if (key.substr(0, 1) == "_") return true;  // modern: _name_map_file and the like
  return std::any_of(
      std::begin(kKnownPrefixes), std::end(kKnownPrefixes),
      [&](std::string_view prefix) { return key.substr(0, prefix.size()) == prefix; });
}

}  // namespace kvmtest::vm
