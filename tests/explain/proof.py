"""What `kvmtest-generate explain` says, put to the proof by edits of the lines that it names."""
import json
import os
import re

from edits import edited, lines_of, other_values, source
from explained import printed


# Without one suffix, or del before it, another suffix may rename the key all the same.
WITHOUT_VALUE = re.compile(r"(^|:)\s*(suffix|del) ")
# What ends a line in the modern dialect, but in no editor: there are several statements in it.
BREAK = re.compile("[\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


class Wrong(Exception):
    """The explanation does not hold."""


def value_of(tree, name, key):
    """The param in all tests of that name; None if there is an error."""
    dicts = tree.dicts(name)
    return None if dicts is None else [d.get(key) for d in dicts]


def edit_changes_value(tree, name, key, place):
    """Does another value in that line give the param another value?"""
    path, line, text = place
    before = value_of(tree, name, key)
    old = source(tree, path, line, text)
    for new in [] if BREAK.search(old) else other_values(old):
        with edited(tree, {place: new}):
            after = value_of(tree, name, key)
        if after is not None:                    # no error, such as a limit that is no number
            return after != before
    return None                                  # cannot be told


def check_param(tree, name, key, param):
    """Edits the lines that are said to count for the value, and those said to be overridden; how many."""
    counting = [(s.path, s.line, s.text) for s in param.steps if s.counts]
    checked = 0
    for place in counting + put_in_places(tree, param):
        changes = edit_changes_value(tree, name, key, place)
        if changes is False and not WITHOUT_VALUE.search(place[2]):
            raise Wrong(f"{place[0]}:{place[1]} is said to count for '{key}', but an edit changes nothing")
        checked += changes is not None
    for place in overridden_places(param):
        if place in counting or is_limited(param):
            continue
        if edit_changes_value(tree, name, key, place):
            raise Wrong(f"{place[0]}:{place[1]} is said to be overridden for '{key}', but an edit changes it")
        checked += 1
    return checked


def put_in_places(tree, param):
    """Where the values come from that `${}` in lines that count puts in. (STRINGs have no number.)"""
    return [(path, line, source(tree, path, line, None).strip()) for step in param.steps if step.counts
            for path, line in step.put_in() if path != "<string>"]


def overridden_places(param):
    """But no variant, whose name is the test's, and no suffix, which moves other keys about."""
    return [(s.path, s.line, s.text) for s in param.steps
            if any("overridden by" in detail for detail in s.details) and not s.text.startswith("-") and not WITHOUT_VALUE.search(s.text)]


def is_limited(param):
    """Is the value compared with another, or a key with other suffixes?"""
    return any("when all else is done" in detail or "because all values" in detail
               for step in param.steps for detail in step.details)


def check_removed(tree, name, explained):
    """Deletes the lines that are said to remove the name, all of them and all but one; how many."""
    places = {(s.path, s.line, s.text): "" for s in explained.removers if s.counts}
    if not places:
        raise Wrong("no line is named")
    with edited(tree, places):
        if not tree.has(name):
            raise Wrong("without the lines that are named it is not in the result")
    if explained.ways > 1:                       # another way may need fewer
        return len(places)
    for left in places:
        with edited(tree, {place: "" for place in places if place != left}):
            if tree.has(name):
                raise Wrong(f"with {left[0]}:{left[1]} left it is in the result all the same")
    return len(places)


def filter_places(tree):
    """(path, line, text) of the filters in files and STRINGs."""
    found = [("<string>", 1, text) for text in tree.strings if text.startswith(("only ", "no "))]
    for path in sorted(os.listdir(tree.directory)):
        for number, line in enumerate(lines_of(tree, path), 1):
            if line.strip().startswith(("only ", "no ")) or ": only " in line or ": no " in line:
                found.append((path, number, line.strip()))
    return found


def some_removed(tree, rng, names):
    """A few names that are not in the result, but would be without some of the filters."""
    filters = filter_places(tree)
    gone = rng.sample(filters, min(len(filters), rng.choice([1, 2, 5, 20, len(filters) // 3 + 1])))
    with edited(tree, {place: "" for place in gone}):
        found = tree.some_names(20000, strings=narrowing_strings(tree, rng, names))
    in_result = set(names)
    new = sorted({name for name in found if name not in in_result})
    return rng.sample(new, min(len(new), 5))


def narrowing_strings(tree, rng, names):
    """Without the filters that are gone the product may be huge, so that its first names are all alike."""
    if tree.dialect == "2009" or not names:
        return []
    labels = rng.choice(names).split(".")
    return ["only " + label for label in rng.sample(labels, min(len(labels), 4))]


class Proof:
    """Counts what was looked at, and prints what failed."""

    def __init__(self, tree, rng, label):
        self.tree = tree
        self.rng = rng
        self.label = label
        self.params = self.edits = self.removed = self.deletions = self.failures = 0

    def fail(self, what, why, text):
        self.failures += 1
        print(f"FAILED {self.label} {what}: {why}\n{text}\n")

    def summary(self):
        return (f"{self.params} params ({self.edits} lines edited), "
                f"{self.removed} removed names ({self.deletions} lines deleted), {self.failures} failures")

    def check_test(self, name, params):
        """All values, and so many params whose lines are edited."""
        explained = self.tree.explain(name)
        dicts = self.tree.dicts(name)
        want = [{key: printed(value) for key, value in d.items()
                 if isinstance(value, str) and key not in ("name", "shortname")} for d in dicts]
        got = {key: param.value for key, param in explained.params.items() if key not in ("name", "shortname")}
        if explained.status != 0 or got not in want:
            self.fail(f"--test {name!r}", "other values than `dicts` writes", explained.text)
            return
        assigns_name = any(key in explained.params for key in ("name", "shortname"))
        keys = sorted(got)
        for _ in range(0 if assigns_name else min(params, len(keys))):
            # Rather one of which there is more to tell.
            several = [key for key in keys if len(explained.params[key].steps) > 1]
            key = self.rng.choice(several if several and self.rng.random() < 0.6 else keys)
            self.check_param(name, key, explained.params[key])

    def check_param(self, name, key, param):
        self.params += 1
        try:
            self.edits += check_param(self.tree, name, key, param)
        except Wrong as wrong:
            self.fail(f"--test {name!r} --param {key!r}", wrong,
                      json.dumps(vars(param), default=vars, ensure_ascii=False, indent=1))

    def check_removed(self, name):
        self.removed += 1
        explained = self.tree.explain(name)
        # --defaults and joins are no lines that could be deleted.
        if explained.status != 1 or "\nNot in the result" not in explained.text:
            self.fail(f"--test {name!r}", "not said to be removed", explained.text)
        elif explained.only_filters:
            try:
                self.deletions += check_removed(self.tree, name, explained)
            except Wrong as wrong:
                self.fail(f"--test {name!r}", wrong, explained.text)
