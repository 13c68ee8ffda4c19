#!/usr/bin/env python3
"""Runs clang-tidy over sources of a target.

    tidy.py BUILD_DIR TARGET WORK_DIR SOURCE...

Most of clang-tidy's time goes to the headers. So sources are looked at sixteen at a time, one
behind the other in a file in WORK_DIR. (Not by #include: clang-tidy 14's analyzer passes over the
functions of included files.) Exits with 77 where clang-tidy is missing.
"""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

AT_ONCE = 16
CONFIG = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.clang-tidy"))


def flags_of(build, target):
    """The flags that the target's sources are compiled with."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        for entry in json.load(file):
            if f"/{target}.dir/" in entry["command"] and not entry["file"].endswith(".S"):
                words = [word for word in shlex.split(entry["command"]) if word != entry["file"]]
                return list(itertools.dropwhile(lambda word: not word.startswith("-"), words))
    raise SystemExit(f"error: {build}/compile_commands.json has nothing of {target}")


class Joined:
    """Sources one behind the other in a file."""

    def __init__(self, path, sources):
        self.path = path
        self.begins = []  # (line where it begins, source)
        line = 1
        with open(path, "w", encoding="utf-8") as out:
            for source in sources:
                with open(source, encoding="utf-8") as file:
                    text = file.read()
                self.begins.append((line, source))
                line += text.count("\n")
                out.write(text)

    def shown(self, text):
        """clang-tidy's words with the sources' own places."""
        def place(found):
            line = int(found[1])
            begin, source = max(entry for entry in self.begins if entry[0] <= line)
            return f"{source}:{line - begin + 1}:"
        return re.sub(re.escape(self.path) + r":(\d+):", place, text)


def main():
    build, target, work_dir, *sources = sys.argv[1:]
    if shutil.which("clang-tidy-14") is None:
        print("SKIP no clang-tidy-14 (Debian 12: clang-tidy)")
        return 77
    flags = flags_of(build, target)
    os.makedirs(work_dir, exist_ok=True)
    groups = [sources[begin:begin + AT_ONCE] for begin in range(0, len(sources), AT_ONCE)]
    status = 0
    for number, group in enumerate(groups):
        joined = Joined(os.path.join(work_dir, f"{target}_{number}.cc"), group)
        run = subprocess.run(["nice", "clang-tidy-14", "--quiet", f"--config-file={CONFIG}",
                              "-checks=-readability-duplicate-include", joined.path, "--", *flags, "-Wno-shadow"],
                             check=False, capture_output=True, text=True)
        print(joined.shown(run.stdout), end="", flush=True)
        if run.returncode != 0:
            print(run.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
