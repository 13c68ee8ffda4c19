"""Says what is wrong with the evidence of a run, or nothing. The evidence:

  nonce     what this run's guests were told to say on their consoles
  machines  what the witness saw (witness.py): lives as seen from outside
  records   test -> result.json, as the runner wrote it
  consoles  test -> {vm: text}, what the guests wrote
  tests     the names of the tests that ctest says it has run and that have passed
  silent    those of them whose guests say nothing of themselves on their consoles

The isolation that is to be proved:
  * guests of two queues lived at the same time,
  * no two tests of one queue ever did,
  * no address was ever held twice at once,
by what was seen, by the records, and with both telling the same story."""
import itertools
import re

READY = re.compile(r"kvmtest-guest: ready nonce=(\S*) nics=(\S*)")


def judge(evidence):
    complaints = []
    complaints += seen_isolation(evidence["machines"])
    complaints += recorded_isolation(evidence["records"])
    complaints += same_story(evidence)
    complaints += guests_own_words(evidence)
    return complaints


def overlap(one, other):
    return max(one[0], other[0]) < min(one[1], other[1])


# --- what was seen ------------------------------------------------------------

def seen_isolation(machines):
    complaints = []
    together = False
    for one, other in itertools.combinations(machines, 2):
        if not overlap((one["first"], one["last"]), (other["first"], other["last"])):
            continue
        together |= one["queue"] != other["queue"]
        complaints += seen_together(one, other)
    if not together:
        complaints.append("guests of two queues were never seen living at the same time")
    for machine in machines:
        if machine["locked"] != [machine["queue"]]:
            complaints.append(f"seen: {machine['test']} on queue {machine['queue']}, with locks of "
                              f"{machine['locked']}")
        if machine["test"] is None or machine["queue"] is None:
            complaints.append(f"pid {machine['pid']}: nobody knows of which test or queue it was")
        if len(set(machine["macs"] or [])) != len(machine["macs"] or []):
            complaints.append(f"pid {machine['pid']}: one address on two cards: {machine['macs']}")
    return complaints


def seen_together(one, other):
    if one["queue"] == other["queue"] and (one["test"], one["runner"]) != (other["test"], other["runner"]):
        yield f"seen: {one['test']} and {other['test']} lived at once on queue {one['queue']}"
    for mac in set(one["macs"] or []) & set(other["macs"] or []):
        yield f"seen: {mac} was held at once by {one['test']} and {other['test']}"


# --- what was recorded --------------------------------------------------------

def lives(records):
    for test, record in records.items():
        for machine in record["vms"]:
            yield test, record["queue"], (machine["started"], record["vms_ended"]), machine


def recorded_isolation(records):
    complaints = []
    for one, other in itertools.combinations(list(lives(records)), 2):
        if not overlap(one[2], other[2]):
            continue
        if one[1] == other[1] and one[0] != other[0]:
            complaints.append(f"recorded: {one[0]} and {other[0]} at once on queue {one[1]}")
        for key in ("mac", "ip"):
            held = [{card[key] for card in life[3]["nics"]} for life in (one, other)]
            for address in held[0] & held[1]:
                complaints.append(f"recorded: {address} held at once by {one[0]} and {other[0]}")
    return complaints


# --- both ---------------------------------------------------------------------

def same_story(evidence):
    complaints = []
    records = evidence["records"]
    for test in evidence["tests"]:
        if test not in records:
            complaints.append(f"{test}: ctest has run it, but there is no record")
    for test, record in records.items():
        if test in evidence["tests"] and record["status"] != "pass":
            complaints.append(f"{test}: passed by ctest, recorded as {record['status']}")
        if record["nonce"] != evidence["nonce"]:
            complaints.append(f"{test}: the record is of another run")
    by_pid = {}
    for test, queue, life, machine in lives(records):
        by_pid[machine["pid"]] = (test, queue, life, machine)
    for machine in evidence["machines"]:
        complaints += compare(machine, by_pid.get(machine["pid"]))
    seen = {machine["pid"] for machine in evidence["machines"]}
    for pid, (test, _, _, _) in by_pid.items():
        if pid not in seen and test not in evidence["silent"]:
            complaints.append(f"{test}: recorded with pid {pid}, but no such qemu was seen")
    return complaints


def compare(machine, recorded):
    if recorded is None:
        yield f"{machine['test']}: qemu {machine['pid']} was seen, but it is in no record"
        return
    test, queue, (begin, end), vm = recorded
    if machine["test"] != test:
        yield f"{machine['test']}: its qemu {machine['pid']} is recorded as one of {test}"
    # The queue's resource ends with its name.
    if not (machine["queue"] or "").endswith("__" + queue):
        yield f"{test}: was seen on queue {machine['queue']}, recorded on {queue}"
    # A runner reads the clock before it starts qemu and after it has ended it. Of a machine that
    # was met only once, the last is before the first.
    if machine["first"] < begin - 0.1 or machine["last"] > end + 0.1:
        yield (f"{test}: was seen from {machine['first']:.2f} to {machine['last']:.2f}, "
               f"recorded from {begin:.2f} to {end:.2f}")
    macs = sorted(card["mac"] for card in vm["nics"])
    if machine["macs"] is not None and machine["macs"] != macs:
        yield f"{test}: qemu answered to {machine['macs']}, recorded are {macs}"


def guests_own_words(evidence):
    complaints = []
    asked = {machine["pid"]: machine["macs"] for machine in evidence["machines"]}
    for test, _, _, machine in lives(evidence["records"]):
        if test in evidence["silent"]:
            continue
        if asked.get(machine["pid"]) is None:
            complaints.append(f"{test}: qemu {machine['pid']} was never asked for its addresses")
        recorded = sorted(card["mac"] for card in machine["nics"])
        words = READY.findall(evidence["consoles"].get(test, {}).get(machine["name"], ""))
        if not words:
            complaints.append(f"{test}: its guest {machine['name']} said nothing of itself on its console")
        for nonce, nics in words:
            if nonce != evidence["nonce"]:
                complaints.append(f"{test}: its guest says the nonce '{nonce}', of another run")
            own = sorted(card.split("=")[1] for card in nics.split(",") if card)
            if own != recorded:
                complaints.append(f"{test}: its guest has {own}, recorded are {recorded}")
    return complaints
