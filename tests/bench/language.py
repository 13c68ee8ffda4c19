#!/usr/bin/env python3
"""How fast kvmtest-generate reads and expands configurations: CPU seconds of whole processes,
beside those of `cat` for the same bytes in the same run.

    language.py --generate build/release/bin/kvmtest-generate [--rounds N]

Each figure is the least of all rounds, since these machines are noisy; the ratio to `cat` is what
can be compared between machines. The large trees lie in ../shared beside the project; without that
folder only the generated ones are measured.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REAL = os.path.join(os.path.dirname(PROJECT), "shared", "language", "golden", "real")


def product(blocks, variants):
    """A product of blocks, a few params in each variant."""
    text = ["# dialect: modern", "base = 1", "mem = 512"]
    for block in range(blocks):
        text.append("variants:")
        for variant in range(variants):
            text += [f"    - b{block}v{variant}:", f"        k{block} = value{variant}",
                     f"        mem += {variant}"]
    return "\n".join(text) + "\n"


def cpu_seconds(command, directory, output):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=directory, stdout=output, check=True, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))


def wall_seconds(command, directory, output):
    start = time.monotonic()
    subprocess.run(command, cwd=directory, stdout=output, check=True, timeout=600)
    return time.monotonic() - start


class Bench:
    def __init__(self, generate, rounds, scratch):
        self.generate = os.path.abspath(generate)
        self.rounds = rounds
        self.scratch = scratch
        print(f"{'case':<28}{'CPU s':>9}{'cat s':>9}{'ratio':>8}  notes")

    def least(self, command, directory):
        with open(os.devnull, "wb") as null:
            return min(cpu_seconds(command, directory, null) for _ in range(self.rounds))

    def dicts(self, name, directory, config, strings=()):
        """Expansion to /dev/null, and `cat` of what it writes."""
        command = [self.generate, "dicts", "--no-warnings", "-j1", config, *strings]
        path = os.path.join(self.scratch, "out")
        with open(path, "wb") as out:
            subprocess.run(command, cwd=directory, stdout=out, check=True, timeout=600)
        with open(path, "rb") as file:
            count = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
        megabytes = os.path.getsize(path) / 1e6
        seconds = self.least(command, directory)
        cat = self.least(["cat", path], directory)
        os.unlink(path)
        ratio = f"{seconds / cat:8.1f}" if cat > 0 else "       -"
        print(f"{name:<28}{seconds:9.3f}{cat:9.3f}{ratio}  "
              f"{count} dicts, {megabytes:.1f} MB, {count / seconds:,.0f} dicts/s")

    def threads(self, name, directory, config, strings=()):
        """How much sooner two threads end than one; needs two idle cores to mean anything."""
        walls = []
        with open(os.devnull, "wb") as null:
            for jobs in ("-j1", "-j2"):
                command = [self.generate, "dicts", "--no-warnings", jobs, config, *strings]
                walls.append(min(wall_seconds(command, directory, null)
                                 for _ in range(self.rounds)))
        print(f"{name:<28}{'':>9}{'':>9}{walls[0] / walls[1]:8.2f}  "
              f"wall: one thread {walls[0]:.3f} s, two {walls[1]:.3f} s")

    def count(self, name, directory, config, strings=(), options=()):
        command = [self.generate, "dicts", "--no-warnings", "--count", *options, config, *strings]
        found = subprocess.run(command, cwd=directory, capture_output=True, check=True, text=True,
                               timeout=600).stdout.strip()
        seconds = self.least(command, directory)
        print(f"{name:<28}{seconds:9.3f}{'':>9}{'':>8}  {found} dicts, counted only")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generate", required=True, help="kvmtest-generate, of a release build")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(given.generate, given.rounds, scratch)
        for blocks, variants in ((6, 10), (9, 10)):
            with open(os.path.join(scratch, f"product{blocks}.cfg"), "w", encoding="ascii") as file:
                file.write(product(blocks, variants))
        bench.dicts("huge: 10^6 small dicts", scratch, "product6.cfg")
        bench.threads("huge: two threads", scratch, "product6.cfg")
        bench.count("a product of 10^9", scratch, "product9.cfg")
        bench.count("the same, 2009", scratch, "product9.cfg", options=["--dialect", "2009"])
        bench.dicts("10^9, filtered to 1,000", scratch, "product9.cfg",
                    ["only " + "..".join(f"b{block}v7" for block in range(6))])
        for case in ("tree_M", "tree_S1", "huge_test1"):
            directory = os.path.join(REAL, case)
            if not os.path.isdir(directory):
                print(f"{case:<28}  not measured: no folder {os.path.relpath(directory)}")
                continue
            with open(os.path.join(directory, "case.json"), encoding="utf-8") as file:
                described = json.load(file)
            bench.dicts(case, directory, described["main"], described["extra"])
            bench.count(case + ", read only", directory, described["main"], described["extra"])
        directory = os.path.join(REAL, "huge_test1")
        if os.path.isdir(directory):
            strings = [f"only {word}" for word in ("pc-0.14", "smp2", "virtio_net", "qcow2")]
            bench.count("huge_test1, many guests", directory, "tests.cfg", strings)
            bench.threads("the same: two threads", directory, "tests.cfg", strings)


if __name__ == "__main__":
    sys.exit(main())
