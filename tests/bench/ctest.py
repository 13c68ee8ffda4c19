#!/usr/bin/env python3
"""How ctest lives with many tests, and how fast they are made.

    ctest.py --generate build/release/bin/kvmtest-generate [--ctest CTEST] [--cmake CMAKE] [--short] [SECTION...]

load       `ctest -N` in a project with so many tests of one host, on four queues, beside the leanest file
           that somebody could write by hand for the same tests with the same properties
run        the same of `ctest -j4` with tests that do nothing
generate   100,000 tests, each with 8 KB of params as tp-qemu's have: beside `dicts --names` of the same
           configuration; and with nothing changed

CPU seconds (user and system) of the programs and what they start, since these machines are noisy;
the figures are only printed. It fails if the two do not have the same tests. --short takes few tests.
"""
import argparse
import glob
import os
import re
import resource
import subprocess
import sys
import tempfile
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
LIMIT = 3000  # seconds that anything may take


class Failure(Exception):
    pass


class Done:
    """A command, its CPU seconds and its largest process."""

    def __init__(self, *command, cwd=None):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=LIMIT, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.out, self.status = run.stdout, run.returncode
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.megabytes = after.ru_maxrss / 1024  # of the largest child so far
        if run.returncode != 0:
            raise Failure(f"{' '.join(command)}: status {run.returncode}\n{run.stdout[-3000:]}")


def configuration(tests, params):
    """`tests` are a multiple of 100, and at least 400: each queue has about a fourth of them."""
    lines = ["type = boot", "nics ="]
    lines += [f"param_{i:03} = the value of param number {i}, which all tests have" for i in range(params)]
    for name, count, own in [("guest", 10, 5), ("disk", 10, 3), ("test", tests // 100, 3)]:
        lines.append("variants:")
        for i in range(count):
            lines.append(f"    - {name}{i}:")
            lines += [f"        {name}_{k} = what {name}{i} says of {k}" for k in range(own)]
    lines += ["variants:", "    - here:", "        hostname = here", "variants:"]
    for queue in range(4):
        chosen = ", ".join(f"test{i}" for i in range(queue, tests // 100, 4))
        lines += [f"    - queue{queue}:", f"        queue = {queue}", f"        only {chosen}"]
    lines += ["variants:", "    - nightly:"]
    return "\n".join(lines) + "\n"


def project(given, scratch, tests):
    """A build tree with so many tests that do nothing."""
    source, build = os.path.join(scratch, f"src{tests}"), os.path.join(scratch, f"build{tests}")
    os.makedirs(source)
    with open(os.path.join(source, "a.cfg"), "w", encoding="utf-8") as file:
        file.write(configuration(tests, 20))
    with open(os.path.join(source, "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write(textwrap.dedent(f"""\
            cmake_minimum_required(VERSION 3.25)
            project(many LANGUAGES NONE)
            enable_testing()
            foreach(program IN ITEMS generate run)
              add_executable(KvmTest::${{program}} IMPORTED GLOBAL)
            endforeach()
            set_property(TARGET KvmTest::generate PROPERTY IMPORTED_LOCATION "{given.generate}")
            set_property(TARGET KvmTest::run PROPERTY IMPORTED_LOCATION /bin/true)
            include("{SOURCE}/cmake/KvmTest.cmake")
            kvm_discover_tests(many CONFIG a.cfg)
            """))
    Done(given.cmake, "-G", "Ninja", "-S", source, "-B", build)
    Done(given.cmake, "--build", build)
    return build


def by_hand(build, scratch, tests):
    """The same tests in one file without a variable."""
    lean = os.path.join(scratch, f"lean{tests}")
    os.makedirs(lean)
    root = os.path.join(build, "kvmtest")
    variables = {}
    with open(os.path.join(root, "resources.cmake"), encoding="utf-8") as file:
        variables.update(re.findall(r'^set\((\w+) "?\[?=?\[?(.*?)\]?=?\]?"?\)$', file.read(), re.MULTILINE))
    text, spec = "", variables["KVMTEST_RESOURCE_SPEC"]
    for leaf in sorted(glob.glob(f"{root}/many/gen-*/here/sets/*/*/CTestTestfile.cmake")):
        with open(leaf, encoding="utf-8") as file:
            for line in file:
                if line.startswith("#"):
                    continue
                if line.startswith("get_filename_component"):
                    variables["KVMTEST_TESTS"] = os.path.join(root, "many", re.search(
                        "gen-[^/]*/here/", leaf)[0], "tests.jsonl")
                    continue
                if line.startswith("math"):
                    variables["KVMTEST_TIMEOUT"] = re.search(r'"(\d+)', line)[1]
                    continue
                text += re.sub(r"\$\{(\w+)\}", lambda match: variables.get(match[1], ""), line)
    # A hand would not name a directory for each queue, but a label for each test costs more.
    text = re.sub(r"^set_directory_properties.*\n", "", text, flags=re.MULTILINE)
    text += "set_directory_properties(PROPERTIES LABELS [=[nightly;host:here]=])\n"
    text += f'set(CTEST_RESOURCE_SPEC_FILE "{spec}")\n'
    with open(os.path.join(lean, "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        file.write(text)
    return lean


def row(title, ours, theirs, unit="s"):
    print(f"{title:<34}{ours:9.3f} {unit}{theirs:9.3f} {unit}{ours / theirs:8.2f}")


def compare(given, scratch, what, *options):
    os.environ["KVMTEST_HOST"] = "here"
    print(f"{what:<34}{'kvmtest':>11}{'by hand':>11}{'ratio':>8}")
    for tests in [400] if given.short else given.tests:
        build = project(given, scratch, tests)
        lean = by_hand(build, scratch, tests)
        ours, theirs = [], []
        for _ in range(1 if given.short else max(1, 5000 // tests)):  # in turns; the least of what is short
            for runs, place in ((ours, build), (theirs, lean)):
                runs.append(Done(given.ctest, *options, cwd=place))
        count = [len(re.findall(r"Test +#\d+:", runs[0].out)) for runs in (ours, theirs)]
        if count not in ([tests, tests], [2 * tests, 2 * tests]):
            raise Failure(f"expected {tests} tests twice, found {count}\n{ours[0].out[-2000:]}{theirs[0].out[-2000:]}")
        row(f"{tests} tests", *(min(run.cpu for run in runs) for runs in (ours, theirs)))


def load(given, scratch):
    compare(given, scratch, "ctest -N", "-N")


def run(given, scratch):
    compare(given, scratch, "ctest -j4", "-j4")


def generate(given, scratch):
    tests = 400 if given.short else 100_000
    config, out = os.path.join(scratch, "large.cfg"), os.path.join(scratch, "out/large")
    with open(config, "w", encoding="utf-8") as file:
        file.write(configuration(tests, 150))
    names = Done(given.generate, "dicts", "--names", config)
    arguments = [given.generate, "ctest", "--name=large", f"--output-dir={out}", "--runner=/bin/true"]
    made = Done(*arguments, config)
    files = [os.path.join(place, name) for place, _, names in os.walk(out) for name in names]
    size = sum(os.path.getsize(file) for file in files) / 1e6
    unchanged = Done(*arguments, "--if-changed", config)
    print(f"{'':<34}{'kvmtest':>11}{'names':>11}{'ratio':>8}")
    row(f"{tests} tests made", made.cpu, names.cpu)
    print(f"{'':<34}{made.megabytes:9.0f} MB at most, {len(files)} files of {size:.0f} MB")
    print(f"{'nothing changed':<34}{unchanged.cpu * 1000:9.1f} ms")


SECTIONS = {"load": load, "run": run, "generate": generate}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--generate", required=True)
    parser.add_argument("--ctest", default="ctest")
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--tests", type=int, nargs="*", default=[1000, 10_000, 50_000])
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []])
    given = parser.parse_args()
    given.generate = os.path.abspath(given.generate)
    given.tests = [max(400, tests // 100 * 100) for tests in given.tests]
    for name in given.sections or SECTIONS:
        print(f"\n{name}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            SECTIONS[name](given, scratch)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"FAIL: {failure}")
