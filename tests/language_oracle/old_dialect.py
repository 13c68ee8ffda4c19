"""The 2009 dialect as of 2009-11-10: a list of dicts that each statement changes (SPEC part 2)."""
import os
import re
import sys

from lines import ConfigError, old_lines

OPERATOR = re.compile(r"\?\+=|\?<=|\?=|\+=|<=|=")


class OldConfig:
    def __init__(self, files):
        self.files = files
        self.dicts = [{"name": "", "shortname": "", "depend": []}]
        self.directory = ""

    def parse_file(self, path):
        self.directory = os.path.dirname(path)
        self.dicts = self.block(old_lines(self.files.read(path), path), self.dicts, -1, True)

    def parse_string(self, text):
        self.dicts = self.block(old_lines(text, "<string>"), self.dicts, -1, True)

    def block(self, source, dicts, prev_indent, variants_allowed):
        """Runs the lines deeper than `prev_indent` on `dicts`; returns the new list."""
        while (line := source.next_deeper(prev_indent)) is not None:
            dicts = self.statement(source, line, dicts, variants_allowed)
        return dicts

    def statement(self, source, line, dicts, variants_allowed):
        text = line.text
        words = text.split()
        if operator := OPERATOR.search(text):
            assign(text[:operator.start()], operator.group(), text[operator.end():], dicts)
            return dicts
        if words[0] in ("no", "only"):
            return narrowed(dicts, words[0], words[1:])
        if text in ("variants:", "subvariants:"):
            if not variants_allowed:
                raise ConfigError(f"{line.where}: variants are not allowed here")
            parse = self.variants if text == "variants:" else self.subvariants
            return parse(source, dicts, line.indent)
        if words[0] == "include":
            return self.include(line, words[1:], dicts, variants_allowed)
        if text.endswith(":"):
            return self.exception(source, line, text[:-1].strip(), dicts)
        return dicts   # anything else is ignored, silently

    def include(self, line, words, dicts, variants_allowed):
        if not words:
            raise ConfigError(f"{line.where}: include what?")
        path = os.path.join(self.directory, words[0])
        if not self.files.is_file(path):
            print(f"{line.where}: warning: no such file {path!r}", file=sys.stderr)
            return dicts
        return self.block(old_lines(self.files.read(path), path), dicts, -1, variants_allowed)

    def exception(self, source, line, regex, dicts):
        start = source.position
        self.block(source, [], line.indent, False)   # also finds its end if nothing matches
        end = source.position
        out = []
        for params in dicts:
            if matches(regex, params["name"]):
                source.position = start
                out += self.block(source, [params], line.indent, False)
            else:
                out.append(params)
        source.position = end
        return out

    def variants(self, source, dicts, indent):
        out = []
        while (line := source.next_deeper(indent)) is not None:
            name, is_default, deps = parse_variant(line)
            found = self.block(source, [copied(d) for d in dicts], line.indent, True)
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
                params["depend"] += [params["name"] + "." + dep for dep in deps]
                params["name"] = prefixed(params["name"], name)
                if not is_default:
                    params["shortname"] = prefixed(params["shortname"], name)
            out += self.block(source, found, line.indent, False)
        return out


def parse_variant(line):
    if not line.text.startswith("-"):
        raise ConfigError(f"{line.where}: expected a variant: {line.text!r}")
    parts = line.text.strip("- \t").split(":")
    name = parts[0].strip()
    is_default = name.startswith("@")
    return name.strip("@") if is_default else name, is_default, parts[1].split() if len(parts) > 1 else []


def copied(params):
    return {**params, "depend": list(params["depend"])}


def prefixed(first, second):
    return first + "." + second if first and second else first or second


def narrowed(dicts, keyword, regexes):
    if not regexes:
        return dicts
    return [d for d in dicts if any(matches(r, d["name"]) for r in regexes) == (keyword == "only")]


def matches(regex, name):
    try:
        return re.search(r"(\.|^)(" + regex + r")(\.|$)", name) is not None
    except re.error as e:
        raise ConfigError(f"bad filter {regex!r}: {e}")


def unquoted(text):
    text = text.strip()
    for quote in "\"'":
        if text.startswith(quote) and text.endswith(quote):
            text = text.strip(quote)
    return text


def assign(left, op, value, dicts):
    key, value = unquoted(left), unquoted(value)
    if ":" in key:
        regex, key = (part.strip() for part in key.split(":", 1))
        dicts = [d for d in dicts if matches(regex, d["name"])]
    for params in dicts:
        if op.startswith("?"):
            for existing in [k for k in params if matches_key(key, k)]:
                params[existing] = combined(op[1:], params[existing], value)
        else:
            params[key] = combined(op, params.get(key, ""), value)


def matches_key(key, existing):
    try:
        return re.search("^(" + key + ")$", existing) is not None
    except re.error as e:
        raise ConfigError(f"bad key {key!r}: {e}")


def combined(op, old, value):
    if op != "=" and not isinstance(old, str):
        raise ConfigError("cannot append to a list")
    return value if op == "=" else old + value if op == "+=" else value + old
