#!/usr/bin/env python3
"""The user's guide: guide.py PROGRAM EXAMPLES FOLDER

What it shows of the plan and of slips is what the program prints in a copy of examples/quickstart
(KVMTEST_UPDATE_GOLDEN=1 writes that anew)."""
import os
import shutil
import subprocess
import sys

from automatic import BLOCK, fail, read, write


def output(program, folder, command):
    path = os.path.dirname(os.path.abspath(program)) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(["sh", "-c", command], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=50,
                          env={**os.environ, "PATH": path})
    expected = 1 if " check " in command else 0
    if done.returncode != expected:
        fail(f"{command}: status {done.returncode}, expected {expected}\n{done.stdout}")
    return done.stdout.rstrip()


def main():
    program, examples, work = sys.argv[1:]
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(os.path.join(examples, "quickstart"), work)
    page = read(examples, "README.md")
    new, count = BLOCK.subn(lambda match: f"```\n$ {match[1]}\n{output(program, work, match[1])}\n```", page)
    if count < 4:
        fail(f"the guide shows {count} commands")
    if new != page and os.environ.get("KVMTEST_UPDATE_GOLDEN"):
        write(new, examples, "README.md")
    elif new != page:
        fail(f"examples/README.md should be\n{new}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
