#!/usr/bin/env python3
"""The judge is judged first: slow_expander on behaviours that are known, one row each.

A row: what it shows, dialect, text of main.cfg, the dicts (without dep, depend and file maps) or None
for an error. Each was seen on the reference (avocado-vt's parser of 2026-08, KVM-Autotest's of 2009-11)."""
import sys

import slow_expander
from lines import ConfigError, MemoryFiles

AB = "variants:\n  - a:\n  - b:\n"
OS = AB + "variants os:\n  - lin:\n  - win:\n"

ROWS = [
    ("no variants: one dict", "modern", "x = 1\n", [{"name": "", "shortname": "", "x": "1"}]),
    ("a condition with (var=name) is an assignment", "modern", AB + "(os=lin): x = 1\nonly a\n",
     [{"name": "a", "shortname": "a", "(os": "lin): x = 1"}]),
    ("filters see labels of later blocks", "modern", "only b\n" + AB, [{"name": "b", "shortname": "b"}]),
    ("2009: not so", "2009", "only b\n" + AB, []),
    ("a condition's assignments act where they stand", "modern",
     "a:\n  x = cond\nvariants:\n  - a:\n    x = va\n", [{"name": "a", "shortname": "a", "x": "va"}]),
    ("neighbours in the order of the name", "modern", OS + "only lin.a\n",
     [{"name": "(os=lin).a", "shortname": "lin.a", "os": "lin"}]),
    ("neighbours in the wrong order", "modern", OS + "only a.lin\n", []),
    ("blank, then comma", "modern", AB + "only a , b\n", None),
    ("an empty only takes nothing", "modern", AB + "only # all\n", []),
    ("the first undefined reference ends substitution", "modern", "k = 1\nx = ${k}-${no}-${k}\n",
     [{"name": "", "shortname": "", "k": "1", "x": "1-${no}-${k}"}]),
    ("lists print as Python does", "modern", "variants:\n  - a: b c\nx = ${dep}\n",
     [{"name": "a", "shortname": "a", "x": "['b', 'c']"}]),
    ("one pair of quotes", "modern", 'c = "a" "b"\ne = "\n',
     [{"name": "", "shortname": "", "c": 'a" "b', "e": ""}]),
    ("tabs expand in values", "modern", "x = a\tb\n", [{"name": "", "shortname": "", "x": "a   b"}]),
    ("2009: tabs stay", "2009", "x = a\tb\n", [{"name": "", "shortname": "", "x": "a\tb"}]),
    ("a|b ?= is a at the start, or b", "modern", "aa = 1\nxb = 1\na|b ?= 2\n",
     [{"name": "", "shortname": "", "aa": "2", "xb": "1"}]),
    ("2009: a key is anchored on both sides", "2009", "aa = 1\nb = 1\na|b ?= 2\n",
     [{"name": "", "shortname": "", "aa": "1", "b": "2"}]),
    ("limits can replace the name", "modern", AB + "only a\nname_fixed = x\n",
     [{"name": "x", "shortname": "a", "name_fixed": "x"}]),
    ("limits compare numbers only", "modern", "mem = abc\nmem_max = 5\n", None),
    ("suffixes are spelt last first", "modern",
     "variants:\n  - a:\n    bar = 2\n    suffix _a\n    variants:\n      - b:\n        suffix _b\nbar = 3\n",
     [{"name": "a.b", "shortname": "a.b", "bar": "3", "bar_a_b": "2"}]),
    ("join", "modern", AB + "variants:\n  - t:\n    join a b\n", [{"name": "t.a.b", "shortname": "t.a.b"}]),
    ("join of equal names", "modern", AB + "join a a\n", None),
    ("join of three leaks filters", "modern",
     "variants:\n  - o1:\n  - o2:\nvariants:\n  - a:\n  - b:\n  - c:\nvariants:\n  - t:\n    join a b c\n",
     [{"name": n, "shortname": n} for n in ("t.a.o1.b.o1.c.o1", "t.a.o1.b.o1.c.o2",
                                            "t.a.o1.b.o2.c.o1", "t.a.o1.b.o2.c.o2")]),
    ("a join below a join is none for the second side", "modern",
     "variants v:\n  - h:\n  - a:\n"
     "variants:\n  - b:\n    join a h\n    variants:\n      - d:\n        join b d\n",
     [{"name": "b.d.(v=a).(v=h).(v=h)", "shortname": "b.d.a.h.h", "v": "h"}]),
    ("variants in a condition", "modern", AB + "a:\n  variants:\n    - c:\n", None),
    ("2009: an exception's only drops what it meets", "2009", AB + "a:\n  only c\n",
     [{"name": "b", "shortname": "b"}]),
    ("2009: filters are regular expressions", "2009", "variants:\n  - RHEL:\n  - WinXP:\n  - xRHEL:\nonly RHEL|Win.*\n",
     [{"name": "RHEL", "shortname": "RHEL"}, {"name": "WinXP", "shortname": "WinXP"}]),
    ("2009: a block without variants takes all away", "2009", "variants:\n- a:\n  x = 1\n", []),
    ("2009: what is no statement is ignored", "2009", "a: only x\n", [{"name": "", "shortname": ""}]),
]


def run(dialect, text):
    try:
        dicts = list(slow_expander.expand("main.cfg", [], dialect, files=MemoryFiles({"main.cfg": text})))
    except ConfigError:
        return None
    hidden = ("dep", "depend", "_name_map_file", "_short_name_map_file")
    return [{k: v for k, v in d.items() if k not in hidden} for d in dicts]


def main():
    failed = 0
    for title, dialect, text, expected in ROWS:
        got = run(dialect, text)
        if got != expected:
            failed += 1
            print(f"FAIL {title}\n{text}  expected {expected}\n  got      {got}")
    print(f"{len(ROWS) - failed} of {len(ROWS)} rows pass")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
