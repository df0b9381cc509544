"""The providers, one folder each with the same five files: wire, translate, errors, routes and __init__.

``README.md`` here says how one is added, what each file holds and what is tested; one that stands is in ``ALL``.

Beside them lies what is mechanism and no provider's: ``dialect`` (what a provider is), ``call`` (one request),
``face`` (the application that wears a provider's words), ``multipart`` and ``content`` (bytes in, bytes out),
``readable`` (texts that can be written down), ``completions`` (what a model says), ``sending`` (events out).
"""

from emulator.dialects.dialect import Dialect
from emulator.dialects.nebius import DIALECT as NEBIUS
from emulator.dialects.nebius import STUDIO as NEBIUS_STUDIO
from emulator.dialects.nscale import DIALECT as NSCALE
from emulator.dialects.openai import DIALECT as OPENAI

ALL: tuple[Dialect, ...] = (NEBIUS, NEBIUS_STUDIO, OPENAI, NSCALE)

__all__ = ["ALL", "NEBIUS", "NEBIUS_STUDIO", "NSCALE", "OPENAI", "Dialect", "likeliest"]


def likeliest(host: str) -> tuple[Dialect, ...]:
    """Return all dialects, first the one whose real service answers at a host, if any does."""
    return tuple(sorted(ALL, key=lambda dialect: host.partition(":")[0] not in dialect.hosts))
