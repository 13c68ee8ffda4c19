"""Random configurations of both dialects, larger and stranger than the exhaustive ones."""
import random

from differ import Case

LABELS = ["a", "b", "c", "lin", "win", "x86", "r5", "smp2", "5.3", "a.b", "no-x", "été"]
KEYS = ["x", "y", "xy", "k1", "k2", "foo", "foo_a", "foo bar", "mem", "mem_max", "mem_min", "é"]
PATTERNS = ["x.*", "k[12]", "(x|y)", "x|y", ".*", "f?oo", "[a-m].*", "nope", "x", "foo_?a?", "k\\d", "^x", "foo$"]
PLAIN = ["v1", "a b", "7", "1G", "512M", "3.5", "no", "# c", "// c", "p=q", "u:v", "$", "${", "}", "\\", "é☃", "a\tb",
         "'", '"', '"q s"', "'q s'", '""', "'a\"", '" "', "", "", "a,b", "<=", "(x", "\u00a0z", "{'a': \"b\"}"]
BREAKS = ["\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
BLANKS = [" ", "  ", "\t", "\u00a0", "\u3000", " \t "]


class Writer:
    """Writes one configuration; the dialects override what differs."""

    dialect = ""
    operators = []
    conditions = 0.25

    def __init__(self, rng):
        self.rng = rng
        self.labels = rng.sample(LABELS, rng.randint(3, 6))
        self.step = rng.choice([1, 2, 4, 4, 8])
        self.odd = rng.random() < 0.3      # odd white space, line breaks, quotes everywhere
        self.budget = rng.choice([8, 15, 25, 40])
        self.lines = []
        self.included = []
        self.others = {}

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, *choices):
        return self.rng.choice(choices)

    def emit(self, depth, text):
        if self.odd and self.chance(0.1):
            self.lines.append(self.pick("", "   ", "# note", "  // note", "\t"))
        column = depth * self.step
        indent = " " * column
        if self.odd and column >= 8 and self.chance(0.5):
            indent = "\t" * (column // 8) + " " * (column % 8)
        if self.odd and self.chance(0.1):
            text += self.rng.choice(self.trailing())
        self.lines.append(indent + text)

    def trailing(self):
        return BLANKS

    def value(self):
        parts = [self.rng.choice(PLAIN) if self.odd else self.rng.choice(PLAIN[:8])]
        while self.chance(0.3):
            parts.append(self.reference() if self.chance(0.6) else self.rng.choice(PLAIN))
        text = "".join(parts)
        return self.pick('"%s"', "'%s'") % text if self.chance(0.1) else text

    def reference(self):
        return "${%s}" % self.pick(*KEYS[:8], "name", "shortname", "v", "nope", "dep", "}x")

    def pattern(self):
        return self.rng.choice(PATTERNS)

    def assignment(self):
        op = self.rng.choice(self.operators)
        key = self.pattern() if op[0] == "?" else self.rng.choice(KEYS[:9] if self.chance(0.9) else KEYS)
        if self.chance(0.02):
            key = self.pick("name", "shortname", "", "only a")
        blank = self.pick("", " ", " ", "  ")
        return key + blank + op + self.pick("", " ") + self.value()

    def body(self, depth, variants):
        for _ in range(self.rng.randint(0, 4)):
            if self.budget <= 0:
                return
            self.budget -= 1
            self.statement(depth, variants)

    def statement(self, depth, variants):
        roll = self.rng.random()
        if roll < 0.3 and variants and depth < 6:
            self.variants(depth)
        elif roll < 0.5:
            self.condition(depth)
        elif roll < 0.56:
            self.emit(depth, self.pick("only ", "no ", "no ") + self.filter())
        elif roll < 0.6 and len(self.included) < 3:
            self.include(depth, variants)
        elif roll < 0.68:
            self.special(depth)
        else:
            self.emit(depth, self.assignment())

    def include(self, depth, variants):
        name = f"inc{len(self.included)}.cfg"
        self.included.append(name)
        self.emit(depth, "include " + name)
        outer, self.lines = self.lines, []
        self.body(0, variants)
        self.others[name] = self.finished()
        self.lines = outer

    def finished(self):
        end = "\r\n" if self.odd and self.chance(0.3) else "\n"
        text = end.join(self.lines)
        return text if self.odd and self.chance(0.3) else text + end

    def mutated(self, text):
        """One random slip of the pen."""
        at = self.rng.randrange(len(text) + 1)
        if self.chance(0.5):
            return text[:at] + text[at + 1:]
        return text[:at] + self.rng.choice(" .,:=()-#@!\n\tax?+<~[]$") + text[at:]

    def case(self, label):
        for _ in range(self.rng.randint(1, 3)):
            self.variants(0)
            self.body(0, True)
        text = self.finished()
        if self.chance(0.08):
            text = self.mutated(text)
        strings = []
        while self.chance(0.2):
            self.lines = []
            self.statement(0, False)
            strings.append("\n".join(self.lines))
        return Case(text, self.dialect, tuple(self.others.items()), tuple(strings),
                    self.dialect == "modern" and self.chance(0.25), label)


class ModernWriter(Writer):
    dialect = "modern"
    operators = ["=", "=", "=", "+=", "<=", "~=", "?=", "?+=", "?<="]

    def element(self):
        label = self.rng.choice(self.rng.choice(self.labels).split("."))
        return f"({self.pick('v', 'os')}={label})" if self.chance(0.1) else label

    def group(self):
        return ".".join(self.element() for _ in range(self.pick(1, 1, 1, 2)))

    def alternative(self):
        return "..".join(self.group() for _ in range(self.pick(1, 1, 1, 2, 3)))

    def filter(self, separators=(", ", ",", " ", "  ")):
        parts = [self.alternative()]
        while self.chance(0.4):
            parts.append(self.rng.choice(separators) + self.alternative())
        return "".join(parts) + (" # why" if self.odd and self.chance(0.1) and " " in separators else "")

    def value(self):
        text = super().value()
        if self.odd and self.chance(0.03):
            text += self.rng.choice(BREAKS) + self.assignment() if self.chance(0.5) else self.rng.choice(BREAKS)
        return text

    def condition(self, depth):
        # A filter with (v=a) would make the line an assignment: that is a case of its own, and rare.
        head = self.pick("", "", "!") + self.filter((", ", ",")) + ":"
        if self.chance(0.3):
            while self.chance(0.2):
                head += " " + self.filter((",",)) + ":"
            inner = self.assignment() if self.chance(0.8) else self.pick("only ", "no ") + self.filter()
            self.emit(depth, head + self.pick(" ", "  ", "") + inner)
            if self.chance(0.7):
                return
        else:
            self.emit(depth, head)
        self.body(depth + 1, False)

    def special(self, depth):
        if self.chance(0.05) and depth < 3:
            self.emit(depth, "join " + self.filter((" ", ", ")))
        else:
            self.emit(depth, self.pick("del " + self.pick(*KEYS[:6]), "suffix " + self.pick("_a", "_b", "x"),
                                       "(os=lin): x = 1"))

    def variants(self, depth):
        chosen = self.rng.sample(self.labels, self.rng.randint(1, 3))
        meta = self.pick("", "", "", " v", " os", " v [default=%s]" % chosen[-1].split(".")[0], " [m1] [m2=foo]",
                         " [default=%s]" % chosen[0])
        self.emit(depth, "variants" + meta + ":")
        for label in chosen:
            deps = " " + self.filter() if self.chance(0.15) else ""
            self.emit(depth + 1, "- " + self.pick("", "", "", "@") + label + ":" + deps)
            self.body(depth + 2, True)


class OldWriter(Writer):
    dialect = "2009"
    operators = ["=", "=", "=", "+=", "<=", "?=", "?+=", "?<="]

    def trailing(self):
        return [" ", "\t", "  "]

    def reference(self):
        return "${x}"

    def value(self):
        return super().value().replace("\u00a0", " ")

    def regex(self):
        label = self.rng.choice(self.labels)
        return self.pick(label, label, label + "|" + self.rng.choice(self.labels), label + ".*" + self.rng.choice(self.labels),
                         label[0] + ".*", "[ab]", "(%s)?" % label, label + "." + self.rng.choice(self.labels), "^" + label)

    def pattern(self):
        # None that matches `depend`, whose value is a list.
        return self.pick("x.*", "k[12]", "(x|y)", "x|y", "f?oo", "[a-cf-z].*", "nope", "x", "foo_?a?", "k\\d", "^x", "foo$")

    def filter(self):
        return " ".join(self.regex() for _ in range(self.pick(1, 1, 2, 3)))

    def condition(self, depth):
        if self.chance(0.4):
            self.emit(depth, self.regex() + ":" + self.pick(" ", "") + self.assignment())
            return
        self.emit(depth, self.regex() + ":")
        self.body(depth + 1, False)

    def special(self, depth):
        self.emit(depth, self.pick("junk", "variants: # c", "a: only b", "only", "no", "onlyx a", "del x", "!a"))

    def variants(self, depth):
        sub = self.chance(0.15)
        self.emit(depth, "subvariants:" if sub else "variants:")
        for label in self.rng.sample(self.labels, self.rng.randint(1, 3)):
            deps = " " + " ".join(self.rng.sample(self.labels, 2)) if self.chance(0.15) else ""
            self.emit(depth + 1, "- " + self.pick("", "", "", "@") + label + ":" + deps)
            self.body(depth + 2, not sub)


def random_case(seed):
    rng = random.Random(seed)
    writer = (ModernWriter if rng.random() < 0.65 else OldWriter)(rng)
    return writer.case(f"seed {seed}")
