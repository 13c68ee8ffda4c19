#!/usr/bin/env python3
"""The tests that live at the same time never take more memory or CPUs than their host has, by the
records of the real runner, be they of an `auto` or a `pool` set. With a specification that says the
host has more, they do, which shows that the records would tell."""
import json
import os
import sys

import arguments
from tree import HERE, Tree, fail

HAS = {"kvmm__limited": 1000, "kvmc__limited": 4}
USED = {"quarter": (250, 1), "half": (500, 1), "most": (700, 2), "busy": (100, 3), "whole": (1000, 1)}
TESTS = 13  # of each set


def ctest(tree, name, *options):
    """All tests of both sets, which pass, and the records they leave."""
    junit = f"junit-{name}.xml"
    tree.run(["ctest", "--test-dir", tree.build, "-j8", "--no-tests=error", "--output-on-failure",
              "--output-junit", os.path.join(tree.build, junit), *options])
    if len(tree.passed(junit)) != 2 * TESTS:
        fail(f"{name}: expected {2 * TESTS} tests to pass, found {tree.passed(junit)}")
    records = [record for _, record in tree.records().values()]
    if len(records) != 2 * TESTS or len({record["run"] for record in records}) != 1:
        fail(f"{name}: expected {2 * TESTS} records of one run, found {len(records)}")
    return records


def used(record):
    """What a test takes of the host; 'limits.nightly.half.boot' is one of 500 MiB and a CPU."""
    return USED[record["test"].split(".")[2]]


def most_at_once(records):
    """The largest number of living tests, and of MiB and CPUs that they take together."""
    moments = []
    for record in records:
        memory, cpus = used(record)
        moments += [(record["started"], 1, memory, cpus), (record["ended"], -1, -memory, -cpus)]
    now, most = [0, 0, 0], [0, 0, 0]
    for _, *changes in sorted(moments):  # at one moment ends come first
        now = [sum(pair) for pair in zip(now, changes)]
        most = [max(pair) for pair in zip(most, now)]
    return most


def alone(records):
    """Tests that take all the memory have no other beside them."""
    for whole in (record for record in records if used(record)[0] == HAS["kvmm__limited"]):
        for other in records:
            if other is not whole and other["started"] < whole["ended"] and whole["started"] < other["ended"]:
                fail(f"{other['test']} ran beside {whole['test']}")


def write_spec(tree, path, resources):
    """A specification with other numbers of slots of these types than the tree's own."""
    with open(os.path.join(tree.build, "kvmtest", "resources.json"), encoding="utf-8") as file:
        spec = json.load(file)
    for resource, slots in resources.items():
        if spec["local"][0][resource] != [{"id": "0", "slots": HAS[resource]}]:
            fail(f"expected {HAS[resource]} slots of {resource} in {spec}")
        spec["local"][0][resource][0]["slots"] = slots
    with open(path, "w", encoding="utf-8") as file:
        json.dump(spec, file)


def without_ctest(tree):
    """Nothing is allotted then, and the queues' locks alone decide: a pinned test and a pooled one."""
    listing = json.loads(tree.run(["ctest", "--test-dir", tree.build, "--show-only=json-v1"]))
    commands = {test["name"]: test["command"] for test in listing["tests"]}
    for test in ("limits.nightly.whole.boot", "limits.weekly.whole.boot"):
        tree.run(commands[test])
        record = tree.records()[test][1]
        if record["status"] != "pass":
            fail(f"{test} without ctest: {record}")


def main():
    args = arguments.parse(__doc__)
    guests = os.path.abspath(args.guests)
    with Tree(args, "limits", project=os.path.join(HERE, "limits"), host="limited", guests=guests) as tree:
        records = ctest(tree, "own")
        count, memory, cpus = most_at_once(records)
        print(f"the host's own: at most {count} tests at once, {memory} MiB, {cpus} CPUs")
        if count < 2 or memory > HAS["kvmm__limited"] or cpus > HAS["kvmc__limited"]:
            fail("expected at least 2 tests at once, at most 1000 MiB and 4 CPUs")
        alone(records)
        if {record["queue"] for record in records} != {"1", "2", "3", "4"}:
            fail("expected tests on all queues")
        more = os.path.join(args.work, "more.json")
        write_spec(tree, more, {resource: 100 * slots for resource, slots in HAS.items()})
        count, memory, cpus = most_at_once(ctest(tree, "more", "--resource-spec-file", more))
        print(f"a specification of more: at most {count} tests at once, {memory} MiB, {cpus} CPUs")
        if memory <= HAS["kvmm__limited"] or cpus <= HAS["kvmc__limited"]:
            fail("expected more than the host has, so the records do not tell what ran at once")
        without_ctest(tree)


if __name__ == "__main__":
    sys.exit(main())
