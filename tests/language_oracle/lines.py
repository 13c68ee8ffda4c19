"""Lines of a configuration, for both dialects, and the canonical form of a dict."""
import json
import os
from dataclasses import dataclass


class ConfigError(Exception):
    """The configuration is wrong: the expander exits with 1."""


class Undefined(ConfigError):
    """The description does not say what this means; the tests leave such cases out."""


@dataclass
class Line:
    text: str      # without indentation and trailing blanks
    indent: int
    where: str     # "file:line", for messages


class LineSource:
    """Hands out lines one by one; a line can be put back in front of the others."""

    def __init__(self, lines):
        self.lines = lines
        self.position = 0
        self.stored = None

    def next_deeper(self, prev_indent):
        """The next line if it is deeper than `prev_indent`, else None; a stored line counts as deeper."""
        if self.stored is not None:
            line, self.stored = self.stored, None
            return line
        if self.position == len(self.lines) or self.lines[self.position].indent <= prev_indent:
            return None
        self.position += 1
        return self.lines[self.position - 1]


class DiskFiles:
    def is_file(self, path):
        return os.path.isfile(path)

    def read(self, path):
        """The text of a file; universal newlines turn CRLF and CR into LF."""
        try:
            with open(path, encoding="utf-8") as f:
                return f.read()
        except (OSError, UnicodeDecodeError) as e:
            raise ConfigError(f"{path}: {e}")


class MemoryFiles:
    """Files of a test, by path; as in DiskFiles otherwise."""

    def __init__(self, texts):
        self.texts = texts

    def is_file(self, path):
        return path in self.texts

    def read(self, path):
        if path not in self.texts:
            raise ConfigError(f"{path}: no such file")
        return self.texts[path].replace("\r\n", "\n").replace("\r", "\n")


def is_comment(text):
    return not text or text.startswith("#") or text.startswith("//")


def modern_lines(text, name):
    """Unicode line breaks split; tabs expand over the whole line, after trailing blanks are gone."""
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        whole = raw.rstrip().expandtabs()
        stripped = whole.lstrip()
        if not is_comment(stripped):
            lines.append(Line(stripped, len(whole) - len(stripped), f"{name}:{number}"))
    return LineSource(lines)


def old_lines(text, name):
    """2009: only line ends split, and tabs expand only to measure the indentation."""
    lines = []
    for number, raw in enumerate(text.split("\n"), 1):
        stripped = raw.strip()
        if not is_comment(stripped):
            expanded = raw.expandtabs()
            lines.append(Line(stripped, len(expanded) - len(expanded.lstrip()), f"{name}:{number}"))
    return LineSource(lines)


def canonical_json(params):
    return json.dumps(params, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
