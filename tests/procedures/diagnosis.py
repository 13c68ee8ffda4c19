#!/usr/bin/env python3
"""What a failing test says of its guest: diagnosis.py --runner ... --guests ... <case>"""

import os
import re
import signal
import subprocess
import sys
import time

import guests
from guests import FAST, Failure, Skip, digest, expect_equal, linux, need, tiny, wait_until

LOUD = FAST.replace("quiet ", "")
PNG = b"\x89PNG\r\n\x1a\n"


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def case_panic_within_two_seconds(box):
    """From the guest's panic to the end of the test, diagnosis and all."""
    box.add("one", linux(box, extra_params="-device VGA", guest_command="echo c > /proc/sysrq-trigger"),
            timeout=3600)
    process = box.start("one")
    console = box.path("results", "one", "console-vm1.log")
    wait_until(lambda: "Kernel panic - not syncing" in read(console), 90, "the guest panics")
    begin = time.monotonic()
    process.wait(20)
    took = time.monotonic() - begin
    outcome = box.finish("one", process).expect(1, "FAIL guest-panic: vm1: .*")
    outcome.expect_text("vm1: machine status guest-panicked\n", "vm1: vCPU 0 is at RIP ")
    print(f"{took:.2f} s after the panic")
    if took > 2:
        raise Failure(f"the test ended {took:.2f} s after the panic\n" + outcome.file("runner.log"))


def case_hang_at_boot(box):
    """One guest loops, the other one sleeps; neither says anything more."""
    params = linux(box, vms="vm1 vm2", mem="96", hang_timeout="15", extra_params_vm1="-device VGA",
                   nics="")
    params["kernel_params_vm1"] = LOUD + ' rdinit=/bin/sh -- -c "while :; do :; done"'
    params["kernel_params_vm2"] = LOUD + ' rdinit=/bin/sh -- -c "sleep 100000"'
    outcome = box.run_one(params, timeout=95)
    outcome.expect(
        1, r"FAIL guest-hang: vm1: nothing on the console and no disk request for 15 s while "
           r"the guest boots \(hang_timeout\); last console output \d+\.\d s ago, its vCPU is "
           r"(busy|looping) at RIP .*")
    outcome.expect_text("vm2: machine status running\n", "vm2: vCPU 0 is idle (halted) at RIP ",
                        "last lines of the console of vm2:\n")
    with open(box.path("results", "one", "screen-vm1.png"), "rb") as file:
        expect_equal(file.read(8), PNG)
    expect_equal(os.path.exists(box.path("results", "one", "screen-vm2.png")), False)
    for vm in ("vm1", "vm2"):
        expect_equal(outcome.file(f"vcpus-{vm}.txt").count("RIP="), 2)


def case_guest_resets(box):
    """A reboot that nobody asked for ends the test at once."""
    box.run_one(linux(box, guest_command="echo b > /proc/sysrq-trigger"), timeout=95).expect(
        1, r"FAIL guest-reset: vm1: the guest has reset the machine \d+ s after its start, .*").expect_text(
        "vm1: the guest has reset the machine before it was looked at: status, vCPUs, registers and "
        "screen are those of what has started since, not of what led to the reset\n")


def case_panic_and_reset(box):
    """With panic=-1 the firmware runs when the guest is looked at; with panic=0 the guest does."""
    loud = linux(box, nics="")["kernel_params"].replace("quiet ", "") + " rdinit=/nosuch init=/nosuch"
    box.add("resets", linux(box, nics="", kernel_params=loud), timeout=95)
    box.add("stays", linux(box, nics="", kernel_params=loud.replace("panic=-1", "panic=0")), timeout=95)
    said = "vm1: the guest has reset the machine before it was looked at: status, vCPUs, "
    outcome = box.finish("resets", box.start("resets"), 120)
    outcome.expect(1, "FAIL guest-panic: vm1: .*").expect_text(
        said, "not of the panic (with panic=0 in kernel_params it would stay there)\n")
    outcome = box.finish("stays", box.start("stays"), 120)
    outcome.expect(1, "FAIL guest-panic: vm1: .*").expect_text("vm1: vCPU 0 is at RIP ")
    if said in outcome.out:
        raise Failure(outcome.out)


def case_repro(box):
    """What a failure leaves boots the same VM by hand, and leaves nothing itself."""
    need("qemu-img")
    base = box.path("disk.raw")
    with open(base, "wb") as file:
        file.truncate(1 << 20)
    before = digest(base)
    box.run_one(linux(box, images="hd", image_name=base, image_format="raw", drive_format="virtio",
                      guest_command="false"), timeout=95).expect(1, "FAIL command-failed: .*")
    temporary = box.path("tmp")
    os.makedirs(temporary)
    process = subprocess.Popen(["sh", box.path("results", "one", "repro.sh")],
                               env={**os.environ, "TMPDIR": temporary}, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    os.set_blocking(process.stdout.fileno(), False)
    seen = b""

    def is_up():
        nonlocal seen
        seen += process.stdout.read() or b""
        if process.poll() is not None:
            raise Failure(f"repro.sh ended with {process.returncode}:\n{seen.decode()}")
        return b"kvmtest-guest: ready nonce=" in seen

    try:
        wait_until(is_up, 90, "the guest boots on the terminal")
        directory, = os.listdir(temporary)
        expect_equal(sorted(os.listdir(os.path.join(temporary, directory))),
                     ["qmp", "shell", "vm1-hd.qcow2"])
        if not re.search(rb"nics=,?eth0=52:54:00:10:00:01", seen):
            raise Failure(f"another network card:\n{seen.decode()}")
        process.stdin.write(b"\x01x")  # Ctrl-A X
        process.stdin.flush()
        process.wait(10)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    expect_equal([os.listdir(temporary), digest(base)], [[], before])
    refused = subprocess.run(["sh", box.path("results", "one", "repro.sh"), "vm9"],
                             env={**os.environ, "TMPDIR": temporary}, capture_output=True,
                             text=True, check=False)
    expect_equal(refused.returncode, 2)


def write_ctest(box, *names):
    os.makedirs(box.path("ctest"))
    with open(box.path("ctest", "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        for name in names:
            words = " ".join(f"[=[{w}]=]" for w in box.command(name))
            file.write(f"add_test({name} {words})\n")
    with open(box.path("ctest", "DartConfiguration.tcl"), "w", encoding="utf-8") as file:
        file.write(f"BuildDirectory: {box.path('ctest')}\nSourceDirectory: {box.path('ctest')}\n"
                   "Site: here\nBuildName: tests\n")


def ctest(box, *options):
    return subprocess.run([box.settings.ctest, "--test-dir", box.path("ctest"), *options],
                          env=box.environ(), capture_output=True, text=True, check=False,
                          timeout=100)


def case_repeated_by_ctest(box):
    """Each attempt of a test keeps what it left; the result stays where others look for it."""
    box.add("good", tiny(box))
    box.add("bad", tiny(box, boot_marker="never", login_timeout="1"))
    write_ctest(box, "good", "bad")
    ctest(box, "--repeat", "until-fail:3", "-R", "good")
    ctest(box, "--repeat", "until-pass:3", "-R", "bad")
    for name, word in (("good", "PASS"), ("bad", "FAIL")):
        directory = box.path("results", name)
        for part in ("attempt-1", "attempt-2", "."):
            verdict = read(os.path.join(directory, part, "verdict.txt"))
            expect_equal(verdict.split(" ")[0], word)
            expect_equal("tiny guest ready" in read(os.path.join(directory, part, "console-vm1.log")),
                         True)
            expect_equal(os.path.exists(os.path.join(directory, part, "result.json")), True)
        expect_equal(os.path.exists(os.path.join(directory, "attempt-3")), False)


def case_evidence_for_cdash(box):
    """The picture and the logs of a failure are in what ctest would submit."""
    box.add("bad", tiny(box, boot_marker="never", login_timeout="1", extra_params="-device VGA"))
    write_ctest(box, "bad")
    ctest(box, "-T", "Test", "--no-compress-output")
    found = [os.path.join(root, name) for root, _, names in os.walk(box.path("ctest", "Testing"))
             for name in names if name == "Test.xml"]
    if not found:
        raise Failure("ctest wrote no Test.xml")
    text = read(found[0])
    for part in ('<NamedMeasurement name="screen-vm1.png" type="image/png" encoding="base64">',
                 'filename="console-vm1.log"', 'filename="repro.sh"', 'name="qemu_max_rss_mib"',
                 'name="qemu_version"', "boot-timeout: vm1: 'never' did not appear"):
        if part not in text:
            raise Failure(f"there is no {part} in\n{text[:6000]}")
    expect_equal("CTestMeasurementFile" in text, False)


def rom(code):
    """64 KiB at a PC's reset vector that go to this code, in real mode."""
    return (code.ljust(0xfff0, b"\xf4") + b"\xea\x00\x00\x00\xf0").ljust(0x10000, b"\0")


def case_triple_fault(box):
    """A guest that faults for ever resets for ever; it is seen the first time."""
    path = box.path("fault.rom")
    with open(path, "wb") as file:
        # lidt with a limit of 0: the interrupt's vector lies beyond, and so do those of the faults.
        file.write(rom(b"\x2e\x0f\x01\x1e\x10\x00" + b"\xcd\x03" + b"\xf4" * 8 + b"\0" * 6))
    box.run_one(tiny(box, bios=path), timeout=60).expect(
        1, r"FAIL guest-reset: vm1: the guest has reset the machine \d s after its start, .*")


def case_kvm_internal_error(box):
    """KVM gives up on the very first instruction: noticed at once, in KVM's own words."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise Skip("there is no /dev/kvm")
    box.common["accel"] = "kvm"
    path = box.path("odd.rom")
    with open(path, "wb") as file:
        file.write(rom(b"\x9b\xdb\xe3\xd9\xeb"))  # fninit, fldpi: for a processor, not for software
    outcome = box.run_one(tiny(box, bios=path), timeout=10)
    if outcome.status == 77:
        raise Skip(outcome.verdict)
    if "boot-timeout" in outcome.verdict:
        raise Skip("this KVM runs every instruction: " + outcome.verdict)
    outcome.expect(
        1, r"FAIL kvm-internal-error: vm1: KVM internal error\. Suberror: 1, emulation failure")


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
