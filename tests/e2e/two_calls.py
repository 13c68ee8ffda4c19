#!/usr/bin/env python3
"""Two kvm_discover_tests calls of a build tree whose tests share a host: ctest starts none that would
wait inside the runner for a queue that one of the other call has, by the records of the real
runner. That it would without gates is shown by a specification that lets everything through."""
import json
import os
import sys

import arguments
from tree import HERE, Tree, fail

# On host `shared`, then on host `apart`.
TESTS = ["other.placed.first", "other.placed.second", "other.placed.short", "pool.pool.short",
         "other.placed.third", "pool.pool.first", "pool.pool.second", "pool.pool.third"]
LONG = 4  # seconds


def waited(tree, *options):
    """host -> test -> seconds that it waited for its queue, all in one ctest and passed"""
    junit = "junit.xml"
    tree.run(["ctest", "--test-dir", tree.build, "-j8", "--no-tests=error", "--output-on-failure",
              "--output-junit", os.path.join(tree.build, junit), *options])
    if sorted(tree.passed(junit)) != sorted(TESTS):
        fail(f"expected {TESTS} to pass, found {tree.passed(junit)}")
    found = {}
    for test, (_, record) in tree.records().items():
        found.setdefault(record["host"], {})[test] = record["waited"]
    return found


def open_gates(tree, path):
    """A specification with so many places in each gate that it is none."""
    with open(os.path.join(tree.build, "kvmtest", "resources.json"), encoding="utf-8") as file:
        spec = json.load(file)
    gates = [name for name in spec["local"][0] if name.startswith("kvmg__")]
    for name in gates:
        spec["local"][0][name] = [{"id": "0", "slots": 99}]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(spec, file)
    return gates


def main():
    given = arguments.parse(__doc__)
    with Tree(given, "two_calls", project=os.path.join(HERE, "two_calls"), host="*") as tree:
        path = os.path.join(tree.build, "open.json")
        gates = open_gates(tree, path)
        for host, tests in waited(tree).items():
            print(f"{host}: waited for queues at most {max(tests.values()):.2f} s")
            # None that has been started met one that goes on for long.
            if max(tests.values()) > LONG / 2:
                fail(f"{host}: a test waited for its queue: {tests}")
        for host, tests in waited(tree, "--resource-spec-file", path).items():
            print(f"{host}: without gates {max(tests.values()):.2f} s")
            if max(tests.values()) < LONG / 2:
                fail(f"{host}: no test waited without gates: {tests}")
    print(f"PASS: {len(TESTS)} tests of two calls, with gates {', '.join(gates)}")


if __name__ == "__main__":
    sys.exit(main())
