"""Service tokens, which are JSON Web Tokens, signed by nobody; and what is none."""

import json
from base64 import urlsafe_b64encode
from typing import Any

HEADER = {"alg": "HS256", "typ": "JWT"}
SIGNATURE = "c2lnbmF0dXJl"


def part(value: Any) -> str:
    """Return a part of a token: JSON in base64url without padding; bytes and texts are taken as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(name: str) -> str:
    """Return a token of somebody's: the same for the same name."""
    return ".".join([part(HEADER), part({"sub": name}), SIGNATURE])
