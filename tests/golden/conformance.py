#!/usr/bin/env python3
"""Runs the goldens kept beside the project: conformance.py PROGRAM LANGUAGE_FOLDER."""
import os
import shlex
import subprocess
import sys

program, folder = sys.argv[1:]
if not os.path.isdir(os.path.join(folder, "golden")):
    print("skipped: no folder ../shared/language/golden beside the project")
    sys.exit(77)
template = f"{shlex.quote(program)} dicts --dialect {{dialect}} {{defaults}} {{cfg}} {{extra}}"
sys.exit(subprocess.call([sys.executable, os.path.join(folder, "compare.py"),
                          os.path.join(folder, "golden"), "--cmd", template]))
