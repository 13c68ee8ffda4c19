#!/usr/bin/env python3
"""The example of a guest that the build makes: it boots and has what was asked for, a build with
nothing to do makes nothing, and one with the cache downloads nothing."""

import glob
import os
import shutil
import subprocess
import sys

import arguments
from own_tests import EXAMPLES, expect
from tree import Tree, fail

GUEST = ("kvmtest", "images", "guest", "linux")


def archive_is_there():
    return shutil.which("apt-get") and subprocess.run(
        ["apt-cache", "show", "ethtool"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0


def build(tree, *targets):
    done = subprocess.run(["cmake", "--build", tree.build, *targets], env=tree.environment,
                          capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        fail(done.stdout + done.stderr)
    return done.stdout + done.stderr


def fill(cache, downloads):
    """A new cache. Kernel packages that other tests have downloaded will do."""
    shutil.rmtree(cache, ignore_errors=True)
    os.makedirs(os.path.join(cache, "packages"))
    for package in glob.glob(downloads + "/linux-image-*.deb"):
        os.symlink(os.path.realpath(package), os.path.join(cache, "packages", os.path.basename(package)))


def main():
    args = arguments.parse(__doc__)
    if not archive_is_there():
        print("SKIP apt knows no package ethtool: the guest's programs come out of the distribution's archive")
        return 77
    cache = os.path.join(args.work, "guest_image.cache")
    fill(cache, os.path.join(args.guests, "downloads"))
    with Tree(args, "guest_image", [f"-DKVMTEST_IMAGE_CACHE={cache}"],
              project=os.path.join(EXAMPLES, "guest_image")) as tree:
        expect(tree, "guest_image", dict.fromkeys(
            ("command_of_the_image", "package", "own_program", "disk"), "pass"))
        text = build(tree, "--target", "guest")
        if "no work to do" not in text:
            fail(f"a build without changes does something: {text}")
        shutil.rmtree(os.path.join(tree.build, "kvmtest", "images"))
        tree.run(["cmake", tree.build])
        text = build(tree)
        if "downloading" in text or not os.path.isfile(os.path.join(tree.build, *GUEST, "vmlinux")):
            fail(f"a build with the cache downloads, or makes no guest: {text}")
    print("the guest that the build made boots and has what was asked for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
