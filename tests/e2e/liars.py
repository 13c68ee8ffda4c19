#!/usr/bin/env python3
"""The other twin of isolation.py: runs with a runner that shares addresses or queues and records that
it does not (liar.py). Its records alone look well; the witness must have seen it."""
import os
import sys
import tempfile

import arguments
from isolation import collect
from judge import judge, recorded_isolation
from tree import Tree, fail

LIES = {
    "address": "seen: 52:54:00:e2:ff:01 was held at once by",
    "linger": "lived at once on queue",
}


def main():
    given = arguments.parse(__doc__)
    liar = os.path.join(os.path.dirname(os.path.abspath(__file__)), "liar.py")
    for lie, expected in LIES.items():
        # Not in the build tree: a socket's path has 107 bytes at most.
        with tempfile.TemporaryDirectory(prefix="kvmtest-liar-") as sockets:
            launcher = ";".join([sys.executable, liar, lie, given.guests, sockets])
            with Tree(given, f"liar_{lie}", [f"-DLAUNCHER={launcher}"]) as tree:
                evidence = collect(tree)
        if recorded_isolation(evidence["records"]):
            fail(f"{lie}: the liar's records were to look well")
        complaints = judge(evidence)
        said = [complaint for complaint in complaints if expected in complaint]
        if not said:
            fail(f"{lie}: nobody has seen it: {complaints}")
        print(f"{lie}: {said[0]}")
    print(f"PASS: {len(LIES)} lies were seen through")


if __name__ == "__main__":
    main()
