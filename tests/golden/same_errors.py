#!/usr/bin/env python3
"""A generation with --check error says what `check` says, and fails where it fails: same_errors.py PROGRAM
CASES_FOLDER WORK_DIR. Without it the same configurations make tests unless they have an error of their own;
with --check off no slip is told."""
import os
import re
import shlex
import shutil
import subprocess
import sys

SLIPS = {"apart", "bad-capacity", "dependency-elsewhere", "dependency-label", "dependency-not-selected",
         "dependency-other-queue", "empty-set", "idle-host", "idle-queue", "ip-overlap", "no-host", "no-queue",
         "odd-label", "over-capacity", "repeated-test", "unselected"}


def codes(text):
    return re.findall(r"^(?:\S+: )?(warning|error): .* \[-W(\S+)\]$", text, re.M)


def main():
    program, cases, work = sys.argv[1:]
    failed = seen = 0
    for case in sorted(os.listdir(cases)):
        folder = os.path.join(cases, case)
        try:
            with open(os.path.join(folder, "args"), encoding="utf-8") as file:
                command, *args = shlex.split(file.read())
        except FileNotFoundError:
            continue
        if command != "check":
            continue

        def run(*words):
            return subprocess.run([program, *words], cwd=folder, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=50)

        checked = run("check", *args)
        if checked.returncode == 2:
            continue
        plain = [word for word in args if not word.startswith(("--error", "--ignore"))]
        shutil.rmtree(work, ignore_errors=True)
        made = {way: run("ctest", "--name=g", f"--output-dir={work}/{way}", f"--check={way}",
                         *(args if way == "error" else plain)) for way in ("error", "warn", "off")}
        faults = []
        if (made["error"].returncode, made["error"].stderr) != (checked.returncode, checked.stderr):
            faults.append(f"check ended with {checked.returncode} and said\n{checked.stderr}\n--check error ended "
                          f"with {made['error'].returncode} and said\n{made['error'].stderr}")
        if os.path.exists(work + "/error/current.cmake") != (checked.returncode == 0):
            faults.append("--check error made tests where check fails, or the other way round")
        told = {way: codes(made[way].stderr) for way in made}
        if "--strict" not in args and [c for c in told["warn"] if c[1] not in SLIPS] != told["off"]:
            faults.append(f"--check warn said {told['warn']}, off {told['off']}")
        seen += len([c for c in told["warn"] if c[1] in SLIPS])
        for fault in faults:
            failed = 1
            print(f"{case}: {fault}")
    if not seen:
        print("no case has a slip")
    return 1 if failed or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
