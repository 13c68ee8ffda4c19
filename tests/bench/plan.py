#!/usr/bin/env python3
"""What plans are worth, in seconds of real runs of ctest.

    plan.py --generate build/release/bin/kvmtest-generate [--seed N] [--short] [SECTION...]

timeline   tests that sleep, three queues, the real ctest (sleeper.py is the runner): when does it end,
           and when does each test begin, beside what the plan said
scale      many tests and hosts, expanded, assigned and written, beside the names of their dicts alone
naive      the same tests as somebody might place them by hand, beside the plan

Figures are only printed, since these machines are noisy. It fails if a test does not run, runs twice
or on a queue that does not admit it, or if those of a queue of an auto set begin in another order
than planned. --short takes few and short tests.
"""
import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile

from sleeps import QUEUES, Case, Failure, List, Run


class Bench:
    def __init__(self, given, scratch):
        self.given = given
        self.scratch = scratch
        self.runs = 0

    def sleeps(self):
        return List(self.given.seed, 10, 1) if self.given.short else List(self.given.seed, 30, 3)

    def run(self, case):
        self.runs += 1
        return Run(self.given.generate, case, os.path.join(self.scratch, f"run{self.runs}"))


def timeline(bench):
    tests = bench.sleeps().tests
    cases = {"auto": Case(tests, "auto"), "auto, memory": Case(tests, "auto", memory=True),
             "pool": Case(tests, "pool"), "pool, admission": Case(tests, "pool", narrow=True),
             "pool, memory": Case(tests, "pool", memory=True)}
    print(f"{'set of ' + str(len(tests)) + ' tests':<20}{'planned':>9}{'real':>9}{'ratio':>8}"
          f"{'pause':>9}{'begin':>8}  of the test that begins farthest from its time")
    for name, case in cases.items():
        run = bench.run(case)
        planned, real = run.ends()
        off, test = run.farthest()
        print(f"{name:<20}{planned:7.2f} s{real:7.2f} s{real / planned:8.3f}{run.pause() * 1000:6.0f} ms"
              f"{off * 100:6.1f} %  {test}{reason(run)}")


def reason(run):
    left = run.leaves_plan()
    if left is None:
        return ""
    time, tests = left
    return f"; from {time:.2f} s on, when {tests} test{'s were' if tests > 1 else ' was'} to begin or end"


def naive(bench):
    tests = bench.sleeps().tests
    ways = {"auto": Case(tests, "auto"),
            "each queue in turn": Case(tests, "manual", placed=lambda index: QUEUES[index % 3]),
            "all on one queue": Case(tests, "manual", placed=lambda index: QUEUES[0])}
    least = None
    print(f"{'set of ' + str(len(tests)) + ' tests':<20}{'planned':>9}{'real':>9}{'beside auto':>14}")
    for name, case in ways.items():
        planned, real = bench.run(case).ends()
        least = least or real
        print(f"{name:<20}{planned:7.2f} s{real:7.2f} s{real / least:14.2f}")


def large(tests, hosts, queues, families, reach):
    """Hosts that admit as many as `reach` of so many families of tests each: 1 of 1, and all admit all."""
    lines = ["# dialect: modern", "type = boot", "variants:"]
    for family in range(families):
        lines += [f"    - f{family}:", "        variants:"]
        lines += [f"            - t{test}:" for test in range(family, tests, families)]
    lines.append("variants:")
    for queue in range(queues):
        lines += [f"    - @q{queue}:", f"        queue = {queue}"]
    lines.append("variants:")
    for host in range(hosts):
        admitted = ", ".join(f"f{(host + i) % families}" for i in range(reach))
        lines += [f"    - @h{host}:", f"        hostname = h{host}", f"        only {admitted}"]
    return "\n".join(lines + ["variants:", "    - @nightly:", "        assign = auto"]) + "\n"


def costs(tests, families, rng):
    return "".join(f"{rng.lognormvariate(3.5, 1.5):.3f} nightly.f{test % families}.t{test}\n"
                   for test in range(tests))


def cpu(command, check):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0 or not check(done.stdout):
        raise Failure(f"{' '.join(command)}: status {done.returncode}")
    return sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))


def scale(bench):
    """CPU seconds of whole processes."""
    rows = [(2_000, 20, 4, 1, 1), (20_000, 200, 4, 200, 1), (20_000, 200, 4, 20, 1), (20_000, 200, 1, 1, 1),
            (20_000, 200, 4, 1, 1), (100_000, 200, 4, 200, 1), (100_000, 200, 1, 1, 1),
            # Each family has two hosts, which share it with others.
            (16_000, 3, 1, 3, 2), (64_000, 3, 1, 3, 2), (20_000, 200, 1, 200, 2)]
    print(f"{'tests':>8}{'hosts':>7}{'queues':>8}{'alternatives':>14}{'plan':>10}{'a test':>10}"
          f"{'names':>10}{'ratio':>8}")
    for tests, hosts, queues, families, reach in rows[:1] if bench.given.short else rows:
        config, measured = (os.path.join(bench.scratch, name) for name in ("large.cfg", "costs"))
        with open(config, "w") as file:
            file.write(large(tests, hosts, queues, families, reach))
        with open(measured, "w") as file:
            file.write(costs(tests, families, random.Random(bench.given.seed)))
        head = f"1 test set, {hosts} hosts, {hosts * queues} queues, {tests} tests\n"
        generate = bench.given.generate
        plan = cpu([generate, "plan", "--costs", measured, config], lambda text: text.startswith(head))
        names = cpu([generate, "dicts", "--names", "--max-dicts", "0", config], bool)
        alternatives = tests * hosts * queues * reach // families
        print(f"{tests:>8}{hosts:>7}{hosts * queues:>8}{alternatives:>14}{plan:8.2f} s"
              f"{plan / tests * 1e6:7.1f} us{names:8.2f} s{plan / names:8.1f}")


SECTIONS = {"timeline": timeline, "naive": naive, "scale": scale}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generate", required=True, help="kvmtest-generate, of a release build")
    parser.add_argument("--seed", type=int, default=1, help="of the random lists")
    parser.add_argument("--short", action="store_true", help="few and short tests")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="all, if none is given")
    given = parser.parse_args()
    unknown = set(given.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}: expected some of {', '.join(SECTIONS)}")
    print(f"seed {given.seed}")
    for name in given.sections or SECTIONS:
        print(f"\n{name}")
        try:
            with tempfile.TemporaryDirectory() as scratch:
                SECTIONS[name](Bench(given, scratch))
        except Failure as failure:
            print(f"FAIL: {failure}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
