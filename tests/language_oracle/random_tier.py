#!/usr/bin/env python3
"""Random configurations, judged by slow_expander; and the laws, through the command line.

KVMTEST_RANDOM=N multiplies the number of configurations."""
import argparse
import os
import sys

import differ
from random_config import random_case


def broken_laws(program, case):
    """What the command line does wrong with a case the judge accepts or refuses."""
    expected = differ.judge(case)
    if expected.kind == "unjudged":
        return ""
    status, out, err = differ.run_cli(program, case)
    if expected.kind == "error":
        return "" if status == 1 and err else f"cli: exit {status} for an error, with message {err!r}"
    if status != 0 or out != "".join(line + "\n" for line in expected.dicts):
        return f"cli: exit {status}, other dicts than the judge's; {err}"
    if differ.run_cli(program, case)[1] != out:
        return "cli: a second run prints other bytes"
    status, count, _ = differ.run_cli(program, case, "--count")
    if status != 0 or count != f"{len(expected.dicts)}\n":
        return f"cli: --count prints {count!r} for {len(expected.dicts)} dicts"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="language_batch")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=5000 * int(os.environ.get("KVMTEST_RANDOM", "1")))
    parser.add_argument("--cli", help="kvmtest-generate: check every 50th case through it too")
    parser.add_argument("--show", type=int, default=5, help="how many differing cases to print")
    parser.add_argument("--print", action="store_true", help="print the configuration of --seed and end")
    args = parser.parse_args()
    if args.print:
        print(random_case(args.seed).show())
        return 0
    seeds = range(args.seed, args.seed + args.count)
    differing, total = differ.check_in_parallel(args.program, differ.in_batches(map(random_case, seeds)))
    status = differ.report(args.program, differing, total, args.show)
    for case in map(random_case, seeds[::50] if args.cli else []):
        if why := broken_laws(os.path.abspath(args.cli), case):
            print(f"\n{case.show()}\n=> {why}\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
