#!/usr/bin/env python3
"""examples/kvm_unit_tests on its own tree: each test says what it should, and groups are labels."""

import os
import shutil
import sys

import arguments
from tree import HERE, Tree, fail

EXAMPLE = os.path.join(HERE, "..", "..", "examples", "kvm_unit_tests")
EXPECTED = {
    "cpu": "PASS kvm_unit_test: 5 tests",
    "cpu-smp": "PASS kvm_unit_test: 5 tests",
    "arguments": "PASS kvm_unit_test: 1 tests",
    "known-failure": "PASS kvm_unit_test: 2 tests",
    "in-parts": "PASS kvm_unit_test: 2 tests, 1 skipped",
    "skips-itself": "SKIP environment: vm1: the test skipped itself: ",
    "panic": "PASS kvm_unit_test: ",
    "migration": "PASS kvm_unit_test: 2 tests, moved once",
    "by-hand": "SKIP environment: not run by default (group nodefault)",
    "for-i386": "SKIP environment: for i386 only",
    "with-kvm": ("SKIP environment: accel = kvm", "PASS kvm_unit_test: 5 tests"),
    "with-a-module": "SKIP environment: /sys/module/no_such_module/parameters/fast is not there",
    "never": "SKIP environment: disabled if [[ \"$TARGET\" == \"qemu\" ]]",
}


def main():
    args = arguments.parse(__doc__)
    if not shutil.which("gcc"):
        print("SKIP: gcc is missing")
        return 77
    with Tree(args, "kut_example", [], project=EXAMPLE, host="") as tree:
        tree.expect_pass(tree.ctest("all"), "all")
        found = {}
        for test, (folder, _) in tree.records().items():
            machine, name = test.rsplit(".", 2)[1:]
            with open(os.path.join(folder, "verdict.txt"), encoding="utf-8") as file:
                found[machine, name] = file.readline().strip()
            if name == "arguments":
                with open(os.path.join(folder, "console-vm1.log"), encoding="utf-8") as file:
                    said = file.read()
                if "arguments <arguments at 20" not in said or ", a\\b 'and so on'>" not in said:
                    fail(f"other arguments: {said}")
        expected = {(machine, name) for machine in ("pc", "q35") for name in EXPECTED}
        if set(found) != expected - {("q35", "arguments")}:
            fail(f"found the tests {sorted(found)}")
        for (machine, name), verdict in found.items():
            if not verdict.startswith(EXPECTED[name]):
                fail(f"{machine}.{name}: expected '{EXPECTED[name]}...', found '{verdict}'")
    print("all tests said what they should")
    return 0


if __name__ == "__main__":
    sys.exit(main())
