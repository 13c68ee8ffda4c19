"""Guests for the tests of procedures: params that boot one, and what a test expects."""

import hashlib
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
import runs  # noqa: E402
from runs import Failure, Skip, wait_until  # noqa: E402,F401

FAST = "console=ttyS0 quiet mitigations=off cryptomgr.notests no_timer_check panic=-1"


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is missing")


def guest_file(box, name):
    need("qemu-system-x86_64")
    path = os.path.join(box.settings.guests, name)
    if not os.path.exists(path):
        raise Skip(f"there is no guest {path} (cmake/guest/ makes it)")
    return path


def linux(box, flavour="cloud", **params):
    return {"type": "boot", "nics": "nic1", "nic_model": "virtio", "mem": "128",
            "kernel": guest_file(box, flavour + "/vmlinux"),
            "initrd": guest_file(box, flavour + "/initramfs.cpio"), "kernel_params": FAST, **params}


def resets_itself(box, times):
    """Params of a guest that resets its machine so often before there is a shell, each time when it has run
    for a while. A disk tells it how often it has."""
    init = ("mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev; modprobe -a virtio_pci virtio_blk;"
            f" n=x$(head -c {times} /dev/vda); if [ $n != x{'r' * times} ]; then sleep 4; printf r$n | tr -d x > /dev/vda;"
            " sync; reboot -f; sleep 60; fi; umount /dev /sys /proc; exec /init")
    return {"images": "disk", "image_name": box.path("disk"), "create_image": "yes", "image_size": "8M",
            "drive_format": "virtio", "kernel_params": f'{FAST} rdinit=/bin/sh -- -c "{init}"'}


def tiny(box, **params):
    return {"type": "boot", "nics": "", "mem": "4", "bios": guest_file(box, "tiny.rom"),
            "shell_client": "none", "boot_marker": "tiny guest ready", **params}


def expect_equal(found, expected):
    if found != expected:
        raise Failure(f"expected {expected!r}\nfound    {found!r}")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def leak(path):
    """Counts a cluster of a qcow2 image as used that nobody uses."""
    os.truncate(path, 40 << 16)
    with open(path, "r+b") as file:
        file.seek(48)
        file.seek(int.from_bytes(file.read(8), "big"))
        file.seek(int.from_bytes(file.read(8), "big") + 2 * 30)
        file.write(b"\0\1")


def add_arguments(parser):
    parser.add_argument("--ctest", default="ctest")
    parser.add_argument("--guests", required=True)


def main(cases):
    return runs.main(cases, add_arguments)
