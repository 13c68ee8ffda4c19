#!/usr/bin/env python3
"""A pooled set and one pinned to queues of the same host, side by side: in one ctest, which knows
how many tests the host may run but not who is on which queue, and in two ctests, which know nothing
of each other.

Beside what isolation.py proves: each pooled test ran once, on a queue that admits it, with that
queue's state directory and addresses, and tests found what they require on whichever queue that
had run. What the first run left is then forged, and must be rejected."""
import copy
import glob
import itertools
import json
import os
import re

import arguments
from isolation import collect
from judge import judge, overlap
from tree import Tree, fail

RUNS = {"one ctest": {"both": "(pooled|beside)"},
        "two ctests": {"pooled": "pooled", "beside": "beside"}}
# test -> queues that admit it
TESTS = {"e2e.pooled.boot": ["1", "2"], "e2e.pooled.reboot": ["1", "2"], "e2e.pooled.tiny": ["1", "2"],
         "e2e.pooled.bare": ["1"], "e2e.pooled.shutdown": ["2"],
         "e2e.beside.boot": ["1"], "e2e.beside.tiny": ["1"], "e2e.beside.short": ["2"]}
REQUIRED = "e2e.pooled.boot"
REQUIRING = ["e2e.pooled.reboot", "e2e.pooled.bare", "e2e.pooled.shutdown"]


def descriptions(tree):
    """test -> its queues by name, and what it requires: what the runner was given."""
    [path] = glob.glob(os.path.join(tree.build, "kvmtest", "e2e", "gen-*", "e2ehost", "tests.jsonl"))
    with open(path) as file:
        header, *tests = map(json.loads, file)
    return {test["test"]: {"queues": {header["queues"][i]["name"]: header["queues"][i]
                                      for i in test["queues"]},
                           "requires": test["requires"]} for test in tests}


def block(queue):
    macs = []
    for ranged in queue["ranges"]:
        first = int(ranged["base_mac"].replace(":", ""), 16) + ranged["offset"]
        macs += [f"{mac:012x}" for mac in range(first, first + ranged["count"])]
    return {":".join(mac[i:i + 2] for i in range(0, 12, 2)) for mac in macs}


def complaints_of(evidence):
    complaints = judge(evidence)
    if sorted(evidence["tests"]) != sorted(TESTS):
        complaints.append(f"expected each of {sorted(TESTS)} once, found {sorted(evidence['tests'])}")
    for test, record in evidence["records"].items():
        complaints += on_its_queue(evidence, test, record)
    complaints += required(evidence)
    if not any(one["test"].startswith("e2e.pooled.") and other["test"].startswith("e2e.beside.") and
               one["queue"] != other["queue"] and
               overlap((one["first"], one["last"]), (other["first"], other["last"]))
               for one, other in itertools.permutations(evidence["machines"], 2)):
        complaints.append("no pooled test was seen living beside one that is pinned")
    return complaints


def on_its_queue(evidence, test, record):
    queues = evidence["descriptions"][test]["queues"]
    if sorted(queues) != TESTS[test] or record["queue"] not in queues:
        yield f"{test}: ran on {record['queue']}, admitted by {sorted(queues)}, expected {TESTS[test]}"
        return
    queue = queues[record["queue"]]
    if record["state_dir"] != queue["state_dir"]:
        yield f"{test}: recorded in {record['state_dir']}, its queue's is {queue['state_dir']}"
    own = block(queue)
    for card in (card for vm in record["vms"] for card in vm["nics"]):
        if card["mac"] not in own:
            yield f"{test}: recorded with {card['mac']}, which is not of queue {queue['name']}"
    for machine in evidence["machines"]:
        if machine["test"] != test:
            continue
        if machine["state_dirs"] != [queue["state_dir"]]:
            yield f"{test}: seen with locks of {machine['state_dirs']}, expected {queue['state_dir']}"
        for mac in set(machine["macs"] or []) - own:
            yield f"{test}: seen with {mac}, which is not of queue {queue['name']}"


def required(evidence):
    records = evidence["records"]
    boot = records[REQUIRED]
    for test in REQUIRING:
        if evidence["descriptions"][test]["requires"] != [REQUIRED]:
            yield f"{test}: expected that it requires {REQUIRED}"
        if any(vm["started"] < boot["ended"] for vm in records[test]["vms"]):
            yield f"{test}: began before {REQUIRED} had ended"
    if all(records[test]["queue"] == boot["queue"] for test in REQUIRING):
        yield f"all that require {REQUIRED} ran on its queue, which proves nothing"


# --- what must be rejected ------------------------------------------------------

def again(evidence):
    evidence["tests"].append(REQUIRED)


def not_admitted(evidence):
    evidence["records"]["e2e.pooled.bare"]["queue"] = "2"


def other_state(evidence):
    evidence["records"][REQUIRED]["state_dir"] += "b"


def other_state_seen(evidence):
    for machine in evidence["machines"]:
        machine["state_dirs"] = ["/elsewhere"]


def other_block(evidence):
    """The address of the queue that it did not take."""
    record = evidence["records"][REQUIRED]
    [other] = [queue for name, queue in evidence["descriptions"][REQUIRED]["queues"].items()
               if name != record["queue"]]
    record["vms"][0]["nics"][0]["mac"] = min(block(other))


def other_block_seen(evidence):
    for machine in evidence["machines"]:
        machine["macs"] = ["52:54:00:12:34:56"]


def too_early(evidence):
    evidence["records"][REQUIRED]["ended"] += 1000


def all_on_one(evidence):
    for test in REQUIRING:
        evidence["records"][test]["queue"] = evidence["records"][REQUIRED]["queue"]


def requires_nothing(evidence):
    evidence["descriptions"]["e2e.pooled.reboot"]["requires"] = []


def never_beside(evidence):
    evidence["machines"] = [machine for machine in evidence["machines"] if ".pooled." in machine["test"]]


# forgery -> what a complaint must say, as a regular expression
FORGERIES = {
    again: "^expected each of",
    not_admitted: "^e2e.pooled.bare: ran on 2, admitted by",
    other_state: "^e2e.pooled.boot: recorded in .*/env[12]b, its queue's is",
    other_state_seen: r"^e2e.pooled.boot: seen with locks of \['/elsewhere'\]",
    other_block: "^e2e.pooled.boot: recorded with .* which is not of queue",
    other_block_seen: "^e2e.pooled.boot: seen with 52:54:00:12:34:56, which is not of queue",
    too_early: "^e2e.pooled.reboot: began before",
    all_on_one: "ran on its queue, which proves nothing",
    requires_nothing: "^e2e.pooled.reboot: expected that it requires",
    never_beside: "no pooled test was seen living beside",
}


def reject(evidence):
    for forge, expected in FORGERIES.items():
        forged = copy.deepcopy(evidence)
        forge(forged)
        complaints = complaints_of(forged)
        if not any(re.search(expected, complaint) for complaint in complaints):
            fail(f"{forge.__name__}: not rejected, or for another reason: {complaints}")


def main():
    given = arguments.parse(__doc__)
    evidence = {}
    with Tree(given, "pooled") as tree:
        for run, ctests in RUNS.items():
            evidence[run] = collect(tree, ctests)
            evidence[run]["descriptions"] = {test: described for test, described
                                             in descriptions(tree).items() if test in TESTS}
    for run, collected in evidence.items():
        start = min(machine["first"] for machine in collected["machines"])
        print(f"{run}:")
        for machine in sorted(collected["machines"], key=lambda machine: machine["first"]):
            print(f"  {machine['first'] - start:7.2f} to {machine['last'] - start:7.2f} s  "
                  f"{machine['queue']}  {machine['test']}  {' '.join(machine['macs'] or ['not asked'])}")
        complaints = complaints_of(collected)
        if complaints:
            fail(f"{run}:\n" + "\n".join(complaints))
    reject(evidence["one ctest"])
    print(f"PASS: {len(TESTS)} tests in one ctest and in two, {len(FORGERIES)} forgeries rejected")


if __name__ == "__main__":
    main()
