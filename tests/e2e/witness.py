"""Watches a run from outside while ctest runs it: which qemus live, for which test and
queue, and with which addresses.

Test and queue come from the process that started qemu and from what CTest put into its
environment; addresses from qemu's second monitor. CTest does not know the queue of a pooled
test: that is the one whose lock qemu holds, as the kernel says. Nothing comes from what is
written in the runner's files.

A machine's time is given from the inside: it certainly lived from `first` to `last`.
Each is read off the clock on the safe side of looking at /proc. So two machines
whose times overlap have truly lived together, however slow this program was."""
import re
import threading
import time

import processes
import qmp

QUEUE = re.compile(r"CTEST_RESOURCE_GROUP_0_KVMQ__(\w+)$")
QUEUE_LOCK = re.compile(r"/kvmtest/locks/(\w+)/(\w+)\.lock$")
STATE_LOCK = re.compile(r"(.*/kvmtest/state/.*)/lock$")
PAUSE = 0.02


class Machine:
    def __init__(self, pid, start):
        self.pid, self.start = pid, start
        self.first = self.last = self.macs = None
        self.argv = processes.argv(pid)
        environment = processes.environment(pid)
        queues = [match[1].lower() for match in map(QUEUE.match, environment) if match]
        locks = processes.locked_files(pid)
        self.locked = ["__".join(match.groups()) for match in map(QUEUE_LOCK.search, locks) if match]
        self.state_dirs = [match[1] for match in map(STATE_LOCK.match, locks) if match]
        queues = queues or self.locked
        self.queue = queues[0] if len(queues) == 1 else None
        self.runner, self.test = self._find_runner()

    def _find_runner(self):
        pid = self.pid
        for _ in range(4):
            found = processes.stat(pid)
            pid = found[1] if found else 0
            words = processes.argv(pid) if pid > 1 else []
            if "--test" in words[:-1]:
                return pid, words[words.index("--test") + 1]
        return None, None

    def is_guest(self):
        """A test's machine, and no trial of an accelerator, which has neither name nor card."""
        return "-name" in self.argv or any("mac=" in word for word in self.argv)

    def monitor(self):
        for word in self.argv:
            match = re.match(r"socket,id=qmp2,path=(.*?),server", word)
            if match:
                return match[1].replace(",,", ",")
        return None

    def look(self):
        before = time.time()
        if not processes.alive(self.pid, self.start):
            return False
        self.first = self.first or time.time()
        self.last = before
        if self.macs is None and self.monitor():
            try:
                # None: qemu has removed its cards already, since it is about to end.
                self.macs = qmp.macs(self.monitor()) or None
            except (OSError, ValueError, KeyError):
                pass  # not there yet, or not any more
        return True

    def as_json(self):
        return {name: getattr(self, name) for name in
                ("pid", "start", "first", "last", "test", "queue", "locked", "state_dirs", "macs",
                 "runner")}


class Witness(threading.Thread):
    """Use as a context manager around the run; then machines() has what was seen."""

    def __init__(self, mark):
        super().__init__(daemon=True)
        self.mark = mark
        self.seen = {}
        self.done = threading.Event()
        self.lock = threading.Lock()

    def run(self):
        while not self.done.wait(PAUSE):
            self.look()

    def look(self):
        living = []
        for pid in processes.qemus(self.mark):
            found = processes.stat(pid)
            if found is None:
                continue
            key = (pid, found[2])
            if key not in self.seen:
                machine = Machine(pid, found[2])
                if not machine.is_guest():
                    continue
                with self.lock:
                    self.seen[key] = machine
            living.append(self.seen[key])
        for machine in living:
            machine.look()
        # Once more, so that each one's time covers the others' first look.
        for machine in living:
            machine.look()

    def machines(self):
        with self.lock:
            return [machine for machine in self.seen.values() if machine.first is not None]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()
