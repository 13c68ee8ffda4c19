"""Configurations whose tests sleep, and what comes of them: as planned, and when a real ctest runs
them with sleeper.py."""
import glob
import json
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
QUEUES = ("1", "2", "3")
# Classes of tests, and the queues that admit them.
ADMITTED = {"any": ("1", "2", "3"), "left": ("1", "2"), "right": ("2", "3"), "last": ("3",)}
SET = "timed"
LEAST = 0.2  # seconds of a test: sleeper.py has to be up by then
TOLERATED = 0.03  # of a run
SAME_TIME = 0.05  # seconds


class Failure(Exception):
    pass


class List:
    """Tests of lognormal durations, some of which require each other."""

    def __init__(self, seed, count, longest):
        self.random = random.Random(seed)
        self.tests = []
        while len(self.tests) < count:
            self.add_group(min(self.random.choice([1, 1, 1, 2, 3]), count - len(self.tests)), longest)

    def add_group(self, size, longest):
        first = len(self.tests)
        which = self.random.choice(["any", "any", "left", "right", "last"])
        for number in range(first, first + size):
            seconds = self.random.lognormvariate(0, 0.8) * longest / 4
            # A chain, or two that require one.
            requires = None if number == first else self.random.choice([first, number - 1])
            self.tests.append({"name": f"t{number}", "requires": requires, "class": which,
                               "seconds": round(min(max(seconds, LEAST), longest), 3),
                               "memory": self.random.choice([512, 512, 1024, 1536, 2048])})


class Case:
    """A list as a test set. `placed`: a manual one, index of the test -> queue."""

    def __init__(self, tests, assign, narrow=False, memory=False, placed=None):
        self.tests, self.assign, self.narrow, self.memory = tests, assign, narrow, memory
        self.placed = placed

    def class_of(self, test):
        return test["class"] if self.narrow else "any"

    def cost_name(self, test):
        return f"{SET}.{self.class_of(test)}.{test['name']}"

    def admitted(self):
        """The name of each test -> queues that admit it."""
        if self.placed:
            return {self.cost_name(test): (self.placed(index),) for index, test in enumerate(self.tests)}
        return {self.cost_name(test): ADMITTED[self.class_of(test)] for test in self.tests}

    def config(self):
        lines = ["# dialect: modern", "type = boot"]
        if self.memory:
            lines.append("total_mem = 3072")
        lines.append("variants:")
        for which in ADMITTED:
            lines += self.variants(which)
        lines.append("variants:")
        for queue in QUEUES:
            lines += [f"    - @queue{queue}:", f"        queue = {queue}"]
            lines += [f"        no {which}" for which in ADMITTED
                      if queue not in ADMITTED[which] and self.variants(which)]
        lines += ["variants:", "    - @host:", "        hostname = host",
                  "variants:", f"    - @{SET}:", f"        assign = {self.assign}"]
        if self.placed:
            for queue in QUEUES:
                names = [test["name"] for index, test in enumerate(self.tests)
                         if self.placed(index) == queue]
                lines += ([f"        queue{queue}:", f"            only {', '.join(names)}"] if names
                          else [f"        no queue{queue}"])
        return "\n".join(lines) + "\n"

    def variants(self, which):
        lines = []
        for test in self.tests:
            if self.class_of(test) != which:
                continue
            required = "" if test["requires"] is None else f" t{test['requires']}"
            lines.append(f"            - {test['name']}:{required}")
            if self.memory:
                lines.append(f"                used_mem = {test['memory']}")
        return [f"    - {which}:", "        variants:", *lines] if lines else []

    def costs(self):
        return "".join(f"{test['seconds']} {self.cost_name(test)}\n" for test in self.tests)


class Run:
    """A case's plan, and what a real ctest made of it; runs are name -> queue, begin, end."""

    def __init__(self, generate, case, work):
        self.generate, self.case = os.path.abspath(generate), case
        self.work = os.path.abspath(work)
        os.makedirs(os.path.join(self.work, "kvmtest"))
        self.write("main.cfg", case.config())
        self.write("costs", case.costs())
        self.planned = self.plan()
        self.real = self.ctest()
        self.check()

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def call(self, command):
        own = {key: value for key, value in os.environ.items() if not key.startswith("CTEST_")}
        done = subprocess.run(command, cwd=self.work, env=own, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def plan(self):
        found = json.loads(self.call([self.generate, "plan", "main.cfg", "--costs", "costs", "--json",
                                      "--no-warnings"]))
        [schedule] = found["schedules"]
        return {run.pop("test"): run for run in schedule["runs"]}

    def ctest(self):
        python = [sys.executable, "-I", "-S", os.path.join(HERE, "sleeper.py"), self.path("costs"),
                  self.path("log")]
        self.call([self.generate, "ctest", "main.cfg", "--name", "call", "--costs", "costs", "--no-warnings",
                   "--output-dir", self.path("kvmtest/call"), "--runner", python[0],
                   *(f"--runner-arg={word}" for word in python[1:])])
        [host] = glob.glob(self.path("kvmtest/call/gen-*/host"))
        self.write("CTestTestfile.cmake", f"subdirs([=[{host}]=])\n")
        self.call(["ctest", f"-j{len(QUEUES)}", "--resource-spec-file", self.path("kvmtest/resources.json"),
                   "--output-on-failure"])
        with open(self.path("log"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        start = min(line["begin"] for line in lines)
        runs = {}
        for line in lines:
            if line["test"] in runs:
                raise Failure(f"{line['test']} ran twice")
            runs[line["test"]] = {"queue": line["queue"], "begin": line["begin"] - start,
                                  "end": line["end"] - start}
        return runs

    def check(self):
        """What holds whatever the time: each test ran once on a queue that admits it, and of an
        auto set those of a queue in the order of the plan."""
        admitted = self.case.admitted()
        if set(self.real) != set(admitted) or set(self.planned) != set(admitted):
            raise Failure(f"ran {sorted(self.real)}, planned {sorted(self.planned)}, "
                          f"expected {sorted(admitted)}")
        for runs in (self.planned, self.real):
            for test, run in runs.items():
                if run["queue"] not in admitted[test]:
                    raise Failure(f"{test} ran on queue {run['queue']}, expected one of {admitted[test]}")
        if self.case.assign == "auto" and not self.case.memory:
            self.check_order()

    def check_order(self):
        for queue in QUEUES:
            planned, real = (sorted((run["begin"], test) for test, run in runs.items()
                                    if run["queue"] == queue) for runs in (self.planned, self.real))
            if [test for _, test in planned] != [test for _, test in real]:
                raise Failure(f"queue {queue}: began {real}, planned {planned}")

    def ends(self):
        return tuple(max(run["end"] for run in runs.values()) for runs in (self.planned, self.real))

    def farthest(self):
        """The test that began farthest from its planned time, and how far, as a part of the plan."""
        end, _ = self.ends()
        return max((abs(self.real[test]["begin"] - run["begin"]) / end, test)
                   for test, run in self.planned.items())

    def leaves_plan(self):
        """When the first test does not begin when and where it was to, and how many were to begin or
        to end about then: if more than one, they came in another order than planned, by the luck of
        a few milliseconds; if one, something is wrong with the plan or with this. None if the run is
        but slower."""
        planned, real = self.ends()
        late = {test: abs(self.real[test]["begin"] / real - run["begin"] / planned) > TOLERATED
                for test, run in self.planned.items()}
        if not any(late.values()):
            return None
        time = min(run["begin"] for test, run in self.planned.items()
                   if late[test] or run["queue"] != self.real[test]["queue"])
        return time, max(sum(abs(run[what] - time) <= SAME_TIME for run in self.planned.values())
                         for what in ("begin", "end"))

    def pause(self):
        """Between one test of a queue and the next, as it is where nothing else has to be waited for."""
        found = []
        for queue in QUEUES:
            runs = sorted((run["begin"], run["end"]) for run in self.real.values() if run["queue"] == queue)
            found += [after[0] - before[1] for before, after in zip(runs, runs[1:])]
        return sorted(found)[len(found) // 2] if found else 0
