#!/usr/bin/env python3
"""Params of machines, seen from within a guest or from beside its qemu: machine_params.py --runner ... <case>"""

import hashlib
import os
import stat
import subprocess
import sys

import guests
from boots import ask
from guests import FAST, Skip, expect_equal, leak, linux, need, tiny, wait_until

# xor ax, ax; mov ds, ax; mov si, text; cld; next: lodsb; or al, al; jz end; mov dx, 0x3f8; out dx, al;
# jmp next; end: hlt; jmp end; text:
SAYS = bytes.fromhex("31c0 8ed8 be167c fc ac 08c0 7406 baf803 ee ebf5 f4 ebfd")


def bootable_cd(path, text):
    """An image with one El Torito boot sector, which writes a text to the serial port."""
    def sector(content):
        return content.ljust(2048, b"\0")
    catalog = bytearray(b"\x01\0\0\0" + bytes(24) + b"\0\0\x55\xaa")
    total = sum(catalog[i] | catalog[i + 1] << 8 for i in range(0, 32, 2))
    catalog[28:30] = (-total & 0xffff).to_bytes(2, "little")
    catalog += b"\x88\0\0\0\0\0" + (4).to_bytes(2, "little") + (20).to_bytes(4, "little")
    volume = b"\x01CD001\x01".ljust(80, b"\0") + (21).to_bytes(4, "little") + (21).to_bytes(4, "big")
    with open(path, "wb") as file:
        file.write(bytes(16 * 2048) + sector(volume)
                   + sector(b"\0CD001\x01EL TORITO SPECIFICATION".ljust(71, b"\0")
                            + (19).to_bytes(4, "little"))
                   + sector(b"\xffCD001\x01") + sector(bytes(catalog))
                   + sector(SAYS + text + b"\r\n\0"))


def cd(box, **params):
    need("qemu-system-x86_64")
    path = box.path("disc.iso")
    bootable_cd(path, b"the disc speaks")
    with open(path, "rb") as file:
        content = file.read()
    return {"type": "boot", "nics": "", "mem": "16", "shell_client": "none", "cdroms": "cd1",
            "boot_marker": "the disc speaks", "cdrom_cd1": path, "boot_order": "d",
            "md5sum_cd1": hashlib.md5(content).hexdigest(),
            "md5sum_1m": hashlib.md5(content[:1 << 20]).hexdigest(),
            "sha1sum": hashlib.sha1(content).hexdigest(), **params}


def case_cdrom(box):
    """A machine boots its disc, on each kind of drive that its BIOS knows."""
    for interface in ("ide", "ahci"):
        box.add(interface, cd(box, cd_format=interface))
        box.run(interface).expect(0, "PASS boot: .*")


def case_cdrom_is_another(box):
    for name in ("md5sum", "md5sum_1m", "sha1sum"):
        box.add(name, cd(box, **{name + "_cd1": "0123"}))
        box.run(name).expect(
            2, f"ERROR bad-params: {name} = 0123: that of {box.path('disc.iso')} is [0-9a-f]+")
    os.mkdir(box.path("slow"))
    with open(box.path("slow", "md5sum"), "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexec sleep 100\n")
    os.chmod(box.path("slow", "md5sum"), 0o755)
    box.environment["PATH"] = box.path("slow") + ":" + os.environ["PATH"]
    box.add("late", cd(box), timeout=2)
    box.run("late").expect(
        124, f"FAIL test-timeout: {box.path('disc.iso')}: the computation of its md5sum had not ended "
             r"when the time of the whole test was up \(timeout\)")
    box.add("missing", cd(box, cdrom_cd1="/nowhere.iso"))
    box.run("missing").expect(77, "SKIP environment: /nowhere.iso: No such file or directory")


def case_machine_type_that_qemu_does_not_know(box):
    box.run_one(tiny(box, machine_type="pc-i440fx-99")).expect(
        1, r"FAIL qemu-start-failed: vm1: qemu ended with exit status 1: .*: unsupported machine type.* "
           r"\(machine_type = pc-i440fx-99\)")


def case_board(box):
    """What a guest sees of uuid, clock, NUMA nodes, a disk's serial number and a third serial port."""
    need("qemu-img")
    uuid = "12345678-1234-4234-8234-123456789abc"
    commands = [f"[ $(cat /sys/class/dmi/id/product_uuid) = {uuid} ] || exit 2",
                "grep -q ^2012- /sys/class/rtc/rtc0/date || date +%Y | grep -q 2012 || exit 3",
                "[ -d /sys/devices/system/node/node1 ] || exit 4",
                "[ $(cat /sys/block/vda/serial) = S4711 ] || exit 5",
                "echo heard > /dev/ttyS2; sleep 0.2"]
    outcome = box.run_one(linux(
        box, "amd64", uuid=uuid, rtc_base="2012-06-17T16:01:21", mem="192", smp="2",
        guest_numa_nodes="a b", numa_mem_a="96", numa_mem_b="96", numa_cpus_a="0", numa_cpus_b="1",
        images="image1", image_name="/nowhere/blank", create_image="yes", image_size="32M",
        drive_format="virtio", drive_serial="S4711", check_image="yes", drive_werror="report",
        image_aio="threads", serials="console shell third", guest_command="\n".join(commands)), timeout=200)
    outcome.expect(0, "PASS boot: .*")
    expect_equal(outcome.file("serial-vm1-third.log").strip(), "heard")
    box.expect_nothing_left()


def blank(box, **params):
    need("qemu-img")
    return tiny(box, **{"images": "image1", "image_name": "/nowhere/blank", "create_image": "yes",
                        "image_size": "1M", **params})


def qemu_img(box, command, instead):
    """A qemu-img that does something else for one of its commands."""
    need("qemu-img")
    shim = box.path("qemu-img-" + hashlib.md5(instead.encode()).hexdigest())
    with open(shim, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\n[ "$1" != {command} ] || {{ {instead}; }}\nexec qemu-img "$@"\n')
    os.chmod(shim, os.stat(shim).st_mode | stat.S_IXUSR)
    return shim


def case_image_is_corrupt(box):
    """The twin of check_image: a qemu-img that finds fault."""
    shim = qemu_img(box, "check", 'echo "1 errors were found"; exit 2')
    box.run_one(blank(box, check_image="yes", qemu_img_binary=shim)).expect(
        1, "FAIL image-corrupt: vm1: qemu-img check of image1: exit status 2: the image is damaged"
    ).expect_text("1 errors were found")


def case_image_is_not_corrupt(box):
    """Leaked clusters, a format that has no check, and a check that has no time."""
    leaky = box.path("leaky.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", leaky, "8M"], check=True)
    leak(leaky)
    box.add("leaks", blank(box, check_image="yes", qemu_img_binary=qemu_img(
        box, "check", f"exec qemu-img check -f qcow2 '{leaky}'")))
    box.run("leaks").expect(0, "PASS boot: .*").expect_text(
        "vm1: qemu-img check of image1: clusters are leaked, which is no failure")
    box.add("dies", blank(box, check_image="yes", qemu_img_binary=qemu_img(box, "check", "kill -9 $$")))
    box.run("dies").expect(3, r"ERROR harness-error: vm1: qemu-img check of image1: signal 9 \(Killed\)")
    box.add("none", blank(box, check_image="yes", image_format="vpc"))
    box.run("none").expect(0, "PASS boot: .*")
    box.add("late", blank(box, check_image="yes",
                          qemu_img_binary=qemu_img(box, "check", "exec sleep 100")), timeout=5)
    box.run("late").expect(
        124, r"FAIL test-timeout: vm1: qemu-img check of image1 had not ended when the time of the "
             r"whole test was up \(timeout\)")


def case_image_that_cannot_be(box):
    """Whether the params, the image below or the machinery is to blame."""
    for name, size in (("word", "abc"), ("minus", "-5"), ("unit", "5X")):
        box.add(name, blank(box, image_size=size))
        box.run(name).expect(2, f"ERROR bad-params: image_size = {size}: expected a size such as 10G .*")
    box.add("large", blank(box, image_size="1000000T"))
    box.run("large").expect(2, "ERROR bad-params: vm1: image_size = 1000000T for image1: .* too large .*")
    # The header alone, and half of it.
    for name, length in (("cut", 104), ("short", 50)):
        with open(box.path(name + ".qcow2"), "wb") as file:
            file.write(b"QFI\xfb\0\0\0\3".ljust(length, b"\0"))
        box.add(name, tiny(box, images="image1", image_name=box.path(name)))
        box.run(name).expect(1, f"FAIL image-corrupt: vm1: .*/{name}.qcow2 is no qcow2 image that qemu-img "
                                "can read: .*")
    slow = blank(box, image_format="vmdk", qemu_img_binary=qemu_img(box, "create", "exec sleep 100"))
    box.add("slow", {**slow, "vm_create_timeout": "1"})
    box.run("slow").expect(3, r"ERROR harness-error: vm1: cannot make a disk for image1: qemu-img did "
                              r"not end within 1 s \(vm_create_timeout\)")
    box.add("late", slow, timeout=2)
    box.run("late").expect(124, "FAIL test-timeout: vm1: cannot make a disk for image1: qemu-img did not "
                                "end within .*whole test was up.*")
    box.expect_nothing_left()


def case_image_boot(box):
    """As KVM-Autotest's base configuration has it for all images; a kernel is booted first."""
    params = {"images": "a b", "image_boot": "yes", "image_name": "/nowhere/blank",
              "create_image": "yes", "image_size": "1M", "drive_format": "virtio"}
    box.add("rom", tiny(box, **params))
    box.add("kernel", linux(box, nics="", **params), timeout=200)
    box.run("rom").expect(0, "PASS boot: .*")
    box.run("kernel").expect(0, "PASS boot: .*")


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def running(box, name, params):
    """What a running test's qemu may do, and its vm."""
    box.add(name, params)
    process = box.start(name)
    vm = wait_until(lambda: box.vm(name), 30, "the VM runs")
    return process, vm


def end(process):
    process.terminate()
    process.wait(20)
    process.stdout.close()


def case_confined(box):
    """qemu has a seccomp filter and, of root's capabilities, the two that it needs; the twin has none."""
    process, vm = running(box, "on", tiny(box, boot_marker="never"))
    status = status_of(vm["pid"])
    end(process)
    with open(box.path("results", "on", "qemu-vm1.cmd"), encoding="utf-8") as file:
        if "-sandbox on," not in file.read():
            raise Skip("this qemu has no seccomp filter")
    expect_equal(status["Seccomp"], "2")
    if os.geteuid() == 0:
        expect_equal(int(status["CapBnd"], 16) & ~(1 << 1 | 1 << 12), 0)
        expect_equal(int(status["CapEff"], 16) & ~(1 << 1 | 1 << 12), 0)
    own = status_of(os.getpid())["Seccomp"]
    process, vm = running(box, "off", tiny(box, boot_marker="never", qemu_sandbox="off"))
    status = status_of(vm["pid"])
    end(process)
    expect_equal(status["Seccomp"], own)
    box.expect_nothing_left()


def case_display(box):
    """A machine with a display card can be photographed, one without cannot."""
    for name, params, works in (("card", {"vga": "std"}, True), ("none", {}, False)):
        process, vm = running(box, name, tiny(box, boot_marker="never", mem="64", **params))
        path = box.path(name + ".ppm")
        ask(vm["qmp"], {"execute": "screendump", "arguments": {"filename": path}})
        end(process)
        expect_equal(os.path.exists(path) and os.path.getsize(path) > 1000, works)


def case_usb(box):
    """A controller and a tablet in it, which qemu knows of."""
    script = '{"execute": "human-monitor-command", "arguments": {"command-line": "info usb"}}\n'
    box.run_one(tiny(box, type="qmp_script", usbs="u", usb_devices="t", qmp_script=(
        script + '{"execute": "qom-get", "arguments": {"path": "/machine/peripheral/usbdev-t", '
                 '"property": "attached"}}\nexpect true'))).expect(
        0, "PASS qmp_script: .*")


def case_shape_of_processors(box):
    """The guest sees as many as the shape says."""
    box.run_one(linux(box, type="guest_command", nics="", vcpu_sockets="2", vcpu_cores="1",
                      vcpu_threads="1", guest_command=(
                          "grep -c ^processor /proc/cpuinfo; "
                          "grep 'physical id' /proc/cpuinfo | sort -u | wc -l"),
                      guest_command_expect="(?s)^2.2")).expect(0, "PASS guest_command: .*")


def case_mac_of_ones_own(box):
    box.run_one(linux(box, mac_nic1="52:54:00:aa:bb:cc", guest_command=(
        "grep -q 52:54:00:aa:bb:cc /sys/class/net/*/address"))).expect(0, "PASS boot: .*")


def case_older_accelerator_params(box):
    """vm_accelerator = kvm does not run under emulation: it runs under KVM or is skipped."""
    box.common.pop("accel")
    for name, params, accel in (("kvm", {"vm_accelerator": "kvm"}, "kvm"),
                                ("enable", {"enable_kvm": "yes"}, "kvm"),
                                ("disable", {"disable_kvm": "yes"}, "tcg")):
        box.add(name, tiny(box, **params))
        outcome = box.finish(name, box.start(name))
        if accel == "kvm" and outcome.status == 77:
            outcome.expect(77, "SKIP environment: accel = kvm, but no guest runs under it: .*")
        else:
            outcome.expect(0, "PASS boot: .*").expect_text(f"accelerator: {accel} ")


# Under TCG its clock is not found to be what it is, and the kernel waits for ever.
MICROVM = {"machine_type": "microvm", "kernel_params": FAST + " tsc_early_khz=1000000"}


def case_microvm(box):
    """A machine without PCI bus has disk, network card and the guest's shell on virtio-mmio."""
    params = {**MICROVM, "images": "disk", "image_name": box.path("disk"), "create_image": "yes",
              "image_size": "8M"}
    for kind in ("image_io", "ping", "rng"):
        box.add(kind, linux(box, type=kind, **params), timeout=200)
        box.finish(kind, box.start(kind), limit=240).expect(0, f"PASS {kind}: .*")
    box.expect_nothing_left()


def case_microvm_refuses(box):
    """What it cannot have is said before it boots, or skipped."""
    box.add("card", linux(box, **{**MICROVM, "nic_model": "e1000"}))
    box.finish("card", box.start("card")).expect(
        2, r"ERROR bad-params: machine_type = microvm has no PCI bus, only virtio devices: nic1 is "
           r"a e1000 \(nic_model = virtio\)")
    box.add("hotplug", linux(box, **{**MICROVM, "type": "nic_hotplug"}), timeout=200)
    box.finish("hotplug", box.start("hotplug"), limit=240).expect(
        77, "SKIP environment: vm1: device_add \"virtio-net-pci,.*: No 'PCI' bus found .*")


def case_ovmf(box):
    """UEFI firmware comes as far as its boot manager, and writes only to this run's variables."""
    folder = "/usr/share/OVMF"
    before = guests.digest(f"{folder}/OVMF_VARS_4M.fd")
    box.run_one({"type": "boot", "nics": "", "mem": "128", "firmware": "ovmf", "machine_type": "q35",
                 "shell_client": "none", "boot_marker": "BdsDxe|UEFI Interactive Shell"},
                timeout=200).expect(0, "PASS boot: .*")
    expect_equal(guests.digest(f"{folder}/OVMF_VARS_4M.fd"), before)


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
