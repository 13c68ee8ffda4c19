#!/usr/bin/env python3
"""kvmtest-generate kvm-unit-tests: kut.py PROGRAM RUNNER WORK_DIR <case of kut/> | bytes

KVMTEST_UPDATE_GOLDEN=1 writes the expected files instead of comparing."""

import json
import os
import random
import shlex
import subprocess
import sys

from golden_case import read, write

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kut")


def compare(path, got):
    if os.environ.get("KVMTEST_UPDATE_GOLDEN"):
        write(path, got)
    elif got != read(path):
        sys.exit(f"{path}: expected\n{read(path)}\nfound\n{got}")


def generate(program, *args, cwd=None):
    run = subprocess.run([program, "kvm-unit-tests", *args], cwd=cwd, capture_output=True,
                         check=False, timeout=50)
    err = run.stderr.decode()
    return run.stdout, err if run.returncode == 0 else f"exit code {run.returncode}\n{err}"


def dicts(program, path):
    run = subprocess.run([program, "dicts", "--no-warnings", path], capture_output=True, check=True,
                         timeout=50)
    return [json.loads(line) for line in run.stdout.splitlines()]


def golden(program, _, work, case):
    """The text, the messages, and what the language makes of the text."""
    folder = os.path.join(HERE, case)
    out, err = generate(program, *shlex.split(read(os.path.join(folder, "args"))), cwd=folder)
    text = out.decode("ascii").replace(folder, "/FOLDER")
    compare(os.path.join(folder, "expected.cfg"), text)
    compare(os.path.join(folder, "expected.err"), err.replace(folder, "/FOLDER"))
    if out:
        path = os.path.join(work, "kut.cfg")
        with open(path, "wb") as file:
            file.write(out)
        own = [{k: v for k, v in d.items() if not k.startswith("_")} for d in dicts(program, path)]
        common = set.intersection(*(set(d.items()) for d in [
            {k: json.dumps(v) for k, v in d.items()} for d in own]))
        lines = "".join(json.dumps({k: v for k, v in d.items() if (k, json.dumps(v)) not in common},
                                   sort_keys=True) + "\n" for d in own)
        compare(os.path.join(folder, "expected.dicts"), lines)


def arguments_of(runner, work, params):
    """What the runner's command line for these params says after -append."""
    header = {"schema": 1, "name": "n", "generation": "0" * 16, "plan": "1" * 16, "host": "h",
              "results_dir": work, "pool": {"resource": "kvmp__h"}, "params": {"accel": "tcg"},
              "queues": [{"name": "1", "resource": "kvmq__h__1", "lock": work + "/lock",
                          "state_dir": work + "/state", "ranges": []}]}
    test = {"test": "t", "name": "t", "shortname": "t", "set": "s", "queues": [0], "labels": [],
            "timeout": 60, "requires": [], "origin": "x:1",
            "params": {k: v for k, v in params.items() if isinstance(v, str)}}
    path = os.path.join(work, "tests.jsonl")
    text = json.dumps(header) + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + json.dumps(test) + "\n")
    run = subprocess.run([runner, "--tests", f"{path}@{len(text.encode())}", "--test", "t",
                          "--dry-run"], capture_output=True, check=False, timeout=50)
    words = shlex.split(run.stdout.decode("latin-1"), comments=False)
    return words[len(words) - 1 - words[::-1].index("-append") + 1].encode("latin-1")


def every_byte(program, runner, work):
    """Arguments of all bytes but NUL, in all quotings, reach qemu's command line."""
    if not any(os.access(os.path.join(d, "qemu-system-x86_64"), os.X_OK)
               for d in os.environ["PATH"].split(":")):
        print("SKIP: qemu-system-x86_64 is missing")
        sys.exit(77)
    tree = os.path.join(work, "tree")
    os.makedirs(os.path.join(tree, "x86"), exist_ok=True)
    with open(os.path.join(tree, "x86", "a.flat"), "w", encoding="ascii"):
        pass
    source = random.Random(1)
    cases = [bytes(b for b in range(1, 256) if b != 39), b"${kernel} ${x} $${", b" a ", b'"', b'"a"',
             b"# no comment", b"a = b", b"\\", b"$'\\x41'", b"\n\n", b"'", b"it's"]
    for _ in range(40):
        cases.append(bytes(source.choice(b" ab\"'\\$`{}()[]#=:,;\n\t\r\x01\xff\xc3\xa4@-*")
                           for _ in range(source.randrange(1, 30))))
    quoted = [b"'" + c.replace(b"'", b"'\\''") + b"'" for c in cases]
    with open(os.path.join(tree, "x86", "unittests.cfg"), "wb") as file:
        for number, text in enumerate(quoted):
            # Not on the first line, of which blanks at the end are cut, as theirs are.
            file.write(b'[t%d]\nfile = a.flat\nextra_params = """\n-append %s"""\n' % (number, text))
    out, err = generate(program, tree, "--arch", "x86_64", "--test-dir", "x86")
    path = os.path.join(work, "bytes.cfg")
    with open(path, "wb") as file:
        file.write(out)
    found = dicts(program, path) if out else []
    if len(found) != len(cases):
        sys.exit(f"{len(found)} tests of {len(cases)}\n{err}")
    for case, params in zip(cases, found):
        # Within """ a backslash joins lines, in single quotes, too.
        expected = case.replace(b"\\\n", b"") if b"\\\n" in case else case
        got = arguments_of(runner, work, params)
        if got != expected and b"\\\n" not in case and b"\r\n" not in case:
            sys.exit(f"expected {expected!r}\nfound    {got!r}\nin {params}")


def main():
    program, runner, work, case = sys.argv[1:]
    work = os.path.join(work, case)
    os.makedirs(work, exist_ok=True)
    if case == "every_byte":
        every_byte(program, runner, work)
    else:
        golden(program, runner, work, case)


if __name__ == "__main__":
    main()
