#!/usr/bin/env python3
"""kvmtest-run with real guests: boots.py --runner ... --guests DIR <case>"""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys

import guests
from guests import (FAST, Failure, digest, expect_equal, guest_file, linux, need, runs, tiny,
                    wait_until)

def ask(path, *commands):
    """What qemu answers on its second monitor."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(path)
        stream = sock.makefile("rw")
        stream.readline()
        answers = []
        for command in ("qmp_capabilities", *commands):
            request = command if isinstance(command, dict) else {"execute": command}
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            while True:
                message = json.loads(stream.readline())
                if "return" in message or "error" in message:
                    break
            answers.append(message.get("return"))
        return answers[1:]


def case_boot(box):
    """The guest has the nonce, the address and the memory that it should."""
    box.environment["KVMTEST_NONCE"] = "abc123"
    outcome = box.run_one(linux(
        box, guest_command="cat /proc/cmdline; ip -4 addr show eth0; grep MemTotal /proc/meminfo"))
    outcome.expect(0, "PASS boot: booted in .* s, guest_command succeeded")
    outcome.expect_text("kvmtest.nonce=abc123 kvmtest.ip=10.20.0.1/16", "inet 10.20.0.1/16")
    expect_equal(outcome.file("console-vm1.log").split("kvmtest-guest: ")[1].strip(),
                 "ready nonce=abc123 nics=eth0=52:54:00:10:00:01")
    expect_equal(outcome.result()["vms"][0]["nics"],
                 [{"name": "nic1", "mac": "52:54:00:10:00:01", "ip": "10.20.0.1"}])
    box.expect_nothing_left()


def case_rtl8139(box):
    box.run_one(linux(box, "amd64", nic_model="rtl8139")).expect(0, "PASS boot: .*")


def case_e1000(box):
    box.run_one(linux(box, "amd64", nic_model="e1000")).expect(0, "PASS boot: .*")


def case_card_without_driver(box):
    """The twin of e1000: this kernel has no driver for it, so the address is not there."""
    box.run_one(linux(box, "cloud", nic_model="e1000")).expect(
        1, "FAIL wrong-address: vm1: the guest has no network card with the address "
           "52:54:00:10:00:01 of nic1")


def holding(image, image_format):
    """Another qemu, which may write to the image."""
    return subprocess.Popen(
        ["timeout", "250", "qemu-system-x86_64", "-display", "none", "-S", "-nodefaults", "-qmp", "stdio",
         "-drive", f"if=virtio,format={image_format},file={image}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def image_params(path):
    return {"image_name": path[:path.rindex(".")], "image_format": path[path.rindex(".") + 1:]}


def create(box, image_format, name, *words):
    path = box.path(f"{name}.{image_format}")
    subprocess.run(["qemu-img", "create", "-q", "-f", image_format, path, *words], check=True)
    return path


def out_of_reach(box, image, why, check="qcow2 vmdk"):
    """A test that boots from the image, and one that checks it, are skipped: the image may be sound."""
    name, image_format = os.path.basename(image).split(".")
    box.add(name, tiny(box, images="image1", **image_params(image)), timeout=60)
    box.run(name).expect(77, f"SKIP environment: vm1: {why}: .*")
    if image_format in check:
        for kind, params in (("qemu_img", {"subcommand": "check"}), ("image_io", {"drive_format": "virtio"})):
            box.add(name + kind, {**linux(box), "type": kind, **params, **image_params(image)}, timeout=60)
            box.run(name + kind).expect(77, f"SKIP environment: qemu-img check of {image}: {why}")


def case_image_in_use(box):
    """An image to which another process may write is sound: the test cannot run here and now."""
    need("qemu-img")
    images = [create(box, name, name, "16M") for name in ("qcow2", "raw", "vmdk")]
    for image, above in zip(images, (create(box, "qcow2", "above", "-F", "qcow2", "-b", images[0]), None, None)):
        with holding(image, image[image.rindex(".") + 1:]) as holder:
            try:
                holder.stdout.readline()  # its greeting: it has opened the image
                for path in filter(None, (image, above)):
                    out_of_reach(box, path, f"another process may write to {image}")
            finally:
                holder.terminate()
    # The twin: one qemu that is to open an image twice is wrong.
    twice = " ".join([f"-drive if=none,format=qcow2,file={images[0]}"] * 2)
    box.add("twice", tiny(box, images="image1", extra_params=twice, **image_params(images[2])))
    box.run("twice").expect(1, "FAIL qemu-start-failed: vm1: qemu ended with exit status 1: .*")


def case_image_below_is_missing(box):
    """What an image stands on is of the environment, as the image itself is."""
    need("qemu-img")
    base = create(box, "qcow2", "base", "16M")
    image = create(box, "qcow2", "image", "-F", "qcow2", "-b", base)
    above = create(box, "qcow2", "above", "-F", "qcow2", "-b", image)
    os.rename(base, base + ".away")
    for path in (image, above):
        out_of_reach(box, path, f"{base}: No such file or directory")
    # The twin: one that is there and no image.
    with open(base, "w", encoding="ascii") as file:
        file.write("no image\n" * 1000)
    box.add("bad", tiny(box, images="image1", **image_params(image)))
    box.run("bad").expect(1, "FAIL qemu-start-failed: vm1: .*: Image is not in qcow2 format")


def case_zero_address(box):
    """The proposal's own range begins at 00:00:00:00:00:00."""
    box.ranges[0]["base_mac"] = "00:00:00:00:00:00"
    outcome = box.run_one(linux(box, guest_command="cat /sys/class/net/eth0/address"))
    outcome.expect(0, "PASS boot: .*").expect_text("guest_command wrote:\n00:00:00:00:00:01\n")


def case_resets_are_counted_once(box):
    """qemu tells several resets of one: the firmware of a pc that was reset softly resets it anew."""
    box.add("one", linux(box, **guests.resets_itself(box, 1), allowed_resets="1"), timeout=250)
    outcome = box.finish("one", box.start("one"), limit=280).expect(0, "PASS boot: .*")
    print(outcome.file("qmp-vm1.log").count('"RESET"'), "events")
    box.expect_nothing_left()


def case_resets_too_often(box):
    """The twin: two."""
    box.add("two", linux(box, **guests.resets_itself(box, 2), allowed_resets="1"), timeout=250)
    box.finish("two", box.start("two"), limit=280).expect(
        1, r"FAIL guest-reset: vm1: the guest has reset the machine \d+ s after its start, which nobody asked for "
           r"\(allowed_resets = 1\)")


def case_two_vms(box):
    outcome = box.run_one(linux(box, vms="vm1 vm2", main_vm="vm2", nics_vm1="a b", nics_vm2="c",
                                mem_vm2="160",
                                guest_command="cat /sys/class/net/eth*/address; free -m"))
    outcome.expect(0, "PASS boot: .*").expect_text("guest_command wrote:\n52:54:00:10:00:03\n")
    expect_equal([[nic["mac"][-2:] for nic in vm["nics"]] for vm in outcome.result()["vms"]],
                 [["01", "02"], ["03"]])


def case_disks(box):
    """Each kind of disk; the image under a test's overlay stays as it is."""
    need("qemu-img")
    base = guest_file(box, "amd64/vmlinux")
    for image_format in ("raw", "qcow2"):
        path = box.path(f"disk.{image_format}")
        subprocess.run(["qemu-img", "create", "-q", "-f", image_format, path, "24M"], check=True)
    with open(box.path("disk.raw"), "r+b") as file:
        file.write(b"kvmtest disk")
    before = [digest(box.path(f"disk.{f}")) for f in ("raw", "qcow2")]
    rows = [("ide", "raw", "sda"), ("virtio", "qcow2", "vda"), ("scsi", "raw", "sda"),
            ("virtio_scsi", "qcow2", "sda"), ("ahci", "raw", "sda"), ("nvme", "raw", "nvme0n1")]
    disks = " ".join(row[0] for row in rows)
    del base
    params = linux(box, "amd64", images=disks, image_name=box.path("disk"), nics="")
    for name, image_format, _ in rows:
        params[f"drive_format_{name}"] = name
        params[f"image_format_{name}"] = image_format
    params["guest_command"] = (
        "n=0; for d in sda sdb sdc sdd vda nvme0n1; do"
        " [ $(cat /sys/block/$d/size) = 49152 ] || exit 1;"
        " dd if=/dev/$d bs=12 count=1 2>/dev/null | grep -q 'kvmtest disk' && n=$((n+1));"
        " echo written | dd of=/dev/$d bs=1M seek=1 conv=fsync 2>/dev/null || exit 2; done; echo raw disks: $n")
    box.run_one(params).expect(0, "PASS boot: .*").expect_text("raw disks: 4")
    expect_equal([digest(box.path(f"disk.{f}")) for f in ("raw", "qcow2")], before)
    box.expect_nothing_left()


def case_blank_disk(box):
    need("qemu-img")
    box.run_one(linux(box, images="image1", image_name="/nowhere/blank", create_image="yes",
                      image_format="raw", image_size="32M", drive_format="virtio",
                      guest_command="[ $(cat /sys/block/vda/size) = 65536 ]")).expect(
        0, "PASS boot: .*")


def case_missing_disk(box):
    box.run_one(linux(box, images="image1", image_name="/nowhere/disk")).expect(
        77, "SKIP environment: /nowhere/disk.qcow2: No such file or directory")


def case_command_fails(box):
    box.run_one(linux(box, guest_command="ls /nonexistent")).expect(
        1, "FAIL command-failed: vm1: guest_command ended with status 1: ls /nonexistent"
    ).expect_text("its output:\nls: /nonexistent: No such file or directory\n")


def case_shell_killed(box):
    """The guest puts another shell in its place, which will not answer what the first was asked."""
    box.run_one(linux(box, guest_command="kill -11 $$"), timeout=3600).expect(
        1, "FAIL command-failed: vm1: the guest's shell has ended and another begun under: kill -11 .*")


def case_shell_that_only_seems_another(box):
    """Words of a command's output that a new shell says, too."""
    box.run_one(linux(box, guest_command="cat /init; echo; echo x@@kvmtest-shell ready; sleep 1")).expect(
        0, "PASS boot: .*")


def case_big_command(box):
    """More than any buffer on the way holds at once, in both directions."""
    command = "cat > /t <<'END'\n" + "0123456789 '\"\\$x\n" * 1000 + "END\nwc -c /t; md5sum < /t; cat /t"
    digest_of = hashlib.md5(("0123456789 '\"\\$x\n" * 1000).encode()).hexdigest()
    outcome = box.run_one(linux(box, guest_command=command + " | head -c 100000"))
    outcome.expect(0, "PASS boot: .*")
    if digest_of not in outcome.file("shell-vm1.log"):
        raise Failure(outcome.file("shell-vm1.log")[:500])


def case_panic(box):
    """Ends the test at once although it has an hour."""
    outcome = box.run_one(linux(box, guest_command="echo c > /proc/sysrq-trigger"), timeout=3600)
    outcome.expect(1, r"FAIL guest-panic: vm1: \[ *[0-9.]+\] Kernel panic - not syncing: "
                      r"sysrq triggered crash").expect_text("sysrq_handle_crash")


def case_panic_at_boot(box):
    box.run_one(linux(box, kernel_params=FAST + " rdinit=/nonexistent"), timeout=3600).expect(
        1, "FAIL guest-panic: vm1: .*Kernel panic - not syncing: .*")


def case_shutdown_by_shell(box):
    box.run_one(linux(box, type="shutdown")).expect(
        0, r"PASS shutdown: the guest powered off in [0-9.]+ s \(shell\)")


def case_shutdown_by_button(box):
    box.run_one(linux(box, type="shutdown", shutdown_method="system_powerdown")).expect(
        0, r"PASS shutdown: the guest powered off in [0-9.]+ s \(system_powerdown\)")


def case_shutdown_refused(box):
    box.run_one(linux(box, type="shutdown", shutdown_command="true", shutdown_timeout="2")).expect(
        1, r"FAIL shutdown-timeout: vm1: the guest did not power off within 2 s \(shutdown_timeout\) \(shell\)")


def case_reboot_by_shell(box):
    box.run_one(linux(box, type="reboot")).expect(
        0, r"PASS reboot: rebooted in [0-9.]+ s \(shell\)")


def case_reboot_by_reset(box):
    box.run_one(linux(box, type="reboot", reboot_method="system_reset")).expect(
        0, r"PASS reboot: rebooted in [0-9.]+ s \(system_reset\)")


def case_reboot_refused(box):
    box.run_one(linux(box, type="reboot", reboot_command="true", login_timeout="20")).expect(
        1, r"FAIL reboot-timeout: vm1: the machine was not reset within 20 s \(login_timeout\)")


def case_reboot_that_powers_off(box):
    box.run_one(linux(box, type="reboot", reboot_command="poweroff")).expect(
        1, r"FAIL guest-exited: vm1: the machine went away on its own \(reason: guest-shutdown\)")


def case_tiny(box):
    """The guest without a shell: boots, is reset, obeys the power button."""
    box.add("boot", tiny(box))
    box.add("reboot", tiny(box, type="reboot"))
    box.add("shutdown", tiny(box, type="shutdown"))
    box.add("stays", tiny(box, boot_marker="never"), timeout=1)
    box.run("boot").expect(0, "PASS boot: .*")
    box.run("reboot").expect(0, "PASS reboot: .*")
    box.run("shutdown").expect(0, "PASS shutdown: .*")
    box.run("stays").expect(124, "FAIL boot-timeout: .*").expect_text(
        "vm1: machine status running\n", "  tiny guest ready\n")


def case_wrong_option(box):
    box.run_one(tiny(box, extra_params="-device nonesuch")).expect(
        1, "FAIL qemu-start-failed: vm1: qemu ended with exit status 1: .*'nonesuch' is not a "
           "valid device model name")


def case_second_monitor(box):
    """While a test runs, others can ask its qemu which addresses it has."""
    box.add("one", linux(box, guest_command="sleep 5"))
    process = box.start("one")
    vm = wait_until(lambda: box.vm("one"), 20, "the VM runs")
    status, filters = ask(vm["qmp"], "query-status", "query-rx-filter")
    expect_equal([status["status"], [f["main-mac"] for f in filters]],
                 ["running", ["52:54:00:10:00:01"]])
    with open(f"/proc/{vm['pid']}/cmdline", encoding="utf-8") as file:
        words = file.read().split("\0")
    if "guest=one/vm1,debug-threads=on" not in words or not any(vm["qmp"] in w for w in words):
        raise Failure(f"{words}")
    box.finish("one", process).expect(0, "PASS boot: .*")
    if os.path.exists(os.path.dirname(vm["qmp"])):
        raise Failure("the socket directory is left")


def case_accelerator(box):
    """auto says what it chose and why, asks once, and the choice boots Linux."""
    box.common["accel"] = "auto"
    outcome = box.run_one(linux(box)).expect(0, "PASS boot: .*")
    result = outcome.result()
    outcome.expect_text(f"accelerator: {result['accel']} ({result['accel_reason']})\n")
    if not result["accel_reason"] or "probe: " not in outcome.file("runner.log"):
        raise Failure(outcome.file("runner.log"))
    again = box.run("one").expect(0, "PASS boot: .*")
    expect_equal([again.result()["accel"], again.result()["accel_reason"]],
                 [result["accel"], result["accel_reason"]])
    if "probe: " in again.file("runner.log"):
        raise Failure("the second run asked again\n" + again.file("runner.log"))
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        expect_equal(result["accel"], "tcg")


def case_kvm(box):
    """accel = kvm: a tiny guest runs under it, or the test is skipped with the reason."""
    box.common["accel"] = "kvm"
    outcome = box.run_one(tiny(box))
    if outcome.status == 77:
        outcome.expect(77, "SKIP environment: accel = kvm, but no guest runs under it: .+")
    else:
        outcome.expect(0, "PASS boot: .*")
        expect_equal(outcome.result()["accel"], "kvm")


def kill_and_look(box, process, kill):
    """A running tiny guest, and nothing of it two seconds after kill()."""
    vm = wait_until(lambda: box.vm("one"), 20, "the VM runs")
    kill()
    wait_until(lambda: not runs.lives(vm["pid"]), 2, "qemu is gone")
    wait_until(lambda: not os.path.exists(os.path.dirname(vm["qmp"])), 2, "its sockets are gone")
    process.wait(20)
    process.stdout.close()
    box.expect_nothing_left()
    box.common["boot_marker"] = ""
    box.tests[0]["params"]["boot_marker"] = "tiny guest ready"
    box.run("one").expect(0, "PASS boot: .*")


def case_runner_killed(box):
    box.add("one", tiny(box, boot_marker="never"))
    process = box.start("one")
    kill_and_look(box, process, process.kill)


def kill_ctest(box, signal_number):
    box.add("one", tiny(box, boot_marker="never"))
    os.makedirs(box.path("ctest"))
    with open(box.path("ctest", "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        file.write("add_test(one " + " ".join(f"[=[{w}]=]" for w in box.command("one")) + ")\n")
    process = subprocess.Popen([box.settings.ctest, "--test-dir", box.path("ctest")],
                               env=box.environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    kill_and_look(box, process, lambda: process.send_signal(signal_number))


def case_ctest_killed(box):
    kill_ctest(box, signal.SIGKILL)


def case_ctest_terminated(box):
    kill_ctest(box, signal.SIGTERM)


def case_ctest_interrupted(box):
    kill_ctest(box, signal.SIGINT)


def case_ctest_times_out(box):
    """ctest kills the runner's whole tree at once; the guardian is not in it."""
    box.add("one", tiny(box, boot_marker="never"))
    os.makedirs(box.path("ctest"))
    with open(box.path("ctest", "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        file.write("add_test(one " + " ".join(f"[=[{w}]=]" for w in box.command("one")) + ")\n"
                   "set_tests_properties(one PROPERTIES TIMEOUT 3)\n")
    process = subprocess.Popen([box.settings.ctest, "--test-dir", box.path("ctest")],
                               env=box.environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    kill_and_look(box, process, lambda: process.wait(20))


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
