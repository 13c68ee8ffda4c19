#!/usr/bin/env python3
"""The guest's shell by ssh (shell_client = ssh): ssh.py --runner ... --guests DIR <case>

The guest is that of cmake/guest with Debian's dropbear, beside its own init (packages.py)."""

import os
import shutil
import sys

import guests
from guests import FAST, expect_equal, linux, need
from net import MACHINE, need_machine, prefixed
from packages import initrd_with, libraries, put, put_text, run, unpacked

PACKAGES = ("dropbear-bin", "libtomcrypt1", "libtommath1", "libgmp10", "zlib1g", "libcrypt1",
            "libc6")
INIT = """#!/bin/sh
# Beside the guest's init: ssh as soon as there is a network.
export PATH=/bin
mount -t devtmpfs dev /dev
(until ip addr show eth0 2> /dev/null | grep -q 'inet '; do sleep 0.2; done
 LD_LIBRARY_PATH=/ssh exec /ssh/ld-linux-x86-64.so.2 /ssh/dropbear -F -E -s -r /ssh/host_key) &
exec /init
"""


# The machine itself is on its bridge, too.
ON_BRIDGE = [*MACHINE, "sh", "-ec", 'ip addr add 10.20.255.254/16 dev kvtest0; exec "$@"', "sh"]


def guest(box, **params):
    need("ssh", "ssh-keygen")
    root, tree = unpacked(box, PACKAGES), box.path("tree")
    os.makedirs(tree + "/root/.ssh", mode=0o700)
    put(tree + "/ssh", root + "/usr/sbin/dropbear",
        *libraries(root, "libtomcrypt", "libtommath", "libgmp", "libz", "libcrypt", "libc"))
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", box.path("key"))
    run(tree + "/ssh/ld-linux-x86-64.so.2", "--library-path", tree + "/ssh",
        root + "/usr/bin/dropbearkey", "-t", "ed25519", "-f", tree + "/ssh/host_key")
    shutil.copy(box.path("key.pub"), tree + "/root/.ssh/authorized_keys")
    put_text(tree + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    put_text(tree + "/ssh-init", INIT, 0o755)
    whole = linux(box, shell_client="ssh", ssh_key=box.path("key"), mem="192", **params)
    whole["initrd"] = initrd_with(box, whole["initrd"], tree)
    whole["kernel_params"] = FAST + " rdinit=/ssh-init"
    return whole


def case_ssh(box):
    """Commands and files by ssh, and again after a reboot."""
    params = guest(box, ip_config="dhcp")
    box.add("command", {**params, "type": "guest_command", "guest_command": (
        "echo $SSH_CONNECTION > /tmp/from; cat /proc/cmdline"),
        "guest_command_expect": "rdinit=/ssh-init", "guest_files": "/tmp/from"}, timeout=200)
    box.add("reboot", {**params, "type": "reboot"}, timeout=250)
    outcome = box.finish("command", box.start("command"), limit=240)
    outcome.expect(0, "PASS guest_command: .*")
    if not outcome.file("guest-vm1/tmp/from").strip():
        raise guests.Failure("the command did not come by ssh")
    box.finish("reboot", box.start("reboot"), limit=280).expect(0, "PASS reboot: .*")
    box.expect_nothing_left()


def case_ssh_goes_back(box):
    """A machine that returns to a snapshot has forgotten how far the connection had got."""
    params = guest(box, ip_config="dhcp", images="image1", image_name="/nowhere/disk",
                   create_image="yes", image_size="16M", drive_format="virtio")
    box.add("one", {**params, "type": "save_restore", "save_method": "snapshot"}, timeout=200)
    box.finish("one", box.start("one"), limit=240).expect(0, r"PASS save_restore: .* \(snapshot\)")
    box.expect_nothing_left()


def case_ssh_bridge(box):
    """On a bridge of the machine's, to the guest's own address, and again after a reboot; the twin
    has a guest that answers at another."""
    need_machine()
    params = guest(box, nic_mode="bridge", netdst="kvtest0")
    prefixed(box, ON_BRIDGE)
    box.add("reboot", {**params, "type": "reboot"}, timeout=250)
    box.add("command", {**params, "type": "guest_command", "guest_command": (
        "echo $SSH_CONNECTION | (read from port to; echo $from $to)"),
        "guest_command_expect": "^10.20.255.254 10.20.0.1 22\n$"}, timeout=200)
    box.add("elsewhere", {**params, "ip_config": "none", "login_timeout": "20", "kernel_params":
                          params["kernel_params"] + " kvmtest.ip=10.20.0.9/16"}, timeout=200)
    box.finish("reboot", box.start("reboot"), limit=280).expect(0, "PASS reboot: .*")
    box.finish("command", box.start("command"), limit=240).expect(0, "PASS guest_command: .*")
    box.finish("elsewhere", box.start("elsewhere"), limit=240).expect(
        1, r"FAIL boot-timeout: vm1: the guest's shell was not ready within 20 s \(login_timeout\).*"
    ).expect_text("No route to host")
    expect_equal([name for name in os.listdir("/sys/class/net") if name.startswith("kvt")], [])
    box.expect_nothing_left()


def case_ssh_stranger(box):
    """The twin: a key that the guest does not know."""
    params = guest(box, ip_config="dhcp")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", box.path("other"))
    box.add("one", {**params, "ssh_key": box.path("other"), "login_timeout": "50"}, timeout=200)
    box.finish("one", box.start("one"), limit=240).expect(
        1, r"FAIL boot-timeout: vm1: the guest's shell was not ready within 50 s \(login_timeout\).*").expect_text(
        "Permission denied (publickey")
    box.expect_nothing_left()


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
