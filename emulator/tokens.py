"""Service tokens: keys in the form of a JSON Web Token, for providers that take no other.

They open nothing but an emulator: nobody vouches for one, and its signature is made with a secret that stands here.
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b, sha256
from typing import Any

from emulator.settings import ANY_KEY

SECRET = b"fine-tuning-emulator"
"""What all are signed with: known to everybody, so that no signature proves anything."""
EXPIRES_S = 4_102_444_800
"""2100-01-01, in seconds since 1970: a client that looks at it finds a token that is good."""


def service_token(name: str = ANY_KEY) -> str:
    """Return a well-formed JWT of about 200 characters: the same for the same name, others for others.

    The name is any text, and cannot be read in the token. Every dialect takes such a token as a key.
    """
    subject = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16, person=b"ftemu-token").hexdigest()
    claims = {"iss": SECRET.decode(), "sub": subject, "exp": EXPIRES_S}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_base64(hmac.digest(SECRET, signed.encode(), sha256))}"


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
