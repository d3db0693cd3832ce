"""Modules of the standard library that monty lacks, written in the Python that it runs.

They are pure, hold what programs commonly use, and work where host functions cannot (as `key=` of `sorted`, in `map`).
An import of one is replaced by a binding; `SUPPORTED_MODULES` are all that a program can import.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from a1 import program

_NATIVE_TYPING = frozenset(
    "Any Optional Literal Union List Dict Tuple Set FrozenSet Callable Iterable Sequence Mapping TYPE_CHECKING TypeVar "
    "Final Annotated Iterator".split()
)
_PLACEHOLDERS = {
    "Mapping": "dict", "MutableMapping": "dict", "Sequence": "(list, tuple, str, bytes)", "MutableSequence": "list",
    "Set": "(set, frozenset)", "MutableSet": "set", "AbstractSet": "(set, frozenset)",
    "Hashable": "(str, int, float, bool, bytes, tuple, frozenset)",
    "Iterable": "(list, tuple, set, frozenset, dict, str, bytes)",
    "Collection": "(list, tuple, set, frozenset, dict, str, bytes)",
    "Sized": "(list, tuple, set, frozenset, dict, str, bytes)",
}  # fmt: skip
_DATACLASSES = {"asdict": "_a1_asdict", "replace": "_a1_replace"}
"""Functions of the prelude, for schemas."""
_ANNOTATIONS = frozenset(
    "AbstractSet AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable ClassVar Collection Container Coroutine "
    "DefaultDict Deque Counter OrderedDict Generator Generic Hashable ItemsView Iterable Iterator KeysView Mapping "
    "LiteralString MutableMapping MutableSequence MutableSet Never NewType NoReturn NotRequired Required Self Sequence "
    "Set Sized SupportsFloat SupportsInt Text Type TypeAlias TypeGuard ParamSpec Protocol ValuesView Final Annotated "
    "Concatenate Unpack Awaitable Pattern Match FrozenSet".split()
)


@dataclass(frozen=True, slots=True)
class Replacement:
    """The statement that stands for an import, and the modules of `SOURCES` that it needs."""

    statement: str
    modules: tuple[str, ...]


def replacement(node: ast.Import | ast.ImportFrom) -> Replacement | None:
    """Return what stands for an import statement, or None where it can stay as it is."""
    if isinstance(node, ast.Import):
        if not any(alias.name in SOURCES for alias in node.names):
            return None
        parts, needed = [], []
        for alias in node.names:
            if alias.name in SOURCES:
                needed.append(alias.name)
                parts.append(f"{alias.asname or alias.name} = _a1_module_{alias.name}")
            else:
                parts.append(f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else ""))
        return Replacement("; ".join(parts), tuple(needed))
    if node.level or any(alias.name == "*" for alias in node.names):
        return None
    if node.module in SOURCES:
        parts = [f"{alias.asname or alias.name} = _a1_module_{node.module}.{alias.name}" for alias in node.names]
        return Replacement("; ".join(parts), (node.module,))
    if node.module == "dataclasses" and any(alias.name in _DATACLASSES for alias in node.names):
        parts = [
            f"{alias.asname or alias.name} = {_DATACLASSES[alias.name]}"
            for alias in node.names
            if alias.name in _DATACLASSES
        ]
        if kept := [ast.unparse(alias) for alias in node.names if alias.name not in _DATACLASSES]:
            parts.insert(0, f"from dataclasses import {', '.join(kept)}")
        return Replacement("; ".join(parts), ())
    if node.module in ("typing", "collections.abc", "typing_extensions"):
        return _annotations(node)
    return None


def _annotations(node: ast.ImportFrom) -> Replacement | None:
    abstract = node.module == "collections.abc"
    kept, parts = [], []
    for alias in node.names:
        target = alias.asname or alias.name
        if not abstract and alias.name in _NATIVE_TYPING:
            kept.append(alias.name + (f" as {alias.asname}" if alias.asname else ""))
        elif alias.name == "cast" and not abstract:
            parts.append(f"{target} = lambda kind, value: value")
        elif alias.name in _ANNOTATIONS:
            parts.append(f"{target} = {_PLACEHOLDERS.get(alias.name, 'None')}")
        else:
            kept.append(alias.name + (f" as {alias.asname}" if alias.asname else ""))
    if not parts:
        return None
    if kept:
        parts.insert(0, f"from {node.module} import {', '.join(kept)}")
    return Replacement("; ".join(parts), ())


_STATISTICS = """
def _a1_make_statistics():
    def values(data, what):
        data = list(data)
        if not data:
            raise ValueError(what + ' requires at least one data point')
        return data
    def mean(data):
        data = values(data, 'mean')
        total = sum(data)
        if type(total) is int and total % len(data) == 0:
            return total // len(data)
        return (math.fsum(data) if type(total) is float else total) / len(data)
    def fmean(data, weights=None):
        data = values(data, 'fmean')
        if weights is None:
            return math.fsum(data) / len(data)
        weights = list(weights)
        return math.fsum([float(x) * w for x, w in zip(data, weights)]) / math.fsum(weights)
    def geometric_mean(data):
        return math.exp(fmean([math.log(x) for x in values(data, 'geometric_mean')]))
    def harmonic_mean(data):
        data = values(data, 'harmonic_mean')
        return 0 if 0 in data else len(data) / math.fsum([1 / x for x in data])
    def median(data):
        data = sorted(values(data, 'median'))
        half = len(data) // 2
        return data[half] if len(data) % 2 else (data[half - 1] + data[half]) / 2
    def median_low(data):
        data = sorted(values(data, 'median_low'))
        return data[(len(data) - 1) // 2]
    def median_high(data):
        data = sorted(values(data, 'median_high'))
        return data[len(data) // 2]
    def counts(data):
        found = {}
        for each in data:
            found[each] = found.get(each, 0) + 1
        return found
    def mode(data):
        found = counts(values(data, 'mode'))
        most = max(found.values())
        for each in found:
            if found[each] == most:
                return each
    def multimode(data):
        found = counts(data)
        most = max(found.values(), default=0)
        return [each for each in found if found[each] == most]
    def spread(data, center, by):
        # Whole numbers exactly, as the standard library does.
        if center is None and all([type(x) is int for x in data]):
            top = len(data) * sum([x * x for x in data]) - sum(data) ** 2
            return top // (len(data) * by) if top % (len(data) * by) == 0 else top / (len(data) * by)
        center = mean(data) if center is None else center
        return math.fsum([(x - center) ** 2 for x in data]) / by
    def variance(data, xbar=None):
        data = list(data)
        if len(data) < 2:
            raise ValueError('variance requires at least two data points')
        return spread(data, xbar, len(data) - 1)
    def pvariance(data, mu=None):
        data = values(data, 'pvariance')
        return spread(data, mu, len(data))
    def stdev(data, xbar=None):
        return math.sqrt(variance(data, xbar))
    def pstdev(data, mu=None):
        return math.sqrt(pvariance(data, mu))
    def quantiles(data, n=4, method='exclusive'):
        data = sorted(data)
        if len(data) < 2:
            raise ValueError('must have at least two data points')
        found = []
        for i in range(1, n):
            if method == 'inclusive':
                m = len(data) - 1
                j, delta = divmod(i * m, n)
            else:
                m = len(data) + 1
                j = min(max(i * m // n, 1), len(data) - 1)
                delta = i * m - j * n
                j = j - 1
            found.append((data[j] * (n - delta) + data[j + 1] * delta) / n)
        return found
    def pairs(x, y):
        if len(x) != len(y) or len(x) < 2:
            raise ValueError('requires two sequences of one length, at least two')
        return fmean(x), fmean(y)
    def covariance(x, y):
        a, b = pairs(x, y)
        return math.fsum([(p - a) * (q - b) for p, q in zip(x, y)]) / (len(x) - 1)
    def correlation(x, y):
        a, b = pairs(x, y)
        both = math.fsum([(p - a) * (q - b) for p, q in zip(x, y)])
        return both / math.sqrt(math.fsum([(p - a) ** 2 for p in x]) * math.fsum([(q - b) ** 2 for q in y]))
    return dict(mean=mean, fmean=fmean, geometric_mean=geometric_mean, harmonic_mean=harmonic_mean, median=median,
        median_low=median_low, median_high=median_high, mode=mode, multimode=multimode, variance=variance,
        pvariance=pvariance, stdev=stdev, pstdev=pstdev, quantiles=quantiles, covariance=covariance,
        correlation=correlation, StatisticsError=ValueError)
"""

_STRING = """
def _a1_make_string():
    lower = 'abcdefghijklmnopqrstuvwxyz'
    marks = '!"#$%&\\'()*+,-./:;<=>?@[\\\\]^_`{|}~'
    def capwords(s, sep=None):
        return (sep or ' ').join([each.capitalize() for each in s.split(sep)])
    return dict(ascii_lowercase=lower, ascii_uppercase=lower.upper(), ascii_letters=lower + lower.upper(),
        digits='0123456789', hexdigits='0123456789abcdefABCDEF', octdigits='01234567', punctuation=marks,
        whitespace=' \\t\\n\\r\\x0b\\x0c',
        printable='0123456789' + lower + lower.upper() + marks + ' \\t\\n\\r\\x0b\\x0c', capwords=capwords)
"""

_OPERATOR = """
def _a1_make_operator():
    def attribute(o, path):
        for name in path.split('.'):
            o = getattr(o, name)
        return o
    def itemgetter(*keys):
        if len(keys) == 1:
            return lambda o: o[keys[0]]
        return lambda o: tuple([o[key] for key in keys])
    def attrgetter(*names):
        if len(names) == 1:
            return lambda o: attribute(o, names[0])
        return lambda o: tuple([attribute(o, name) for name in names])
    def setitem(a, b, c):
        a[b] = c
    def countOf(a, b):
        return len([x for x in a if x == b])
    return dict(itemgetter=itemgetter, attrgetter=attrgetter, setitem=setitem,
        countOf=countOf, add=lambda a, b: a + b, sub=lambda a, b: a - b, mul=lambda a, b: a * b,
        truediv=lambda a, b: a / b, floordiv=lambda a, b: a // b, mod=lambda a, b: a % b, pow=lambda a, b: a ** b,
        neg=lambda a: -a, pos=lambda a: +a, abs=lambda a: abs(a), eq=lambda a, b: a == b, ne=lambda a, b: a != b,
        lt=lambda a, b: a < b, le=lambda a, b: a <= b, gt=lambda a, b: a > b, ge=lambda a, b: a >= b,
        not_=lambda a: not a, truth=lambda a: bool(a), is_=lambda a, b: a is b, is_not=lambda a, b: a is not b,
        and_=lambda a, b: a & b, or_=lambda a, b: a | b, xor=lambda a, b: a ^ b, inv=lambda a: ~a,
        lshift=lambda a, b: a << b, rshift=lambda a, b: a >> b, concat=lambda a, b: a + b,
        contains=lambda a, b: b in a, getitem=lambda a, b: a[b])
"""

_TEXTWRAP = """
def _a1_make_textwrap():
    def dedent(text):
        lines = text.split('\\n')
        margin = None
        for line in lines:
            if line.strip():
                lead = line[:len(line) - len(line.lstrip())]
                if margin is None:
                    margin = lead
                while not lead.startswith(margin):
                    margin = margin[:-1]
        margin = margin or ''
        return '\\n'.join([line[len(margin):] if line.strip() else '' for line in lines])
    def indent(text, prefix, predicate=None):
        return ''.join([prefix + line if (predicate(line) if predicate else line.strip()) else line
            for line in text.splitlines(True)])
    def wrap(text, width=70, initial_indent='', subsequent_indent='', break_long_words=True, **rest):
        lines = []
        line = ''
        room = width - len(initial_indent)
        for word in text.split():
            while True:
                if not line:
                    if len(word) <= room or not break_long_words:
                        line = word
                        break
                    lines.append(word[:room])
                    word = word[room:]
                elif len(line) + 1 + len(word) <= room:
                    line = line + ' ' + word
                    break
                else:
                    lines.append(line)
                    line = ''
                room = width - len(subsequent_indent)
        if line:
            lines.append(line)
        return [(subsequent_indent if i else initial_indent) + each for i, each in enumerate(lines)]
    def fill(text, width=70, **rest):
        return '\\n'.join(wrap(text, width, **rest))
    def shorten(text, width, placeholder=' [...]', **rest):
        words = text.split()
        whole = ' '.join(words)
        if len(whole) <= width:
            return whole
        while words and len(' '.join(words)) + len(placeholder) > width:
            words.pop()
        return ' '.join(words) + placeholder if words else placeholder.strip()
    return dict(dedent=dedent, indent=indent, wrap=wrap, fill=fill, shorten=shorten)
"""

_HEAPQ = """
def _a1_make_heapq():
    def up(heap, at):
        item = heap[at]
        while at > 0:
            parent = (at - 1) // 2
            if not item < heap[parent]:
                break
            heap[at] = heap[parent]
            at = parent
        heap[at] = item
    def down(heap, at):
        item = heap[at]
        size = len(heap)
        while 2 * at + 1 < size:
            child = 2 * at + 1
            if child + 1 < size and heap[child + 1] < heap[child]:
                child = child + 1
            if not heap[child] < item:
                break
            heap[at] = heap[child]
            at = child
        heap[at] = item
    def heapify(heap):
        for at in range(len(heap) // 2 - 1, -1, -1):
            down(heap, at)
    def heappush(heap, item):
        heap.append(item)
        up(heap, len(heap) - 1)
    def heappop(heap):
        last = heap.pop()
        if not heap:
            return last
        least = heap[0]
        heap[0] = last
        down(heap, 0)
        return least
    def heapreplace(heap, item):
        least = heap[0]
        heap[0] = item
        down(heap, 0)
        return least
    def heappushpop(heap, item):
        return heapreplace(heap, item) if heap and heap[0] < item else item
    def nlargest(n, iterable, key=None):
        return sorted(iterable, key=key, reverse=True)[:max(n, 0)]
    def nsmallest(n, iterable, key=None):
        return sorted(iterable, key=key)[:max(n, 0)]
    def merge(*iterables, key=None, reverse=False):
        return sorted([x for each in iterables for x in each], key=key, reverse=reverse)
    return dict(heapify=heapify, heappush=heappush, heappop=heappop, heapreplace=heapreplace,
        heappushpop=heappushpop, nlargest=nlargest, nsmallest=nsmallest, merge=merge)
"""

_MODULE = """
class _a1_Module_{name}:
    def __init__(self, members):
        for key in members:
            setattr(self, key, members[key])
    def __repr__(self):
        return "<module '{name}'>"
_a1_module_{name} = _a1_Module_{name}(_a1_make_{name}())
"""

SOURCES: dict[str, str] = {
    name: text + _MODULE.format(name=name)
    for name, text in {
        "statistics": _STATISTICS, "string": _STRING, "operator": _OPERATOR, "textwrap": _TEXTWRAP, "heapq": _HEAPQ,
    }.items()
}  # fmt: skip
"""The text that defines each module, by name."""

SUPPORTED_MODULES: frozenset[str] = program.MODULES
"""All modules that a program may import."""
