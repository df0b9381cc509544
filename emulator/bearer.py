"""The key that a request brings: `Authorization: Bearer KEY`."""

import hmac

from starlette.requests import HTTPConnection
from starlette.types import Scope


def bearer(scope: Scope) -> str | None:
    """Return the key of a request, or None."""
    scheme, _, key = HTTPConnection(scope).headers.get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def accepts(keys: tuple[str, ...], key: str) -> bool:
    """Say whether a key is one of those listed, or none is listed; in constant time."""
    return not keys or sum(hmac.compare_digest(key.encode(), each.encode()) for each in keys) > 0
