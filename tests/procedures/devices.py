#!/usr/bin/env python3
"""Procedures about devices, with real guests: devices.py --runner ... --guests DIR <case>

Each has a twin here that is sabotaged and must fail with its class. A guest that lies is made by
guest_prepare_cmd, which runs in it after the boot."""

import os
import subprocess
import sys

import guests
from guests import FAST, expect_equal, leak, linux, need, runs, wait_until

# Someone in the guest who writes to its disks, or sets its network card's address, all the time.
ROGUE_WRITER = ("(while :; do for d in vda sda; do [ ! -b /dev/$d ] || echo rogue > /dev/$d; done;"
                " sleep 0.05; done) > /dev/null 2>&1 &")
MAC_CHANGER = ("(while :; do ip link set eth0 address 52:54:00:99:99:99; sleep 0.05; done)"
               " > /dev/null 2>&1 &")
# A file of the guest's own in the place of its disk: devtmpfs leaves it alone when the disk comes.
NO_DISK = "rm -f /dev/vda; head -c 8388608 /dev/zero > /dev/vda"


def disks(box, **formats):
    """Params for blank disks of 8 MiB: name=(interface, format, cache)."""
    need("qemu-img")
    params = {"images": " ".join(formats), "image_name": box.path("disk"), "create_image": "yes",
              "image_size": "8M"}
    for name, (interface, image_format, cache) in formats.items():
        params[f"drive_format_{name}"] = interface
        params[f"image_format_{name}"] = image_format
        if cache:
            params[f"drive_cache_{name}"] = cache
    return params


def add(box, name, params):
    """The deadline is for the case that the machine is loaded: these guests wait for each other."""
    box.add(name, params, timeout=200)


def run(box, name):
    return box.finish(name, box.start(name), limit=240)


def run_one(box, params):
    add(box, "one", params)
    return run(box, "one")


def quick(box, flavour="cloud", **params):
    """A guest without a network card, and short waits: what is wrong stays so."""
    return linux(box, flavour, **{"nics": "", "device_timeout": "20", **params})


# --- physical_resources_check ------------------------------------------------------------------

def case_resources(box):
    """What the guest reports is what the params say; every kind of disk and card among it."""
    params = quick(box, "amd64", type="physical_resources_check", smp="2", mem="160",
                   nics="a b", nic_model_a="virtio", nic_model_b="e1000",
                   extra_params="-uuid 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                   **disks(box, one=("virtio", "raw", ""), two=("scsi", "qcow2", ""),
                           three=("ide", "qcow2", ""), four=("nvme", "raw", "")))
    params["drive_serial_two"] = "number2"
    params["image_size_one"] = "9M"
    run_one(box, params).expect(
        0, r"PASS physical_resources_check: 2 processor\(s\), 159\.\d MiB, 4 disk\(s\), "
           r"2 network card\(s\)")


def case_resources_that_differ(box):
    """A guest that uses less memory than it has, and one that lacks a driver for a disk."""
    add(box, "memory", quick(box, type="physical_resources_check", smp="2",
                            kernel_params=FAST + " mem=96M nr_cpus=1"))
    add(box, "disk", quick(box, type="physical_resources_check",
                          **disks(box, one=("virtio", "raw", ""), two=("scsi", "raw", ""))))
    run(box, "memory").expect(
        1, r"FAIL wrong-hardware: vm1: processors: found 1, expected 2; "
           r"memory: found 9\d\.\d MiB, expected 128\.0 MiB within 3 %")
    run(box, "disk").expect(1, "FAIL wrong-hardware: vm1: disks: found 1, expected 2")


def case_resources_of_a_liar(box):
    """One place in the guest says what is expected, and another what there is."""
    add(box, "cpus", quick(box, type="physical_resources_check", smp="2",
                          kernel_params=FAST + " nr_cpus=1", guest_prepare_cmd=(
                              "cat /proc/cpuinfo > /tmp/cpus; echo 'processor : 1' >> /tmp/cpus;"
                              " mount -o bind /tmp/cpus /proc/cpuinfo")))
    run(box, "cpus").expect(
        1, "FAIL wrong-hardware: vm1: processors: found 2 and, online, 0, expected 2")
    run_one(box, quick(box, type="physical_resources_check", mem="256",
                      kernel_params=FAST + " mem=100M", guest_prepare_cmd=(
                          "echo '00000000-0fffffff : System RAM' > /tmp/iomem;"
                          " mount -o bind /tmp/iomem /proc/iomem"))).expect(
        1, r"FAIL wrong-hardware: vm1: memory: found a MemTotal of \d\d\.\d MiB, expected what goes "
           r"with 256\.0 MiB in /proc/iomem")


# --- hotplug -----------------------------------------------------------------------------------

def case_hotplug_until_the_deadline(box):
    """A guest that answers each time and has not got there when the whole test's time is up."""
    params = quick(box, type="cpu_hotplug", vcpu_maxcpus="2", kernel_params=FAST + " nr_cpus=1",
                   vm_reuse="template")
    add(box, "limit", {**params, "device_timeout": "2"})
    run(box, "limit").expect(1, r"FAIL hotplug-timeout: vm1: the guest has not come to 2 processors "
                                r"within 2 s \(device_timeout\)")
    box.add("deadline", {**params, "device_timeout": "1000"}, timeout=20)
    outcome = run(box, "deadline")
    outcome.expect(124, r"FAIL hotplug-timeout: vm1: the guest has not come to 2 processors within "
                        r"[0-9.]+ s \(then the time of the whole test was up: timeout\)")
    outcome.expect_text("the guest says:\n1\n")


def case_nic_hotplug(box):
    """The second card is plugged in, twice, and has the second address of the block."""
    outcome = run_one(box, quick(box, type="nic_hotplug", nics="nic1 nic2", repeat_times="2"))
    outcome.expect(0, r"PASS nic_hotplug: nic2 \(virtio-net-pci, 52:54:00:10:00:02\) was plugged "
                      r"in, used and taken out 2 time\(s\)")
    outcome.expect_text('name="hotplug_seconds"')


def case_nic_hotplug_q35(box):
    """On q35 it needs a PCIe port."""
    run_one(box, quick(box, type="nic_hotplug", nics="nic1", machine_type="q35")).expect(
        0, "PASS nic_hotplug: nic1 .*")


def case_nic_hotplug_tap(box):
    """Into the test's own network with this machine."""
    outcome = run_one(box, quick(box, type="nic_hotplug", nics="nic1 nic2", nic_mode="tap",
                                 repeat_times="2"))
    if outcome.status == 77:
        raise runs.Skip(outcome.verdict)
    outcome.expect(0, r"PASS nic_hotplug: nic2 .* was plugged in, used and taken out 2 time\(s\)")
    box.expect_nothing_left()


def case_nic_hotplug_private(box):
    """Into a network with another VM, and into one where nobody is."""
    add(box, "two", quick(box, type="nic_hotplug", vms="vm1 vm2", mem="96", nics="nic1 nic2",
                          nics_vm2="nic1", nic_mode="private", repeat_times="2"))
    add(box, "one", quick(box, type="nic_hotplug", nics="nic1", nic_mode="private"))
    run(box, "two").expect(
        0, r"PASS nic_hotplug: nic2 .* was plugged in, used and taken out 2 time\(s\)")
    run(box, "one").expect(0, "PASS nic_hotplug: nic1 .*").expect_text(
        "vm1: nobody is to be reached through nic1 (private network 'net')")


def case_nic_hotplug_private_deaf(box):
    """The twin: the other VM does not answer."""
    run_one(box, quick(box, type="nic_hotplug", vms="vm1 vm2", mem="96", nics="nic1",
                      nic_mode="private", ip_config_vm2="none", device_timeout="30")).expect(
        1, r"FAIL command-failed: vm1: using the new card eth0 .*")


def case_nic_hotplug_wrong_address(box):
    run_one(box, quick(box, type="nic_hotplug", nics="nic1",
                      guest_prepare_cmd=MAC_CHANGER)).expect(
        1, "FAIL wrong-address: vm1: the guest's new card eth0 has the address "
           "52:54:00:99:99:99, expected 52:54:00:10:00:01 of nic1")


def case_nic_hotplug_without_driver(box):
    run_one(box, quick(box, type="nic_hotplug", nics="nic1", nic_model="e1000",
                      device_timeout="3")).expect(
        1, r"FAIL hotplug-timeout: vm1: the guest saw no new network card within 3 s \(device_timeout\) of "
           r"plugging in nic1 \(e1000\)")


def case_panic_during_a_tool(box):
    """The guest panics while a program of the host's works: that is not waited for."""
    slow = box.path("slow-qemu-img")
    with open(slow, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\ncase $1 in convert) : > {box.path('begun')}; exec sleep 60 ;; esac\n"
                   'exec qemu-img "$@"\n')
    os.chmod(slow, 0o755)
    panics = ("(until [ -e /sys/block/vda ]; do sleep 0.1; done; while [ -e /sys/block/vda ]; do"
              " sleep 0.1; done; sleep 3; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &")
    outcome = run_one(box, quick(box, type="block_hotplug", guest_prepare_cmd=panics,
                                 qemu_img_binary=slow, **disks(box, one=("virtio", "qcow2", ""))))
    outcome.expect(1, "FAIL guest-panic: vm1: .*Kernel panic - not syncing: .*")
    after = outcome.result()["ended"] - os.stat(box.path("begun")).st_mtime
    if after > 30:
        raise guests.Failure(f"the verdict came {after:.1f} s after the tool was started")
    box.expect_nothing_left()


def case_block_hotplug(box):
    run_one(box, quick(box, type="block_hotplug",
                      **disks(box, one=("virtio", "qcow2", "none")))).expect(
        0, r"PASS block_hotplug: one \(virtio\) was plugged in, used and taken out 2 time\(s\)")
    box.expect_nothing_left()


def case_block_hotplug_in_an_odd_place(box):
    """The human monitor ends words at blanks, and knows backslashes."""
    odd = runs.Box(box.path('a "b" c\\d,e'), box.settings)
    run_one(odd, quick(odd, type="block_hotplug",
                      **disks(odd, one=("virtio", "qcow2", "none")))).expect(
        0, r"PASS block_hotplug: one \(virtio\) was plugged in, used and taken out 2 time\(s\)")


def case_block_hotplug_scsi(box):
    """With its controller; the disk that was not to be there at the boot is the one."""
    params = quick(box, type="block_hotplug", hotplug_format="virtio_scsi",
                   **disks(box, one=("ide", "qcow2", ""), two=("virtio", "qcow2", "")))
    params["boot_drive_one"] = "no"
    run_one(box, params).expect(
        0, r"PASS block_hotplug: one \(virtio_scsi\) was plugged in, used and taken out .*")


def case_block_hotplug_other_data(box):
    run_one(box, quick(box, type="block_hotplug", guest_prepare_cmd=ROGUE_WRITER,
                      **disks(box, one=("virtio", "raw", "")))).expect(
        1, "FAIL data-mismatch: vm1: the guest reads other data from vda .* than it wrote")


def case_block_hotplug_elsewhere(box):
    """A guest that writes to something else than the disk, and reads it back from there."""
    run_one(box, quick(box, type="block_hotplug", guest_prepare_cmd=NO_DISK,
                      **disks(box, one=("virtio", "qcow2", "")))).expect(
        1, "FAIL data-mismatch: one: KiB 0 to 1024 of its file hold other data than the guest "
           "wrote to vda")
    box.expect_nothing_left()


def case_block_hotplug_impossible(box):
    """qemu plugs no IDE disks into a running machine."""
    run_one(box, quick(box, type="block_hotplug", **disks(box, one=("ide", "raw", "")))).expect(
        77, "SKIP environment: vm1: device_add \"ide-hd,.*: .* does not support hotplugging")


def case_cpu_hotplug(box):
    run_one(box, quick(box, type="cpu_hotplug", smp="1", vcpu_maxcpus="3")).expect(
        0, r"PASS cpu_hotplug: 2 processor\(s\) were plugged in and used and taken out")


def case_cpu_hotplug_refused(box):
    """A kernel that takes no more processors than it booted with."""
    run_one(box, quick(box, type="cpu_hotplug", device_timeout="3",
                      kernel_params=FAST + " possible_cpus=1")).expect(
        1, r"FAIL hotplug-timeout: vm1: the guest has not come to 2 processors within 3 s \(device_timeout\)")


def case_memory_hotplug(box):
    run_one(box, quick(box, type="memory_hotplug")).expect(
        0, r"PASS memory_hotplug: 128 MiB were plugged in, the guest has 12\d\.\d MiB more")


def case_memory_hotplug_of_an_odd_size(box):
    run_one(box, quick(box, type="memory_hotplug", hotplug_mem="129")).expect(
        2, r"ERROR bad-params: vm1: device_add .* must be multiple of 0x200000 \(hotplug_mem = 129\)")


def case_memory_hotplug_refused(box):
    """A guest that does not hear of the memory."""
    run_one(box, quick(box, type="memory_hotplug", device_timeout="3",
                      kernel_params=FAST + " acpi=off")).expect(
        1, r"FAIL hotplug-timeout: vm1: the guest has not come to \d+ KiB of memory within 3 s \(device_timeout\) "
           r"of plugging in 128 MiB")


def liar(box, more):
    """A guest that cannot hear of the memory, and comes to say that it has so many KiB more."""
    return quick(box, type="memory_hotplug", device_timeout="6", kernel_params=FAST + " acpi=off",
                 guest_prepare_cmd=(
                     "cp /proc/meminfo /tmp/m; mount -o bind /tmp/m /proc/meminfo; read k total u"
                     f" < /tmp/m; (sleep 2; echo \"MemTotal: $((total + {more})) kB\" > /tmp/m)"
                     " > /dev/null 2>&1 &"))


def case_memory_hotplug_of_a_liar(box):
    """Too much is as wrong as too little, and the right number is no proof."""
    add(box, "much", liar(box, 99999999))
    add(box, "right", liar(box, 128 << 10))
    run(box, "much").expect(
        1, r"FAIL wrong-hardware: vm1: 128 MiB were plugged in, but the guest says that it has "
           r"97656\.2 MiB more")
    run(box, "right").expect(
        1, r"FAIL hotplug-timeout: vm1: the guest says that it has the memory, but its ACPI has not "
           r"answered for the DIMM within 6 s \(device_timeout\)")


# --- devices that are there from the start ------------------------------------------------------

def watchdog(box, action, **params):
    return quick(box, "amd64", type="watchdog", watchdog_action=action, watchdog_timeout="2",
                 **params)


def case_watchdog_reset(box):
    run_one(box, watchdog(box, "reset")).expect(
        0, r"PASS watchdog: fired after [0-9.]+ s \(i6300esb, reset\)")


def case_watchdog_actions(box):
    for action in ("poweroff", "pause", "inject-nmi"):
        add(box, action, watchdog(box, action))
        run(box, action).expect(0, rf"PASS watchdog: fired after [0-9.]+ s \(i6300esb, {action}\)")


def case_watchdog_dead(box):
    """It never fires, since the guest goes on feeding it."""
    run_one(box, watchdog(box, "reset",
                          watchdog_command="watchdog -T 30 -t 1 /dev/watchdog")).expect(
        1, r"FAIL watchdog-timeout: vm1: the watchdog did not fire within 6 s "
           r"\(it was set to 2 s by watchdog_timeout\)")


def case_watchdog_of_a_guest_that_resets_itself(box):
    """That was not the watchdog."""
    run_one(box, watchdog(box, "reset", watchdog_command="reboot -f")).expect(
        1, "FAIL guest-reset: vm1: the guest has reset the machine by itself, before any WATCHDOG "
           "event")


def case_watchdog_of_a_guest_that_powers_itself_off(box):
    """Nor was that, and its shell is not waited for."""
    for name, command in (("at_once", "poweroff -f"),
                          ("later", "(sleep 1; poweroff -f) < /dev/null > /dev/null 2>&1 &")):
        add(box, name, watchdog(box, "poweroff", watchdog_command=command))
        run(box, name).expect(1, r"FAIL guest-exited: vm1: the machine went away on its own "
                                 r"\(reason: guest-shutdown\)")


def case_watchdog_without_driver(box):
    run_one(box, quick(box, "cloud", type="watchdog")).expect(
        77, "SKIP environment: vm1: the guest has no /dev/watchdog: no driver for i6300esb")


def case_rng(box):
    run_one(box, quick(box, type="rng", virtio_rngs="r", backend_r="rng-random")).expect(
        0, r"PASS rng: 128 KiB came, \d+ bytes a second; 64 KiB of them are those that the host "
           r"gave")


def case_rng_other_backend(box):
    """What a backend gives that the params name cannot be known."""
    run_one(box, quick(box, type="rng", virtio_rngs="r", backend="rng-builtin")).expect(
        0, r"PASS rng: 128 KiB came, \d+ bytes a second")


def case_rng_elsewhere(box):
    """A guest whose numbers come from somewhere else."""
    run_one(box, quick(box, type="rng", guest_prepare_cmd=(
        "rm /dev/hwrng; ln -s /dev/urandom /dev/hwrng"))).expect(
        1, "FAIL data-mismatch: vm1: of 65536 bytes of /dev/hwrng only 0 are some that the host gave")


def case_rng_missing(box):
    """A guest without the device."""
    run_one(box, quick(box, type="rng", virtio_rngs="")).expect(
        1, "FAIL device-missing: vm1: the guest's source of random numbers is 'none', expected "
           "'virtio_rng'")


def case_balloon(box):
    run_one(box, quick(box, type="balloon")).expect(
        0, r"PASS balloon: the guest gave 32 MiB in [0-9.]+ s and has them back")


def case_balloon_dead(box):
    """A guest whose driver has gone, and a machine without the device."""
    add(box, "gone", quick(box, type="balloon", guest_prepare_cmd="rmmod virtio_balloon",
                          device_timeout="3"))
    add(box, "missing", quick(box, type="balloon", balloon="no"))
    run(box, "gone").expect(
        1, r"FAIL balloon-timeout: vm1: the guest has 128 MiB 3 s \(device_timeout\) after it was asked to have 96")
    run(box, "missing").expect(1, "FAIL device-missing: vm1: query-balloon: No balloon device .*")


def case_virtio_console(box):
    run_one(box, quick(box, type="virtio_console", virtio_ports="p c", virtio_port_type_c="console")
                ).expect(0, r"PASS virtio_console: 64 KiB went there and back through 2 port\(s\)")


def case_virtio_console_deaf(box):
    """A guest where somebody else holds the port, and one without a driver."""
    add(box, "held", quick(box, type="virtio_console", guest_prepare_cmd=(
        "for port in /dev/vport*; do sleep 1000 < $port > /dev/null 2>&1 & done")))
    add(box, "none", quick(box, type="virtio_console",
                          guest_prepare_cmd="rmmod virtio_console; rm -r /lib/modules"))
    run(box, "held").expect(
        1, "FAIL data-mismatch: vm1: the guest got data with the checksum and size 00000000 00000000, "
           "expected [0-9a-f]{8} 00010000")
    run(box, "none").expect(
        1, "FAIL device-missing: vm1: the guest has no virtio port 'kvmtest.port'")


# --- disks -------------------------------------------------------------------------------------

def case_image_io(box):
    """Formats, caches and interfaces, all in one guest."""
    run_one(box, quick(box, "amd64", type="image_io", **disks(
        box, a=("virtio", "qcow2", "none"), b=("ide", "raw", "writethrough"),
        c=("scsi", "vmdk", "unsafe"), d=("virtio_scsi", "vdi", "writeback"),
        e=("ahci", "qcow2", "directsync"), f=("nvme", "vhdx", "")))).expect(
        0, r"PASS image_io: 6 disk\(s\) were written and read back and are sound")
    box.expect_nothing_left()


def damage(path):
    """Takes a qcow2 image's table of reference counts away."""
    with open(path, "r+b") as file:
        file.seek(48)
        table = int.from_bytes(file.read(8), "big")
        file.seek(table)
        file.write(bytes(8))


def case_image_io_damaged(box):
    """An image that is damaged before the boot, one that becomes so while qemu runs, and a guest
    that reads something else than it wrote."""
    need("qemu-img")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", box.path("base.qcow2"), "8M"],
                   check=True)
    damage(box.path("base.qcow2"))
    add(box, "before", quick(box, type="image_io", images="a", image_name=box.path("base"),
                            drive_format="virtio"))
    blank = disks(box, a=("virtio", "qcow2", ""))
    add(box, "while", quick(box, type="image_io", **blank))
    add(box, "data", quick(box, type="image_io", guest_prepare_cmd=ROGUE_WRITER, **blank))
    run(box, "before").expect(1, "FAIL image-corrupt: qemu-img check of .*/base.qcow2: exit status .*")
    process = box.start("while")
    vm = wait_until(lambda: box.vm("while"), 60, "the VM runs")
    with open(f"/proc/{vm['pid']}/cmdline", encoding="utf-8") as file:
        path = file.read().split("id=drive-a,file=")[1].split(",")[0]
    damage(path)
    box.finish("while", process, limit=240).expect(
        1, "FAIL image-corrupt: qemu-img check of .*/vm1-a.qcow2: exit status .*")
    run(box, "data").expect(1, "FAIL data-mismatch: .*")


def case_image_io_leaks(box):
    """Leaked clusters are told, but are no damage."""
    need("qemu-img")
    path = box.path("base.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "8M"], check=True)
    leak(path)
    expect_equal(subprocess.run(["qemu-img", "check", "-q", path], check=False,
                                capture_output=True).returncode, 3)
    run_one(box, quick(box, type="image_io", images="a", image_name=box.path("base"),
                       drive_format="virtio", check_image="yes")).expect(
        0, "PASS image_io: .*").expect_text(
        f"qemu-img check of {path}: clusters are leaked, which is no failure")


def case_image_io_elsewhere(box):
    """A guest that writes to something else than the disk, and reads it back from there."""
    for image_format in ("qcow2", "raw"):
        add(box, image_format, quick(box, type="image_io", guest_prepare_cmd=NO_DISK,
                                     **disks(box, a=("virtio", image_format, ""))))
        run(box, image_format).expect(
            1, "FAIL data-mismatch: a: KiB 0 to 1024 of its file hold other data than the guest "
               "wrote to vda")


def case_block_mirror(box):
    run_one(box, quick(box, type="block_mirror", **disks(box, a=("virtio", "qcow2", "")))).expect(
        0, r"PASS block_mirror: 8192 KiB were mirrored in [0-9.]+ s and are the same")
    box.expect_nothing_left()


def case_block_mirror_image_snapshot(box):
    """image_snapshot asks for what every disk has anyway, and leaves its file in its place."""
    outcome = run_one(box, quick(box, type="block_mirror", image_snapshot="yes", **disks(box, a=("virtio", "qcow2", ""))))
    outcome.expect(0, r"PASS block_mirror: .* and are the same")
    if "param image_snapshot is not needed: images are never written" not in outcome.file("runner.log"):
        raise Failure(outcome.file("runner.log"))


def case_block_mirror_endless(box):
    """A job that cannot end: a byte a second."""
    outcome = run_one(box, quick(box, type="block_mirror", block_job_speed="1",
                                block_job_timeout="3", **disks(box, a=("virtio", "raw", ""))))
    outcome.expect(1, r"FAIL job-timeout: vm1: the job on drive-a did not come to BLOCK_JOB_READY "
                      r"within 3 s \(block_job_timeout\)").expect_text("query-block-jobs: [{")


def case_block_backup(box):
    run_one(box, quick(box, type="block_backup", **disks(box, a=("virtio", "raw", "")))).expect(
        0, r"PASS block_backup: the backup took [0-9.]+ s and has the data of its begin")


def case_block_snapshot(box):
    run_one(box, quick(box, type="block_snapshot", **disks(box, a=("virtio", "qcow2", "")))).expect(
        0, r"PASS block_snapshot: the snapshot took [0-9.]+ s and keeps the old data")


def case_block_data_lost(box):
    """Twins of backup and snapshot: somebody else writes there, too."""
    for kind in ("block_backup", "block_snapshot"):
        add(box, kind, quick(box, type=kind, guest_prepare_cmd=ROGUE_WRITER,
                            **disks(box, a=("virtio", "qcow2", ""))))
        run(box, kind).expect(1, "FAIL data-mismatch: .*: other bytes than 'a' from KiB 0 to 1024")


def case_disks_larger_than_the_guests_tmp(box):
    """The guest keeps nothing of the data's size: its /tmp, in 128 MiB, has not got the room."""
    large = disks(box, a=("virtio", "qcow2", ""))
    large["image_size"] = "1G"
    large["device_timeout"] = "60"
    add(box, "mirror", quick(box, type="block_mirror", **large))
    add(box, "io", quick(box, type="image_io", image_io_size="70000", **large))
    add(box, "hotplug", quick(box, type="block_hotplug", hotplug_size="70000", repeat_times="1",
                              **large))
    run(box, "mirror").expect(
        0, r"PASS block_mirror: 1048576 KiB were mirrored in [0-9.]+ s and are the same")
    run(box, "io").expect(0, r"PASS image_io: 1 disk\(s\) were written and read back and are sound")
    run(box, "hotplug").expect(0, "PASS block_hotplug: a .*")


def case_block_hotplug_beyond_the_disk(box):
    """What dd says is in the verdict."""
    run_one(box, quick(box, type="block_hotplug", hotplug_size="9000",
                       **disks(box, one=("virtio", "raw", "")))).expect(
        1, "FAIL command-failed: vm1: writing to vda ended with status 1: dd: .*"
           "No space left on device.*")


def case_block_mirror_other_data(box):
    """The twin: somebody else writes where the guest's writer wrote, while qemu changes files."""
    rogue = ("(while :; do dd if=/dev/urandom of=/dev/vda bs=1024 seek=4100 count=1 conv=notrunc,fsync;"
             " done) > /dev/null 2>&1 &")
    run_one(box, quick(box, type="block_mirror", guest_prepare_cmd=rogue,
                       **disks(box, a=("virtio", "qcow2", "")))).expect(
        1, r"FAIL data-mismatch: vm1: the guest reads other data from vda \(KiB 4096 to .*")


def in_use(box):
    """Params of a guest with a file system on its only disk, as that of an operating system is, to
    which it writes."""
    need("mke2fs")
    path = box.path("disk.raw")
    if not os.path.exists(path):
        subprocess.run(["mke2fs", "-q", "-t", "ext4", path, "32M"], check=True)
    return {"images": "a", "image_name": box.path("disk"), "image_format": "raw",
            "drive_format": "virtio", "guest_prepare_cmd": (
                "modprobe virtio_blk; until [ -b /dev/vda ]; do sleep 0.1; done; mkdir -p /mnt;"
                " mount -t ext4 /dev/vda /mnt || exit 1; (while :; do echo x >> /mnt/f; sync;"
                " sleep 0.1; done) > /dev/null 2>&1 &")}


def case_disks_that_the_guest_uses(box):
    """A mounted disk is not written raw: another is, or the test is skipped."""
    used = in_use(box)
    for kind in ("image_io", "block_mirror", "block_backup", "block_snapshot"):
        add(box, kind, quick(box, type=kind, **used))
        run(box, kind).expect(
            77, "SKIP environment: vm1: vda is mounted at /mnt; the test writes over a disk that the "
                "guest does not use: name one more in `images`, .*")
    two = {**used, "images": "b a", "image_name_b": box.path("blank"), "create_image_b": "yes",
           "image_size_b": "8M"}
    two["guest_prepare_cmd"] = used["guest_prepare_cmd"].replace("vda", "vdb")
    add(box, "mirror", quick(box, type="block_mirror", **two))
    add(box, "io", quick(box, type="image_io", **two))
    add(box, "named", quick(box, type="block_mirror", block_job_image="a", **two))
    run(box, "mirror").expect(0, "PASS block_mirror: 8192 KiB were mirrored .*")
    run(box, "io").expect(0, r"PASS image_io: 1 disk\(s\) were written and read back "
                             r"\(vdb is mounted at /mnt: left alone\) and are sound")
    run(box, "named").expect(77, "SKIP environment: vm1: vdb is mounted at /mnt; .*")


def case_disks_with_swap(box):
    """So is one with swap space."""
    swap = ("modprobe virtio_blk; until [ -b /dev/vda ]; do sleep 0.1; done;"
            " mkswap /dev/vda && swapon /dev/vda")
    run_one(box, quick(box, type="image_io", guest_prepare_cmd=swap,
                       **disks(box, a=("virtio", "raw", "")))).expect(
        77, "SKIP environment: vm1: vda is swap space; .*")


# --- qmp_script --------------------------------------------------------------------------------

SCRIPT = """# stops the machine and lets it go on
{"execute": "stop"}
event STOP
{"execute": "query-status"}
expect {"status": "paused", "running": false}
{"execute": "device_del",
 "arguments": {"id": "nonesuch"}}
error "'nonesuch' not found"
{"execute": "cont"} event RESUME wait 0.1
{"execute": "system_reset"}
event RESET {"guest": false}
"""


def case_qmp_script(box):
    """The tiny guest does: what a script asks of it is qemu's."""
    with open(box.path("script"), "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    add(box, "file", guests.tiny(box, type="qmp_script", qmp_script=box.path("script")))
    add(box, "text", guests.tiny(box, type="qmp_script", qmp_script='{"execute": "quit"} event SHUTDOWN'))
    run(box, "file").expect(0, r"PASS qmp_script: 11 step\(s\) of .*/script")
    run(box, "text").expect(0, r"PASS qmp_script: 2 step\(s\) of qmp_script")


def case_qmp_script_wrong(box):
    rows = {
        "command": ('{"execute": "nonesuch"}', 1,
                    "FAIL qemu-error: qmp_script:1: nonesuch: The command nonesuch has not been found"),
        "answer": ('\n{"execute": "query-status"} expect {"status": "paused"}', 1,
                   r'FAIL unexpected-answer: qmp_script:2: qemu answered \{.*"status":"running".*\}, '
                   r'expected \{"status":"paused"\}'),
        "event": ('{"execute": "stop"} event RESUME', 1,
                  r"FAIL event-missing: qmp_script:1: no event RESUME within 1 s "
                  r"\(qmp_script_timeout\)"),
        "no_error": ('{"execute": "stop"} error "x"', 1,
                     "FAIL unexpected-answer: qmp_script:1: qemu answered {}, expected an error that "
                     "says 'x'"),
        "syntax": ('{"execute": "stop"}\nevnt STOP', 2,
                   r"ERROR bad-params: qmp_script:2: 'evnt': expected a command .*"),
        "empty": ("# nothing", 2, "ERROR bad-params: qmp_script has no step: expected commands, .*"),
        "missing": ("/nowhere/script", 77,
                    "SKIP environment: qmp_script = /nowhere/script: No such file or directory"),
    }
    for name, (script, status, verdict) in rows.items():
        add(box, name, guests.tiny(box, type="qmp_script", qmp_script=script,
                                  qmp_script_timeout="1"))
        run(box, name).expect(status, verdict)
    expect_equal(os.path.exists(box.path("results", "event", "result.json")), True)


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
