"""Signed links: who has one may read what lies at its path, without a key, until an instant of its tenant's own time.

A signature is an HMAC-SHA-256 over the path, the tenant's digest and the end, under a secret that is f(server seed, the
accepted keys). So a link outlives a restart and is good at every worker; and who knows the seed of a server that takes
any key could sign links of their own, as they could take any key.

Not here: what lies at a path, and whether the tenant still has it.
"""

import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from urllib.parse import quote, urlencode

from emulator.clock import instant, micros
from emulator.core.world import World
from emulator.errors import Unauthenticated, Unsigned
from emulator.settings import Settings
from emulator.storage.accounts import Account

MEMBERS = ("tenant", "expires", "signature")
"""The query's parameters: the tenant's digest, the end in unix seconds of virtual time, and hexadecimal digits."""
SECOND = 10**6
_SECONDS = re.compile(r"-?[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link that was signed here lets its bearer read: a path, as this tenant, before this virtual instant."""

    tenant: str
    path: str
    expires_at: datetime


def signed(world: World, account: Account, path: str, *, at: datetime, lasts_s: int) -> str:
    """Return a path with the query that opens it for ``lasts_s`` virtual seconds, ready to stand after a host.

    ``path`` is as a route sees it, not percent-encoded. The end is a whole second, and never too early.
    """
    path = path.encode("utf-8", "replace").decode()  # half a pair of surrogates cannot be sent
    expires = str(-(-micros(at) // SECOND) + lasts_s)
    signature = _signature(world.settings, path, account.tenant, expires)
    return f"{quote(path)}?{urlencode(dict(zip(MEMBERS, (account.tenant, expires, signature), strict=True)))}"


def opened(world: World, path: str, query: Iterable[tuple[str, str]]) -> Link:
    """Return the link that a path and the pairs of its query are; parameters of other names say nothing.

    It may be over: see ``check``. Raise Unauthenticated where nothing is signed, and Unsigned where it is not so here.
    """
    given = [(name, value) for name, value in query if name in MEMBERS]
    if not given:
        raise Unauthenticated(given=False)
    members = dict(given)
    if len(members) != len(MEMBERS) or len(given) != len(MEMBERS):
        raise Unsigned(expired=False)
    tenant, expires, signature = (members[name] for name in MEMBERS)
    made = _signature(world.settings, path, tenant, expires)
    if not hmac.compare_digest(made.encode(), _bytes(signature)) or not _SECONDS.fullmatch(expires):
        raise Unsigned(expired=False)
    try:
        return Link(tenant, path, instant(int(expires) * SECOND))
    except OverflowError:  # only who knows the secret can have signed such an end
        raise Unsigned(expired=False) from None


def check(link: Link, now: datetime) -> None:
    """Raise Unsigned once a link is over, ``now`` being its tenant's time."""
    if now >= link.expires_at:
        raise Unsigned(expired=True)


def _signature(settings: Settings, path: str, tenant: str, expires: str) -> str:
    secret = blake2b(json.dumps([settings.seed, *sorted({*settings.api_key})]).encode(), person=b"ftemu-link").digest()
    # As JSON, so that no letter can move from one of them into another.
    return hmac.digest(secret, _bytes(json.dumps([path, tenant, expires], ensure_ascii=False)), "sha256").hex()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
