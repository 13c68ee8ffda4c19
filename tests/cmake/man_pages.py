#!/usr/bin/env python3
"""The man pages: man_pages.py REPOSITORY KVMTEST_GENERATE KVMTEST_RUN

Every option that `--help` of a program or of one of its commands shows is in the page, with an argument if it takes
one, and the page has no other; so are the commands. KvmTest.7 is what module_page.py makes of the module. What
formats pages here (groff, mandoc) complains of nothing."""
import os
import re
import shlex
import shutil
import subprocess
import sys

ITSELF = ""


def fail(text):
    print(f"FAIL: {text}")
    sys.exit(1)


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    if done.returncode != 0:
        fail(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def help_options(text):
    """name -> whether it takes an argument, of CLI11's help. A flag's optional value is in brackets."""
    found = {}
    for names, rest in re.findall(r"^  (-[-\w,]+)((?: [^\n]*)?)$", text, re.M):
        rest = re.sub(r" (Excludes|Needs): .*", "", rest)
        takes = bool(re.match(r" [A-Z\[]", rest)) if not rest.startswith("  ") else False
        for name in names.split(","):
            found[name] = takes
    return found


def program_options(program):
    """command (ITSELF: none) -> its options."""
    text = run(program, "--help")
    found = {ITSELF: help_options(text)}
    commands = text.split("\nSubcommands:\n")[1]
    for command in re.findall(r"^  ([a-z][a-z-]*) ", commands, re.M):
        found[command] = help_options(run(program, command, "--help"))
    return found


def words_of(line):
    """A line of a page without macros and escapes: `.BI "\\-\\-name " N` is `--name N`."""
    macro, _, rest = line.partition(" ")
    if not macro.startswith("."):
        rest = line
    rest = re.sub(r"\\f[BIR]", "", rest).replace("\\-", "-").replace("\\&", "")
    parts = shlex.split(rest) if macro.startswith(".") else [rest]
    return ("" if macro in (".BI", ".BR", ".IR") else " ").join(parts)


def page_options(text, program, commands):
    """The same of a page: sections `Options of A, B and C` with tagged paragraphs."""
    found = {command: {} for command in commands}
    section, tag = None, False
    for line in text.split("\n"):
        if line.startswith((".SS ", ".SH ")):
            heading = words_of(line)
            section = None
            if heading.startswith("Options of "):
                of = heading[len("Options of "):]
                section = (list(commands) if of == "every command" else
                           [ITSELF] if of == f"{program} itself" else re.split(", | and ", of))
                unknown = set(section) - set(commands)
                if unknown:
                    fail(f"{program}.1: no command {', '.join(sorted(unknown))} ({heading})")
        elif line == ".TP":
            tag = True
        elif tag:
            tag = False
            if section is not None:
                words = words_of(line)
                names = re.findall(r"(?<![\w=])--?[a-zA-Z][\w-]*", words.split("[")[0])
                if not names:
                    fail(f"{program}.1: no option in '{line}'")
                takes = bool(re.search(r"[ \[]\S", words[words.index(names[-1]) + len(names[-1]):]))
                for command in section:
                    found[command].update({name: takes for name in names})
    return found


def page_commands(text):
    part = text.split(".SS Commands\n")[1].split(".SH ")[0]
    return {words_of(line) for line in re.findall(r"^\.TP\n(.*)$", part, re.M)}


def check_options(root, program):
    name = os.path.basename(program)
    with open(os.path.join(root, "cmake", "man", f"{name}.1"), encoding="utf-8") as file:
        text = file.read()
    expected = program_options(program)
    found = page_options(text, name, expected)
    wrong = []
    for command, options in expected.items():
        where = f"{name} {command}".strip()
        page = found[command]
        wrong += [f"{where}: the page lacks {option}" for option in options if option not in page]
        wrong += [f"{where}: there is no option {option}" for option in page if option not in options]
        wrong += [f"{where}: {option} takes {'an' if takes else 'no'} argument"
                  for option, takes in options.items() if page.get(option, takes) != takes]
    commands = page_commands(text)
    wrong += [f"{name}: the page lacks the command {c}" for c in set(expected) - {ITSELF} - commands]
    wrong += [f"{name}: there is no command {c}" for c in commands - set(expected)]
    if wrong:
        fail("\n".join(sorted(wrong)))
    if sum(map(len, expected.values())) < 20:
        fail(f"{name}: --help shows too few options")


def check_format(path):
    checked = False
    if shutil.which("groff"):
        said = run("groff", "-man", "-Tutf8", "-ww", "-rCHECKSTYLE=3", "-z", path)
        checked = True
        if said:
            fail(said)
    if shutil.which("mandoc"):
        run("mandoc", "-T", "lint", "-W", "warning", path)
        checked = True
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    if not any(line.startswith(".TH ") for line in lines[:3]):
        fail(f"{path}: no .TH")
    known = re.compile(r"[.](TH|SH|SS|TP|PP|IP|RS|RE|EX|EE|nf|fi|nh|ad|B|I|BI|BR|RB|IR|RI|IB|\\\")( |$)")
    for number, line in enumerate(lines, 1):
        if line.startswith((".", "'")) and not known.match(line):
            fail(f"{path}:{number}: unknown request: {line}")
        if re.search(r"(?<![\\\w])--?\w", line.replace("\\&", "")) and not line.startswith('.\\"'):
            fail(f"{path}:{number}: a '-' of an option is not escaped: {line}")
    return checked


def main():
    root, generate, runner = sys.argv[1:]
    man = os.path.join(root, "cmake", "man")
    run(sys.executable, os.path.join(man, "module_page.py"), "--check")
    for program in (generate, runner):
        check_options(root, program)
    pages = sorted(name for name in os.listdir(man) if re.search(r"[.][0-9]$", name))
    if pages != ["KvmTest.7", "kvmtest-generate.1", "kvmtest-run.1"]:
        fail(f"pages: {pages}")
    for page in pages:
        check_format(os.path.join(man, page))
    print("the pages are right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
