#!/usr/bin/env python3
"""Reads a JUnit file of ctest and fails if tests were skipped that may not be.

    check_skips.py JUNIT ALLOWED

ALLOWED (tests/allowed_skips.txt) has lines

    NAME | REASON | why it is right

NAME is a regular expression for the whole test name; REASON is one that is found in
what the test printed. A test that did not run at all (DISABLED, a failed fixture) has
no other output than ctest's word for it. No tests at all is a failure, too.
"""

import re
import sys
import xml.etree.ElementTree


def read_allowed(text):
    allowed = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split(" | ")]
        if len(fields) != 3 or not all(fields):
            raise SystemExit(f"{sys.argv[2]}:{number}: error: expected 'NAME | REASON | why'")
        allowed.append((re.compile(fields[0]), re.compile(fields[1])))
    return allowed


def skipped_tests(root):
    """(name, what it printed) of each test that neither passed nor failed."""
    for case in root.iter("testcase"):
        if case.get("status") in ("run", "fail"):
            continue
        skipped = case.find("skipped")
        message = skipped.get("message") if skipped is not None else case.get("status")
        yield case.get("name"), f"{message}\n{case.findtext('system-out') or ''}"


def main():
    root = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
    with open(sys.argv[2], encoding="utf-8") as file:
        allowed = read_allowed(file.read())
    count = len(list(root.iter("testcase")))
    if count == 0:
        print("error: there were no tests")
        return 1
    wrong = 0
    for name, text in skipped_tests(root):
        if any(n.fullmatch(name) and reason.search(text) for n, reason in allowed):
            print(f"skipped, as allowed: {name}")
            continue
        wrong += 1
        print(f"error: {name} was skipped, and tests/allowed_skips.txt does not allow it\n  "
              + "\n  ".join(text.strip().splitlines()[:5]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
