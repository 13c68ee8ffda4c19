"""The tree of a configuration in the modern dialect, as plain data (SPEC 1.1).

It stands upside down: a `variants` block becomes a container whose children are its
variants, and each variant's only child is what was the current node before the block. So the
root is the end of the text, the only leaf its beginning, and a path from root to leaf is one dict.
"""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Label:
    name: str
    var: str | None = None

    def text(self):
        return f"({self.var}={self.name})" if self.var else self.name

    def matches(self, other):
        """Does this element of a filter take the label `other` of a name?"""
        return self.name == other.name and (self.var is None or self.var == other.var)


@dataclass
class Filter:
    # alternatives (or) of groups (and) of labels that must be neighbours
    alternatives: list[list[list[Label]]]

    def matches(self, labels):
        return any(all(has_run(labels, group) for group in groups) for groups in self.alternatives)

    def might_match(self, labels, below):
        """Could it match a name that begins with `labels` and goes on with some of `below`?"""
        return any(
            all(e in below or any(e.matches(x) for x in labels) for group in groups for e in group)
            for groups in self.alternatives)


def has_run(labels, group):
    return any(all(e.matches(x) for e, x in zip(group, labels[at:]))
               for at in range(len(labels) - len(group) + 1))


@dataclass
class Only:
    filter: Filter


@dataclass
class No:
    filter: Filter


@dataclass
class Join:
    filter: Filter


@dataclass
class Condition:
    filter: Filter
    items: list
    negated: bool


@dataclass
class Assign:
    key: str
    op: str
    value: str


@dataclass
class AssignRun:
    """Neighbouring plain assignments; later operators on one of its keys changed it in place."""
    values: dict


@dataclass
class Delete:
    name: str


@dataclass
class Suffix:
    name: str


@dataclass
class FileMap:
    map: str
    file: str
    name: str


@dataclass
class Node:
    names: list[Label] = field(default_factory=list)
    content: list = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    deps: Filter | None = None
    in_shortname: bool = True
    is_default: bool = False
    stops_after_default: bool = False   # with --defaults: the first child is a default one
    below_cache: set | None = None

    def below(self):
        """Every label that can follow below this node, also each without its variable."""
        if self.below_cache is None:
            self.below_cache = set()
            for child in self.children:
                self.below_cache |= child.below()
                for label in child.names:
                    self.below_cache |= {label, Label(label.name)}
        return self.below_cache
