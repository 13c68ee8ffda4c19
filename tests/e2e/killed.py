#!/usr/bin/env python3
"""However a run is ended, its guests are gone within two seconds, and the queue is free for
the next one: the runner killed, ctest interrupted from the terminal, ended, killed."""
import os
import signal
import sys
import time

import arguments
import processes
from tree import Tree, fail, until
from witness import Machine


def guest(tree):
    """The long test's machine, once its guest is up."""
    def look():
        for pid in processes.qemus(tree.mark):
            found = processes.stat(pid)
            machine = Machine(pid, found[2]) if found else None
            if machine and machine.is_guest() and machine.runner:
                return machine
        return None
    machine = until(look, "a qemu of the long test")

    def is_up():
        for folder, record in tree.records().values():
            path = os.path.join(folder, "console-vm1.log")
            if record["test"] == machine.test and os.path.exists(path):
                with open(path, errors="replace") as file:
                    return "kvmtest-guest: ready" in file.read()
        return False
    until(is_up, "the guest's ready line on its console")
    return machine


def runner_killed(ctest, machine):
    os.kill(machine.runner, signal.SIGKILL)


def terminal_interrupt(ctest, machine):
    os.killpg(ctest.pid, signal.SIGINT)


def ctest_interrupted(ctest, machine):
    os.kill(ctest.pid, signal.SIGINT)


def ctest_ended(ctest, machine):
    os.kill(ctest.pid, signal.SIGTERM)


def ctest_killed(ctest, machine):
    os.kill(ctest.pid, signal.SIGKILL)


WAYS = [runner_killed, terminal_interrupt, ctest_interrupted, ctest_ended, ctest_killed]


def check(tree, way):
    ctest = tree.ctest("endless")
    machine = guest(tree)
    begin = time.monotonic()
    way(ctest, machine)
    while time.monotonic() < begin + 2:
        if not processes.alive(machine.pid, machine.start):
            break
        time.sleep(0.01)
    else:
        return f"{way.__name__}: the guest's qemu {machine.pid} still lives after two seconds"
    print(f"{way.__name__}: the guest was gone after {time.monotonic() - begin:.2f} s")
    ctest.wait(30)
    until(lambda: not processes.of_run(tree.mark), "the end of all processes of the run", 10)
    # Nothing that was left stands in the next one's way.
    tree.expect_pass(tree.ctest("after"), "after")
    return None


def main():
    given = arguments.parse(__doc__)
    with Tree(given, "killed") as tree:
        wrong = [text for text in (check(tree, way) for way in WAYS) if text]
    if wrong:
        fail("\n".join(wrong))
    print(f"PASS: {len(WAYS)} ways of ending a run")


if __name__ == "__main__":
    sys.exit(main())
