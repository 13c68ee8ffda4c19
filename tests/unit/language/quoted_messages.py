#!/usr/bin/env python3
"""Fails if a message of generator/language or generator/plan is quoted whole in no test, or the code of a
warning that a test quotes is not in generator/README.md or not in the list of them, or that of an error of
the plan is not in generator/README.md: quoted_messages.py REPOSITORY

A message is a string literal of two words and more. A test quotes it if it stands in a line of a
diagnostic ("main.cfg:1:2: error: ...", "note: ...", "hint: ...") in a literal of tests/unit/language
or tests/unit/plan, or in a golden's expected.err. For what fmt puts in, anything may stand."""
import pathlib
import re
import sys

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CHARACTER = re.compile(r"'\"'")
RAW = re.compile(r'R"(\w*)\((.*?)\)\1"', re.S)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'", "0": "\0"}

# They write text of other kinds, among them explanations, which are quoted in pieces.
OTHER_TEXT = re.compile(
    r"explain.*|find_tests|json_string|label_book|param_history|trace_2009|tree"
    "|costs|dhcp|schedule|table|timeline")
# What they say becomes part of another message, or of the last line of a check.
PARTS = re.compile("regex_.*|check|text")
DIAGNOSTIC = re.compile(r"^(\S+ )?(\S+: )?(error|warning|note|hint): |^ +(\d+)? \| ")


def unescape(text):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(0)), text)


def strip_comments(code):
    """Without // comments; literals may hold //."""
    out = []
    for line in code.split("\n"):
        at = 0
        while True:
            literal = LITERAL.search(line, at)
            comment = line.find("//", at)
            if comment < 0 or (literal and literal.start() < comment):
                if not literal:
                    break
                at = literal.end()
                continue
            line = line[:comment]
            break
        out.append(line)
    return "\n".join(out)


def literals(code):
    """(line, text) of each string literal; neighbours that only blanks part are one."""
    found = []
    raw = []
    for match in RAW.finditer(code):
        raw.append((match.start(), match.group(2)))
    for start, text in raw:
        found.append((code.count("\n", 0, start) + 1, text))
    code = strip_comments(RAW.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), code))
    code = CHARACTER.sub("   ", code)
    end, pieces, begin = -1, [], 0
    for match in LITERAL.finditer(code):
        joined = end >= 0 and code[end:match.start()].strip() == ""
        if not joined:
            if pieces:
                found.append((begin, "".join(pieces)))
            pieces, begin = [], code.count("\n", 0, match.start()) + 1
        pieces.append(unescape(match.group(1)))
        end = match.end()
    if pieces:
        found.append((begin, "".join(pieces)))
    return found


def pattern(message):
    """What a line of a diagnostic with the message looks like."""
    parts = re.split(r"\{[^{}]*\}", message.strip("\n"))
    return re.compile(".*?".join(re.escape(part) for part in parts))


def literal_lines(root):
    for folder in ("tests/unit/language", "tests/unit/plan"):
        for path in (root / folder).glob("*.cc"):
            for _, text in literals(path.read_text(encoding="utf-8")):
                yield from text.split("\n")
    for path in (root / "tests/golden/cases").glob("*/expected.err"):
        yield from path.read_text(encoding="utf-8").split("\n")


def main():
    root = pathlib.Path(sys.argv[1])
    literal = sorted(set(literal_lines(root)))
    lines = [line for line in literal if DIAGNOSTIC.search(line)]
    missing = 0
    said = set()
    for path in [path for room in ("language", "plan")
                 for path in sorted((root / "generator" / room).glob("*.cc"))]:
        if OTHER_TEXT.fullmatch(path.stem):
            continue
        for line, text in literals(path.read_text(encoding="utf-8")):
            if len(re.findall(r"[A-Za-z{]+", text)) < 2 or " " not in text.strip():
                said.add(text)
                continue
            where = literal if PARTS.fullmatch(path.stem) else lines
            if not any(pattern(text).search(quoted) for quoted in where):
                print(f"{path}:{line}: no test quotes '{text}'")
                missing += 1
    readme = (root / "generator/README.md").read_text(encoding="utf-8")
    codes = {code for line in lines for code in re.findall(r"\[-W([a-z0-9-]+)\]$", line)}
    for code in sorted(codes & said):
        if f"`{code}`" not in readme:
            print(f"generator/README.md does not tell of -W{code}")
            missing += 1
    listed = set(re.findall(r'^ *"([a-z0-9-]+)",$',
                            (root / "generator/plan/warning_codes.cc").read_text(encoding="utf-8"), re.M))
    of_errors = {code for path in (root / "generator/plan").glob("*.cc")
                 for code in re.findall(r'\bError\(\s*"([a-z0-9-]+)"', path.read_text(encoding="utf-8"))}
    for code in sorted(of_errors):
        if f"`{code}`" not in readme:
            print(f"generator/README.md does not tell of the error {code}")
            missing += 1
    for code in sorted(codes & said - listed - of_errors):
        print(f"generator/plan/warning_codes.cc does not list {code}")
        missing += 1
    for code in sorted(listed):
        if f"`{code}`" not in readme:
            print(f"generator/README.md does not tell of {code}, which is listed")
            missing += 1
    return 1 if missing or not codes else 0


if __name__ == "__main__":
    sys.exit(main())
