#!/usr/bin/env python3
"""Stands in for kvmtest-run: does with descriptions, queues and locks what the treaty says
(generator/README.md), but sleeps for as long as the costs say instead of running a guest.

    sleeper.py COSTS LOG --tests FILE@OFFSET --test NAME

Its own start counts, as the runner's does where costs are measured. A line of LOG tells which queue it
had, and from when to when."""
import fcntl
import itertools
import json
import os
import sys
import time

RETRY = 0.005  # seconds


def described(place, name):
    path, _, offset = place.rpartition("@")
    with open(path, "rb") as file:
        header = json.loads(file.readline())
        file.seek(int(offset))
        test = json.loads(file.readline())
    if test["test"] != name:
        sys.exit(f"expected {name} at {place}, found {test['test']}")
    return header, test


def seconds_of(cost_name, costs):
    with open(costs, encoding="utf-8") as file:
        for line in file:
            seconds, name = line.split(None, 1)
            if name.strip() == cost_name:
                return float(seconds)
    sys.exit(f"no line for {cost_name} in {costs}")


def own_start():
    """On the clock of now(), to a hundredth of a second."""
    with open("/proc/self/stat", "rb") as file:
        return int(file.read().rpartition(b") ")[2].split()[19]) / os.sysconf("SC_CLK_TCK")


def wait_for_turn(start):
    """Whoever ctest started first comes first to the queues, as nearly always with the runner, which
    is up within milliseconds."""
    ctest, own = os.getppid(), str(os.getpid())
    with open(f"/proc/{ctest}/task/{ctest}/children", encoding="ascii") as file:
        children = file.read().split()
    # The kernel may leave some out while others end.
    rank = children.index(own) if own in children else 0
    time.sleep(max(0, start + 0.05 + 0.02 * rank - now()))


def now():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def try_lock(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    except BlockingIOError:
        os.close(lock)
        return None


def take(queues):
    """The one queue, or the first of several that is free, and whether it was so at once. Who waits
    stands in the turnstile."""
    turns = {}
    for attempt in itertools.count():
        for queue in queues:
            path = queue["lock"]
            if turns.get(path) is None:
                turns[path] = try_lock(path + ".next")
            if turns[path] is None or try_lock(path) is None:
                continue
            for turn in turns.values():
                if turn is not None:
                    os.close(turn)
            return queue, attempt == 0
        time.sleep(RETRY)


def main():
    costs, log, *words = sys.argv[1:]
    given = dict(zip(words[::2], words[1::2]))
    header, test = described(given["--tests"], given["--test"])
    seconds = seconds_of(test["cost_name"], costs)
    queues = [header["queues"][index] for index in test["queues"]]
    wanted = header["pool"] if len(queues) > 1 else queues[0]
    if f"CTEST_RESOURCE_GROUP_0_{wanted['resource'].upper()}" not in os.environ:
        sys.exit(f"ctest has not allotted {wanted['resource']}")
    start = own_start()
    wait_for_turn(start)
    queue, at_once = take(queues)
    begin = start if at_once else now()
    time.sleep(max(0, begin + seconds - now()))
    line = {"test": test["cost_name"], "queue": queue["name"], "begin": begin, "end": now()}
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
