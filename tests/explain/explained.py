"""Runs kvmtest-generate, and reads what `explain` writes."""
import itertools
import json
import os
import re
import subprocess
from dataclasses import dataclass, field

PLACE = re.compile(r"^([* ]) (.+?):(\d+): (.*)$")
PUT_IN = re.compile(r"^      (?:\$\{.*\}|'.*') is '.*' \((.+)\)$")
TOLD_PLACE = re.compile(r"(.+?):(\d+)(?:, |$)")


@dataclass
class Statement:
    counts: bool
    path: str
    line: int
    text: str
    details: list = field(default_factory=list)

    def put_in(self):
        """(path, line) of the statements whose values it puts into its own."""
        places = []
        for detail in self.details:
            if match := PUT_IN.match(detail):
                places += [(path, int(line)) for path, line in TOLD_PLACE.findall(match[1])]
        return places


@dataclass
class Param:
    value: str                                  # None: not set; control characters as they are printed
    steps: list = field(default_factory=list)
    remark: str = ""


@dataclass
class Explained:
    text: str
    status: int
    params: dict = field(default_factory=dict)  # of the first test
    removers: list = field(default_factory=list)  # of the first way
    only_filters: bool = False                  # nothing but these lines keeps it out
    ways: int = 1


def printed(value):
    return "".join(f"\\x{ord(c):02x}" if ord(c) < 0x20 or ord(c) == 0x7F else c for c in value)


def param_head(line):
    """(key, value) if the line begins a param."""
    if line.endswith(" is not set"):
        key, value = line[:-len(" is not set")], None
    else:
        key, found, value = line.partition(" = '")
        if not found or not value.endswith("'"):
            return None
        value = value[:-1]
    # Keys that could be taken for something else are quoted.
    quoted = key == "''" or key.startswith("'*")
    return (key[1:-1] if quoted else key), value


def read(text, status):
    explained = Explained(text, status)
    explained.ways += text.count("\nand another ")
    body = text.split("\nand another ")[0]
    explained.only_filters = "\nNot in the result. " in body
    statement = param = None
    in_head = True
    for line in body.split("\n"):
        if line == "":
            in_head, statement = False, None
        elif match := PLACE.match(line):
            statement = Statement(match[1] == "*", match[2], int(match[3]), match[4])
            if param:
                param.steps.append(statement)
            elif not in_head and explained.status == 1:
                explained.removers.append(statement)
        elif line.startswith("      "):
            if statement:
                statement.details.append(line)
        elif not in_head and (head := param_head(line)):
            param = explained.params[head[0]] = Param(head[1])
    return explained


class Tree:
    """A configuration in a directory of its own, and how the program is to read it."""

    def __init__(self, program, directory, main, dialect, strings=(), options=()):
        self.program = program
        self.directory = directory
        self.main = main
        self.dialect = dialect
        self.strings = list(strings)
        self.options = list(options)
        self.files, self.lines = {}, {}         # of files that were read, for edits.py

    def argv(self, command, *more, strings=()):
        return [self.program, command, "--no-warnings", "--dialect", self.dialect, *self.options, self.main,
                *self.strings, *strings, *more]

    def run(self, command, *more, strings=()):
        run = subprocess.run(self.argv(command, *more, strings=strings), cwd=self.directory,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        return run.returncode, run.stdout.decode("utf-8", "surrogateescape"), run.stderr.decode("utf-8", "replace")

    def explain(self, name, *more):
        status, out, err = self.run("explain", "--test", name, *more)
        if status not in (0, 1) or not out:
            raise AssertionError(f"explain --test {name!r}: exit {status}, wrote {out!r}, said {err!r}")
        return read(out, status)

    def names(self, strings=()):
        status, out, err = self.run("dicts", "--names", strings=strings)
        if status != 0:
            raise AssertionError(f"dicts --names: exit {status}: {err}")
        return out.split("\n")[:-1]

    def some_names(self, limit, strings=()):
        """The first names; none after an error."""
        with subprocess.Popen(self.argv("dicts", "--names", strings=strings), cwd=self.directory,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            names = [line.decode("utf-8", "surrogateescape").rstrip("\n")
                     for line in itertools.islice(process.stdout, limit)]
            process.kill()                      # the rest may have no end
        return names

    def selection(self, name):
        """A STRING that leaves few tests, those called `name` among them."""
        if self.dialect == "2009":
            return "only " + re.sub(r"[^A-Za-z0-9_.-]", ".*", name) if name else ""
        return "only " + "..".join(name.split(".")) if name else ""

    def has(self, name):
        """Is there a test of that name?"""
        selection = self.selection(name)
        return name in self.names(strings=[selection] if selection else [])

    def dicts(self, name):
        """The tests of that name; None if there is an error."""
        selection = self.selection(name)
        status, out, _ = self.run("dicts", strings=[selection] if selection else [])
        if status != 0:
            return None
        dicts = [json.loads(line) for line in out.split("\n")[:-1]]
        return [d for d in dicts if d["name"] == name]

    def path(self, name):
        return os.path.join(self.directory, name)
