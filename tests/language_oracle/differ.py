"""Runs cases through the judge (slow_expander) and through the program, and compares.

A case that differs is shrunk by deleting lines, then characters, as long as it differs in the same
way, and printed whole, so that it can become a row of a table."""
import json
import os
import re
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

import slow_expander
from lines import ConfigError, MemoryFiles, Undefined, canonical_json

MAX_DICTS = 2000      # larger results are not worth the judge's time
CHUNK = 200           # cases for one start of language_batch
SECONDS = 60          # for a chunk


@dataclass(frozen=True)
class Case:
    text: str                                    # main.cfg
    dialect: str = "modern"
    others: tuple = ()                           # ((path, text), ...)
    strings: tuple = ()
    defaults: bool = False
    label: str = ""                              # the seed or number to repeat it with

    def files(self):
        return {"main.cfg": self.text, **dict(self.others)}

    def request(self):
        return {"files": self.files(), "main": "main.cfg", "strings": self.strings,
                "dialect": self.dialect, "defaults": self.defaults}

    def show(self):
        out = [f"case {self.label}: --dialect {self.dialect}{' --defaults' if self.defaults else ''}"]
        for path, text in self.files().items():
            out.append(f"--- {path}")
            out += ["    " + shown(line) for line in text.split("\n")]
        out += [f"--- string {text!r}" for text in self.strings]
        return "\n".join(out)


def shown(line):
    """Blanks and letters as they are; what the eye could miss, spelt out."""
    text = line.rstrip(" ")
    tail = "<%d blanks>" % (len(line) - len(text)) if text != line else ""
    return "".join(c if c == " " or (c.isprintable() and not c.isspace()) else f"<U+{ord(c):04X}>"
                   for c in text) + tail


@dataclass
class Result:
    kind: str                                    # ok, error, crash, hang, unjudged (too big, or undefined)
    dicts: list = field(default_factory=list)
    message: str = ""
    broken_law: str = ""


class TooBig(Exception):
    pass


def judge(case):
    lines = []
    if case.dialect == "2009" and re.search("\r(?!\n)", "".join(t + "\n" for t in case.files().values())):
        return Result("unjudged", message="a lone carriage return in the 2009 dialect")
    try:
        for params in slow_expander.expand("main.cfg", case.strings, case.dialect, case.defaults,
                                           files=MemoryFiles(case.files())):
            lines.append(canonical_json(params))
            if len(lines) > MAX_DICTS:
                return Result("unjudged", message="too big")
    except Undefined as e:
        return Result("unjudged", message=str(e))
    except ConfigError as e:
        return Result("error", message=str(e))
    return Result("ok", lines)


def run_batch(program, cases):
    """The program's results of all cases; a crash or hang costs only the case that caused it."""
    results = []
    while len(results) < len(cases):
        todo = cases[len(results):len(results) + CHUNK]
        text = "".join(json.dumps(case.request()) + "\n" for case in todo)
        try:
            done = subprocess.run([program], input=text.encode(), capture_output=True, timeout=SECONDS)
            out, end = done.stdout, Result("crash", message=f"exit {done.returncode}: {tail(done.stderr)}")
        except subprocess.TimeoutExpired as e:
            out, end = e.stdout or b"", Result("hang", message=f"no answer in {SECONDS} s")
        answers = [json.loads(line) for line in out.decode().split("\n")[:-1]]
        results += [as_result(answer) for answer in answers]
        if len(answers) < len(todo):
            results.append(end)
    return results


def tail(stderr):
    return stderr.decode("utf-8", "replace").strip()[-2000:]


def as_result(answer):
    if not answer["ok"]:
        return Result("error", message=answer["message"])
    dicts, law = answer["dicts"], ""
    dicts = [line.rstrip("\n") for line in dicts]
    if not answer["again"]:
        law = "a second expansion gives other dicts"
    elif answer["count"] != len(dicts):
        law = f"the count is {answer['count']}, but there are {len(dicts)} dicts"
    else:
        named = [json.loads(line) for line in dicts]
        if [d["name"] for d in named] != answer["names"]:
            law = f"the names are {answer['names']}"
        elif answer["printing"]:
            law = answer["printing"]
    return Result("ok", dicts, broken_law=law)


def difference(case, expected, got):
    """One line for the first difference, and "" for none; its first word is the kind of difference."""
    if got.kind in ("crash", "hang"):
        return f"{got.kind}: {got.message}"
    if expected.kind == "unjudged":
        return ""
    if expected.kind != got.kind:
        return f"{expected.kind}-but-{got.kind}: judge: {expected.message or show_dicts(expected)}; " \
               f"program: {got.message or show_dicts(got)}"
    if expected.dicts != got.dicts:
        for a, b in zip(expected.dicts + [None], got.dicts + [None]):
            if a != b:
                return f"dicts: judge has {len(expected.dicts)}, program {len(got.dicts)}; " \
                       f"first difference\n  judge   {a}\n  program {b}"
    return f"law: {got.broken_law}" if got.broken_law else ""


def show_dicts(result):
    return f"{len(result.dicts)} dicts {' '.join(result.dicts[:2])[:300]}"


def check(program, cases):
    """The differing cases with their differences, and how many could not be judged."""
    expected = [judge(case) for case in cases]
    got = run_batch(program, cases)
    differing = [(case, d) for case, e, g in zip(cases, expected, got) if (d := difference(case, e, g))]
    return differing, sum(e.kind == "unjudged" for e in expected), sum(bool(e.dicts) for e in expected)


def differs(program, case):
    return difference(case, judge(case), run_batch(program, [case])[0])


def shrink(program, case, why, budget=1500):
    """A smaller case that differs in the same way."""
    kind = why.split(":")[0]

    def attempt(smaller):
        nonlocal case, why, budget
        budget -= 1
        if budget < 0 or not (found := differs(program, smaller)) or found.split(":")[0] != kind:
            return False
        case, why = smaller, found
        return True

    for name in [None] + [path for path, _ in case.others]:
        shrink_pieces(lambda: text_of(case, name), "\n", lambda t: attempt(with_text(case, name, t)))
    for i in reversed(range(len(case.strings))):
        attempt(replace(case, strings=case.strings[:i] + case.strings[i + 1:]))
    for path, _ in case.others:
        attempt(replace(case, others=tuple(o for o in case.others if o[0] != path)))
    if case.defaults:
        attempt(replace(case, defaults=False))
    for name in [None] + [path for path, _ in case.others]:
        shrink_pieces(lambda: text_of(case, name), "", lambda t: attempt(with_text(case, name, t)))
    return case, why


def shrink_pieces(get, separator, attempt):
    """Deletes runs of lines (separator LF) or characters (none), long ones first."""
    def pieces():
        return get().split(separator) if separator else list(get())
    if not separator and len(get()) > 250:
        return
    size = max(1, len(pieces()) // 2)
    while size:
        changed, at = False, 0
        while at < len(pieces()):
            now = pieces()
            if attempt(separator.join(now[:at] + now[at + size:])):
                changed = True
            else:
                at += size
        size = size if changed and size == 1 else size // 2


def text_of(case, path):
    return case.text if path is None else dict(case.others)[path]


def with_text(case, path, text):
    if path is None:
        return replace(case, text=text)
    return replace(case, others=tuple((p, text if p == path else t) for p, t in case.others))


def run_cli(program, case, *options):
    """The case through the command line, as a user would."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in case.files().items():
            with open(os.path.join(folder, path), "w", encoding="utf-8", newline="") as f:
                f.write(text)
        command = [program, "dicts", "--dialect", case.dialect, *options]
        command += ["--defaults"] if case.defaults else []
        done = subprocess.run(command + ["main.cfg", "--", *case.strings] if case.strings else command + ["main.cfg"],
                              cwd=folder, capture_output=True, timeout=SECONDS)
    return done.returncode, done.stdout.decode(), tail(done.stderr)


def report(program, differing, total, limit=5):
    """Prints the smallest differing cases, one for each kind first; the exit code."""
    seen = {}
    for case, why in sorted(differing, key=lambda d: len(d[0].text)):
        seen.setdefault(why.split(":")[0], []).append((case, why))
    chosen = [group[0] for group in seen.values()] + [d for group in seen.values() for d in group[1:]]
    for case, why in chosen[:limit]:
        case, why = shrink(program, case, why)
        print(f"\n{case.show()}\n=> {why}\n")
    print(f"{total} cases, {len(differing)} differ")
    return 1 if differing else 0


def check_in_parallel(program, batches):
    """`batches` yields lists of cases; two processes judge them."""
    differing, total, big, useful = [], 0, 0, 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pending = []
        for batch in batches:
            total += len(batch)
            pending.append(pool.submit(check, program, batch))
            if len(pending) >= 8:
                bad, large, rich = pending.pop(0).result()
                differing, big, useful = differing + bad, big + large, useful + rich
        for future in pending:
            bad, large, rich = future.result()
            differing, big, useful = differing + bad, big + large, useful + rich
    print(f"{total} cases judged: {useful} with dicts, {big} not judged")
    return differing, total


def in_batches(cases, size=CHUNK):
    batch = []
    for case in cases:
        batch.append(case)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
