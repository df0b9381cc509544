"""Whose calls a recording has: as hosts, the names of dialects in paths, and the paths of calls tell."""

from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from emulator.dialects import ALL, Dialect, likeliest
from emulator.from_har.exchange import Exchange, asked


def spoken(exchanges: Iterable[Exchange]) -> Dialect:
    """Return the dialect that most requests can be of; of several, the one that is the default before the others."""
    counts = Counter(each.name for exchange in exchanges for each in _possible(exchange))
    return max(ALL, key=lambda dialect: counts[dialect.name])


def _possible(exchange: Exchange) -> Sequence[Dialect]:
    """Return the one whose real service or whose mount was asked, else all that have such a call."""
    host = urlsplit(exchange.entry.url).hostname or ""
    if host in (first := likeliest(host)[0]).hosts:
        return [first]
    bases = {each.name: base for each in ALL if (base := _base(exchange, each)) is not None}
    having = [each for each in ALL if each.name in bases]
    return [each for each in having if bases[each.name].endswith(each.base_path)] or having


def _base(exchange: Exchange, dialect: Dialect) -> str | None:
    """Return what stands before the path of a dialect's call, or None: it has no such call."""
    base, operation, _ = asked(exchange.entry, dialect.operations)
    return base if operation else None
