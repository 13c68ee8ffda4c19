"""Expansion of the modern dialect: every path from root to leaf, one dict each (SPEC 1.6 to 1.10)."""
import re
from dataclasses import dataclass

from lines import ConfigError, Undefined
from modern_parse import combined
from modern_tree import Assign, AssignRun, Condition, Delete, FileMap, Filter, Join, No, Only, Suffix

RESERVED = ("name", "shortname", "dep", "_name_map_file", "_short_name_map_file")
UNITS = {"B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass
class Path:
    """What a path has gathered above the node at hand."""
    labels: list
    short: list
    deps: list
    pending: list   # items of the nodes above: later text, so applied after the node's own

    def through(self, node):
        labels, short, deps = self.labels, self.short, self.deps
        if node.deps:
            above = [x.text() for x in labels]
            deps = deps + [".".join(above + [x.text() for x in group])
                           for groups in node.deps.alternatives for group in groups]
        if node.in_shortname:
            short = short + [x.name for x in node.names]
        return Path(labels + node.names, short, deps, self.pending)


class Expander:
    def __init__(self, prune=True):
        self.prune = prune

    def expand(self, root):
        for params in self.dicts(root, Path([], [], [], [])):
            yield without_suffixes(params)

    def dicts(self, node, above):
        # While a dict of the node is on its way, whoever comes to it again finds no join.
        content = node.content
        node.content = [item for item in content if not isinstance(item, Join)]
        joins = [only for item in content if isinstance(item, Join) for only in item.filter.alternatives]
        yield from self.joined_dicts(node, above, joins) if joins else self.plain_dicts(node, above)
        node.content = content

    def joined_dicts(self, node, above, joins):
        """`join`: the product of the node's dicts under several `only` (SPEC 1.10).

        The reference keeps one list of items per node and appends to it in place while outer levels
        still refer to it, so filters leak from one level to the next; `node.content` copies that."""
        kept = list(node.content)
        node.content.append(Only(Filter([joins[0]])))
        found = self.plain_dicts(node, above)
        if len(joins) == 1:
            yield from found
            return
        for first in found:
            node.content = kept
            for second in self.joined_dicts(node, above, joins[1:]):
                yield {**first, **second,
                       "name": joined_name(first["name"], second["name"]),
                       "shortname": joined_name(first["shortname"], second["shortname"])}

    def plain_dicts(self, node, above):
        path = above.through(node)
        pending = node.content + path.pending
        if not node.children:
            operators = settle(pending, path.labels, None)
            if operators is not None:
                yield build(operators, path)
            return
        if self.prune:
            pending = settle(pending, path.labels, node.below())
            if pending is None:
                return
        path.pending = pending
        for index, child in enumerate(node.children):
            produced = 0
            for params in self.dicts(child, path):
                produced += 1
                yield params
            if index == 0 and produced and node.stops_after_default:
                return


def joined_name(a, b):
    common = 0
    while common < min(len(a), len(b)) and a[common] == b[common]:
        common += 1
    if common == min(len(a), len(b)):
        raise ConfigError(f"cannot join {a!r} and {b!r}: one begins with the other")
    prefix = ".".join(a[:common].split(".")[:-1])
    if not prefix:
        return a + "." + b
    if "(" in prefix:   # the reference uses the prefix as a regular expression: it never matches
        return prefix + a + b
    return prefix + a[len(prefix):] + b[len(prefix):]


def settle(items, labels, below):
    """Decides the filters and conditions that `labels` decides; None if the path is filtered out.
    `below` holds the labels that may still follow; None at the leaf, where all is decided."""
    out = []
    for item in items:
        if isinstance(item, Join):  # those outside conditions are no business of this function
            raise ConfigError("join in a conditional block")
        if not isinstance(item, (Only, No, Condition)):
            out.append(item)
            continue
        if item.filter.matches(labels):
            verdict = True
        elif below is None or not item.filter.might_match(labels, below):
            verdict = False
        else:
            out.append(item)
            continue
        if isinstance(item, Condition):
            if verdict != item.negated:
                unpacked = settle(item.items, labels, below)
                if unpacked is None:
                    return None
                out += unpacked
        elif verdict != isinstance(item, Only):
            return None
    return out


def build(operators, path):
    params = {"name": ".".join(x.text() for x in path.labels), "dep": list(path.deps),
              "shortname": ".".join(path.short)}
    for item in operators:
        params = apply(item, params)
    return with_limits(params)


def apply(item, params):
    if isinstance(item, AssignRun):
        params.update({k: v for k, v in item.values.items() if k not in RESERVED})
    elif isinstance(item, Assign):
        apply_assign(item, params)
    elif isinstance(item, Delete):
        for key in matching_keys(item.name, params):
            del params[key]
    elif isinstance(item, Suffix):
        return renamed(item.name, params)
    elif isinstance(item, FileMap):
        old = params.get(item.map, {})
        name = item.name + "." + old[item.file] if item.file in old else item.name
        params[item.map] = {**old, item.file: name}
    else:
        raise AssertionError(item)
    return params


def apply_assign(item, params):
    value = substituted(item.value, params)
    if item.op.startswith("?"):
        for key in matching_keys(item.key, params):
            params[key] = combined(item.op[1:], params[key], value)
    elif item.key not in RESERVED:
        if item.key in params:
            params[item.key] = combined(item.op, params[item.key], value)
        else:
            params[item.key] = value


def matching_keys(pattern, params):
    """The keys a `?=` or `del` means. `a|b` is `a` at the start, or `b` as the whole: no grouping."""
    if re.search(r"[?*+}]\+|[$^][?*+]", pattern):
        raise Undefined(f"{pattern!r}: an error in some regular expression engines only")
    try:
        regex = re.compile(pattern + "$")
    except re.error as e:
        raise ConfigError(f"bad pattern {pattern!r}: {e}")
    return [k for k in params if k not in RESERVED and regex.match(k if isinstance(k, str) else "".join(k))]


def substituted(value, params):
    if "$" not in value:
        return value
    visible = without_suffixes(params)
    out, end = "", 0
    for reference in re.finditer(r"\$\{(.+?)\}", value):
        if reference.group(1) not in visible:
            break
        out += value[end:reference.start()] + str(visible[reference.group(1)])
        end = reference.end()
    return out + value[end:]


def renamed(suffix, params):
    """After `suffix S`: every key set so far is (key, S), at the end in the same order."""
    out = {k: v for k, v in params.items() if k in RESERVED}
    for key, value in params.items():
        if key not in RESERVED:
            out[(key, suffix) if isinstance(key, str) else key + (suffix,)] = value
    return out


def base(key):
    return key if isinstance(key, str) else key[0]


def without_suffixes(params):
    """Suffixed keys folded into plain ones where nothing differs, else spelt out, last suffix first."""
    out = dict(params)
    for key, value in params.items():
        if isinstance(key, str):
            continue
        del out[key]
        if key[0] in params and params[key[0]] == value:
            continue
        if all(v == value for k, v in params.items() if base(k) == key[0]):
            out[key[0]] = value
        else:
            out[key[0] + "".join(reversed(key[1:]))] = value
    return out


def with_limits(params):
    """`x_min`, `x_max` and `x_fixed` correct `x`."""
    changes = {}
    for key, value in params.items():
        if not isinstance(key, str):
            continue
        if key.endswith("_max"):
            target = key[:key.index("_max")]
            if target not in params or compare(params[target], value) > 0:
                changes[target] = value
        elif key.endswith("_min"):
            target = key[:key.index("_min")]
            if target not in params or compare(params[target], value) < 0:
                changes[target] = value
        elif key.endswith("_fixed"):
            changes[key[:key.index("_fixed")]] = value
    return {**params, **changes}


def compare(a, b):
    try:
        if any(c in "BbKkMmGgTt" for c in a + b):
            x, y = in_bytes(a), in_bytes(b)
        else:
            x, y = int(a), int(b)
    except (ValueError, OverflowError, TypeError) as e:
        raise ConfigError(f"cannot compare {a!r} and {b!r}: {e}")
    return (x > y) - (x < y)


def in_bytes(text):
    unit = text[-1:].upper()
    if unit and unit in UNITS:
        return int(float(text[:-1]) * UNITS[unit])
    return int(float(text) * UNITS["M"])
