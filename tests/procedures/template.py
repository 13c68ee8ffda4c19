#!/usr/bin/env python3
"""vm_reuse = template with real guests: template.py --runner ... --guests DIR <case>"""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time

import guests
from guests import FAST, Failure, Skip, digest, expect_equal, linux, tiny, wait_until

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
                  if name.endswith(".new")]
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
        expect_equal(outcome.file("console-vm1.log").split("\r\n")[0],
                     f"kvmtest-guest: restored nonce=nonce-{name}")
    facts = [said(outcome) for outcome in outcomes]
    expect_equal([fact["mac"] for fact in facts], ["52:54:00:10:00:01"] * 3)
    expect_equal([fact["ping"] for fact in facts], ["yes"] * 3)
    expect_equal(len({fact["random"] for fact in facts}), 3)
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


# init's init: the guest's shell puts something else in the place of the program that is to set clock
# and random numbers, one that only says that it has done so. (A function, because a program of
# that name is none that busybox would look for.)
DEAF = ("printf '%s\\n' '#!/bin/sh' 'read -r line || exit 3' > /deaf;"
        " printf '%s\\n' 'base64() {' '[ x$1 = x-d ] || { busybox base64 $*; return; }'"
        " 'busybox base64 -d > /decoded'"
        " 'if grep -q ELF /decoded; then cat /deaf; else cat /decoded; fi' '}' > /deaf-shell;"
        " sed -i 's|exec sh .port|. /deaf-shell; . $port|' /init; exec /init")


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
            if folder.endswith(".new") and name in names:
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
