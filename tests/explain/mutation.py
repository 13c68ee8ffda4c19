#!/usr/bin/env python3
"""Proves `kvmtest-generate explain` by mutation.

Of random params of random tests: each line that is said to count for the value is edited, and the
value must change; lines that are said to be overridden are edited, and it must not. Of random
names that filters keep out of the result: without the lines that are named the test must be there,
and with any one of them it must not. In the end a wrong line must be found out."""
import argparse
import json
import os
import random
import shutil
import sys
import tempfile

import generated
from explained import Tree
from proof import Proof, Wrong, check_param, is_limited, overridden_places, some_removed


def prove(tree, label, rng, count):
    proof = Proof(tree, rng, label)
    names = tree.some_names(100000)
    for _ in range(count):
        proof.check_test(rng.choice(names), 1)
    attempts = 0
    while proof.removed < count and attempts < count:
        attempts += 1
        for name in some_removed(tree, rng, names)[:count - proof.removed]:
            proof.check_removed(name)
    print(f"{label}: {proof.summary()}", flush=True)
    return proof.failures == 0 and proof.removed > 0 and wrong_line_is_found(tree, rng, names)


def wrong_line_is_found(tree, rng, names):
    """Takes a line that is overridden for one that counts."""
    for _ in range(200):
        name = rng.choice(names)
        key, param = rng.choice(sorted(tree.explain(name).params.items()))
        places = overridden_places(param)
        if param.value is None or is_limited(param) or not places:
            continue
        for step in param.steps:
            step.counts = (step.path, step.line, step.text) == places[0]
            step.details = []
        try:
            check_param(tree, name, key, param)
        except Wrong as wrong:
            print(f"  twin: {wrong}")
            return True
        break
    print("  twin: a wrong line was not found out")
    return False


def golden_tree(program, folder, scratch):
    """A copy, which may be edited."""
    with open(os.path.join(folder, "case.json"), encoding="utf-8") as f:
        facts = json.load(f)
    copy = os.path.join(scratch, os.path.basename(folder))
    os.mkdir(copy)
    for name in os.listdir(folder):
        if name.endswith(".cfg"):
            shutil.copyfile(os.path.join(folder, name), os.path.join(copy, name))
    return Tree(program, copy, facts["main"], facts["dialect"], facts["extra"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="kvmtest-generate")
    parser.add_argument("--golden", help="the folder of the large trees; without it, generated ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100, help="params, and removed names, of each tree")
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    if args.golden and not os.path.isdir(args.golden):
        print("SKIP no folder ../shared/language/golden beside the project")
        return 77
    print(f"--seed {args.seed}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        if args.golden:
            trees = [(case, golden_tree(program, os.path.join(args.golden, "real", case), scratch))
                     for case in ("tree_S1", "tree_M")]
        else:
            trees = [(dialect, generated.middling(program, dialect, args.seed, scratch))
                     for dialect in ("modern", "2009")]
        results = [prove(tree, label, random.Random(args.seed), args.count) for label, tree in trees]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
