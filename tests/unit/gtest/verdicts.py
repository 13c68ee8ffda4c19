#!/usr/bin/env python3
"""What a GoogleTest program of a user's tells the runner, whosever main() it has:
verdicts.py our_main|their_main|own_main PROGRAM DIRECTORY"""

import os
import shutil
import subprocess
import sys

SOUND = "Suite.*"
PASSED = ["pass Suite.Passes", "pass Suite.Passes2"]
# Fixtures' mishap, options, exit status, last line (None: anything), sub-results (None: any).
ROWS = [
    ("", SOUND, 0, None, PASSED),
    ("", "Suite.*:Other.Skips", 0, None, [*PASSED, "skip Other.Skips"]),
    ("", "Other.Skips*", 77, "Other.Skips: no tape", ["skip Other.Skips", "skip Other.Skips2"]),
    ("", "Other.*", 1, "Other.Fails: Failed wanted", None),
    ("set-up skips", SOUND, 77, "no such machine", []),
    ("set-up skips", "*", 77, "no such machine", []),
    ("set-up skips silently", SOUND, 77, "no reason given", []),
    ("set-up fails", SOUND, 1, "Failed no power", None),
    ("set-up complains", SOUND, 1, "Failed little power", PASSED),
    ("tear-down fails", SOUND, 1, "Failed still warm", PASSED),
    ("tear-down skips", SOUND, 0, None, PASSED),
    ("suite fails", SOUND, 1, "Failed no disk", None),
    ("suite's end fails", SOUND, 1, "Failed disk left", PASSED),
    ("", "Nothing.*", 1, "there is no test to run: none of 7 is selected (--gtest_filter, sharding)", []),
    ("", "Off.*", 1, "there is no test to run: none of 7 is selected (--gtest_filter, sharding)", []),
    ("", SOUND + " --gtest_repeat=0", 1, "no test was run", []),
    ("", SOUND + " --gtest_repeat=2", 0, None, PASSED * 2),
    ("", "Death.*", 0, None, ["pass Death.Exits"]),
    ("", "Death.* --gtest_death_test_style=threadsafe", 0, None, ["pass Death.Exits"]),
]
# GoogleTest says nothing of a program that only lists its tests.
OF_OUR_MAIN = [("", SOUND + " --gtest_list_tests", 1, "no test was run", [])]
# A main of one's own may see things in another way.
OF_OWN_MAIN = [("main returns 3", "Other.Skips*", 3, None, ["skip Other.Skips", "skip Other.Skips2"]),
               ("main returns 0", "Other.Fails", 0, None, ["fail Other.Fails"])]


def subresults_of(directory):
    try:
        with open(os.path.join(directory, "subresults"), encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def main():
    kind, program, directory = sys.argv[1:]
    rows = ROWS + {"our_main": OF_OUR_MAIN, "own_main": OF_OWN_MAIN}.get(kind, [])
    wrong = 0
    for mishap, options, status, last, subresults in rows:
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        done = subprocess.run(
            [program, *f"--gtest_filter={options}".split()], check=False, stdout=subprocess.PIPE, text=True,
            env={"MISHAP": mishap, "KVMTEST_CONTROL": "nobody", "KVMTEST_OUTPUT_DIR": directory})
        said = done.stdout.rstrip("\n").split("\n")[-1]
        parts = subresults_of(directory)
        found = (done.returncode, said if last is not None else None,
                 parts if subresults is not None else None)
        if found != (status, last, subresults):
            wrong += 1
            print(f"{mishap or 'no mishap'}, {options}: expected {(status, last, subresults)}\n"
                  f"found {found} in:\n{done.stdout}")
    print(f"{len(rows) - wrong} of {len(rows)} rows are right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
