#!/usr/bin/env python3
"""Every small configuration of a compact grammar, judged by slow_expander.

Families: `statements` (all blocks of up to SIZE statements, between two frames of variants),
`filters` (all filters of up to LENGTH tokens, in every place that takes one), `lines` (all lines of
up to LENGTH characters), `indents` (all indentations of some texts). KVMTEST_EXHAUSTIVE=N makes each
N sizes larger than the default; the time grows about twentyfold with each."""
import argparse
import itertools
import os
import sys

import differ
from differ import Case

INCLUDED = {"modern": (("inc.cfg", "z = ${x}\na: y = i\nonly a c\n"),),
            "2009": (("inc.cfg", "z = i\na: y = i\nno c\n"),)}

# Statements without a block, and those that open one: (head, what its body may be).
SIMPLE = {
    "modern": ["only a", "only a, (v=c)", "only c.a", "only c..b", "no b", "no a..c", "x = 1", "x += 2",
               "x <= 3", "x ~= 4", "x ?= 5", "x.* ?+= 6", "x|y ?<= 7", "y = ${x}-${y}", "del x", "suffix _s",
               "join a b", "include inc.cfg"],
    "2009": ["only a", "only a|b", "only c.*a b", "no b", "x = 1", "x += 2", "x <= 3", "x ?= 4",
             "x.* ?+= 5", "x|y ?<= 6", "a: x = 7", "a|c: y += 8", "name = a", "include inc.cfg", "a: only b"],
}
CONDITIONS = {"modern": ["a:", "!c:", "a..c, b:"], "2009": ["a:", "c|b:"]}
# A block of variants: its head, and two variants with bodies of their own.
VARIANTS = {"modern": [("variants:", "- a:", "- b: a"), ("variants v:", "- c:", "- @a:"),
                       ("variants [default=b]:", "- a:", "- b:")],
            "2009": [("variants:", "- a:", "- b: a"), ("variants:", "- @c:", "- a:"),
                     ("subvariants:", "- a: b", "- @c:")]}
FRAMES = {"modern": [("", ""), ("variants:\n  - a:\n    x = 0\n  - b:\n", ""),
                     ("x = 0\nxx = 9\n", "variants v:\n  - c: b\n    x += 8\n  - b:\n")],
          "2009": [("", ""), ("variants:\n  - a:\n    x = 0\n  - b:\n", ""),
                   ("x = 0\nxx = 9\n", "variants:\n  - c: b\n    x += 8\n  - b:\n")]}


def blocks(size, dialect, variants=True):
    """Every list of statements with `size` statements in all, each a list of (indent, line)."""
    if size == 0:
        yield []
        return
    for first_size in range(1, size + 1):
        for first in statements(first_size, dialect, variants):
            for rest in blocks(size - first_size, dialect, variants):
                yield first + rest


def statements(size, dialect, variants):
    """Every single statement with `size` statements in all."""
    if size == 1:
        for text in SIMPLE[dialect]:
            yield [(0, text)]
    for head in CONDITIONS[dialect]:
        if size > 1:
            for body in blocks(size - 1, dialect, False):
                yield [(0, head)] + deeper(body, 2)
    if not variants:
        return
    for head, first, second in VARIANTS[dialect]:
        nested = dialect == "modern" or head == "variants:"
        for k in range(size):
            for one in blocks(k, dialect, nested):
                for two in blocks(size - 1 - k, dialect, nested):
                    yield [(0, head), (2, first)] + deeper(one, 4) + [(2, second)] + deeper(two, 4)


def deeper(lines, by):
    return [(indent + by, text) for indent, text in lines]


def text_of(lines):
    return "".join(" " * indent + text + "\n" for indent, text in lines)


def statement_cases(dialect, more):
    for size in range(1, 4 + more):
        for number, lines in enumerate(blocks(size, dialect)):
            for frame, (before, after) in enumerate(FRAMES[dialect]):
                if size == 3 + more and frame != number % 3:
                    continue   # the largest size meets one frame each
                for defaults in (False, True) if dialect == "modern" and size < 3 else (False,):
                    yield Case(before + text_of(lines) + after, dialect, INCLUDED[dialect], defaults=defaults,
                               label=f"statements {dialect} {size}/{number}/{frame}")


FILTER_TOKENS = {"modern": ["a", "c", "(v=c)", "(b)", ".", ",", " ", "#", "(", ":"],
                 "2009": ["a", "c", ".", "|", " ", ".*", "(", ")", "#", ","]}
FILTER_PLACES = {"modern": ["only {}", "no {}", "join {}", "{}: x = 1", "!{}: x = 1",
                            "variants:\n  - t: {}", "t {} ?= 1"],
                 "2009": ["only {}", "no {}", "{}:\n  x = 1", "{}: x = 1", "variants:\n  - t: {}", "t{} ?= 1"]}
FILTER_FRAME = {"modern": "t = 0\nta = 0\nvariants:\n  - a:\n  - b:\nvariants v:\n  - c:\n  - a.c:\n",
                "2009": "t = 0\nta = 0\nvariants:\n  - a:\n  - b:\nvariants:\n  - c:\n  - a.c:\n"}


def filter_cases(dialect, more):
    for length in range(0, 4 + more):
        for number, tokens in enumerate(itertools.product(FILTER_TOKENS[dialect], repeat=length)):
            text = "".join(tokens)
            for place, form in enumerate(FILTER_PLACES[dialect]):
                yield Case(FILTER_FRAME[dialect] + form.format(text) + "\n", dialect,
                           label=f"filters {dialect} {length}/{number}/{place}")


LINE_CHARACTERS = {"modern": "a =+<?~:\"#!-.,@[($é\t", "2009": "a =+<?~:\"'#!-.,@|\t"}


def line_cases(dialect, more):
    for length in range(1, 4 + more):
        for number, characters in enumerate(itertools.product(LINE_CHARACTERS[dialect], repeat=length)):
            text = "".join(characters)
            yield Case("a = 5\n" + text + "\n", dialect,
                       label=f"lines {dialect} {length}/{number}")


INDENT_TEXTS = {
    "modern": [["variants:", "- a:", "x = 1", "- b:", "a: y = 2", "z = 3"],
               ["variants:", "- a:", "variants:", "- b:", "x = 1", "- c:", "y = 2"],
               ["a: x = 1", "y = 2", "!b:", "z = 3", "variants:", "- a:", "- b:"]],
    "2009": [["variants:", "- a:", "x = 1", "- b:", "a: y = 2", "z = 3"],
             ["variants:", "- a:", "variants:", "- b:", "x = 1", "- c:", "y = 2"],
             ["variants:", "- a:", "- b:", "a:", "x = 1", "no b", "y = 2"]],
}


def indent_cases(dialect, more):
    columns = (0, 2, 4, 5)[:3 + more]
    for which, lines in enumerate(INDENT_TEXTS[dialect]):
        for number, indents in enumerate(itertools.product(columns, repeat=len(lines) - 1)):
            yield Case(text_of(zip((0, *indents), lines)), dialect, label=f"indents {dialect} {which}/{number}")


FAMILIES = {"statements": statement_cases, "filters": filter_cases, "lines": line_cases, "indents": indent_cases}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="language_batch")
    parser.add_argument("--family", choices=FAMILIES, action="append")
    parser.add_argument("--dialect", choices=("modern", "2009"), action="append")
    parser.add_argument("--more", type=int, default=int(os.environ.get("KVMTEST_EXHAUSTIVE", "0")))
    parser.add_argument("--show", type=int, default=5, help="how many differing cases to print")
    args = parser.parse_args()
    cases = (case for family in args.family or FAMILIES for dialect in args.dialect or ("modern", "2009")
             for case in FAMILIES[family](dialect, args.more))
    differing, total = differ.check_in_parallel(args.program, differ.in_batches(cases))
    return differ.report(args.program, differing, total, args.show)


if __name__ == "__main__":
    sys.exit(main())
