"""Who may ask Nscale: whoever brings a service token, which is a JWT, and whoever follows a signed link.

A token is looked at, never verified: nobody here has signed it. That an expired one is refused, and that a token
belongs to one organization alone, is not emulated; the faults ``unauthorized_after`` and ``status`` are there for that.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode
from typing import Any

from starlette.datastructures import QueryParams
from starlette.types import Scope

from emulator.bearer import accepts, bearer
from emulator.core import links
from emulator.core.links import Link
from emulator.core.world import World
from emulator.dialects.dialect import Dialect
from emulator.errors import Unauthenticated, Unsigned
from emulator.storage.accounts import Account

API = "/api/v1/organizations/{organization_id}"
"""Where the provider's calls lie (documented); the organization is part of whose state they are about."""
DOWNLOADS = "/downloads/organizations/{organization_id}"
"""Where signed links lead (unverified: the real ones lead to a store of their own)."""
ORGANIZATION = re.compile(r"/(?:api/v1|downloads)/organizations/([^/]+)/.*", re.DOTALL)
PARTS = 3
LONGEST = 8192


def enter(world: World, dialect: Dialect, scope: Scope, path: str, /) -> Account:
    """Return whose request it is; raise Unauthenticated, or Unsigned for a link that is forged."""
    if path.startswith("/downloads/"):
        return _account(followed(world, scope, path).tenant, dialect, path)
    token = bearer(scope)
    listed = world.settings.api_key
    if token is None or not (accepts(listed, token) if listed else is_jwt(token)):
        raise Unauthenticated(given=token is not None)
    return _account(world.tenant_of(token), dialect, path)


def followed(world: World, scope: Scope, path: str) -> Link:
    """Return the link that a request follows; it may be over. Raise Unsigned where it is none."""
    try:
        return links.opened(world, path, QueryParams(scope["query_string"]).multi_items())
    except Unauthenticated:  # no token would open it either
        raise Unsigned(expired=False) from None


def _account(tenant: str, dialect: Dialect, path: str) -> Account:
    found = ORGANIZATION.fullmatch(path)
    return Account(tenant, f"{dialect.provider}/{found[1]}" if found else dialect.provider)


def is_jwt(token: str) -> bool:
    """Say whether a token is a JSON Web Token: header and claims are objects in base64url, a signature follows."""
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != PARTS:
        return False
    header, claims = (_object(part) for part in parts[:2])
    return header is not None and claims is not None and isinstance(header.get("alg"), str)


def _object(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
