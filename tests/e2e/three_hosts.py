#!/usr/bin/env python3
"""One configuration serves three hosts, each with a clone of its own that knows nothing of the others.

Every test of the planned sets runs once in all, whatever the clones have run before, and the costs
that are gathered from the three leave nothing to guess. All is real: CMake, ctest, the runner, and
the tiny guest, which is up within a second and so can run all tests."""
import collections
import json
import os
import shutil
import subprocess
import sys

import arguments
from tree import HERE, LIMIT, Tree, fail

HOSTS = ("hosta", "hostb", "hostc")
SETS = ("nightly", "weekly")


class Clone:
    """A copy of the project in a directory of its own, with its guests beside it."""

    def __init__(self, args, host):
        self.host = host
        self.source = os.path.join(args.work, "clones", f"{host} of ours", "source")
        shutil.copytree(os.path.join(HERE, "three_hosts"), self.source)
        guests = os.path.join(os.path.dirname(self.source), "guests")
        os.symlink(args.guests, guests)
        self.tree = Tree(args, os.path.join("clones", f"{host} of ours", "build"),
                         project=self.source, host=host, guests=guests)
        self.config = os.path.join(self.source, "sets.cfg")
        self.strings = [f"images_base_dir = {guests}"]

    def edit(self, old, new):
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        if text.count(old) != 1:
            fail(f"{self.config}: expected one '{old}'")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def ctest(self, *words):
        """Names of the tests that ran and passed, without what begins them all."""
        junit = f"junit-{'-'.join(words).strip('^$-')}.xml".replace("/", "_")
        self.tree.run(["ctest", "--test-dir", self.tree.build, "-j4", "--no-tests=error",
                       "--output-on-failure", "--output-junit",
                       os.path.join(self.tree.build, junit), *words])
        names = self.tree.passed(junit)
        if not all(name.startswith("three.") for name in names):
            fail(f"other names than those of the call: {names}")
        return [name[len("three."):] for name in names]

    def times_of_ctest(self):
        """What ctest itself remembers, which must not matter."""
        path = os.path.join(self.tree.build, "Testing", "Temporary", "CTestCostData.txt")
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return sorted(line.split()[0] for line in file if line.strip() != "---")

    def plan(self, generate, *options):
        text = self.tree.run([generate, "plan", self.config, *self.strings, "--name", "three",
                              "--no-warnings", "--json", *options])
        return json.loads(text)

    def results(self):
        """(test, digest of the plan) of each result."""
        return [(test[len("three."):], record["plan"])
                for test, (_, record) in self.tree.records().items()]


def different_histories(clones):
    """The first has run some tests, the second all of an older configuration, the third none."""
    first, second, third = clones
    first.ctest("-R", "alone|boot")
    second.edit("- boot:", "- start:")
    second.edit("reboot: boot", "reboot: start")
    second.edit("shutdown: boot", "shutdown: start")
    second.ctest("-L", "^nightly$")
    shutil.copy(os.path.join(HERE, "three_hosts", "sets.cfg"), second.config)
    known = [clone.times_of_ctest() for clone in clones]
    if known[2] is not None or not known[0] or not known[1] or known[0] == known[1]:
        fail(f"expected three histories, found {known}")
    if not any(".start" in test for test in second.tree.records()) or third.tree.records():
        fail("expected old results in the second clone and none in the third")


def digests_of(plan):
    return {host["name"]: host["plan"] for host in plan["hosts"]}


def run_all(generate, clones, plan):
    """Each set on each host, one after the other; every test of the plan once in all."""
    for test_set in SETS:
        ran = collections.Counter()
        for clone in clones:
            names = clone.ctest("-L", f"^{test_set}$")
            ran.update(names)
            print(f"{test_set} on {clone.host}: {len(names)} tests")
        expected = collections.Counter(
            test["test"] for test in plan["tests"] if test["set"] == test_set)
        if ran != expected or len(expected) < 15 or max(expected.values()) > 1:
            fail(f"{test_set}: ran {ran}, expected each of {expected}")
    for clone in clones:
        here = {test["test"] for test in plan["tests"] if test["host"] == clone.host}
        digests = {digest for test, digest in clone.results() if test in here}
        if digests != {digests_of(plan)[clone.host]} or clone.plan(generate)["plan"] != plan["plan"]:
            fail(f"{clone.host}: plans {digests}, expected {digests_of(plan)} of {plan['plan']}")
        for test_set in SETS:
            if not any(test["host"] == clone.host and test["set"] == test_set for test in plan["tests"]):
                fail(f"{clone.host} has nothing of {test_set} to run, which proves little")


def gather(generate, clones, output):
    done = subprocess.run([generate, "costs", *(clone.tree.build for clone in clones), "-o", output],
                          cwd=os.path.dirname(output), capture_output=True, text=True, timeout=LIMIT)
    return done.returncode, done.stdout + done.stderr


def costs_of_all(generate, clones, plan, work):
    costs = os.path.join(work, "costs.txt")
    found = gather(generate, clones, costs)
    stale = [test for clone in clones for test, digest in clone.results()
             if digest != digests_of(plan)[clone.host]]
    expected = (0, f"{len(plan['tests'])} tests measured on 3 hosts: hosta, hostb, hostc\n"
                   f"results left out: {len(stale)} of other plans\n")
    if found != expected:
        fail(f"costs: expected {expected}, found {found}")
    with open(costs, encoding="utf-8") as file:
        names = [line.split(None, 1)[1].strip() for line in file if not line.startswith("#")]
    if names != sorted(test["test"] for test in plan["tests"]):
        fail(f"costs of {names}")
    digests = set()
    for clone in clones:
        measured = clone.plan(generate, "--costs", costs)
        guessed = [test["test"] for test in measured["tests"] if test["guessed"]]
        if guessed:
            fail(f"still guessed: {guessed}")
        digests.add(measured["plan"])
    if len(digests) != 1 or digests == {plan["plan"]}:
        fail(f"expected one other plan from these costs, found {digests}")


def refusal(generate, clones, plan, work):
    """A clone whose configuration has changed has another plan as soon as ctest has run."""
    changed = clones[2]
    changed.edit("mem = 8", "mem = 12")
    changed.ctest("-R", "nightly.*alone")
    here, other = digests_of(plan)["hostc"], digests_of(changed.plan(generate))["hostc"]
    pointer = os.path.relpath(os.path.join(clones[0].tree.build, "kvmtest", "three", "current.cmake"), work)
    newest = first_path(changed, other)
    output = os.path.join(work, "refused.txt")
    found = gather(generate, clones, output)
    expected = (1, f"{pointer}: error: no result of host 'hostc' yet, of plan {here}: expected results of one "
                   "plan\n"
                   f"{newest}: note: a result of host 'hostc', of plan {other}\n"
                   "hint: gather from hosts that ran the same configuration with the same costs; "
                   "--earlier FILE keeps what was gathered before\n")
    if found != expected or os.path.exists(output):
        fail(f"expected {expected}, found {found}")


def first_path(clone, plan):
    """The first result of a plan, as it is told in the directory of the clones."""
    paths = sorted(os.path.join(folder, "result.json") for folder, record in clone.tree.records().values()
                   if record["plan"] == plan)
    return os.path.relpath(paths[0], os.path.dirname(os.path.dirname(os.path.dirname(clone.source))))


def main():
    args = arguments.parse(__doc__)
    args.work = os.path.join(args.work, "three_hosts")
    args.guests = os.path.abspath(args.guests)
    shutil.rmtree(args.work, ignore_errors=True)
    os.makedirs(args.work)
    generate = os.path.join(os.path.abspath(args.kvmtest), "bin", "kvmtest-generate")
    clones = []
    try:
        clones += [Clone(args, host) for host in HOSTS]
        different_histories(clones)
        plan = clones[0].plan(generate)
        run_all(generate, clones, plan)
        costs_of_all(generate, clones, plan, args.work)
        refusal(generate, clones, plan, args.work)
    finally:
        for clone in clones:
            clone.tree.__exit__()
    print("each test ran once on three hosts")


if __name__ == "__main__":
    sys.exit(main())
