#!/usr/bin/env python3
"""Runs one case: run.py [options] <module>.<case>. CMakeLists.txt finds the cases by
their `def case_...(box)` lines; each is one test of ctest."""

import argparse
import importlib
import os
import shutil
import sys

import sandbox


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--ctest", default="ctest")
    parser.add_argument("--generate", required=True, help="kvmtest-generate")
    parser.add_argument("--runner", required=True, help="kvmtest-run")
    parser.add_argument("--package", required=True, help="build tree of kvmtest")
    parser.add_argument("--source", default=sandbox.SOURCE_DIR)
    parser.add_argument("--work-dir", required=True)
    parser.add_argument("case")
    settings = parser.parse_args()
    module, name = settings.case.split(".")
    case = getattr(importlib.import_module(module), "case_" + name)
    box = sandbox.Sandbox(os.path.join(settings.work_dir, settings.case), settings)
    try:
        status = case(box) or 0
    except sandbox.Failure as failure:
        print(f"FAIL {settings.case}: {failure}")
        return 1
    shutil.rmtree(box.dir, ignore_errors=True)  # what failed stays, to be looked at
    return status


if __name__ == "__main__":
    sys.exit(main())
