#!/usr/bin/env python3
"""The tables of examples/avocado_vt/README.md against the sources: migration_table.py REPOSITORY

A param that is the `same` is read somewhere, one that is not (`no`) is read nowhere; what the right columns name
(params, options, types, arguments of the CMake call) is there."""
import glob
import os
import re
import sys

# Params of which the sources spell the begin and the end apart.
COMPOSED = {"vcpu_sockets", "vcpu_cores", "vcpu_threads"}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def sources(root):
    """Everything that reads params, but for the lists of those that nobody reads."""
    text = ""
    for room in ("generator/plan", "generator/ctest", "runner"):
        for path in sorted(glob.glob(os.path.join(root, room, "**", "*.cc"), recursive=True)
                           + glob.glob(os.path.join(root, room, "**", "*.h"), recursive=True)):
            # The report only sorts tests by them.
            if "/report/" not in path and os.path.basename(path) not in (
                    "known_params.cc", "foreign_params.cc", "independence.cc"):
                text += read(path)
    return text


def literals(text):
    """The words of all string literals."""
    words = set()
    for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', text):
        words.update(re.findall(r"[A-Za-z_][A-Za-z0-9_-]*", literal))
    return words


def whole_literals(text):
    return set(re.findall(r'"([A-Za-z_][A-Za-z0-9_-]*)"', text))


def rows(section):
    """The cells of each row of the section's tables, heads left out."""
    for line in section.split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| ") else []
        if cells and not set(cells[0]) <= set("- ") and cells[0] not in ("params", "you do") and \
                not cells[0].startswith("avocado-vt,"):
            yield cells


def names(cell):
    return re.findall(r"`([a-z][a-z0-9_]*)`", cell)


def check_params(section, text, wrong):
    read_keys, mentioned = whole_literals(text), literals(text)
    count = 0
    for params, verdict, _ in rows(section):
        if verdict not in ("same", "otherwise", "no"):
            wrong.append(f"'{verdict}' is none of same, otherwise, no: {params}")
        for param in names(params):
            count += 1
            # Procedures list theirs in one literal.
            there = param in read_keys or param in mentioned or param in COMPOSED
            if verdict == "same" and not there:
                wrong.append(f"{param} is 'same', but nothing reads it")
            if verdict == "no" and param in read_keys:
                wrong.append(f"{param} is 'no', but something reads it")
    if count < 100:
        wrong.append(f"only {count} params in the table")


def check_types(section, header, wrong):
    types = set(re.findall(r'^ *"([a-z_]+)",', header, re.M))
    for old, new in rows(section):
        expected = names(old) if new == "the same names" else [] if new.startswith("skipped") else names(new)
        wrong += [f"the runner has no procedure {name}" for name in expected if name not in types]
        if new.startswith("skipped"):
            wrong += [f"the runner has a procedure {name}" for name in names(old) if name in types]


def check_habits(section, root, wrong):
    module = read(root, "cmake/KvmTest.cmake")
    programs = read(root, "cmake/man/kvmtest-generate.1") + read(root, "cmake/man/kvmtest-run.1")
    programs = programs.replace("\\", "")
    for cells in rows(section):
        now = " ".join(cells[1:])
        for word in re.findall(r"\b(CONFIG|STRINGS|PARAMS|TIMEOUT|TEST_SETS)\b", now):
            if f"[{word} " not in module and f"{word} <" not in module:
                wrong.append(f"the CMake call has no {word}")
        for program, command in re.findall(r"(kvmtest-generate|kvmtest-run) ([a-z-]+)", now):
            if f"{program} {command}" not in programs:
                wrong.append(f"{program} has no command {command}")
        for option in re.findall(r"(?<![a-z] )(--(?:set-param|names|dialect|count))\b", now):
            if option not in programs:
                wrong.append(f"no program has {option}")


def main():
    root = sys.argv[1]
    page = read(root, "examples/avocado_vt/README.md")
    habits, rest = page.split("\n## Params\n")
    params, types = rest.split("\n## Types of tests\n")
    wrong = []
    check_habits(habits, root, wrong)
    check_params(params, sources(root), wrong)
    check_types(types, read(root, "generator/plan/procedure_types.h"), wrong)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
