#!/usr/bin/env python3
"""How good the plans of `assign = auto` are: 200 random configurations with 1 to 16 queues on up to
three hosts, about 20 tests a queue whose durations are lognormal with sigma 1.5, some of which
require each other, some of which only some queues admit, and half of them with CPUs and memory that
hosts run out of (but a host has at least twice what a test can take).

Each plan's end is held against a bound below which nothing can end, made here from the same lists:
the largest group of tests that require each other, the work that only some queues admit divided
among these, and the CPU and memory times that only some hosts admit divided by what they have.
Beside it `assign = pool`, whose tests wait for queues that ctest knows nothing of, and two naive
ways: each test to the next queue that admits it, in config order, and all tests to one queue. Both
are let off CPUs, memory and requirements."""
import argparse
import itertools
import json
import os
import random
import subprocess
import sys

LISTS = 200
MOST_ON_AVERAGE = 1.05
MOST_AT_WORST = 4 / 3


class List:
    """A random list of tests, where they may run, and the configuration that says so."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        queues = self.random.randint(1, 16)
        hosts = self.random.randint(1, min(3, queues))
        self.host_of = [queue * hosts // queues for queue in range(queues)]
        self.limited = seed % 2 == 0
        self.cpus, self.memory = self.capacities(hosts)
        # Of each class of tests, the queues that admit it; the first goes anywhere.
        self.classes = [set(range(queues))]
        for _ in range(self.random.randint(0, 3)):
            some = {queue for queue in range(queues) if self.random.random() < 0.5}
            if some:
                self.classes.append(some)
        self.groups = list(self.make_groups(queues * 20))

    def capacities(self, hosts):
        cpus, memory = [], []
        for host in range(hosts):
            queues = self.host_of.count(host)
            cpus.append(max(8, queues * self.random.randint(1, 3)))
            memory.append(max(8192, 1024 * queues * self.random.randint(1, 3)))
        return cpus, memory

    def make_groups(self, tests):
        number = 0
        while number < tests:
            size = self.random.randint(1, 5) if self.random.random() < 0.25 else 1
            which = self.random.randrange(len(self.classes)) if self.random.random() < 0.33 else 0
            group = []
            for _ in range(min(size, tests - number)):
                group.append({"name": f"t{number}", "class": which,
                              "seconds": round(self.random.lognormvariate(3.5, 1.5), 3) + 0.001,
                              "cpus": self.random.choice([1, 1, 1, 2, 2, 2, 3, 4]),
                              "memory": self.random.choice([512, 512, 1024, 1024, 2048, 4096])})
                number += 1
            yield group

    def tests(self):
        return list(itertools.chain.from_iterable(self.groups))

    def config(self, assign):
        lines = ["# dialect: modern", "type = boot", "variants:"]
        for which in range(len(self.classes)):
            groups = [group for group in self.groups if group[0]["class"] == which]
            if not groups:
                continue
            lines += [f"    - c{which}:", "        variants:"]
            for group in groups:
                for before, test in zip([None] + group, group):
                    required = f" {before['name']}" if before else ""
                    lines.append(f"            - {test['name']}:{required}")
                    if self.limited:
                        lines += [f"                used_cpus = {test['cpus']}",
                                  f"                used_mem = {test['memory']}"]
        lines.append("variants:")
        for queue in range(len(self.host_of)):
            lines += [f"    - @q{queue}:", f"        queue = {queue}"]
            lines += [f"        no c{which}" for which, admitted in enumerate(self.classes)
                      if queue not in admitted and any(g[0]["class"] == which for g in self.groups)]
        lines.append("variants:")
        for host in range(len(self.cpus)):
            own = ", ".join(f"q{queue}" for queue, its in enumerate(self.host_of) if its == host)
            lines += [f"    - @h{host}:", f"        hostname = h{host}", f"        only {own}"]
            if self.limited:
                lines += [f"        total_cpus = {self.cpus[host]}",
                          f"        total_mem = {self.memory[host]}"]
        lines += ["variants:", "    - @nightly:", f"        assign = {assign}"]
        return "\n".join(lines) + "\n"

    def costs(self):
        return "".join(f"{test['seconds']:.3f} nightly.c{test['class']}.{test['name']}\n"
                       for test in self.tests())

    def bound(self):
        least = max(sum(test["seconds"] for test in group) for group in self.groups)
        for count in range(1, len(self.classes) + 1):
            for some in itertools.combinations(self.classes, count):
                queues = set.union(*some)
                inside = [test for test in self.tests() if self.classes[test["class"]] <= queues]
                least = max(least, sum(test["seconds"] for test in inside) / len(queues))
        if self.limited:
            least = max(least, self.bound_of_hosts())
        return least

    def bound_of_hosts(self):
        least = 0
        all_hosts = range(len(self.cpus))
        for count in range(1, len(self.cpus) + 1):
            for hosts in itertools.combinations(all_hosts, count):
                inside = [test for test in self.tests()
                          if {self.host_of[q] for q in self.classes[test["class"]]} <= set(hosts)]
                for key, has in (("cpus", self.cpus), ("memory", self.memory)):
                    used = sum(test["seconds"] * test[key] for test in inside)
                    least = max(least, used / sum(has[host] for host in hosts))
        return least

    def round_robin(self):
        load = [0.0] * len(self.host_of)
        turn = 0
        for test in self.tests():
            while turn not in self.classes[test["class"]]:
                turn = (turn + 1) % len(load)
            load[turn] += test["seconds"]
            turn = (turn + 1) % len(load)
        return max(load)

    def one_queue(self):
        return sum(test["seconds"] for test in self.tests())


def plan(program, work, given, assign):
    config, costs = os.path.join(work, "main.cfg"), os.path.join(work, "costs")
    with open(config, "w") as file:
        file.write(given.config(assign))
    with open(costs, "w") as file:
        file.write(given.costs())
    done = subprocess.run([program, "plan", "--json", "--costs", costs, config],
                          capture_output=True, text=True, timeout=120)
    if done.returncode != 0 or "-W" in done.stderr:
        sys.exit(f"FAIL: status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def end_of(planned):
    return max(schedule["end"] for schedule in planned["schedules"])


def complaint(given, planned):
    """What is wrong with the plan, but for how soon it ends."""
    tests = {test["test"].rsplit(".", 1)[1]: test for test in planned["tests"]}
    if len(planned["tests"]) != len(given.tests()) or len(tests) != len(given.tests()):
        return f"{len(planned['tests'])} tests instead of {len(given.tests())}"
    for group in given.groups:
        queues = {tuple(tests[test["name"]]["queues"]) for test in group}
        if len(queues) != 1:
            return f"{group[0]['name']} and what requires it are apart: {queues}"
        if int(queues.pop()[0]) not in given.classes[group[0]["class"]]:
            return f"{group[0]['name']} is where it is not admitted"
    return None


def report(name, values):
    print(f"{name:<30} {sum(values) / len(values):7.3f} on average, {max(values):7.3f} at worst")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="kvmtest-generate")
    parser.add_argument("work", help="a directory for files")
    parser.add_argument("--seed", type=int, default=1, help="of the first list")
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    ratios, pooled = {False: [], True: []}, []
    naive, single = [], []
    for seed in range(arguments.seed, arguments.seed + LISTS):
        given = List(seed)
        planned = plan(arguments.program, arguments.work, given, "auto")
        wrong = complaint(given, planned)
        if wrong:
            sys.exit(f"FAIL: seed {seed}: {wrong}")
        bound = given.bound()
        end = end_of(planned)
        if end < bound * 0.999:
            sys.exit(f"FAIL: seed {seed}: ends after {end} s, which cannot be before {bound} s")
        ratios[given.limited].append(end / bound)
        pooled.append(end_of(plan(arguments.program, arguments.work, given, "pool")) / bound)
        naive.append(given.round_robin() / bound)
        single.append(given.one_queue() / bound)
    print(f"{LISTS} lists, seeds from {arguments.seed}; ends divided by the bound:")
    report("assign = auto", ratios[False] + ratios[True])
    report("  without limits", ratios[False])
    report("  with CPUs and memory", ratios[True])
    report("assign = pool", pooled)
    report("next queue in turn", naive)
    report("one queue", single)
    ends = ratios[False] + ratios[True]
    if sum(ends) / LISTS > MOST_ON_AVERAGE or max(ends) > MOST_AT_WORST:
        sys.exit("FAIL: the plans end too late")


if __name__ == "__main__":
    main()
