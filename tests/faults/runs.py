"""Descriptions for kvmtest-run, and runs of it: shared by tests/faults and tests/procedures."""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time


LOCKS = ("lock", "lock.next")


class Failure(Exception):
    """A case found something else than it expects."""


class Skip(Exception):
    """A case cannot run here."""


def escape(name):
    """As the runner names a test's directory (runner/job/names.h)."""
    return "".join(c if c in "abcdefghijklmnopqrstuvwxyz0123456789" else f"_{ord(c):02x}"
                   for c in name)


def lives(pid):
    """Whether a process exists and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def processes_with(text):
    """Living processes whose command line contains a text."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in command and int(pid) != os.getpid() and lives(int(pid)):
            found.append(int(pid))
    return found


def wait_until(condition, limit, what):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failure(f"not within {limit} s: {what}")


class Outcome:
    def __init__(self, status, out, directory):
        self.status = status
        self.out = out
        self.directory = directory

    @property
    def verdict(self):
        return self.out.split("\n", 1)[0]

    def file(self, name):
        path = os.path.join(self.directory, name)
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()

    def result(self):
        return json.loads(self.file("result.json"))

    def expect(self, status, verdict):
        """The exit status, and a regular expression for the whole verdict line."""
        if self.status != status or not re.fullmatch(verdict, self.verdict):
            raise Failure(f"expected exit status {status} and the verdict /{verdict}/, "
                          f"found {self.status} and\n{self.out}")
        return self

    def expect_text(self, *parts):
        for part in parts:
            if part not in self.out:
                raise Failure(f"expected this text:\n{part}\nin:\n{self.out}")
        return self


class Box:
    """A directory with descriptions, state directories and results of its own."""

    def __init__(self, directory, settings):
        self.directory = directory
        self.settings = settings
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        self.tests = []
        self.common = {"accel": "tcg", "timeout_multiplier": "1"}
        self.environment = {}
        self.generation = "0" * 16
        self.ranges = [{"name": "r0", "resource": "kvmr__h__1__r0", "base_mac": "52:54:00:10:00:00",
                        "base_ip": "10.20.0.0", "size": 256, "offset": 0, "count": 256}]

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def add(self, name, params, timeout=60, requires=(), queues=(0,)):
        self.tests.append({"test": name, "name": name, "shortname": name, "set": "s",
                           "queues": list(queues), "labels": [], "timeout": timeout,
                           "requires": list(requires), "origin": "x.cfg:1", "params": params})

    def header(self):
        # The last two: queue 1 with another state directory, and queue 2 with that of queue 1.
        queues = [{"name": name, "resource": f"kvmq__h__{name}",
                   "lock": self.path("locks", f"kvmq__h__{name}"),
                   "state_dir": self.path("state", state), "ranges": self.ranges}
                  for name, state in (("1", "1"), ("2", "2"), ("1", "1b"), ("2", "1"))]
        return {"schema": 1, "name": "n", "generation": self.generation, "plan": "1" * 16, "host": "h",
                "results_dir": self.path("results"), "pool": {"resource": "kvmp__h"},
                "queues": queues, "params": self.common}

    def write(self):
        """Writes tests.jsonl; returns {name: offset}."""
        text = json.dumps(self.header()) + "\n"
        offsets = {}
        for test in self.tests:
            offsets[test["test"]] = len(text.encode())
            text += json.dumps(test) + "\n"
        path = self.path("tests.jsonl")
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)  # runners may be reading it
        return offsets

    def command(self, name, *options):
        offset = self.write()[name]
        return [self.settings.runner, "--tests", f"{self.path('tests.jsonl')}@{offset}",
                "--test", name, *options]

    def environ(self):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CTEST_RESOURCE_GROUP")}
        return {**clean, "XDG_CACHE_HOME": self.path("cache"), **self.environment}

    def start(self, name, *options):
        return subprocess.Popen(self.command(name, *options), env=self.environ(),
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                errors="replace", stdin=subprocess.DEVNULL)

    def finish(self, name, process, limit=100):
        try:
            out, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            raise Failure(f"kvmtest-run did not end within {limit} s\n{out}") from None
        return Outcome(process.returncode, out, self.path("results", escape(name)))

    def run(self, name, *options):
        return self.finish(name, self.start(name, *options))

    def run_one(self, params, **more):
        """Describes and runs one test."""
        self.add("one", params, **more)
        return self.run("one")

    def vm(self, name):
        """What a running test has recorded of its first VM."""
        path = self.path("results", escape(name), "result.json")
        try:
            with open(path, encoding="utf-8") as file:
                result = json.load(file)
        except (OSError, ValueError):
            return None
        vms = result.get("vms") or [{}]
        return vms[0] if result["status"] == "running" and "pid" in vms[0] else None

    def processes(self):
        # The slash, since "panic" is the begin of "panic_at_boot", which runs beside it.
        return processes_with(self.directory + "/")

    def expect_nothing_left(self, limit=2):
        """No process that this box's tests started, no socket directory, no overlay."""
        wait_until(lambda: not self.processes(), limit,
                   f"no process of {self.directory} is left: {self.processes()}")
        for state in ("1", "2", "1b"):
            left = [n for n in (os.listdir(self.path("state", state))
                                if os.path.isdir(self.path("state", state)) else [])
                    if n not in LOCKS]
            wait_until(lambda s=state: all(n in LOCKS for n in os.listdir(self.path("state", s)))
                       if os.path.isdir(self.path("state", s)) else True, limit,
                       f"the state directory {state} is empty: {left}")


def main(cases, add_arguments=None, prepare=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--runner", required=True, help="kvmtest-run")
    parser.add_argument("--work-dir", required=True)
    if add_arguments:
        add_arguments(parser)
    parser.add_argument("case")
    settings = parser.parse_args()
    box = Box(os.path.join(settings.work_dir, settings.case), settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        if prepare:
            prepare(box)
        cases["case_" + settings.case](box)
    except Skip as skip:
        print(f"SKIP {settings.case}: {skip}")
        return 77
    except Failure as failure:
        print(f"FAIL {settings.case}: {failure}")
        return 1
    finally:
        for pid in box.processes():
            with contextlib.suppress(ProcessLookupError):  # a guardian may end by itself meanwhile
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(box.directory, ignore_errors=True)  # what failed stays, to be looked at
    return 0
