#!/usr/bin/env python3
"""The example `automatic`: automatic.py PROGRAM EXAMPLE FOLDER

Its two ways select the same tests; a test or a host more is used at once with no edit of sets.cfg;
and its README shows what the program prints (KVMTEST_UPDATE_GOLDEN=1 writes that anew)."""
import collections
import json
import os
import re
import shutil
import subprocess
import sys

# A block of the README that begins with a command, and the part of the page about additions.
BLOCK = re.compile(r"^```\n\$ (.*)\n((?:.*\n)*?)```$", re.M)
ADDITIONS = "## A guest and a host more"


def fail(text):
    print(f"FAIL: {text}")
    sys.exit(1)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def write(text, *path):
    with open(os.path.join(*path), "w", encoding="utf-8") as file:
        file.write(text)


class Example:
    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), folder

    def run(self, *command):
        path = os.path.dirname(self.program) + os.pathsep + os.environ["PATH"]
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=50, env={**os.environ, "PATH": path})
        if done.returncode != 0 or done.stderr:
            fail(f"{' '.join(command)}: status {done.returncode}\n{done.stderr}")
        return done.stdout

    def plan(self, config):
        return json.loads(self.run(self.program, "plan", config, "--json"))

    def times(self, config, test_set, host=""):
        """How often each test of a set runs; of one host, or of all."""
        return collections.Counter(
            test["test"].split("@")[0] for test in self.plan(config)["tests"]
            if test["set"] == test_set and host in ("", test["host"]))


def same_tests(example):
    """nightly: each test once in both ways; weekly: on each of three queues, or once."""
    for test_set, size, times_by_hand in (("nightly", 46, 1), ("weekly", 208, 3)):
        by_hand, planned = (example.times(config, test_set) for config in ("sets_manual.cfg", "sets.cfg"))
        if set(by_hand) != set(planned) or len(planned) != size:
            fail(f"{test_set}: {len(by_hand)} tests by hand, {len(planned)} planned: "
                 f"{sorted(set(by_hand) ^ set(planned))}")
        if set(by_hand.values()) != {times_by_hand} or set(planned.values()) != {1}:
            fail(f"{test_set}: by hand {by_hand}, planned {planned}")


def add(text, behind, more):
    if text.count(behind) != 1:
        fail(f"expected one '{behind}'")
    return text.replace(behind, behind + more)


def additions(example, page):
    """The two pieces that the README tells where to put, and a test."""
    guest, host = re.findall(r"^```\n( (?:.*\n)*?)```$", page.split(ADDITIONS)[1], re.M)
    sets = {name: read(example.folder, name) for name in ("sets.cfg", "sets_manual.cfg")}
    tests = add(read(example.folder, "kvm_tests.cfg"), "image_name = win2008\n", guest)
    write(tests, example.folder, "kvm_tests.cfg")
    write(read(example.folder, "kvm_hosts.cfg") + host, example.folder, "kvm_hosts.cfg")
    for test_set in ("nightly", "weekly"):
        planned = example.times("sets.cfg", test_set)
        if not any("Win7" in test for test in planned) or set(planned.values()) != {1}:
            fail(f"{test_set}: the guest is missing, or some test does not run once: {planned}")
        if not example.times("sets.cfg", test_set, "hostname3"):
            fail(f"{test_set}: the host has nothing to run")
    if any("Win7" in test for test in example.times("sets_manual.cfg", "nightly")):
        fail("the manual set has the guest, against what the README says")
    if example.times("sets_manual.cfg", "nightly", "hostname3"):
        fail("the manual set uses the host, against what the README says")
    return sets, tests


def a_test_more(example, tests):
    reboot = "    - reboot: install\n        type = reboot\n"
    write(add(tests, "    - boot: install\n        type = boot\n", reboot), example.folder, "kvm_tests.cfg")
    for test_set in ("nightly", "weekly"):
        planned = example.times("sets.cfg", test_set)
        if not any(test.endswith(".reboot") for test in planned) or set(planned.values()) != {1}:
            fail(f"{test_set}: the test is missing, or some test does not run once: {planned}")


def shown(page, before, after):
    """The page as it is when its commands have been run, each where its place says."""
    split = page.index(ADDITIONS)

    def block(match):
        example = before if match.start() < split else after
        return f"```\n$ {match[1]}\n{example.run('sh', '-c', match[1]).rstrip()}\n```"

    new, count = BLOCK.subn(block, page)
    return new if count else fail("the README shows nothing")


def main():
    program, folder, work = sys.argv[1:]
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder, work)
    before, after = Example(program, folder), Example(program, work)
    page = read(folder, "README.md")
    same_tests(before)
    sets, tests = additions(after, page)
    new = shown(page, before, after)
    a_test_more(after, tests)
    if any(read(work, name) != text or read(folder, name) != text for name, text in sets.items()):
        fail("a file of sets was edited")
    if new != page and os.environ.get("KVMTEST_UPDATE_GOLDEN"):
        write(new, folder, "README.md")
    elif new != page:
        fail(f"README.md should be\n{new}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
