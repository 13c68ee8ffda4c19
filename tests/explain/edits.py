"""Edits of single lines of a configuration, taken back afterwards."""
import contextlib
import re


def lines_of(tree, path):
    """The lines of a file as it was before all edits, without their ends."""
    if path not in tree.files:
        with open(tree.path(path), "rb") as f:
            tree.files[path] = f.read()
        # As the program counts them: str.splitlines would know more ends.
        tree.lines[path] = [line.decode("utf-8", "surrogateescape") for line in tree.files[path].splitlines()]
    return tree.lines[path]


def write(tree, path, data):
    with open(tree.path(path), "wb") as f:
        f.write(data)


def string_with(tree, line, text):
    """Index of the STRING that has this text in this line."""
    for at, string in enumerate(tree.strings):
        lines = string.split("\n")
        if line <= len(lines) and lines[line - 1].expandtabs().strip() == text.strip():
            return at
    raise AssertionError(f"no STRING has {text!r} in line {line}")


@contextlib.contextmanager
def edited(tree, changes):
    """The tree with other lines: {(path, line, text): new}; "" deletes."""
    old_strings = list(tree.strings)
    files = {}
    try:
        for (path, line, text), new in changes.items():
            if path == "<string>":
                at = string_with(tree, line, text)
                lines = tree.strings[at].split("\n")
                lines[line - 1] = new
                tree.strings[at] = "\n".join(lines)
            else:
                files.setdefault(path, list(lines_of(tree, path)))[line - 1] = new
        for path, lines in files.items():
            write(tree, path, "\n".join(lines + [""]).encode("utf-8", "surrogateescape"))
        yield
    finally:
        tree.strings = old_strings
        for path in files:
            write(tree, path, tree.files[path])


def source(tree, path, line, text):
    return text if path == "<string>" else lines_of(tree, path)[line - 1]


OPERATOR = re.compile(r"[?]?[+<~]?=")


def other_values(line):
    """The line with other values than it has, the likelier first."""
    stripped = line.strip()
    if stripped.startswith("-"):                 # a variant whose name is a value
        head, name, rest = re.match(r"^(\s*-\s*@?)([^:\s]+)(.*)$", line).groups()
        return [head + name + "-mut" + rest]
    if not OPERATOR.search(stripped):            # del, suffix, join: they have no value
        return [""]
    at = OPERATOR.search(line).end()
    value = line[at:].strip()
    front = line[:at] + " "
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    inner = value[1:-1] if quoted else value
    # A number stays one, whatever limits it; a value that is quoted stays so.
    return [front + value[:1] * quoted + changed + value[-1:] * quoted
            for changed in (inner + "7", "7" + inner, "1" + inner + "7")]
