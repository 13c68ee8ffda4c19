#!/usr/bin/env python3
"""Makes the pictures of examples/pictures: runs of examples/quickstart as a browser shows them.

    pictures.py --package build/release --guests build/guests [--output DIR] [--work-dir DIR]

By hand, after examples/quickstart/run.sh. A copy of the example runs, first as it is, then with
lines that make some tests fail. Takes some minutes.
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

import browser

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Behind the example's own lines: a kernel that does not find its init, shown on a screen, too, for which
# its start-up code must have run; a command that fails in the guest; and a guest that takes too long.
FAILURES = """
virtio_blk.e1000.amd64.boot:
    vga = std
    kernel = %s
    kernel_params += " console=tty0 console=ttyS0 rdinit=/sbin/no-such-init panic=0"
qcow2.ide.virtio_net.cloud.boot:
    guest_command = test -e /dev/no-such-disk
tiny.reboot:
    boot_marker = this is never said
    login_timeout = 3
"""


def ctest(build, *options):
    environment = {**os.environ, "KVMTEST_HOST": "hostname1"}
    subprocess.run(["ctest", "--test-dir", build, "-L", "^nightly$", "-j4", *options],
                   env=environment, stdout=subprocess.DEVNULL, check=False)


def compressed_kernel(given):
    """The kernel as its package has it; the guest has it without the code that finds the screen."""
    package, = glob.glob(os.path.join(given.guests, "downloads", "linux-image-*[0-9]-amd64_*.deb"))
    unpacked = os.path.join(given.work_dir, "package")
    subprocess.run(["dpkg", "-x", package, unpacked], check=True)
    kernel, = glob.glob(os.path.join(unpacked, "boot", "vmlinuz-*"))
    return kernel


def run_example(given, source, build):
    shutil.rmtree(given.work_dir, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "examples", "quickstart"), source)
    subprocess.run(["cmake", "-G", "Ninja", "-S", source, "-B", build,
                    f"-DKvmTest_ROOT={os.path.abspath(given.package)}",
                    f"-DGUESTS={os.path.abspath(given.guests)}"], check=True)
    ctest(build)
    ctest(build, "-R", "cloud")
    with open(os.path.join(source, "sets.cfg"), "a", encoding="utf-8") as file:
        file.write(FAILURES % compressed_kernel(given))
    ctest(build)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--package", required=True)
    parser.add_argument("--guests", required=True)
    parser.add_argument("--output", default=os.path.join(ROOT, "examples", "pictures"))
    parser.add_argument("--work-dir", default=os.path.join(ROOT, "build", "pictures"))
    parser.add_argument("--again", action="store_true", help="only take them, of the runs in the work directory")
    given = parser.parse_args()
    if browser.find() is None:
        sys.exit("pictures.py: error: no chromium")
    source, build = (os.path.join(given.work_dir, name) for name in ("quickstart", "build"))
    if not given.again:
        run_example(given, source, build)
    page = os.path.join(build, "kvmtest", "report.html")
    with open(page, encoding="utf-8") as file:
        failing = re.search(r'id="(t\d+)">\n<dl><dt>verdict</dt><dd>guest-panic', file.read())[1]
    os.makedirs(given.output, exist_ok=True)
    with browser.Browser() as chromium:
        for name, fragment, dark in (("overview", "", False), ("failure", failing, True)):
            path = os.path.join(given.output, f"report-{name}.png")
            chromium.open(page, fragment, dark=dark, height=940)
            browser.Image(chromium.picture()).write_small(path)
            print(path, os.path.getsize(path), "bytes")


if __name__ == "__main__":
    main()
