#!/usr/bin/env python3
"""The twin of isolation.py: its evidence, forged in one place at a time, must be rejected, and
for the right reason. A judge that believes anything proves nothing; so every complaint that it
knows must be drawn from it by some forgery."""
import ast
import copy
import inspect
import itertools
import json
import os
import re

import arguments
import judge as judge_module
from judge import judge, overlap
from tree import fail


def of(evidence, test):
    name = next(name for name in evidence["records"] if name.endswith("." + test))
    return name, evidence["records"][name]


def card(record, index=0):
    return record["vms"][index]["nics"][0]


def machine(evidence, test):
    name, _ = of(evidence, test)
    return next(machine for machine in evidence["machines"] if machine["test"] == name)


def together(evidence):
    """Two machines of different queues that were seen living at the same time."""
    return next((one, other) for one, other in itertools.combinations(evidence["machines"], 2)
                if one["queue"] != other["queue"] and
                overlap((one["first"], one["last"]), (other["first"], other["last"])))


def other_queue(evidence):
    of(evidence, "boot")[1]["queue"] = "2"


def other_address(evidence):
    card(of(evidence, "boot")[1])["mac"] = "52:54:00:e2:e0:1f"


def same_address(evidence):
    """What two runners with the same range would write, if they admitted it."""
    pair = of(evidence, "pair")[1]
    card(pair, 1)["mac"] = card(pair, 0)["mac"]


def same_ip(evidence):
    pair = of(evidence, "pair")[1]
    card(pair, 1)["ip"] = card(pair, 0)["ip"]


def other_process(evidence):
    of(evidence, "reboot")[1]["vms"][0]["pid"] = 1


def longer_life(evidence):
    """A test of the same queue had not ended when the next began."""
    reboot = of(evidence, "reboot")[1]
    of(evidence, "boot")[1]["vms_ended"] = reboot["vms_ended"] - 0.5
    reboot["vms"][0]["started"] = min(reboot["vms"][0]["started"], reboot["vms_ended"] - 1)


def other_time(evidence):
    """Recorded as having run when the other queue was idle."""
    pair = of(evidence, "pair")[1]
    pair["vms_ended"] += 1000
    for vm in pair["vms"]:
        vm["started"] += 1000


def no_record(evidence):
    del evidence["records"][of(evidence, "pair")[0]]


def no_pass(evidence):
    of(evidence, "boot")[1]["status"] = "skip"


def old_record(evidence):
    of(evidence, "boot")[1]["nonce"] = "0123456789ab"


def old_console(evidence):
    """The console of a guest of an earlier run, with the same address."""
    name, _ = of(evidence, "boot")
    evidence["consoles"][name]["vm1"] = evidence["consoles"][name]["vm1"].replace(
        evidence["nonce"], "0123456789ab")


def other_guest(evidence):
    """The guest has another card than the one recorded and seen."""
    name, record = of(evidence, "boot")
    evidence["consoles"][name]["vm1"] = evidence["consoles"][name]["vm1"].replace(
        card(record)["mac"], "52:54:00:12:34:56")


def silent_console(evidence):
    evidence["consoles"][of(evidence, "boot")[0]]["vm1"] = ""


def never_asked(evidence):
    machine(evidence, "boot")["macs"] = None


def shared_queue(evidence):
    """Seen: a test of the other queue, on this one."""
    one, other = together(evidence)
    other["queue"] = one["queue"]


def other_lock(evidence):
    """Seen: a machine on the queue that CTest gave it, which has taken another."""
    one, other = together(evidence)
    one["locked"] = [other["queue"]]


def shared_address(evidence):
    """Seen: two machines that answer to the same address."""
    one, other = together(evidence)
    other["macs"] = one["macs"]


def one_by_one(evidence):
    """Seen: one machine after the other, as without any queues."""
    end = 0
    for seen in evidence["machines"]:
        seen["last"] += end - seen["first"]
        seen["first"] = end
        end = seen["last"]


def unknown_machine(evidence):
    """Seen: a qemu of this run that no record owns up to."""
    evidence["machines"].append(dict(evidence["machines"][0], pid=1, first=0, last=1, macs=[]))


def nobodys_machine(evidence):
    """Seen: a qemu that no test started."""
    machine(evidence, "boot")["queue"] = None


def two_cards(evidence):
    """Seen: one address on both cards of a machine."""
    seen = machine(evidence, "pair")
    seen["macs"] = seen["macs"][:1] * 2


def never_seen(evidence):
    evidence["machines"].remove(machine(evidence, "boot"))


def other_test(evidence):
    """Seen: the environment of one test, recorded by another."""
    machine(evidence, "boot")["test"] = of(evidence, "reboot")[0]


# forgery -> what a complaint must say, as a regular expression
FORGERIES = {
    other_queue: "recorded on 2",
    other_address: r"qemu answered to .* recorded are \['52:54:00:e2:e0:1f'\]",
    same_address: r"^recorded: 52:\S* held at once by",
    same_ip: r"^recorded: 10\.\S* held at once by",
    other_process: "but it is in no record",
    longer_life: "^recorded: .* at once on queue 1",
    other_time: "recorded from",
    no_record: "ctest has run it, but there is no record",
    no_pass: "passed by ctest, recorded as skip",
    old_record: "the record is of another run",
    old_console: "says the nonce '0123456789ab', of another run",
    other_guest: r"its guest has \['52:54:00:12:34:56'\]",
    silent_console: "said nothing of itself",
    never_asked: "was never asked for its addresses",
    shared_queue: "^seen: .* lived at once on queue",
    other_lock: "^seen: .* on queue .*, with locks of",
    shared_address: "^seen: .* was held at once by",
    one_by_one: "were never seen living at the same time",
    unknown_machine: "but it is in no record",
    nobodys_machine: "nobody knows of which test or queue",
    two_cards: "one address on two cards",
    never_seen: "no such qemu was seen",
    other_test: "is recorded as one of",
}


def complaints_known():
    """What the judge can say: its complaints' texts as regular expressions."""
    for node in ast.walk(ast.parse(inspect.getsource(judge_module))):
        said = None
        if isinstance(node, ast.Yield):
            said = node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append":
            said = node.args[0]
        parts = said.values if isinstance(said, ast.JoinedStr) else [said]
        if isinstance(parts[0], (ast.Constant, ast.FormattedValue)):
            yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".*"
                          for part in parts)


def main():
    given = arguments.parse(__doc__)
    with open(os.path.join(given.work, "evidence.json")) as file:
        evidence = json.load(file)
    if judge(evidence):
        fail("the true evidence is rejected:\n" + "\n".join(judge(evidence)))
    believed = []
    drawn = []
    for forge, expected in FORGERIES.items():
        forged = copy.deepcopy(evidence)
        forge(forged)
        complaints = judge(forged)
        said = [complaint for complaint in complaints if re.search(expected, complaint)]
        drawn += said
        print(f"{forge.__name__}: {said[0] if said else complaints}")
        if not said:
            believed.append(forge.__name__)
    if believed:
        fail(f"not rejected, or for another reason: {', '.join(believed)}")
    undrawn = [known for known in complaints_known()
               if not any(re.fullmatch(known, complaint) for complaint in drawn)]
    if undrawn:
        fail("no forgery draws these complaints from the judge:\n" + "\n".join(undrawn))
    print(f"PASS: {len(FORGERIES)} forgeries were rejected")


if __name__ == "__main__":
    main()
