#!/usr/bin/env python3
"""What is said of the proposal's sample as it was posted: proposal.py PROGRAM FOLDER."""
import os
import re
import subprocess
import sys

EXPECTED = {
    "plan": (0, ["warning unknown-label", "warning idle-queue", "warning idle-queue", "warning address-left-out",
                 "warning address-left-out", "warning address-left-out", "warning repeated-test"]),
    "check": (1, ["warning unknown-label", "error idle-queue", "error idle-queue", "warning address-left-out",
                  "warning address-left-out", "warning address-left-out", "error repeated-test",
                  "warning no-procedure"]),
}


def main():
    program, folder = sys.argv[1:]
    if not os.path.isdir(folder):
        print("skipped: no folder ../shared/seed beside the project")
        return 77
    failed = False
    for config in ("sets.cfg", "sets_modern.cfg"):
        for command, expected in EXPECTED.items():
            run = subprocess.run([program, command, config], cwd=folder, stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=50)
            said = re.findall(r"^(?:\S+: )?(warning|error): .* \[-W(\S+)\]$", run.stderr, re.M)
            got = (run.returncode, [" ".join(words) for words in said])
            if got != expected:
                failed = True
                print(f"{command} {config}: got {got}, expected {expected}\n{run.stderr}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
