#!/usr/bin/env python3
"""Runs guests on two queues with ctest -j4 and proves from what is seen from outside, and from the
runners' records beside it, that queues run at the same time and share nothing. Leaves the
evidence for forged_records.py."""
import json
import os

import arguments
from judge import judge
from tree import Tree, fail
from witness import Witness


def collect(tree, ctests=None):
    """The evidence of ctests that run at once: name -> label, a regular expression."""
    ctests = ctests or {"proof": "proof"}
    with Witness(tree.mark) as witness:
        started = {name: tree.ctest(label, f"{name}.xml", name) for name, label in ctests.items()}
        for name, ctest in started.items():
            tree.expect_pass(ctest, name)
    records, consoles = {}, {}
    for test, (folder, record) in tree.records().items():
        records[test] = record
        consoles[test] = {}
        for machine in record["vms"]:
            path = os.path.join(folder, f"console-{machine['name']}.log")
            with open(path, errors="replace") as file:
                consoles[test][machine["name"]] = file.read()
    tests = [test for name in ctests for test in tree.passed(f"{name}.xml")]
    return {"nonce": tree.nonce, "tests": tests,
            # The tiny guest knows nothing of its card, and is gone in a moment.
            "silent": [test for test in tests if test.endswith((".tiny", ".bare"))],
            "machines": [machine.as_json() for machine in witness.machines()],
            "records": records, "consoles": consoles}


def main():
    given = arguments.parse(__doc__)
    with Tree(given, "isolation") as tree:
        evidence = collect(tree)
    with open(os.path.join(given.work, "evidence.json"), "w") as file:
        json.dump(evidence, file, indent=1)
    for machine in sorted(evidence["machines"], key=lambda machine: machine["first"]):
        start = evidence["machines"][0]["first"]
        print(f"{machine['first'] - start:7.2f} to {machine['last'] - start:7.2f} s  "
              f"{machine['queue']}  {machine['test']}  {' '.join(machine['macs'] or ['not asked'])}")
    complaints = judge(evidence)
    if len(evidence["tests"]) != 5:
        complaints.append(f"5 tests were to pass, these did: {evidence['tests']}")
    if complaints:
        fail("\n".join(complaints))
    print(f"PASS: {len(evidence['machines'])} machines of {len(evidence['tests'])} tests")


if __name__ == "__main__":
    main()
