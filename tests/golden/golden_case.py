#!/usr/bin/env python3
"""Runs one golden case: golden_case.py PROGRAM CASE_FOLDER. The command is `dicts` unless the arguments
begin with another.

KVMTEST_UPDATE_GOLDEN=1 writes the expected files instead of comparing."""
import difflib
import os
import shlex
import subprocess
import sys


def read(path):
    try:
        with open(path, encoding="utf-8", newline="") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def write(path, text):
    if text:
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
    elif os.path.exists(path):
        os.remove(path)


def main():
    program, case = sys.argv[1:]
    args = shlex.split(read(os.path.join(case, "args")) or "--dialect=modern main.cfg")
    command = args.pop(0) if args[0] in ("explain", "check") else "dicts"
    run = subprocess.run([program, command, *args], cwd=case, stdin=subprocess.DEVNULL,
                         capture_output=True, timeout=50)
    err = run.stderr.decode("utf-8")
    if run.returncode != 0:
        err = f"exit code {run.returncode}\n{err}"
    results = {"expected.out": run.stdout.decode("utf-8"), "expected.err": err}
    failed = False
    for name, got in results.items():
        path = os.path.join(case, name)
        if os.environ.get("KVMTEST_UPDATE_GOLDEN"):
            write(path, got)
            continue
        want = read(path)
        if got != want:
            failed = True
            sys.stdout.writelines(line.rstrip("\n") + "\n" for line in difflib.unified_diff(
                want.splitlines(), got.splitlines(), path, "what the program wrote", lineterm=""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
