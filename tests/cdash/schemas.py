#!/usr/bin/env python3
"""The checker's schema rules against CDash's own schemas, by xmllint: schemas.py SCHEMAS WORK

The good files, the bad ones, and some thousand random changes of the good ones: the checker must
call a file wrong when xmllint does, and only then.
"""

import copy
import os
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import check_submission
import samples

CHANGES = 400  # of each kind of file
VALUES = ["", "1", "-1", "1e3", "0.5", " 7 ", "x", "4294967296", "true"]


def change(root, random_source):
    """One random change of the tree."""
    parents = [element for element in root.iter() if len(element)]
    everything = list(root.iter())
    way = random_source.randrange(8)
    parent = random_source.choice(parents)
    at = random_source.randrange(len(parent))
    other = random_source.choice(everything)
    if way == 0:
        parent.remove(parent[at])
    elif way == 1:
        parent.insert(at, copy.deepcopy(parent[at]))
    elif way == 2:
        parent.insert(random_source.randrange(len(parent)), copy.deepcopy(other))
    elif way == 3:
        child = parent[at]
        parent.remove(child)
        parent.insert(random_source.randrange(len(parent) + 1), child)
    elif way == 4 and other.attrib:
        del other.attrib[random_source.choice(sorted(other.attrib))]
    elif way == 5:
        names = sorted({name for element in everything for name in element.attrib} | {"retries", "mode"})
        other.set(random_source.choice(names), random_source.choice(VALUES))
    elif way == 6:
        other.text = random_source.choice(VALUES)
    else:
        other.tag = random_source.choice(everything).tag


def variants(kind, random_source):
    for _ in range(CHANGES):
        root = ElementTree.fromstring(samples.GOOD[kind].encode())
        for _ in range(random_source.randint(1, 2)):
            if any(len(element) for element in root.iter()):
                change(root, random_source)
        # Markup within a log may be any; only elements that a file may begin with are looked at
        # there, which the checker leaves out.
        logs = [log for name in ("Log", "Text", "Content") for log in root.iter(name)]
        if not any(len(log) for log in logs):
            yield ElementTree.tostring(root)


def xmllint(schema, paths):
    """The files of which xmllint says that they are not valid."""
    bad = set()
    for begin in range(0, len(paths), 200):
        done = subprocess.run(["xmllint", "--noout", "--schema", schema, *paths[begin:begin + 200]],
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        bad |= set(re.findall(r"^(\S+) (?:fails to validate|validates with internal error)$",
                              done.stderr, re.M))
        bad |= set(re.findall(r"^(\S+?):\d+: parser error", done.stderr, re.M))
        if len(re.findall(r"^\S+ (?:fails to validate|validates)$", done.stderr, re.M)) == 0:
            raise SystemExit(f"FAIL: xmllint says\n{done.stderr[:2000]}")
    return bad


def main():
    schemas, work = sys.argv[1:]
    if not os.path.isdir(schemas):
        print(f"SKIP no folder ../shared/design/cdash-schemas beside the project ({schemas})")
        return 77
    if not shutil.which("xmllint"):
        print("SKIP xmllint is missing")
        return 77
    shutil.rmtree(work, ignore_errors=True)
    random_source = random.Random(6)
    count, wrong_ones = 0, 0
    for kind, good in samples.GOOD.items():
        os.makedirs(os.path.join(work, kind))
        files = [good.encode()]
        files += [samples.edited(row).encode() for row in samples.SCHEMA + samples.LIMITS if row[0] == kind]
        files += variants(kind, random_source)
        paths = []
        for number, data in enumerate(files):
            paths.append(os.path.join(work, kind, f"{number}.xml"))
            with open(paths[-1], "wb") as file:
                file.write(data)
        bad = xmllint(os.path.join(schemas, kind + ".xsd"), paths)
        for path, data in zip(paths, files):
            submission = check_submission.Submission(data)
            wrong = [problem for problem in submission.problems if problem[0] == "schema"]
            # A file that is another kind's has other rules; CDash takes it for what it holds.
            if submission.root is not None and submission.kind != kind:
                continue
            count += 1
            wrong_ones += bool(wrong)
            if bool(wrong) != (path in bad):
                print(f"FAIL {path}: xmllint says {'bad' if path in bad else 'good'}, the checker {wrong}")
                return 1
        if paths[0] in bad:
            print(f"FAIL: the good {kind} is not valid")
            return 1
    print(f"{count} files, {wrong_ones} of them wrong: the checker and xmllint say the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
