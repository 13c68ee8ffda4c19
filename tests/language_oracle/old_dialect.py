"""The 2009 dialect as of 2009-11-10: a list of dicts that each statement changes (SPEC part 2)."""
import os
import re

from lines import ConfigError, Undefined, old_lines

OPERATOR = re.compile(r"\?\+=|\?<=|\?=|\+=|<=|=")


# Where a block stands, which decides what it may hold.
ANYWHERE, IN_EXCEPTION, IN_SUBVARIANTS = range(3)


class OldConfig:
    def __init__(self, files):
        self.files = files
        self.dicts = [{"name": "", "shortname": "", "depend": []}]
        self.directory = ""

    def parse_file(self, path):
        self.directory = os.path.dirname(path)
        self.dicts = self.block(old_lines(self.files.read(path), path), self.dicts, -1, ANYWHERE)

    def parse_string(self, text):
        self.dicts = self.block(old_lines(text, "<string>"), self.dicts, -1, ANYWHERE)

    def block(self, source, dicts, prev_indent, allowed):
        """Runs the lines deeper than `prev_indent` on `dicts`; returns the new list."""
        while (line := source.next_deeper(prev_indent)) is not None:
            dicts = self.statement(source, line, dicts, allowed)
        return dicts

    def statement(self, source, line, dicts, allowed):
        text = line.text
        words = text.split()
        if operator := OPERATOR.search(text):
            assign(text[:operator.start()], operator.group(), text[operator.end():], dicts)
            return dicts
        if words[0] in ("no", "only"):
            return narrowed(dicts, words[0], words[1:])
        if text == "variants:":
            if allowed != ANYWHERE:
                raise ConfigError(f"{line.where}: variants are not allowed here")
            return self.variants(source, dicts, line.indent)
        if text == "subvariants:":
            if allowed == IN_SUBVARIANTS:
                raise Undefined(f"{line.where}: subvariants of subvariants")
            return self.subvariants(source, dicts, line.indent)
        if words[0] == "include":
            return self.include(line, words[1:], dicts, allowed)
        if text.endswith(":"):
            if ":" in text[:-1] or text[:-1].endswith(" "):
                raise Undefined(f"{line.where}: which regular expression is {text!r}?")
            return self.exception(source, line, text[:-1], dicts, max(allowed, IN_EXCEPTION))
        return dicts   # anything else is ignored, silently

    def include(self, line, words, dicts, allowed):
        if not words:
            raise ConfigError(f"{line.where}: include what?")
        path = os.path.join(self.directory, words[0])
        if not self.files.is_file(path):
            return dicts   # the reference warns and goes on
        return self.block(old_lines(self.files.read(path), path), dicts, -1, allowed)

    def exception(self, source, line, regex, dicts, allowed):
        start = source.position
        self.block(source, [], line.indent, allowed)   # also finds its end if nothing matches
        end = source.position
        out = []
        for params in dicts:
            if matches(regex, params["name"]):
                source.position = start
                out += self.block(source, [params], line.indent, allowed)
            else:
                out.append(params)
        source.position = end
        return out

    def variants(self, source, dicts, indent):
        out = []
        while (line := source.next_deeper(indent)) is not None:
            name, is_default, deps = parse_variant(line)
            found = self.block(source, [copied(d) for d in dicts], line.indent, ANYWHERE)
            for params in found:
                params["name"] = prefixed(name, params["name"])
                if not is_default:
                    params["shortname"] = prefixed(name, params["shortname"])
                params["depend"] = [prefixed(name, dep) for dep in params["depend"]] + deps
            out += found
        return out

    def subvariants(self, source, dicts, indent):
        start = source.position
        self.subvariants_of(source, [], indent)
        end = source.position
        out = []
        for params in dicts:
            source.position = start
            out += self.subvariants_of(source, [params], indent)
        source.position = end
        return out

    def subvariants_of(self, source, dicts, indent):
        out = []
        while (line := source.next_deeper(indent)) is not None:
            name, is_default, deps = parse_variant(line)
            found = [copied(d) for d in dicts]
            for params in found:
                if deps and not params["name"]:
                    raise Undefined(f"{line.where}: a dependency on a part of no name")
                params["depend"] += [params["name"] + "." + dep for dep in deps]
                params["name"] = prefixed(params["name"], name)
                if not is_default:
                    params["shortname"] = prefixed(params["shortname"], name)
            out += self.block(source, found, line.indent, IN_SUBVARIANTS)
        return out


def parse_variant(line):
    if not line.text.startswith("-"):
        raise Undefined(f"{line.where}: not a variant: {line.text!r}")
    parts = line.text.strip("- \t").split(":")
    name = parts[0].strip()
    is_default = name.startswith("@")
    if not name.strip("@"):
        raise Undefined(f"{line.where}: a variant without a name")
    return name.strip("@") if is_default else name, is_default, parts[1].split() if len(parts) > 1 else []


def copied(params):
    return {**params, "depend": list(params["depend"])}


def prefixed(first, second):
    return first + "." + second if first and second else first or second


def narrowed(dicts, keyword, regexes):
    if not regexes:
        return dicts
    return [d for d in dicts if any(matches(r, d["name"]) for r in regexes) == (keyword == "only")]


def is_python_only(regex):
    """`(?...)` extensions, possessive `x++` since 3.11, and no repeated `^` and `$`."""
    return regex.startswith("?") or re.search(r"[?*+}]\+|[$^][?*+]", regex)


def matches(regex, name):
    if is_python_only(regex):
        raise Undefined(f"{regex!r}: a regular expression of some Pythons only")
    try:
        return re.search(r"(\.|^)(" + regex + r")(\.|$)", name) is not None
    except re.error as e:
        raise ConfigError(f"bad filter {regex!r}: {e}")


def is_quoted(text):
    if text in ("'", '"'):
        raise Undefined("a lone quote: does it begin and end its text?")
    return text[:1] in ("'", '"') and text[0] == text[-1]


def unquoted(text):
    text = text.strip()
    if not is_quoted(text):
        return text
    inner = text.strip(text[0])
    if text[0] == '"' and is_quoted(inner):
        raise Undefined(f"quotes in quotes: {text!r}")
    return inner


def assign(left, op, value, dicts):
    key, value = unquoted(left), unquoted(value)
    if ":" in key:
        regex, key = (part.strip() for part in key.split(":", 1))
        if is_quoted(regex) or is_quoted(key):
            raise Undefined(f"quotes around a part of {left!r}")
        dicts = [d for d in dicts if matches(regex, d["name"])]
    if op.startswith("?") and not dicts:
        try:
            matches_key(key, "")
        except ConfigError as e:
            raise Undefined(f"{e}, but nothing to apply it to")
    for params in dicts:
        if op.startswith("?"):
            for existing in [k for k in params if matches_key(key, k)]:
                params[existing] = combined(op[1:], params[existing], value)
        else:
            params[key] = combined(op, params.get(key, ""), value)


def matches_key(key, existing):
    if is_python_only(key):
        raise Undefined(f"{key!r}: a regular expression of some Pythons only")
    try:
        return re.search("^(" + key + ")$", existing) is not None
    except re.error as e:
        raise ConfigError(f"bad key {key!r}: {e}")


def combined(op, old, value):
    if not isinstance(old, str):
        raise Undefined("an assignment to the list of dependencies")
    return value if op == "=" else old + value if op == "+=" else value + old
