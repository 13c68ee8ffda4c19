"""Configurations of our own to explain: small ones by the hundred, and some of middling size."""
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "language_oracle"))

from random_config import LABELS, ModernWriter, OldWriter, random_case  # noqa: E402

from explained import Tree  # noqa: E402


def write(program, case, directory):
    os.makedirs(directory)
    for path, text in case.files().items():
        with open(os.path.join(directory, path), "w", encoding="utf-8", newline="") as f:
            f.write(text)
    options = ["--defaults"] if case.defaults else []
    return Tree(program, directory, "main.cfg", case.dialect, case.strings, options)


def small(program, seed, scratch):
    """Any configuration; it may have errors, and no tests."""
    return write(program, random_case(seed), os.path.join(scratch, f"small{seed}"))


class PlainOldWriter(OldWriter):
    """Leaves names alone: where they are assigned to, a value is part of the name that it is looked up by."""

    def pattern(self):
        return self.pick("x.*", "k[12]", "(x|y)", "x|y", "f?oo", "nope", "x", "foo_?a?", "k\\d", "^x", "foo$")


def middling(program, dialect, seed, scratch):
    """One with hundreds of statements and tests."""
    for attempt in range(1000):
        label = f"{dialect}-{seed}-{attempt}"
        rng = random.Random(label)
        writer = (PlainOldWriter if dialect == "2009" else ModernWriter)(rng)
        writer.labels, writer.odd, writer.step, writer.budget = rng.sample(LABELS, 9), False, 4, 400
        case = writer.case(label)
        texts = "\n".join([*case.files().values(), *case.strings])
        if case.defaults or len(texts) < 4000 or re.search(r"(^|:)\s*(short)?name\s*[?+<]*=", texts, re.M):
            continue
        tree = write(program, case, os.path.join(scratch, label))
        status, count, _ = tree.run("dicts", "--count")
        if status == 0 and 200 <= int(count) <= 20000 and tree.run("dicts")[0] == 0:
            return tree
    raise AssertionError("no configuration of that size")
