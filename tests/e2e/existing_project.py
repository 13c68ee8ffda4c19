#!/usr/bin/env python3
"""examples/existing_project: each command of its README prints what the page shows, on real guests
(KVMTEST_UPDATE_GOLDEN=1 writes that anew); and no test is lost beside those of the project."""

import os
import re
import shutil
import subprocess
import sys

import arguments
from tree import HERE, fail

EXAMPLE = os.path.join(HERE, "..", "..", "examples", "existing_project")
BLOCK = re.compile(r"^```\n(\$ (?:.*\n)*?)```$", re.M)


class Copy:
    def __init__(self, args):
        self.folder = os.path.join(args.work, "existing_project")
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(EXAMPLE, self.folder)
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("CTEST_", "KVMTEST_", "CMAKE_"))}
        self.environment |= {"KvmTest_ROOT": os.path.abspath(args.kvmtest),
                             "GUESTS": os.path.abspath(args.guests)}

    def run(self, command):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=self.folder, text=True,
                              env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300)
        # The summary of ctest 4.4.
        output = re.sub(r"100% tests passed out of", "100% tests passed, 0 tests failed out of", done.stdout)
        return done.returncode, output

    def expect(self, command):
        status, output = self.run(command)
        if status != 0:
            fail(f"{command}: status {status}\n{output}")
        return output

    def block(self, text):
        """The text of a block with what its commands print."""
        shown = ""
        for command in re.findall(r"^\$ (.*)$", text, re.M):
            # The one that shows an error ends with grep's status.
            status, output = self.run(command if "error" not in command else command + " || true")
            if status != 0:
                fail(f"{command}: status {status}\n{output}")
            shown += f"$ {command}\n{output}"
        return f"```\n{shown}```"


def check_page(copy):
    path = os.path.join(EXAMPLE, "README.md")
    with open(path, encoding="utf-8") as file:
        page = file.read()
    [setup] = [block for block in re.findall(r"^```sh\n((?:.*\n)*?)```$", page, re.M) if "cp -r" in block]
    copy.expect(setup.split("\n")[2])
    new, count = BLOCK.subn(lambda match: copy.block(match[1]), page)
    if count < 6:
        fail(f"the page shows {count} blocks of commands")
    if new != page and os.environ.get("KVMTEST_UPDATE_GOLDEN"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(new)
    elif new != page:
        fail(f"examples/existing_project/README.md should be\n{new}")


def check_rest(copy):
    listed = copy.expect("ctest --preset default -N")
    if "Total Tests: 4" not in listed or "guests." in listed:
        fail(f"the project's own tests: {listed}")
    listed = copy.expect("ctest --preset weekly -N")
    if "Total Tests: 4" not in listed or "nightly" in listed:
        fail(f"the weekly tests: {listed}")
    verbose = copy.expect("ctest --preset gpu -V")
    used = re.findall(r"runs on GPU (\d)", verbose)
    if len(used) != 3 or set(used) != {"0", "1"}:
        fail(f"GPUs used: {used}\n{verbose}")
    copy.expect("cmake --workflow --preset nightly")


def main():
    args = arguments.parse(__doc__)
    copy = Copy(args)
    check_page(copy)
    check_rest(copy)
    shutil.rmtree(copy.folder)
    print("the page is right")


if __name__ == "__main__":
    sys.exit(main())
