#!/usr/bin/env python3
"""The tests of examples/automatic run where there are images and are skipped, with the reason, where
there are none. The images hold a boot sector that says what the guests would."""
import os
import subprocess
import sys

import arguments
from tree import HERE, Tree, fail

EXAMPLE = os.path.join(HERE, "..", "..", "examples", "automatic")
SAYS = b"\r\nSAC>\r\nlogin: \r\n\0"
# xor ax, ax; mov ds, ax; mov si, text; cld; next: lodsb; or al, al; jz end; mov dx, 0x3f8; out dx, al;
# jmp next; end: hlt; jmp end; text:
CODE = bytes.fromhex("31c0 8ed8 be167c fc ac 08c0 7406 baf803 ee ebf5 f4 ebfd")
GUESTS = ("rhel5.3-32", "rhel5.3-64", "win2000-32", "winXP", "winXP-64", "win2003", "winvista", "win2008")


def make_images(folder):
    os.makedirs(folder)
    sector = os.path.join(folder, "sector.raw")
    with open(sector, "wb") as file:
        file.write((CODE + SAYS).ljust(510, b"\0") + b"\x55\xaa" + bytes(65536 - 512))
    for guest in GUESTS:
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", sector, os.path.join(folder, f"{guest}.qcow2")],
                       check=True, timeout=60)


def verdicts(tree):
    """The first line of what each test said last, by test."""
    found = {}
    for test, (folder, _) in tree.records().items():
        with open(os.path.join(folder, "verdict.txt"), encoding="utf-8") as file:
            found[test.rsplit(".", 1)[1], test] = file.readline().strip()
    return found


def expect(tree, prefixes):
    tree.expect_pass(tree.ctest("nightly"), "nightly")
    found = verdicts(tree)
    for (kind, test), verdict in found.items():
        if not verdict.startswith(prefixes[kind]):
            fail(f"{test}: expected '{prefixes[kind]}...', found '{verdict}'")
    if {kind for kind, _ in found} != set(prefixes):
        fail(f"expected tests of {set(prefixes)}, found {sorted(found)}")


def main():
    args = arguments.parse(__doc__)
    images = os.path.join(args.work, "automatic", "images")
    with Tree(args, "automatic", [f"-DIMAGES={images}"], project=EXAMPLE, host="hostname2") as tree:
        required = "SKIP environment: requires automatic.nightly."
        expect(tree, {"install": f"SKIP environment: {images}/", "boot": required, "migrate": required})
        make_images(images)
        expect(tree, {"install": "PASS boot:", "boot": "PASS boot:",
                      "migrate": "SKIP environment: no procedure 'migration_with_file_transfer'"})
    print("all tests said what they should")


if __name__ == "__main__":
    sys.exit(main())
