#!/usr/bin/env python3
"""vm_reuse = template with real guests: template.py --runner ... --guests DIR <case>"""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import guests
from guests import (FAST, Failure, Skip, digest, expect_equal, guest_file, linux, resets_itself,
                    tiny, wait_until)

# What the guest says of itself on its console before it powers off: a test that needs a guest, not
# its boot.
SAY = ("echo \"guest: date=$(date +%s) mac=$(cat /sys/class/net/eth0/address)"
       " random=$(head -c 16 /dev/urandom | md5sum | cut -c1-32)"
       " ping=$(ping -c 1 -W 20 10.20.255.254 > /dev/null && echo yes || echo no)\" > /dev/console")


def guest(box, say=SAY, **params):
    return linux(box, type="shutdown", vm_reuse="template", template_dir=box.path("templates"),
                 shutdown_command=say + "; poweroff", **params)


def templates_there(box):
    path = box.path("templates")
    names = os.listdir(path) if os.path.isdir(path) else []
    return [name for name in names if re.fullmatch("[0-9a-f]{32}", name)]


def templates(box):
    path = box.path("templates")
    unfinished = [name for name in (os.listdir(path) if os.path.isdir(path) else [])
                  if name.endswith(".tmp")]
    if unfinished:
        raise Failure(f"{unfinished} is left")
    return templates_there(box)


def expect_way(outcome, way):
    """It passed, and the guest came up in this way."""
    outcome.expect(0, r"PASS shutdown: the guest powered off in [0-9.]+ s \(shell\)")
    ways = {"saved": "vm1: booted, and saved as template [0-9a-f]{32} in [0-9.]+ s",
            "restored": "vm1: restored from template [0-9a-f]{32} in [0-9.]+ s",
            "busy": "vm1: boots and leaves no template: pid [0-9]+ is making one"}
    found = [name for name, text in ways.items() if re.search(text, outcome.out)]
    expect_equal(found, [way])
    measured = outcome.result()["measurements"]
    expect_equal([name in measured for name in ("restore_seconds", "boot_seconds")],
                 [way == "restored", way != "restored"])
    return outcome


def said(outcome):
    """What the guest said of itself."""
    line = outcome.file("console-vm1.log").split("guest: date=")[1].split("\r\n")[0]
    return dict(word.split("=") for word in ("date=" + line).split())


def run_and_date(box, name):
    """Runs a test; how far its guest's clock was behind when it told the time."""
    process = box.start(name)
    log = box.path("results", name, "console-vm1.log")

    def told():
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as file:
                return re.search("guest: date=([0-9]+) mac=", file.read())
        return None
    found = wait_until(told, 60, "the guest says its date")
    return box.finish(name, process), time.time() - int(found.group(1))


def case_template_restores(box):
    """The first test boots and saves, the next ones continue: with the time of now, their addresses, random
    numbers of their own, a network that works, and the nonce of their own run."""
    box.add("first", guest(box))
    box.add("second", guest(box))
    box.add("third", guest(box))
    outcomes = [expect_way(box.run("first"), "saved")]
    expect_equal(len(templates(box)), 1)
    saved = time.time()
    for name in ("second", "third"):
        wait_until(lambda: time.time() > saved + 4, 10, "a clock that stood still would show")
        box.environment["KVMTEST_NONCE"] = "nonce-" + name
        outcome, behind = run_and_date(box, name)
        outcomes.append(expect_way(outcome, "restored"))
        if not -1 < behind < 2.5:  # it tells whole seconds, and says them before it has pinged
            raise Failure(f"the guest's clock was {behind:.3f} s behind")
        expect_equal(outcome.file("console-vm1.log").split("; restored here]\n")[1].split("\r\n")[0],
                     f"kvmtest-guest: restored nonce=nonce-{name}")
    facts = [said(outcome) for outcome in outcomes]
    expect_equal([fact["mac"] for fact in facts], ["52:54:00:10:00:01"] * 3)
    expect_equal([fact["ping"] for fact in facts], ["yes"] * 3)
    expect_equal(len({fact["random"] for fact in facts}), 3)
    box.expect_nothing_left()


# Its guest has an oops at boot, which its kernel survives.
OOPS = "BUG: said at boot"


def case_template_boot_console(box):
    """What the guest said while it booted decides a test as it does where the guest boots: the console of a
    restored one begins with it. A test that does not mind leaves the template to all others."""
    kernel_params = f"{FAST} rdinit=/bin/sh -- -c \"echo '{OOPS}'; exec /init\""

    def add(name, reuse="template", **params):
        box.add(name, {**guest(box, kernel_params=kernel_params), "type": "guest_command",
                       "guest_command": "true", "vm_reuse": reuse, **params}, timeout=200)
        return run(name)

    def run(name):
        return box.finish(name, box.start(name), limit=240)
    oops = f"FAIL kernel-oops: vm1: {OOPS}"
    ignored = {"console_ignore": "said at boot"}
    add("boots", reuse="no").expect(1, oops)
    saved = add("saves", **ignored).expect(0, "PASS .*").expect_text("vm1: booted, and saved as template ")
    add("judges").expect(1, oops)
    run("saves").expect(0, "PASS .*").expect_text("vm1: restored from template ")
    name, = templates(box)
    boot, restored = run("saves").file("console-vm1.log").split(
        f"[kvmtest: so far the boot that left template {name}; restored here]\n")
    expect_equal(boot, saved.file("console-vm1.log")[:len(boot)])
    expect_equal((OOPS in boot, "guest: ready" in boot), (True, True))
    expect_equal(restored.split(" nonce=")[0], "kvmtest-guest: restored")
    ready = "kvmtest-guest: ready"
    add("expects", console_expect=f"{OOPS} && {ready}", **ignored).expect(0, "PASS .*")
    add("fails", console_fail=ready, **ignored).expect(1, f"FAIL console-fail: vm1: {ready}.*")
    wait = {"type": "external", "command": f'"$KVMTEST_RUN" wait vm1 "{ready}" --timeout 5'}
    add("waits", **ignored, **wait).expect(0, "PASS .*").expect_text("vm1: restored from template ", ready)
    add("misses", console_expect="never", **ignored).expect(1, "FAIL console-expect: .*")
    expect_equal(templates(box), [name])
    box.expect_nothing_left()


def case_template_long_console(box):
    """More than 4 MiB are not kept: such a guest boots each time."""
    flood = "i=0; while [ $i -lt 70 ]; do head -c 49152 /dev/zero | base64; i=$((i+1)); done"
    box.add("one", {**guest(box, kernel_params=f'{FAST} rdinit=/bin/sh -- -c "mount -t devtmpfs d /dev;'
                                               f' {flood}; umount /dev; exec /init"'),
                    "type": "guest_command", "guest_command": "true"}, timeout=200)
    box.finish("one", box.start("one"), limit=240).expect(0, "PASS .*").expect_text(
        "vm1: leaves no template: vm1: its guest has written more than 4 MiB to its console\n")
    expect_equal(templates(box), [])


def case_template_boot_resets(box):
    """How often the guest reset its machine while it booted decides a test as it does where the guest boots."""
    def add(name, **params):
        box.add(name, {**guest(box, **resets_itself(box, 1)), "type": "guest_command", "guest_command": "true",
                       **params}, timeout=200)
        return box.finish(name, box.start(name), limit=240)

    def reset(when):
        return rf"FAIL guest-reset: vm1: the guest has reset the machine {when}, which nobody asked for \(allowed_resets = 0\)"
    add("boots", vm_reuse="no").expect(1, reset(r"\d+ s after its start"))
    add("saves", allowed_resets="9").expect(0, "PASS .*").expect_text("vm1: booted, and saved as template ")
    name, = templates(box)
    add("judges").expect(1, reset("while it booted, before it was saved"))
    add("allows", allowed_resets="9").expect(0, "PASS .*").expect_text("vm1: restored from template ")
    expect_equal(templates(box), [name])
    box.expect_nothing_left()


def case_template_serial_logs(box):
    """The log of a further serial port begins with what the guest wrote to it while it booted."""
    box.add("one", {**guest(box, serials="console shell log",
                            kernel_params=f'{FAST} rdinit=/bin/sh -- -c "mount -t devtmpfs d /dev;'
                                          f' echo at boot > /dev/ttyS2; umount /dev; exec /init"'),
                    "type": "guest_command", "guest_command": "echo the test > /dev/ttyS2; sleep 0.3"}, timeout=200)
    for way in ("saved", "restored"):
        outcome = box.finish("one", box.start("one"), limit=240).expect(0, "PASS .*")
        name, = templates(box)
        mark = f"[kvmtest: so far the boot that left template {name}; restored here]\n" if way == "restored" else ""
        expect_equal(outcome.file("serial-vm1-log.log").replace("\r", ""), f"at boot\n{mark}the test\n")
    box.expect_nothing_left()


def case_template_other_boards(box):
    """q35 and microvm, which has the guest's shell on a virtio console, restore as pc does."""
    for board, more in (("q35", ""), ("microvm", " tsc_early_khz=1000000")):
        for name in ("first", "second"):
            box.add(f"{board}{name}", guest(
                box, machine_type=board, kernel_params=FAST + more,
                images="disk", image_name=box.path("disk"), create_image="yes", image_size="8M",
                drive_format="virtio", shutdown_method="shell", shutdown_timeout="60"), timeout=200)
        expect_way(box.finish(board + "first", box.start(board + "first"), limit=240), "saved")
        facts = said(expect_way(box.finish(board + "second", box.start(board + "second"), limit=240), "restored"))
        expect_equal((facts["mac"], facts["ping"]), ("52:54:00:10:00:01", "yes"))
    box.expect_nothing_left()


def case_template_other_machine(box):
    """Another kernel parameter makes another template; beyond the limit the older one goes. What was saved is
    this qemu's: no test of booting uses it."""
    box.add("one", guest(box))
    box.add("other", guest(box, kernel_params=FAST + " other", template_limit="1"))
    box.add("boot", linux(box, vm_reuse="template", template_dir=box.path("templates")))
    expect_way(box.run("one"), "saved")
    first = templates(box)
    expect_way(box.run("other"), "saved")
    if len(templates(box)) != 1 or templates(box) == first:
        raise Failure(f"expected one template, not {first}: {templates(box)}")
    box.run("boot").expect(0, "PASS boot: .*").expect_text(
        "vm_reuse: boot is a test of booting, so its VMs boot\n")


def case_template_refused(box):
    """Where no state of it can be trusted, the machine boots and says why; nonsense is refused."""
    box.add("tiny", tiny(box, type="shutdown", vm_reuse="template"))
    box.run("tiny").expect(0, "PASS shutdown: .*").expect_text(
        "vm1: boots without a template: its guest has no shell that could set its clock\n")
    for name, params, why in (
            ("clock", {"rtc_base": "2006-06-17T16:01:21", "guest_command": "date +%Y | grep 2006"},
             "rtc_base or rtc_clock: a restored guest is told the time of day"),
            ("numa", {"guest_numa_nodes": "n0 n1", "numa_mem": "64", "numa_cpus_n0": "0", "guest_command": "true"},
             "guest_numa_nodes: the memory of a template is in one piece")):
        box.add(name, {**guest(box, **params), "type": "guest_command"})
        box.run(name).expect(0, "PASS guest_command: .*").expect_text(f"vm1: boots without a template: {why}\n")
    for number, (params, wrong) in enumerate((
            ({"vm_reuse": "snapshot"}, "vm_reuse = snapshot: expected no or template"),
            ({"template_dir": "here"}, "template_dir = here: expected an absolute path"),
            ({"template_limit": "much"}, "template_limit = much: .*"))):
        box.add(f"wrong{number}", tiny(box, type="shutdown", **params))
        box.run(f"wrong{number}").expect(2, "ERROR bad-params: " + wrong)


def checksum(content):
    """As runner/host/checksum.h has it, for a small file."""
    mask = (1 << 64) - 1

    def mix(lane, word):
        lane = (lane ^ word) * 0x9e3779b97f4a7c15 & mask
        return lane ^ lane >> 29
    lanes = [0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89]
    whole = content + bytes(32 - len(content) % 32)
    for i, word in enumerate(struct.unpack(f"<{len(whole) // 8}Q", whole)):
        lanes[i % 4] = mix(lanes[i % 4], word)
    high, low = len(content), len(content) ^ mask
    for lane in lanes:
        high, low = mix(high, lane), mix(mix(low, lane), lane >> 32)
    return f"{high:016x}{low:016x}"


def case_template_memory_untouched(box):
    """A qemu that waits for a state writes nothing to its memory, which the runner fills meanwhile."""
    for board, ram in (("pc", "pc.ram"), ("q35", "pc.ram"), ("microvm", "microvm.ram")):
        ours, theirs = socket.socketpair()
        memory = os.memfd_create("memory")
        os.truncate(memory, 128 << 20)
        backend = f"memory-backend-file,id={ram},size={128 << 20},mem-path=/proc/self/fd/{memory},share=on"
        argv = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-accel", "tcg", "-m", "128", "-object", backend,
                "-machine", f"{board},memory-backend={ram}", "-kernel", guest_file(box, "cloud/vmlinux"), "-append", FAST,
                "-initrd", guest_file(box, "cloud/initramfs.cpio"), "-incoming", "defer",
                "-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-mon", "chardev=qmp,mode=control"]
        with subprocess.Popen(argv, pass_fds=(memory, theirs.fileno())) as qemu:
            theirs.close()
            try:
                ours.settimeout(20)
                ours.sendall(b'{"execute": "qmp_capabilities"}{"execute": "query-status"}')
                heard = b""
                while b'"status"' not in heard:
                    heard += ours.recv(4096) or b'the monitor closed: no "status"'
                if b'"inmigrate"' not in heard:
                    raise Failure(f"{board}: qemu does not wait: {heard}")
                expect_equal((board, os.fstat(memory).st_blocks), (board, 0))
            finally:
                qemu.kill()
                ours.close()
                os.close(memory)


def case_template_damaged(box):
    """A memory with a flipped bit, and a state that qemu does not load: the test boots, and makes a new one."""
    box.add("one", guest(box))
    expect_way(box.run("one"), "saved")
    name, = templates(box)
    path = os.path.join(box.path("templates"), name)
    with open(os.path.join(path, "memory"), "r+b") as file:
        file.seek(0x1000000)  # Linux' text
        byte = file.read(1)[0]
        file.seek(0x1000000)
        file.write(bytes([byte ^ 1]))
    expect_way(box.run("one"), "saved").expect_text(
        f"vm1: template {name} is removed: vm1: its memory is not what was saved\n")

    with open(os.path.join(path, "state"), "r+b") as file:
        half = file.read()[:100000]
        file.truncate(len(half))
    with open(os.path.join(path, "template.json"), "r+", encoding="utf-8") as file:
        manifest = json.load(file)
        manifest["sums"]["state"] = checksum(half)
        file.seek(0)
        file.truncate()
        json.dump(manifest, file)
    outcome = expect_way(box.run("one"), "saved").expect_text(f"vm1: template {name} is removed: vm1: qemu")
    if "its file state" in outcome.out:
        raise Failure("the state did not come to qemu\n" + outcome.out)
    expect_way(box.run("one"), "restored")
    box.expect_nothing_left()


def case_template_two_builders(box):
    """Of two tests that need the same template at once one makes it; both boot."""
    box.add("one", guest(box), queues=[0])
    box.add("two", guest(box), queues=[1])
    processes = [(name, box.start(name)) for name in ("one", "two")]
    outcomes = [box.finish(name, process) for name, process in processes]
    ways = ["saved", "busy"]
    if "is making one" in outcomes[0].out:
        ways.reverse()
    for outcome, way in zip(outcomes, ways):
        expect_way(outcome, way)
    expect_way(box.run("two"), "restored")


def case_template_several_vms(box):
    """Each VM has a template of its own; restored, they reach each other."""
    params = linux(box, type="ping", vms="vm1 vm2", vm_reuse="template", nic_mode="private",
                   template_dir=box.path("templates"))
    box.add("one", params, timeout=200)
    box.finish("one", box.start("one"), limit=240).expect(0, "PASS ping: .*").expect_text("vm1: booted, and saved as template ",
                                                          "vm2: booted, and saved as template ")
    box.finish("one", box.start("one"), limit=240).expect(0, "PASS ping: .*").expect_text("vm1: restored from template ",
                                                          "vm2: restored from template ")
    expect_equal(len(templates(box)), 2)
    box.expect_nothing_left()


def case_template_disk(box):
    """What the guest wrote to its disk while it booted is there after it was restored; what a test writes
    stays its own; the image under them stays as it is."""
    image = box.path("disk.raw")
    with open(image, "wb") as file:
        file.write(b"image".ljust(512, b"\n"))
        file.truncate(24 << 20)
    before = digest(image)
    # init's init: writes to the disk before there is a shell.
    first = ("mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev;"
             " modprobe -a virtio_pci virtio_blk; echo 'at boot' | dd of=/dev/vda bs=512 seek=1; sync;"
             " umount /dev /sys /proc; exec /init")
    say = ("echo 3 > /proc/sys/vm/drop_caches; echo \"guest: date=0 disk=$(dd if=/dev/vda bs=512 count=3 |"
           " tr -d '\\0' | tr -s '\\n ' __)\" > /dev/console; echo mine | dd of=/dev/vda bs=512 seek=2 conv=fsync")
    params = guest(box, say, images="image1", image_name=box.path("disk"), image_format="raw",
                   drive_format="virtio", kernel_params=f'{FAST} rdinit=/bin/sh -- -c "{first}"')
    box.add("one", params)
    for way in ("saved", "restored", "restored"):
        outcome = expect_way(box.run("one"), way)
        expect_equal(said(outcome)["disk"], "image_at_boot_")
    expect_equal(digest(image), before)
    with open(image, "ab") as file:
        file.write(b"more")
    expect_way(box.run("one"), "saved")
    expect_equal(len(templates(box)), 2)
    box.expect_nothing_left()


def case_template_data_file(box):
    """An image whose data are in a file of their own is another one when these are others."""
    guests.need("qemu-img")
    data = box.path("x.data")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-o", f"data_file={data},data_file_raw=on",
                    box.path("x.qcow2"), "1M"], check=True)
    for text, way in (("first", "booted, and saved as"), ("first", "restored from"), ("other", "booted, and saved as")):
        with open(data, "r+b") as file:
            if file.read(5) != text.encode():
                file.seek(0)
                file.write(text.encode())
        box.tests.clear()
        box.run_one({**guest(box, images="image1", image_name=box.path("x"), drive_format="virtio"),
                     "type": "guest_command", "guest_command": "head -c 5 /dev/vda", "guest_command_expect": text},
                    timeout=90).expect(0, "PASS guest_command: .*").expect_text(f"vm1: {way} template ")
    expect_equal(len(templates(box)), 2)


def case_template_tftp(box):
    """What qemu serves to a guest that boots belongs to its template, and must not change meanwhile."""
    guests.need("cpio")
    served = box.path("tftp")
    os.makedirs(os.path.join(box.path("more"), "etc", "kvmtest"))
    with open(box.path("more", "etc", "kvmtest", "command"), "w", encoding="ascii") as file:
        file.write("tftp -g -r f -l /fetched 10.20.255.254\n")
    more = subprocess.run("find . | cpio -o -H newc", shell=True, cwd=box.path("more"), check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    with open(guest_file(box, "cloud/initramfs.cpio"), "rb") as file:
        initrd = file.read()
    with open(box.path("initrd"), "wb") as file:
        file.write(initrd + bytes(-len(initrd) % 512) + more)
    os.mkdir(served)

    def serve(text):
        with open(os.path.join(served, "f"), "w", encoding="ascii") as file:
            file.write(text)
    box.add("one", {**guest(box, initrd=box.path("initrd"), tftp=served), "type": "guest_command",
                    "guest_command": "cat /fetched"}, timeout=200)
    for text, way in (("first", "booted, and saved as"), ("first", "restored from"), ("other", "booted, and saved as")):
        serve(text)
        outcome = box.finish("one", box.start("one"), limit=240)
        outcome.expect(0, "PASS .*").expect_text(f"vm1: {way} template ", f"guest_command wrote:\n{text}\n")
    serve("third")
    process = box.start("one")
    wait_until(lambda: box.vm("one"), 60, "the guest boots")
    serve("changed")
    box.finish("one", process, limit=240).expect(0, "PASS .*").expect_text(
        "vm1: leaves no template: vm1: files of its have changed while it booted\n")
    expect_equal(len(templates(box)), 2)


# init's init: the guest's shell puts something else in the place of the program that is to set clock
# and random numbers, one that only says that it has done so. (A function, because a program of
# that name is none that busybox would look for.)
DEAF = ("printf '%s\\n' '#!/bin/sh' 'echo asleep; read -r line || exit 3' > /deaf;"
        " printf '%s\\n' 'base64() {' '[ x$1 = x-d ] || { busybox base64 $*; return; }'"
        " 'busybox base64 -d > /decoded'"
        " 'if grep -q ELF /decoded; then cat /deaf; else cat /decoded; fi' '}' > /deaf-shell;"
        " sed -i 's|exec /bin/sh .port|. /deaf-shell; . $port|' /init; exec /init")


def case_template_deaf_guest(box):
    """The twin: a guest that is not woken has the time of when it was saved, and the test sees it. (Not so
    with its random numbers: Linux mixes in when its interrupts come.)"""
    params = guest(box, "")
    for kind, kernel_params in (("sound", FAST), ("deaf", f'{FAST} rdinit=/bin/sh -- -c "{DEAF}"')):
        for name in ("first", "second"):
            box.add(kind + name, {
                **params, "type": "guest_command", "kernel_params": kernel_params,
                "guest_command": f"[ $(date +%s) -ge {int(time.time()) - 2} ]"}, timeout=200)
            outcome = box.finish(kind + name, box.start(kind + name), limit=240)
            if name == "first":
                outcome.expect(0, "PASS guest_command: .*")
                time.sleep(5)
        outcome.expect_text("vm1: restored from template")
        if kind == "sound":
            outcome.expect(0, "PASS guest_command: .*")
    outcome.expect(1, "FAIL command-failed: vm1: guest_command ended with status 1")


def case_template_builder_killed(box):
    """A builder that is killed while its guest boots, or while it saves, leaves nothing that the next one minds."""
    box.add("one", guest(box))

    def files(name):
        for folder, _, names in os.walk(box.path("templates")):
            if folder.endswith(".tmp") and name in names:
                yield os.path.join(folder, name)
    for moment in ("boot", "state", "memory", "memory"):
        begin = time.time()
        process = box.start("one")
        if moment == "boot":
            wait_until(lambda: box.vm("one"), 30, "the VM boots")
        else:
            wait_until(lambda m=moment, b=begin: any(os.stat(path).st_mtime >= b - 1 for path in files(m)),
                       60, f"it saves its {moment}")
        process.kill()
        process.communicate()
        for name in templates_there(box):  # it was quicker: then it has to be whole
            expect_way(box.run("one"), "restored")
            shutil.rmtree(box.path("templates", name))
    expect_way(box.finish("one", box.start("one"), limit=240), "saved")
    expect_way(box.finish("one", box.start("one"), limit=240), "restored")
    expect_equal(len(templates(box)), 1)
    box.expect_nothing_left()


def case_template_user_killed(box):
    """Runner and guardian killed while a template is saved: the next run of the queue removes what there is of
    it, or `cleanup` does, and says so."""
    box.add("one", guest(box))
    box.add("tiny", tiny(box))

    def drafts():
        path = box.path("templates")
        names = os.listdir(path) if os.path.isdir(path) else []
        return [os.path.join(path, name) for name in names if name.endswith(".tmp")]
    for way in ("run", "cleanup"):
        process = box.start("one")
        wait_until(drafts, 60, "a template grows")
        left, = drafts()
        # The runner's children have its command line, and its guardian another name.
        ours = [pid for pid in box.processes() if "qemu" not in read(f"/proc/{pid}/cmdline")]
        for pid in sorted(ours, key=lambda pid: read(f"/proc/{pid}/comm") != "kvmtest-guard\n"):
            os.kill(pid, signal.SIGKILL)
        process.communicate()
        expect_equal(drafts(), [left])
        if way == "run":
            said = box.run("tiny").expect(0, "PASS boot: .*").out
        else:
            said = subprocess.run([box.settings.runner, "cleanup", box.path("state")], check=True, timeout=60,
                                  stdout=subprocess.PIPE, text=True).stdout
        if f"removed {left}, left by a run that was killed\n" not in said:
            raise Failure(said)
        expect_equal(drafts(), [])
    box.expect_nothing_left()


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def case_template_builder_crashes(box):
    """A qemu that dies while its guest is saved is one that crashed."""
    box.add("one", guest(box))
    process = box.start("one")
    vm = wait_until(lambda: box.vm("one"), 30, "its qemu runs")
    monitor = box.path("results", "one", "qmp-vm1.log")
    wait_until(lambda: '"migrate"' in read(monitor), 100, "its guest is saved")
    os.kill(vm["pid"], signal.SIGSEGV)
    box.finish("one", process).expect(
        1, r"FAIL qemu-crash: vm1: qemu died with signal 11 \(Segmentation fault\)")
    expect_equal(templates(box), [])


def case_template_plain_user(box):
    """Somebody who is not root, in a directory of his own."""
    if os.geteuid() != 0:
        raise Skip("every case is this one, for a plain user")
    nobody = 65534
    box.add("one", guest(box))
    box.write()
    os.chown(box.directory, nobody, nobody)
    for way in ("saved", "restored"):
        process = subprocess.Popen(
            box.command("one"), env=box.environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, stdin=subprocess.DEVNULL, user=nobody, group=nobody, extra_groups=[])
        expect_way(box.finish("one", process, limit=240), way)
    name, = templates(box)
    found = os.stat(os.path.join(box.path("templates"), name))
    expect_equal((found.st_uid, found.st_mode & 0o077), (nobody, 0))
    box.expect_nothing_left()


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
