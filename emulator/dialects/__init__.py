"""The providers, one folder each with the same five files: wire, translate, errors, routes and __init__.

Beside them lies what is mechanism and no provider's: ``dialect`` (what a provider is), ``call`` (one request),
``face`` (the application that wears a provider's words), ``multipart`` and ``content`` (bytes in, bytes out).
"""

from emulator.dialects.dialect import Dialect
from emulator.dialects.nebius import DIALECT as NEBIUS

ALL: tuple[Dialect, ...] = (NEBIUS,)

__all__ = ["ALL", "NEBIUS", "Dialect"]
