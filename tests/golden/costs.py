#!/usr/bin/env python3
"""kvmtest-generate costs, as a user calls it: costs.py PROGRAM FOLDER

The generator makes trees, one on each host; results are written as the runner writes them."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

CONFIG = """\
variants:
    - boot:
        type = boot
    - shutdown:
        type = shutdown
variants:
    - linux:
    - tiny:
variants:
    - @queue1:
        queue = 1
        env = env1
    - @queue2:
        queue = 2
        env = env2
variants:
    - @hosta:
        hostname = hosta
        only linux
    - @hostb:
        hostname = hostb
        only queue1
        only tiny
variants:
    - @nightly:
        assign = auto
    - @weekly:
        only hosta
"""
HEAD = "# Seconds that tests took, and their names: for kvmtest-generate --costs.\n"


class Box:
    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.failed = False

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()

    def run(self, *words):
        done = subprocess.run([self.program, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=50)
        return done.returncode, done.stdout, re.sub(r"[.]tmp-\d+", ".tmp-PID", done.stderr)

    def generate(self, tree, config=CONFIG, name="kvm"):
        """A tree of its own with the configuration beside it; the digests of its plan, by host."""
        self.write(f"{tree}.cfg", config)
        status, _, said = self.run("ctest", f"{tree}.cfg", "--no-warnings", "--name", name,
                                   "--output-dir", f"{tree}/kvmtest/{name}")
        if status != 0:
            sys.exit(f"FAIL {tree}: {said}")
        digests = {}
        for path in glob.glob(self.path(tree, "kvmtest", name, "gen-*", "*", "tests.jsonl")):
            with open(path, encoding="utf-8") as file:
                header = json.loads(file.readline())
            digests[header["host"]] = header["plan"]
        return digests

    def result(self, tree, plan, host, test, seconds, status="pass", run="1"):
        started = 1000.0 + len(test)
        self.write(f"{tree}/kvmtest/kvm/results/{host}/{test}/result.json", json.dumps({
            "schema": 1, "test": f"kvm.{test}", "host": host, "plan": plan, "run": run,
            "status": status, "started": started, "ended": started + seconds}))

    def expect(self, words, status, out, err):
        found = self.run("costs", *words)
        if found != (status, out, err):
            self.failed = True
            print(f"costs {' '.join(words)}: expected {status}\n{out}---\n{err}---\n"
                  f"found {found[0]}\n{found[1]}---\n{found[2]}---")


def gather(box):
    """Results of two hosts count once each, whatever way leads to them."""
    plan = box.generate("a")
    box.generate("b")
    box.result("a", plan["hosta"], "hosta", "nightly.linux.boot", 0.5)
    box.result("a", plan["hosta"], "hosta", "nightly.linux.shutdown", 2)
    box.result("a", plan["hosta"], "hosta", "weekly.linux.boot@1", 3)
    box.result("a", plan["hosta"], "hosta", "weekly.linux.boot@2", 4)
    box.result("b", plan["hostb"], "hostb", "nightly.tiny.boot", 5)
    box.result("b", plan["hostb"], "hostb", "nightly.tiny.shutdown", 61.25)
    here = ("0.500 nightly.linux.boot\n2.000 nightly.linux.shutdown\n", "3.500 weekly.linux.boot\n")
    there = "5.000 nightly.tiny.boot\n61.250 nightly.tiny.shutdown\n"
    text = HEAD + here[0] + there + here[1]
    summary = ("5 tests measured on 2 hosts: hosta, hostb\n"
               "without a result: 2 of their 8 tests\n")
    box.expect(["a", "b"], 0, text, summary)
    # Again, by its parts, and through a link.
    os.symlink("a", box.path("link"))
    box.expect(["a", "b/kvmtest/kvm/results", "link/kvmtest", "a"], 0, text, summary)
    # A copy elsewhere, as from another machine.
    shutil.copytree(box.path("b"), box.path("copies/of_b"))
    box.expect(["copies", "b", "a"], 0, text, summary)
    shutil.rmtree(box.path("b"))
    box.expect(["copies", "a", "-o", "costs.txt"], 0, "", summary)
    if box.read("costs.txt") != text or [name for name in os.listdir(box.folder) if "tmp" in name]:
        box.failed = True
        print(f"costs.txt: expected\n{text}found\n{box.read('costs.txt')}")
    # One host alone, with what was known before; the file may be the same.
    box.write("before.txt", "7 gone.test\n8 nightly.linux.boot\n")
    alone = ("3 tests measured on 1 host: hosta\n"
             "without a result: 2 of their 6 tests\n"
             "hosts without results: hostb (2 tests)\n"
             "kept from before.txt: 1\n")
    box.expect(["a", "--earlier", "before.txt", "-o", "before.txt"], 0, "", alone)
    if box.read("before.txt") != HEAD + "7.000 gone.test\n" + here[0] + here[1]:
        box.failed = True
        print(f"before.txt: found\n{box.read('before.txt')}")
    # A directory within a tree that holds some results.
    box.expect(["a/kvmtest/kvm/results/hosta/nightly.linux.boot"], 0, HEAD + "0.500 nightly.linux.boot\n",
               "1 test measured on 1 host: hosta\n"
               "without a result: 5 of their 6 tests\n"
               "hosts without results: hostb (2 tests)\n")
    return plan


def broken_files(box, plan):
    """What is no result is told and left out; so are results that say nothing of a time."""
    results = "a/kvmtest/kvm/results/hosta"
    box.write(f"{results}/torn/result.json", '{"schema": 1, "test": "kvm.nigh')
    box.write(f"{results}/foreign/result.json", '{"tests": 3}')
    box.write(f"{results}/other/result.json/keep", "")
    os.makedirs(box.path(results, "dangling"))
    os.symlink("nowhere", box.path(results, "dangling/result.json"))
    box.result("a", plan["hosta"], "hosta", "weekly.linux.boot@1", 1, "fail")
    box.result("a", "0123456789abcdef", "hosta", "weekly.linux.boot@2", 1)
    reasons = (("dangling", "No such file or directory"), ("foreign", "'schema' is missing"),
               ("other", "Is a directory"), ("torn", "it is no JSON, or not all of it"))
    box.expect(["a"], 0, HEAD + "0.500 nightly.linux.boot\n2.000 nightly.linux.shutdown\n",
               "".join(f"{results}/{name}/result.json: warning: no result of kvmtest-run: {why}; left out\n"
                       for name, why in reasons) +
               "2 tests measured on 1 host: hosta\n"
               "without a result: 3 of their 6 tests\n"
               "hosts without results: hostb (2 tests)\n"
               "results left out: 1 of status 'fail', 1 of other plans\n")


def refusals(box):
    plan = box.generate("c")
    name, host = "nightly.linux.boot", "hosta"
    box.expect(["c"], 1, "",
               "error: no test of the current plan has passed: nothing to gather\n"
               "0 tests measured on 0 hosts\n"
               "hosts without results: hosta (6 tests), hostb (2 tests)\n")
    box.result("c", plan[host], host, name, 3)
    other = box.generate("d", CONFIG + "mem = 64\n")
    box.result("d", other[host], host, name, 3, run="2")
    box.expect(["c", "d", "-o", "refused.txt"], 1, "",
               f"c/kvmtest/kvm/results/{host}/{name}/result.json: error: a result of host '{host}', "
               f"of plan {plan[host]}: expected results of one plan\n"
               f"d/kvmtest/kvm/results/{host}/{name}/result.json: note: a result of host '{host}', "
               f"of plan {other[host]}\n"
               "hint: gather from hosts that ran the same configuration with the same costs; "
               "--earlier FILE keeps what was gathered before\n")
    box.generate("c", name="guests")
    box.expect(["c"], 1, "",
               "c/kvmtest/guests/current.cmake: error: tests of 'guests', and others of 'kvm': expected "
               "those of one kvm_discover_tests()\n"
               "c/kvmtest/kvm/current.cmake: note: here are the others\n"
               "hint: name the directories kvmtest/guests or kvmtest/kvm of the build trees\n")
    box.expect(["nowhere"], 1, "", "nowhere: error: no such directory\n")
    os.makedirs(box.path("empty"))
    box.expect(["empty"], 1, "", "empty: error: no tests of kvmtest are here: expected a build tree, or a "
                                 "directory within its kvmtest/NAME\n")
    box.write("wrong.txt", "soon a\n")
    box.expect(["d", "--earlier", "wrong.txt"], 1, "",
               "wrong.txt:1:1: error: expected seconds such as 12.5, then a test's name\n"
               "    1 | soon a\n      | ^\n")
    box.expect(["d", "--earlier", "none.txt"], 1, "",
               "none.txt: error: cannot read it: No such file or directory (--earlier)\n")
    box.expect(["d", "-o", "nowhere/costs.txt"], 3, "", box.run("costs", "d")[2] +
               "error: cannot create nowhere/costs.txt.tmp-PID: No such file or directory\n")
    for entry in os.listdir(box.path("d/kvmtest/kvm")):
        if entry.startswith("gen-"):
            shutil.rmtree(box.path("d/kvmtest/kvm", entry))
    box.expect(["d"], 1, "", "d/kvmtest/kvm/current.cmake: error: the generation that it names is not here\n")
    if os.path.exists(box.path("refused.txt")):
        box.failed = True
        print("refused.txt was written")


def main():
    box = Box(sys.argv[1], sys.argv[2])
    broken_files(box, gather(box))
    refusals(box)
    return 1 if box.failed else 0


if __name__ == "__main__":
    sys.exit(main())
