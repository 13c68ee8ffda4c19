#!/usr/bin/env python3
"""The user's guide, examples/README.md, followed word by word: guide.py ... --way NAME

A block of the page says in its first line what becomes of it:

    ```sh run                commands, which must succeed
    ```console run           commands behind `$ `, each with what it prints; `...` stands for any lines
    ```console run fails     the same, and the last one fails
    ```console run figures   the same, with other numbers
    ```console run background   one that goes on; what it is to print has come before the next block
    ```cfg file=NAME         the file NAME, in the directory where the commands are by then
    ```sh build              how kvmtest gets here; here it is given (.ci/run does it)

One shell runs the blocks of `Set up` and those of a way, a `##` heading, in a home of their own with a copy
of the sources in ~/kvmtest. Other blocks of commands are named in ELSEWHERE, with who runs them."""

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import arguments
import processes
from tree import HERE, fail, until

SOURCE = os.path.dirname(os.path.dirname(HERE))
WAYS = {
    "avocado_vt": "I have avocado-vt .cfg files",
    "cmake": "I have a CMake project and no KVM tests yet",
    "examples": "The examples",
}
BUILD = "cd ~/kvmtest\nexamples/quickstart/run.sh\n"
# Blocks of commands that are not run here: how each begins, and why.
ELSEWHERE = {
    "KVMTEST_CDASH_TOKEN=": "cdash.* run the script",
    "$ kvmtest-generate plan sets.cfg": "golden.guide compares it",
    "$ sed 's/only cloud, tiny/only cloud/'": "golden.guide compares it",
    "$ kvmtest-generate plan examples/quickstart/sets.cfg --test-set nightly --costs costs.txt":
        "its figures are those of one run of everything",
}
FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.M)
LIMIT = 600


class Block:
    def __init__(self, match):
        words = match[1].split()
        self.language = words[0] if words else ""
        self.marks = words[1:]
        self.text = match[2]
        self.file = next((w[len("file="):] for w in self.marks if w.startswith("file=")), "")

    def has(self, mark):
        return mark in self.marks

    def commands(self):
        """Each command, with what it is to print (None: anything)."""
        if self.language == "sh":
            lines = self.text.replace("\\\n", "").split("\n")
            return [(line, None) for line in lines if line.strip() and not line.startswith("#")]
        parts = re.split(r"^\$ ", self.text, flags=re.M)
        if parts[0]:
            fail(f"a console block begins with something else than '$ ':\n{self.text}")
        return [tuple(part.split("\n", 1)) for part in parts[1:]]


def sections(page):
    """heading -> its blocks"""
    found = {}
    for part in re.split(r"^## ", page, flags=re.M)[1:]:
        heading = part.split("\n", 1)[0]
        found[heading] = [Block(match) for match in FENCE.finditer(part)]
    return found


def check_marks(blocks):
    """Nothing that looks like commands is left out unseen."""
    if BUILD.split("\n")[1] not in read(os.path.join(SOURCE, ".ci", "run")).split("\n"):
        fail("who runs examples/quickstart/run.sh?")
    for block in blocks:
        known = {"run", "fails", "figures", "background", "build"}
        for mark in block.marks:
            if mark not in known and not mark.startswith("file="):
                fail(f"a block is marked '{mark}'")
        if block.has("build") and block.text != BUILD:
            fail(f"the guide builds kvmtest in another way than .ci/run:\n{block.text}")
        commands = block.language in ("sh", "console") or block.text.startswith("$ ")
        if commands and not block.marks and not block.text.startswith(tuple(ELSEWHERE)):
            fail(f"nobody runs these commands of the guide:\n{block.text}")


class Home:
    """Where it is, and where the programs really are: both are other places in the guide."""

    def __init__(self, path, kvmtest):
        self.path, self.kvmtest = path, os.path.abspath(kvmtest)

    def as_shown(self, text):
        text = text.replace(self.path, "/home/me")
        return text.replace(self.kvmtest + "/bin/", "/home/me/kvmtest/build/release/bin/")


class Shell:
    """A shell that runs commands one by one and keeps its directory and variables."""

    def __init__(self, home, environment):
        self.home, self.count = home, 0
        self.process = subprocess.Popen(["bash"], cwd=home, env=environment, text=True,
                                        stdin=subprocess.PIPE, start_new_session=True)

    def start(self, command, background=False):
        """The file that its output goes to; beside it, `.status` is written when it has ended."""
        self.count += 1
        path = os.path.join(self.home, f"output-{self.count}")
        status = shlex.quote(path + ".status")
        text = f"{{ {command.rstrip()}\n}} </dev/null >{shlex.quote(path)} 2>&1"
        done = f"echo $? >{status}.new; mv {status}.new {status}"
        self.process.stdin.write(f"( {text}; {done} ) &\n" if background else f"{text}; {done}\n")
        self.process.stdin.flush()
        return path

    def run(self, command):
        path = self.start(command)
        until(lambda: os.path.exists(path + ".status") or self.process.poll() is not None,
              f"the end of {command}", LIMIT)
        if self.process.poll() is not None:
            fail(f"the shell is gone: {command}")
        return read(path), int(read(path + ".status"))


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def plain(text, home, figures):
    """Without what differs from run to run: times, order, places, addresses."""
    text = home.as_shown(text)
    text = re.sub(r"^ *[0-9]+/[0-9]+ Test +#", "n/n Test #", text, flags=re.M)
    text = re.sub(r" +[0-9]+([.][0-9]+)? (sec|s)\b", r" N \2", text)
    text = re.sub(r"nonce=.*", "nonce=", text)
    return re.sub(r"[0-9]+", "N", text) if figures else text


def lines_of(text):
    return [line.rstrip() for line in text.rstrip("\n").split("\n")] if text.strip() else []


def matches(shown, found):
    """Whether `shown`, in which `...` stands for any lines, is `found`."""
    pieces, piece = [], []
    for line in shown:
        if line == "...":
            pieces.append(piece)
            piece = []
        else:
            piece.append(line)
    pieces.append(piece)
    if found[:len(pieces[0])] != pieces[0]:
        return False
    place = len(pieces[0])
    for piece in pieces[1:-1]:
        while found[place:place + len(piece)] != piece:
            if place >= len(found):
                return False
            place += 1
        place += len(piece)
    if len(pieces) == 1:
        return len(found) == place
    last = pieces[-1]
    return len(found) - len(last) >= place and found[len(found) - len(last):] == last


def compare(block, shown, found, home):
    return matches(*(lines_of(plain(text, home, block.has("figures"))) for text in (shown, found)))


def check_itself():
    for shown, found, expected in (
            ("a b", "a b", True), ("a b", "a b c", False), ("a b", "a", False), ("a ...", "a b c", True),
            ("... c", "a b c", True), ("... c", "a b c d", False), ("a ... c", "a c", True),
            ("a ... b ... d", "a b c d", True), ("a ... c ... b", "a b c", False), ("a ... a", "a", False)):
        if matches(shown.split(), found.split()) != expected:
            fail(f"'{shown}' and '{found}' are to be {'' if expected else 'not '}the same")


def run_block(block, shell, home):
    if block.file:
        shell.run(f"cat >{shlex.quote(block.file)} <<'END OF FILE'\n{block.text}END OF FILE")
        return
    commands = block.commands()
    for i, (command, shown) in enumerate(commands):
        print(f"$ {command.rstrip()}", flush=True)
        begin = time.monotonic()
        if block.has("background"):
            path = shell.start(command, background=True)
            try:
                until(lambda: compare(block, shown, read(path), home), "what it is to print", LIMIT)
            except SystemExit:
                print(f"it should print\n{shown}\nand prints\n{read(path)}")
                raise
            continue
        output, status = shell.run(command)
        print(f"  status {status} after {time.monotonic() - begin:.1f} s", flush=True)
        fails = block.has("fails") and i == len(commands) - 1
        if (status != 0) != fails:
            fail(f"{command}\nstatus {status}\n{output}")
        if shown is not None and not compare(block, shown, output, home):
            fail(f"the guide shows of `{command}`\n{shown}\nbut it prints\n{output}")


def prepare(args, home, way):
    """The home of somebody who has followed `Set up`, but for the variables."""
    shutil.rmtree(home, ignore_errors=True)
    clone = os.path.join(home, "kvmtest")
    for folder in ("examples", "cmake"):
        shutil.copytree(os.path.join(SOURCE, folder), os.path.join(clone, folder))
    os.makedirs(os.path.join(clone, "build"))
    os.symlink(os.path.abspath(args.kvmtest), os.path.join(clone, "build", "release"))
    guests = os.path.join(clone, "build", "guests")
    os.makedirs(guests)
    for name in ("cloud", "amd64", "tiny.rom"):
        os.symlink(os.path.abspath(os.path.join(args.guests, name)), os.path.join(guests, name))
    # The rest as quickstart/run.sh does it.
    commands = [[f"{clone}/cmake/guest/make-disk.sh", "--output", f"{guests}/disks/signed.{form}"]
                for form in ("qcow2", "raw")]
    if way == "examples":
        commands += [["cmake", "-S", f"{clone}/examples/quickstart", "-B", f"{clone}/build/quickstart",
                      f"-DKvmTest_ROOT={clone}/build/release", f"-DGUESTS={guests}"],
                     ["cmake", "--build", f"{clone}/build/quickstart"]]
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT)


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--way", choices=WAYS, required=True)
    way, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    args = arguments.parse(__doc__)
    check_itself()
    page = read(os.path.join(SOURCE, "examples", "README.md"))
    found = sections(page)
    for heading in ("Set up", *WAYS.values()):
        if not any(block.has("run") for block in found.get(heading, [])):
            fail(f"the guide has no commands under '{heading}'")
    for blocks in found.values():
        check_marks(blocks)

    home = Home(os.path.join(args.work, f"guide_{way.way}"), args.kvmtest)
    prepare(args, home.path, way.way)
    mark = f"guide-{os.getpid()}"
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(("CTEST_", "KVMTEST_", "CMAKE_", "KvmTest_"))}
    shell = Shell(home.path, {**environment, "HOME": home.path, processes.MARK: mark})
    try:
        for block in found["Set up"] + found[WAYS[way.way]]:
            if block.has("run") or block.file:
                run_block(block, shell, home)
    finally:
        for pid in processes.of_run(mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    print("the guide is right")


if __name__ == "__main__":
    sys.exit(main())
