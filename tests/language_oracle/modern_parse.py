"""Parser of the modern dialect: lines -> tree (SPEC 1.2 to 1.5, 1.8)."""
import os
import re

from lines import ConfigError, Line, Undefined, modern_lines
from modern_tree import (Assign, AssignRun, Condition, Delete, FileMap, Filter, Join, Label, No, Node, Only, Suffix)

OPERATOR = re.compile(r"\?[+<]?=|[+<~]?=")
TOKEN_OPERATORS = {"=", "~=", "+=", "<=", "?=", "?+=", "?<="}


class Scanner:
    """Tokens of one line as (kind, text): "id", "white", "op", "end", or a special character."""

    def __init__(self, line, position):
        self.line = line
        self.text = line.text
        self.position = position

    def fail(self, message):
        raise ConfigError(f"{self.line.where}: {message}: {self.text!r}")

    def rest(self):
        rest = self.text[self.position:].lstrip()
        self.position = len(self.text)
        return rest

    def run(self, accept):
        start = self.position
        while self.position < len(self.text) and accept(self.text[self.position]):
            self.position += 1
        return self.text[start:self.position]

    def next(self):
        prefix = self.run(lambda c: c in "+<?~")
        if not prefix:
            return self.next_plain()
        while (token := self.next_plain())[0] == "white":
            pass   # `+ =` is an operator too
        if token != ("op", "="):
            raise Undefined(f"{self.line.where}: {prefix} without =: {self.text!r}")
        if prefix + "=" not in TOKEN_OPERATORS:
            self.fail(f"unexpected operator {prefix}=")
        return "op", prefix + "="

    def next_plain(self):
        if self.position == len(self.text) or self.text[self.position] == "#":
            self.position = len(self.text)
            return "end", ""
        if word := self.run(is_identifier):
            return "id", word
        if blanks := self.run(str.isspace):
            return "white", blanks
        c = self.text[self.position]
        self.position += 1
        if c == "=":
            return "op", c
        if c in ".:@,[]()!":
            return c, c
        if c == '"' and self.text.startswith('"', self.position):
            raise Undefined(f"{self.line.where}: an empty quoted string: {self.text!r}")
        self.fail("a quoted string has no place here" if c == '"' else f"unexpected character {c}")

    def next_solid(self):
        token = self.next()
        return self.next() if token[0] == "white" else token

    def until(self, stop):
        """The tokens before `stop` ("end" or a character), which is consumed."""
        tokens = []
        while True:
            token = self.next()
            if token[0] == stop:
                return tokens
            if token[0] == "end":
                self.fail(f"expected {stop}")
            tokens.append(token)

    def expect(self, kind):
        token = self.next_solid()
        if token[0] != kind:
            self.fail(f"expected {kind}, found {token[1] or token[0]}")
        return token[1]


def is_identifier(c):
    return c.isalnum() or c in "_-"


def parse_filter(tokens, fail):
    """A list of tokens as a Filter. `a.b` neighbours, `a..b` both, `a, b` or `a b` either."""
    tokens = list(tokens)
    alternatives = [[[]]]
    before = "start"   # what stood just before: start, element, dot, dots, comma, white
    while tokens:
        kind, text = tokens.pop(0)
        if kind in ("id", "("):
            if before == "element":
                fail('expected "." between labels')
            if before == "white":
                alternatives.append([[]])
            alternatives[-1][-1].append(Label(text) if kind == "id" else parse_named(tokens, fail))
            before = "element"
        elif kind == "." and before == "element":
            before = "dot"
        elif kind == "." and before == "dot":
            alternatives[-1].append([])
            before = "dots"
        elif kind == "," and before == "element":
            alternatives.append([[]])
            before = "comma"
        elif kind == "white" and before in ("start", "comma"):
            pass
        elif kind == "white" and before == "element":
            before = "white"
        elif kind == "." and before in ("comma", "white") and all(t[0] in (".", "white") for t in tokens):
            raise Undefined(f"a separator after a separator ends the filter: {text!r}")
        elif kind == "." and before == "dots" and all(t[0] == "." for t in tokens):
            raise Undefined("three dots end the filter")
        else:
            fail(f"expected a label, found {text!r}")
    # A trailing separator leaves an empty group or alternative behind: it does not count.
    kept = [[group for group in groups if group] for groups in alternatives]
    return Filter([groups for groups in kept if groups])


def parse_named(tokens, fail):
    """The rest of `(var=name)` or `(name)`."""
    inner = []
    while tokens and tokens[0][0] != ")":
        inner.append(tokens.pop(0))
    if not tokens:
        fail("expected )")
    tokens.pop(0)
    inner = [t for t in inner if t[0] != "white"]
    kinds = [t[0] for t in inner]
    if kinds == ["id"]:
        return Label(inner[0][1])
    if kinds == ["id", "op", "id"] and inner[1][1] == "=":
        return Label(inner[2][1], inner[0][1])
    fail("expected (name) or (variable=name)")


class Parser:
    def __init__(self, files, defaults=False):
        self.files = files
        self.defaults = defaults
        self.current = Node()

    def parse_file(self, path):
        self.current = self.parse_source(path, self.current, False)

    def parse_string(self, text):
        block = Block(self, None, modern_lines(text, "<string>"), self.current, False)
        self.current = block.parse(-1)

    def parse_source(self, path, node, in_condition):
        block = Block(self, path, modern_lines(self.files.read(path), path), node, in_condition)
        return block.parse(-1)


class Block:
    """Parses statements of one source into a node; `node` is the current one (SPEC 1.1)."""

    def __init__(self, parser, path, source, node, in_condition):
        self.parser = parser
        self.path = path
        self.source = source
        self.node = node
        self.in_condition = in_condition
        self.run = None       # the run of plain assignments that the next line may join
        self.suffix = None

    def nested(self, node, in_condition):
        return Block(self.parser, self.path, self.source, node, in_condition)

    def parse(self, prev_indent):
        while (line := self.source.next_deeper(prev_indent)) is not None:
            self.parse_statement(line, prev_indent)
        if self.suffix is not None:
            self.node.content.append(Suffix(self.suffix))
        return self.node

    def parse_statement(self, line, prev_indent):
        run, self.run = self.run, None
        text = line.text
        if text.startswith("variants:") or text.startswith("variants "):
            return self.parse_variants(line, prev_indent)
        for keyword, kind in (("only ", Only), ("no ", No), ("join ", Join)):
            if text.startswith(keyword):
                scanner = Scanner(line, len(keyword))
                return self.node.content.append(kind(parse_filter(scanner.until("end"), scanner.fail)))
        if text.startswith("del "):
            return self.node.content.append(Delete(self.parse_lone_name(Scanner(line, 4))))
        if text.startswith("suffix "):
            self.suffix = self.parse_lone_name(Scanner(line, 7))
            return
        if text.startswith("include "):
            return self.parse_include(line)
        if not text.startswith("-"):
            if self.parse_assignment(text, run):
                return
            scanner = Scanner(line, 0)
            first = scanner.next()
            if first[0] == "!":
                return self.parse_condition(line, scanner, [], True)
            if first[0] == "id":
                return self.parse_condition(line, scanner, [first], False)
        raise ConfigError(f"{line.where}: not a statement: {text!r}")

    def parse_lone_name(self, scanner):
        name = scanner.expect("id")
        if scanner.next()[0] != "end":
            scanner.fail("expected one name")
        return name

    def parse_assignment(self, text, run):
        """`key op value`, if the operator ends before the first colon begins."""
        operator = OPERATOR.search(text)
        colon = text.find(":")
        if not operator or (colon >= 0 and colon <= operator.end()):
            return False
        key, op, value = text[:operator.start()].rstrip(), operator.group(), text[operator.end():].lstrip()
        if value and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        plain = "$" not in value
        if op == "=" and plain:
            if run is None:
                run = AssignRun({})
                self.node.content.append(run)
            run.values[key] = value
            self.run = run
        elif run is not None and plain and key in run.values:
            run.values[key] = combined(op.lstrip("?"), run.values[key], value)
            self.run = run
        else:
            self.node.content.append(Assign(key, op, value))
        return True

    def parse_condition(self, line, scanner, first, negated):
        tokens = first + [t for t in scanner.until(":") if t[0] != "white"]
        condition = Condition(parse_filter(tokens, scanner.fail), [], negated)
        if rest := scanner.rest():
            self.source.stored = Line(rest, line.indent + 1, line.where)
        condition.items = self.nested(Node(), True).parse(line.indent).content
        self.node.content.append(condition)

    def parse_include(self, line):
        name = os.path.expanduser(line.text[len("include"):].lstrip())
        path = os.path.join(os.path.dirname(self.path), name) if self.path is not None else name
        if not self.parser.files.is_file(path):
            raise ConfigError(f"{line.where}: no such file: {name!r}")
        self.node = self.parser.parse_source(path, self.node, self.in_condition)

    def parse_variants(self, line, prev_indent):
        if self.in_condition:
            raise ConfigError(f"{line.where}: 'variants' is not allowed in a conditional block")
        var, default = self.parse_header(Scanner(line, len("variants")))
        container = Node()
        column = None
        matched_default = False
        while (head := self.source.next_deeper(prev_indent if column is None else line.indent)) is not None:
            column = head.indent if column is None else column
            variant = self.parse_variant(head, var, column, line.indent)
            names = [label.name for label in variant.names]
            if default is not None and not matched_default and names[:len(default)] == default:
                matched_default = True   # default=x takes x.y too, if it comes first
                variant.is_default = True
            variant.in_shortname = not variant.is_default
            container.children.append(variant)
        if default is not None and not container.children:
            raise Undefined(f"{line.where}: a default and no variants")
        if default is not None and not matched_default:
            raise ConfigError(f"{line.where}: no variant is the default {'.'.join(default)}")
        if container.children:
            self.put_default_first(container)
            self.node = container

    def put_default_first(self, container):
        first = next((v for v in container.children if v.is_default), None)
        if first and self.parser.defaults:
            container.children.remove(first)
            container.children.insert(0, first)
            container.stops_after_default = True

    def parse_header(self, scanner):
        """`variants [NAME] [META]...:` as (NAME or None, labels of the default or None)."""
        var, default, metas = None, None, 0
        while (token := scanner.next_solid())[0] != ":":
            if token[0] == "id" and var is None and metas == 0:
                var = token[1]
            elif token[0] == "[":
                metas += 1
                inner = [t for t in scanner.until("]") if t[0] != "white"]
                if not inner or inner[0][0] != "id" or (len(inner) > 1 and inner[1] != ("op", "=")):
                    scanner.fail("expected [key] or [key=value]")
                if inner[0][1] == "default":
                    if len(inner) == 1:
                        scanner.fail("expected [default=NAME]")
                    if len(inner) == 2 or any(t[0] not in ("id", ".") for t in inner[2:]):
                        raise Undefined(f"{scanner.line.where}: a default that is no name")
                    default = [t[1] for t in inner[2:] if t[0] == "id"]
            else:
                scanner.fail('expected "[" or ":"')
        if scanner.next_solid()[0] != "end":
            scanner.fail("nothing may follow the colon")
        return var, default

    def parse_variant(self, line, var, column, block_indent):
        if not line.text.startswith("-"):
            error = Undefined if line.indent <= block_indent else ConfigError
            raise error(f"{line.where}: expected a variant: {line.text!r}")
        scanner = Scanner(line, 1)
        token = scanner.next_solid()
        is_default = token[0] == "@"
        if is_default:
            token = scanner.next()
        name = ""
        while token[0] in ("id", "."):
            name += token[1]
            token = scanner.next()
        if token[0] != ":":
            scanner.fail("expected a name and a colon")
        names = name.split(".")
        if "" in names:
            raise Undefined(f"{line.where}: an empty label in {name!r}")
        labels = [Label(name, var) for name in names]
        deps = parse_filter(scanner.until("end"), scanner.fail)
        start = Node(children=[self.node])
        if var is not None:
            start.content.append(AssignRun({var: ".".join(names)}))
        node = self.nested(start, False).parse(column)
        file = os.path.basename(self.path) if self.path is not None else "<string>"
        node.content.append(FileMap("_name_map_file", file, ".".join(x.text() for x in labels)))
        node.content.append(FileMap("_short_name_map_file", file, ".".join(names)))
        node.names, node.deps, node.is_default = labels, deps, is_default
        return node


def combined(op, old, value):
    """What `op` makes of a key that exists."""
    return {"=": value, "+=": old + value, "<=": value + old, "~=": old}[op]
