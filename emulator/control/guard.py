"""Who may make control calls, and for which tenant.

A page in a developer's browser could otherwise reach a server on loopback: calls that come from a browser are taken
from the server's own origin and from those listed in the setting ``cors`` only.
"""

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from emulator.bearer import accepts, bearer
from emulator.core.world import World
from emulator.settings import Settings

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
DIGEST_LENGTH = 32


class Forbidden(Exception):
    """A control call that is not taken; its text says why and what is."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def check_browser(request: Request, settings: Settings) -> None:
    """Raise Forbidden for a call that another site's page makes."""
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin is None and "sec-fetch-site" not in request.headers:
        return
    if "*" in settings.cors or origin in settings.cors:
        return
    if _host(f"//{host}") not in LOOPBACK or (origin and origin.partition("//")[2] != host):
        raise Forbidden(403, f"control calls from the page {origin or host} are not taken; --cors lists those that are")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:  # no URL at all
        return None


def check_token(request: Request, settings: Settings) -> None:
    """Raise Forbidden for a call without the control token, where one is set."""
    given = request.headers.get("x-emulator-token", "")
    if settings.control_token and not hmac.compare_digest(given.encode(), settings.control_token.encode()):
        raise Forbidden(401, "control calls need the control token in the header X-Emulator-Token")


def tenant(request: Request, world: World) -> str:
    """Return the tenant that a call acts on: the bearer token's, or by digest from loopback or with the token."""
    settings, digest = world.settings, request.query_params.get("tenant")
    if digest is not None:
        if not settings.control_token and not _is_loopback(request):
            raise Forbidden(403, "?tenant= is taken from loopback, or with a control token")
        if len(digest) != DIGEST_LENGTH or not set(digest) <= set("0123456789abcdef"):
            raise Forbidden(
                422, f"got a tenant of {len(digest)} characters; takes the {DIGEST_LENGTH} hex digits of a digest"
            )
        return world.called(digest)
    key = bearer(request.scope)
    if key is not None and not accepts(settings.api_key, key):
        raise Forbidden(401, "this API key is none of those that the server takes (its setting api_key, --api-key)")
    if key is None:
        raise Forbidden(401, "say whose state it is: send the API key as 'Authorization: Bearer KEY'")
    return world.tenant_of(key)


def _is_loopback(request: Request) -> bool:
    return request.client is not None and ip_address(request.client.host).is_loopback
