#!/usr/bin/env python3
"""The guest's shell by QEMU's guest agent (shell_client = agent): agent.py --runner ... <case>

The guest is that of cmake/guest with Debian's qemu-guest-agent beside its own init (packages.py),
which begins where the kernel's command line has agent=on, or agent=OPTIONS with commas."""

import os
import re
import sys

import guests
from guests import FAST, expect_equal, linux
from packages import initrd_with, libraries, put, put_text, unpacked

PACKAGES = ("qemu-guest-agent", "libglib2.0-0", "libnuma1", "libudev1", "liburing2",
            "libpcre2-8-0", "libc6")
LIBRARIES = ("libglib-2.0", "libgmodule-2.0", "libnuma", "libudev", "liburing", "libpcre2-8",
             "libm", "libc")
INIT = """#!/bin/sh
# Beside the guest's init: the agent as soon as its port is there.
export PATH=/bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for word in $(cat /proc/cmdline); do
  case $word in agent=*) options=$(echo ${word#*=} | tr , ' ') ;; esac
done
umount /proc
[ "$options" != on ] || options=
[ "$options" = none ] || (
  until for name in /sys/class/virtio-ports/*/name; do
    [ -r $name ] && [ "$(cat $name)" = org.qemu.guest_agent.0 ] && port=${name%/name} && break
  done; do sleep 0.2; done
  export LD_LIBRARY_PATH=/agent
  exec /agent/ld-linux-x86-64.so.2 /agent/qemu-ga -m virtio-serial -p /dev/${port##*/} \\
    -t /run $options) > /dev/console 2>&1 &
exec /init
"""

DISK = {"images": "image1", "image_name": "/nowhere/disk", "create_image": "yes",
        "image_size": "16M", "drive_format": "virtio"}


def guest(box, options="on", **params):
    root, tree = unpacked(box, PACKAGES), box.path("tree")
    put(tree + "/agent", root + "/usr/sbin/qemu-ga", *libraries(root, *LIBRARIES))
    put_text(tree + "/agent-init", INIT, 0o755)
    whole = linux(box, shell_client="agent", mem="192", **params)
    whole["initrd"] = initrd_with(box, whole["initrd"], tree)
    whole["kernel_params"] = f"{FAST} rdinit=/agent-init agent={options}"
    return whole


def case_agent(box):
    """Commands, files, exit statuses and bytes of any kind, and again after a reboot."""
    params = guest(box)
    box.add("command", {**params, "type": "guest_command", "guest_command": (
        "cat /proc/$PPID/cmdline | tr '\\0' ' '; printf '\\377\\001' > /tmp/bytes;"
        " echo to stderr >&2; echo 'ä' | wc -c"),
        "guest_command_expect": "(?s)qemu-ga.*to stderr\n3\n", "guest_files": "/tmp/bytes"},
        timeout=200)
    box.add("status", {**params, "type": "guest_command", "guest_command": "kill -9 $$"},
            timeout=200)
    box.add("reboot", {**params, "type": "reboot"}, timeout=250)
    outcome = box.finish("command", box.start("command"), limit=240)
    outcome.expect(0, "PASS guest_command: .*")
    with open(os.path.join(outcome.directory, "guest-vm1/tmp/bytes"), "rb") as file:
        expect_equal(file.read(), b"\xff\x01")
    box.finish("status", box.start("status"), limit=240).expect(
        1, "FAIL command-failed: vm1: guest_command ended with status 137")
    box.finish("reboot", box.start("reboot"), limit=280).expect(0, "PASS reboot: .*")
    box.expect_nothing_left()


def case_agent_moves(box):
    """The agent is where its guest is: stopped, saved, in another qemu, in one from a template."""
    params = guest(box)
    template = {"type": "guest_command", "guest_command": "pwd", "vm_reuse": "template"}
    for name, more in (("stop", {"type": "stop_continue"}), ("save", {"type": "save_restore"}),
                       ("move", {"type": "migration", "migration_pingpong": "2"}),
                       ("first", template), ("second", template)):
        box.add(name, {**params, "template_dir": box.path("templates"), **more}, timeout=200)
        outcome = box.finish(name, box.start(name), limit=240)
        outcome.expect(0, r"PASS \w+: .*")
    outcome.expect_text("vm1: restored from template")
    box.expect_nothing_left()


def case_agent_goes_back(box):
    """A machine that returns to a snapshot takes its agent along, which has the port open all along."""
    box.add("one", {**guest(box, **DISK), "type": "save_restore", "save_method": "snapshot"},
            timeout=200)
    box.finish("one", box.start("one"), limit=240).expect(0, r"PASS save_restore: .* \(snapshot\)")
    box.expect_nothing_left()


def case_agent_background(box):
    """Procedures that leave a process in the guest: the command that starts it is over all the same."""
    params = guest(box, **DISK)
    for name in ("virtio_console", "block_mirror", "block_backup"):
        box.add(name, {**params, "type": name}, timeout=200)
        box.finish(name, box.start(name), limit=240).expect(0, f"PASS {name}: .*")
    box.expect_nothing_left()


def case_agent_missing(box):
    """The twin: a guest that has none."""
    box.add("one", guest(box, "none", login_timeout="40"), timeout=200)
    box.finish("one", box.start("one"), limit=240).expect(1, re.escape(
        "FAIL shell-timeout: vm1: the guest's shell was not ready within 40 s (login_timeout): "
        "nothing in the guest has opened the port org.qemu.guest_agent.0 of QEMU's guest agent"))
    box.expect_nothing_left()


def case_agent_forbids(box):
    """The twin: one that is told to start no programs."""
    box.add("one", guest(box, "-b,guest-exec"), timeout=200)
    box.finish("one", box.start("one"), limit=240).expect(
        1, r"FAIL command-failed: vm1: no answer from the guest's agent: .*guest-exec has "
        r"been disabled.* \(CommandNotFound\)")
    box.expect_nothing_left()


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
