#!/usr/bin/env python3
"""How long the page of `kvmtest-run report` takes, to make and to open.

    report.py --runner build/release/bin/kvmtest-run [--tests N] [--short]

A build tree is made up with N tests (5,000) of tp-qemu's size: 10 guests, 25 devices, 20 tests, each with 2 KiB
of params of its own; those that have failed have a console of 100 KiB: every 50th, and in a second tree
every 4th. Prints seconds and size of the page, and
when Chromium, without a screen, has painted first and has loaded all. Figures are only printed, but that
the page is below 10 MB, and with --short (300 tests) nothing but that it opens. Without Chromium
only the page is made (77).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "report"))
sys.path.insert(0, os.path.join(HERE, "..", "faults"))
import browser  # noqa: E402
from runs import escape  # noqa: E402

RUNS = 5


def names(count):
    for i in range(count):
        yield i, f"device{i // 10 % 25}", f"guest{i % 10}", f"check_{i // 250}"


def make_tree(build, count, failing):
    """Of so many tests one has failed."""
    call = os.path.join(build, "kvmtest", "g")
    results = os.path.join(call, "results", "h")
    host = os.path.join(call, "gen-1", "h")
    os.makedirs(host)
    with open(os.path.join(build, "kvmtest", "calls.txt"), "w", encoding="utf-8") as file:
        file.write("g\n")
    with open(os.path.join(call, "current.cmake"), "w", encoding="utf-8") as file:
        file.write(f"\nset(KVMTEST_GENERATION [=[{os.path.dirname(host)}]=])\n")
    lines = [{"schema": 1, "name": "g", "generation": "1", "host": "h", "results_dir": results,
              "queues": [{"name": str(q)} for q in range(4)],
              "params": {f"common_{k}": "x" * 60 for k in range(100)}}]
    history = []
    for i, device, guest, test in names(count):
        name = f"g.nightly.Guest.{guest}.qcow2.{device}.q35.{test}"
        lines.append({"test": name, "name": name, "shortname": name[10:], "set": "nightly", "queues": [i % 4],
                      "origin": f"/tests/cfg/{test}.cfg:{i}", "requires": [], "labels": [], "unset": [],
                      "params": {"type": test, "image_name": f"images/{guest}",
                                 **{f"param_{k}": "v" * 40 for k in range(40)}}})
        fails = i % failing == failing // 7
        started = 1_700_000_000 + i // 4 * 30
        result = {"status": "fail" if fails else "pass", "class": "guest-panic" if fails else "boot",
                  "text": "vm1: Kernel panic - not syncing" if fails else "booted in 5.01 s",
                  "run": "r4", "queue": str(i % 4), "generation": "1", "started": started, "waited": 1.5,
                  "ended": started + 28, "attempt": 1, "accel": "tcg", "qemu_version": "7.2.22",
                  "measurements": {"boot_seconds": 5.01, "qemu_max_rss_mib": 263.4}}
        directory = os.path.join(results, escape(name))
        os.makedirs(directory)
        with open(os.path.join(directory, "result.json"), "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)
        with open(os.path.join(directory, "console-vm1.log"), "w", encoding="utf-8") as file:
            file.write("[    1.234567] a line of the kernel's, about as long as they are\n" * (1500 if fails else 12))
        history += [json.dumps([f"r{run}", "fail" if (i + RUNS - 1 - run) % failing == failing // 7 else "pass",
                                started - (RUNS - run) * 100_000, 28.1, name]) for run in range(RUNS)]
    with open(os.path.join(host, "tests.jsonl"), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    with open(os.path.join(results, "history.jsonl"), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in history)


def make_page(runner, build, page):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([runner, "report", build, "-o", page], check=True, timeout=120, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"made in {time.monotonic() - begin:.2f} s ({cpu:.2f} s CPU, {after.ru_maxrss / 1024:.0f} MiB), "
          f"{os.path.getsize(page) / 1e6:.2f} MB")


def open_page(page, script):
    with browser.Browser() as chromium:
        chromium.ask("Performance.enable", timeDomain="threadTicks")
        chromium.open(page, script=script)
        metrics = chromium.ask("Performance.getMetrics")["metrics"]
        busy = next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")
        timing = json.loads(chromium.evaluate(
            "JSON.stringify({paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,"
            " load: performance.timing.loadEventEnd - performance.timing.navigationStart,"
            " tests: document.querySelectorAll('.t').length,"
            " nodes: document.querySelectorAll('*').length})"))
    paint = timing["paint"]
    print(f"opened {'with' if script else 'without'} script: first paint "
          f"{'?' if paint is None else format(paint / 1000, '.2f')} s, loaded {timing['load'] / 1000:.2f} s "
          f"({busy:.2f} s CPU of its thread), {timing['nodes']} elements")
    return timing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runner", required=True)
    parser.add_argument("--tests", type=int, default=5000)
    parser.add_argument("--short", action="store_true")
    given = parser.parse_args()
    count = 300 if given.short else given.tests
    for failing in (50, 4):
        print(f"{count} tests, one of {failing} fails")
        with tempfile.TemporaryDirectory(prefix="kvmtest-bench-") as directory:
            page = os.path.join(directory, "report.html")
            make_tree(directory, count, failing)
            make_page(given.runner, directory, page)
            if os.path.getsize(page) > 10e6:
                sys.exit("FAIL: the page is larger than 10 MB")
            if browser.find() is None:
                continue
            for script in (True, False):
                if open_page(page, script)["tests"] != count:
                    sys.exit(f"FAIL: not all of the {count} tests are there")
    if browser.find() is None:
        print("SKIP: there is no chromium")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
