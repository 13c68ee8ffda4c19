#!/usr/bin/env python3
"""Makes KvmTest.7 of the references at the heads of KvmTest.cmake, KvmTestGuestImage.cmake and
KvmTestDashboard.cmake: module_page.py [--check]

What it knows of reStructuredText is what is used there: paragraphs, literal blocks, `.. command::`, `.. code-block::`,
keywords with an indented text below them, headings with ^^^ below, ``literals`` and *emphasis*. --check writes nothing and fails if the
page is another."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Each with the heading that it gets; the first is what the page begins with, and that of a command is its own.
MODULES = (("KvmTest.cmake", ""), ("KvmTestGuestImage.cmake", ""),
           ("KvmTestDashboard.cmake", "THE DASHBOARD SCRIPT"))
PAGE = os.path.join(HERE, "KvmTest.7")
HEAD = r""".\" Made by module_page.py of the heads of the CMake modules; edit those.
.TH KVMTEST 7 "" kvmtest "Miscellaneous Information"
.nh
.ad l
.SH NAME
KvmTest \- CMake module that makes KVM\-Autotest configurations CTest tests
.SH SYNOPSIS
.EX
find_package(KvmTest REQUIRED)
@COMMANDS@
.EE
.SH DESCRIPTION
"""
TAIL = r""".SH ENVIRONMENT
.TP
.B KVMTEST_HOST
The host whose tests ctest loads;
.BR * :
those of all hosts. Unset: this machine's name.
.TP
.B KVMTEST_SETS
The test sets that ctest loads, separated by commas. Unset: all.
.SH SEE ALSO
.BR kvmtest\-generate (1),
.BR kvmtest\-run (1),
.BR ctest (1)
"""


def reference(name):
    with open(os.path.join(os.path.dirname(HERE), name), encoding="utf-8") as file:
        module = file.read()
    found = re.search(r"#\[(=+)\[\.rst:\n(.*?)\n#\]\1\]", module, re.S)
    if not found:
        sys.exit(f"module_page.py: error: no reference in {name}")
    lines = found[2].split("\n")
    if not re.fullmatch("-+", lines[1]):
        sys.exit(f"module_page.py: error: the reference in {name} does not begin with a title")
    return lines[2:]


def escaped(text):
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")


def line_of_text(text):
    """`.` and `'` begin requests."""
    return "\\&" + text if text[:1] in (".", "'") else text


def inline(text):
    """A paragraph's text: ``literals`` bold, *emphasis* in italics."""
    parts = re.split(r"``(.+?)``|(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", text)
    found = ""
    for words, literal, emphasis in zip(parts[0::3], parts[1::3] + [None], parts[2::3] + [None]):
        found += words.replace("\\", r"\e").replace("-", r"\-")
        found += rf"\fB{escaped(literal)}\fR" if literal else ""
        found += rf"\fI{escaped(emphasis)}\fR" if emphasis else ""
    return line_of_text(found)


def indent(line):
    return len(line) - len(line.lstrip())


class Page:
    def __init__(self, lines):
        self.lines, self.at, self.out = lines, 0, []

    def blank(self):
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1

    def deeper(self, depth):
        """The lines of a block that is indented more than `depth`, as they are."""
        self.blank()
        begin = self.at
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or indent(self.lines[self.at]) > depth):
            self.at += 1
        block = "\n".join(self.lines[begin:self.at]).rstrip().split("\n")
        margin = min(indent(line) for line in block if line.strip())
        return [line[margin:] for line in block]

    def literal(self, depth):
        self.out += [".PP", ".RS 4", ".EX", *(line_of_text(escaped(line)) for line in self.deeper(depth)), ".EE", ".RE"]

    def paragraph(self, depth):
        words = []
        while self.at < len(self.lines) and self.lines[self.at].strip() and indent(self.lines[self.at]) == depth:
            words.append(self.lines[self.at].strip())
            self.at += 1
        text = " ".join(words)
        literal = text.endswith("::")
        self.out += [".PP", inline(text[:-1] if literal else text)]
        if literal:
            self.literal(depth)

    def keyword(self, depth):
        """``KEYWORD <value>`` and what is said of it."""
        self.out += [".TP", inline(self.lines[self.at].strip())]
        self.at += 1
        text, begin = Page(self.deeper(depth)), True
        text.body()
        for line in text.out:
            if line == ".PP":  # the first paragraph stands beside the keyword
                self.out += [] if begin else [".IP"]
                begin = False
            else:
                self.out.append(line)

    def body(self):
        self.blank()
        while self.at < len(self.lines):
            line = self.lines[self.at]
            depth = indent(line)
            below = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
            if command := re.match(r"\s*\.\. command:: (.*)", line):
                self.at += 1
                self.out.append(f".SH {escaped(command[1])}()")
                inner = Page(self.deeper(depth))
                inner.body()
                self.out += inner.out
            elif re.match(r"\s*\.\. code-block::", line):
                self.at += 1
                self.literal(depth)
            elif line.strip().startswith("``") and below.strip() and indent(below) > depth:
                self.keyword(depth)
            elif re.fullmatch(r"\^+", below):
                self.out.append(f".SS {escaped(line)}")
                self.at += 2
            else:
                self.paragraph(depth)
            self.blank()


def page():
    commands, out = [], []
    for name, heading in MODULES:
        lines = reference(name)
        commands += re.findall(r"^ *\.\. command:: (.*)$", "\n".join(lines), re.M)
        body = Page(lines)
        body.body()
        out += ([f".SH {heading}"] if heading else []) + body.out
    synopsis = "\n".join(rf"{escaped(command)}(\fIname\fR ...)" for command in commands)
    return HEAD.replace("@COMMANDS@", synopsis) + "\n".join(out) + "\n" + TAIL


def main():
    text = page()
    if sys.argv[1:] == ["--check"]:
        with open(PAGE, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit("cmake/man/KvmTest.7 is not what cmake/man/module_page.py makes of the CMake modules")
    elif sys.argv[1:]:
        sys.exit("usage: module_page.py [--check]")
    else:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
