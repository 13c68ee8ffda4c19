#!/usr/bin/env python3
"""Explains random small configurations of both dialects, strange ones too, and puts what is said to
the proof: values are those that `dicts` writes, lines that count change them, lines that remove a
name bring it back when they go."""
import argparse
import os
import random
import sys
import tempfile

import generated
from proof import Proof, filter_places, some_removed


def look(tree, seed):
    """A proof, or nothing if the configuration has errors or no tests."""
    status, _, _ = tree.run("dicts")
    names = tree.some_names(400) if status == 0 else []
    if not names:
        return None
    rng = random.Random(seed)
    proof = Proof(tree, rng, f"seed {seed}:")
    for name in rng.sample(names, min(len(names), 3)):
        proof.check_test(name, 2)
    for _ in range(3 if filter_places(tree) else 0):
        for name in some_removed(tree, rng, names)[:2]:
            proof.check_removed(name)
    return proof


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="kvmtest-generate")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=200 * int(os.environ.get("KVMTEST_RANDOM", "1")))
    args = parser.parse_args()
    proofs = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(args.seed, args.seed + args.count):
            proofs.append(look(generated.small(os.path.abspath(args.program), seed, scratch), seed))
    proofs = [proof for proof in proofs if proof]
    totals = {what: sum(getattr(proof, what) for proof in proofs)
              for what in ("params", "edits", "removed", "deletions", "failures")}
    print(f"{len(proofs)} configurations: {totals}")
    return 1 if totals["failures"] or not totals["edits"] or not totals["deletions"] else 0


if __name__ == "__main__":
    sys.exit(main())
