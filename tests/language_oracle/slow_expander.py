#!/usr/bin/env python3
"""A slow and obvious expander of both dialects of the Cartesian language.

It is the judge in the exhaustive and the random tests of generator/language: written from the
language's description alone, with no cleverness to get wrong. Python's own text functions are the
language's, which keeps it short. Output: canonical JSON, one dict a line; exit 1 on any error."""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lines import ConfigError, DiskFiles, canonical_json   # noqa: E402
from modern_expand import Expander                      # noqa: E402
from modern_parse import Parser                         # noqa: E402
from old_dialect import OldConfig                       # noqa: E402

sys.setrecursionlimit(20000)


def expand(path, strings=(), dialect="modern", defaults=False, prune=True,
           files=DiskFiles()):
    """Yields the dicts of a configuration in order; raises ConfigError."""
    try:
        if dialect == "2009":
            config = OldConfig(files)
        else:
            config = Parser(files, defaults)
        config.parse_file(path)
        for text in strings:
            config.parse_string(text)
        yield from config.dicts if dialect == "2009" else Expander(prune).expand(config.current)
    except RecursionError:
        raise ConfigError("nested too deeply")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config")
    parser.add_argument("strings", nargs="*", help="statements parsed after the file, one by one")
    parser.add_argument("--dialect", choices=("2009", "modern"), default="modern")
    parser.add_argument("--defaults", action="store_true")
    parser.add_argument("--names", action="store_true", help="print full names only")
    parser.add_argument("--count", action="store_true", help="print the number of dicts only")
    parser.add_argument("--no-pruning", action="store_true", help="walk every path down to its leaf")
    args = parser.parse_args()
    count = 0
    try:
        for params in expand(args.config, args.strings, args.dialect, args.defaults, not args.no_pruning):
            count += 1
            if not args.count:
                sys.stdout.write((params["name"] if args.names else canonical_json(params)) + "\n")
    except ConfigError as e:
        print(f"slow_expander: {e}", file=sys.stderr)
        return 1
    if args.count:
        print(count)
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.exit(main())
