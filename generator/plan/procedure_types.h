// The values of `type` for which the runner has a procedure. tests/unit/procedures holds them to
// the runner's own table.
#ifndef KVMTEST_PLAN_PROCEDURE_TYPES_H_
#define KVMTEST_PLAN_PROCEDURE_TYPES_H_

#include <string_view>

namespace kvmtest::plan {

inline constexpr std::string_view kProcedureTypes[] = {
    "balloon",                   //
    "block_backup",              //
    "block_hotplug",             //
    "block_mirror",              //
    "block_snapshot",            //
    "boot",                      //
    "cpu_hotplug",               //
    "dump_guest_memory",         //
    "external",                  //
    "guest_command",             //
    "image_io",                  //
    "kvm_unit_test",             //
    "memory_hotplug",            //
    "migration",                 //
    "nic_hotplug",               //
    "panic",                     //
    "physical_resources_check",  //
    "ping",                      //
    "qemu_img",                  //
    "qmp_script",                //
    "reboot",                    //
    "rng",                       //
    "save_restore",              //
    "shutdown",                  //
    "stop_continue",             //
    "stress_boot",               //
    "timedrift",                 //
    "virtio_console",            //
    "watchdog",                  //
};

}  // namespace kvmtest::plan

#endif  // KVMTEST_PLAN_PROCEDURE_TYPES_H_
