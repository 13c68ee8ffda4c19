#!/usr/bin/env python3
"""How far a run is, on a terminal: progress.py PROGRAM FOLDER

Its standard output is a pipe that nobody reads for a while, so the run takes as long as the test
likes."""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import time

BLOCKS = 15  # 32768 dicts, whose names are more than a pipe holds
ERASE = "\r\x1b[K"


class Run:
    def __init__(self, program, folder, text, terminal, option="--names"):
        config = pathlib.Path(folder, "progress.cfg")
        config.write_text(text, encoding="utf-8")
        self.begin = time.monotonic()
        self.said, other = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen([program, "dicts", option, str(config)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=other)
        os.close(other)
        self.text = ""

    def read_said(self, seconds):
        """What is said within the time, or until the end."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not select.select([self.said], [], [], 0.05)[0]:
                continue
            try:
                piece = os.read(self.said, 65536)
            except OSError:  # how the end of a terminal is told
                piece = b""
            if not piece:
                return
            self.text += piece.decode()

    def wait_for(self, pattern, seconds=30):
        until = time.monotonic() + seconds
        while not re.search(pattern, self.text) and time.monotonic() < until:
            self.read_said(0.1)
        return time.monotonic() - self.begin

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def finish(self):
        lines = self.process.stdout.read().count(b"\n")
        self.read_said(5)
        return lines, self.process.wait(timeout=30)


def check(right, what, run):
    if not right:
        sys.exit(f"{what}\nsaid: {run.text!r}")


def product(blocks):
    return "".join(f"variants:\n    - a{i}:\n    - b{i}:\n" for i in range(blocks))


def main():
    program, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    blocks = product(BLOCKS)

    run = Run(program, folder, blocks, terminal=True)
    seconds = run.wait_for(r"(\d+ of 32768 dicts, \d+%, \d+/s.*){2}")
    check(re.search(r"^\r\x1b\[K\d+ of 32768 dicts, \d+%, \d+/s\r\x1b\[K", run.text), "no progress", run)
    check(seconds > 1.0, f"progress after {seconds:.2f} s already", run)
    check(run.finish() == (32768, 0), "not all names, or a failure", run)
    check(run.text.endswith(ERASE), "progress is not erased in the end", run)

    run = Run(program, folder, blocks, terminal=False)
    run.read_said(1.5)
    check(run.finish() == (32768, 0) and run.text == "", "progress where there is no terminal", run)

    run = Run(program, folder, "variants:\n    - a:\n", terminal=True)
    check(run.finish() == (1, 0) and run.text == "", "progress of a short run", run)

    # Joined dicts are counted one by one; these are more than anyone waits for.
    join = "variants:\n    - j:\n        join a0 b0\n    - k:\n"
    run = Run(program, folder, product(40) + join, terminal=True, option="--count")
    run.wait_for(r"(\d+ dicts counted one by one, \d+/s.*){2}")
    run.stop()
    check(re.search(r"^\r\x1b\[K[1-9]\d* dicts counted one by one, [1-9]\d*/s\r", run.text),
          "no progress of a count", run)

    # A puzzle: its filters leave nothing, which takes longer than anyone waits to find out.
    puzzle = "# dialect: 2009\n" + product(36) + "depend = x\nonly c\n"
    puzzle += "".join(f"a{i}:\n    no a{i + 18}\nb{i}:\n    no b{i + 18}\n" for i in range(18))
    run = Run(program, folder, puzzle, terminal=True)
    run.wait_for(r"(no dict so far, \d+ s.*){2}")
    run.stop()
    check(re.search(r"^\r\x1b\[Kno dict so far, 1 s\r\x1b\[K", run.text), "silence at first", run)
    run = Run(program, folder, puzzle, terminal=True, option="--count")
    run.wait_for(r"(counting, \d+ s.*){2}")
    run.stop()
    check(re.search(r"^\r\x1b\[Kcounting, 1 s\r\x1b\[K", run.text), "silence while counting", run)


if __name__ == "__main__":
    main()
