#!/usr/bin/env python3
"""streaming.py GENERATE: dicts come one by one. The first is there long before the last is known,
and memory does not grow with the output.

A product of 10^9 dicts is written by nobody to its end: its first line must come all the same.
Long outputs may take at most 64 MB more than the parsed tree alone, on one thread and on several."""
import os
import subprocess
import sys
import tempfile

MOST_KB = 64 << 10


def product(blocks, base="", dialect="modern", inside=0):
    """The first blocks are inside a variant of another one."""
    lines = [f"# dialect: {dialect}", f"base = x{base}"]
    if inside:
        lines += ["variants:", "    - t:"]
    for block in range(blocks):
        indent = " " * 8 if block < inside else ""
        lines.append(f"{indent}variants:")
        for variant in range(10):
            lines += [f"{indent}    - b{block}v{variant}:", f"{indent}        k{block} = {variant}",
                      f"{indent}        base += {block}"]
    return "\n".join(lines) + "\n"


def run(generate, *arguments):
    """Peak memory in KB and bytes written."""
    with subprocess.Popen([generate, "dicts", "--no-warnings", *arguments],
                          stdout=subprocess.PIPE) as process:
        size = 0
        while piece := process.stdout.read(1 << 20):
            size += len(piece)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"FAIL {arguments}: exit status {process.returncode}")
    return usage.ru_maxrss, size


def permutations(blocks):
    """Filters that leave no name with a variant's number twice: what one block may choose depends
    on all others."""
    twice = "|".join(f".*v{variant}[.].*v{variant}" for variant in range(10))
    return product(blocks, "", "2009") + f"no {twice}\n"


def first_line(generate, path):
    with subprocess.Popen([generate, "dicts", "--no-warnings", "--max-dicts", "0", path],
                          stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        process.kill()
    if '"name":"b8v0.b7v0.b6v0.b5v0.b4v0.b3v0.b2v0.b1v0.b0v0"' not in line:
        sys.exit(f"FAIL first line: {line!r}")


def main():
    generate = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "main.cfg")

        def write(*arguments):
            with open(path, "w", encoding="ascii") as file:
                file.write(product(*arguments))

        for dialect in ("modern", "2009"):
            write(9, "", dialect)
            first_line(generate, path)
        # Many small dicts, and few large ones.
        for blocks, base, dialect, inside in (
                (6, "", "modern", 0), (3, "y" * 200_000, "modern", 0),
                (6, "y" * 64, "2009", 0), (6, "y" * 64, "2009", 4), (3, "y" * 200_000, "2009", 0)):
            write(blocks, base, dialect, inside)
            tree, _ = run(generate, "--count", path)
            for jobs in ("-j1", "-j4"):
                peak, size = run(generate, jobs, path)
                print(f"{10 ** blocks} dicts of {dialect} {jobs}: {size >> 20} MB of output, "
                      f"{peak} KB of memory, {tree} KB for the tree")
                if size < 150 << 20 or peak > tree + MOST_KB:
                    sys.exit("FAIL too little output, or too much memory")
        with open(path, "w", encoding="ascii") as file:
            file.write(permutations(9))
        tree, _ = run(generate, "--count", path)
        peak, size = run(generate, "--names", path)
        print(f"10!/1! dicts of 10^9: {size >> 20} MB of names, {peak} KB of memory, {tree} KB for the tree")
        if size != 3_628_800 * 45 or peak > tree + MOST_KB:
            sys.exit("FAIL wrong output, or too much memory")
    print("PASS")


if __name__ == "__main__":
    main()
