"""Whether endpoints and deliveries that somebody handed in can be served: the sleeper would stumble over the others."""

from datetime import datetime

from emulator.clock import ORIGIN
from emulator.core.ids import Shapes
from emulator.core.webhooks.endpoints import OVERLAP
from emulator.core.webhooks.places import host_of
from emulator.storage import webhooks as rows
from emulator.storage.accounts import Account
from emulator.storage.database import Connection
from emulator.storage.document import BadState

CHANGES_MAX = 10**9
"""Changes of a secret."""


def check_webhook(db: Connection, account: Account, webhook_id: str, *, shapes: Shapes, now: datetime) -> None:
    """Raise BadState, or whatever reading it raises, for an endpoint that cannot be served."""
    if shapes.webhook is None:
        raise BadState("provider: it has no webhooks")
    found = rows.get(db, account, webhook_id)
    assert found  # noqa: S101 -- it was just put there
    if host_of(found.url) is None:
        raise BadState(f"url: got {found.url[:100]!r}, takes an http:// or https:// URL without a login")
    if not 0 <= found.secret <= CHANGES_MAX:
        raise BadState(f"secret: got {found.secret}, takes 0 to {CHANGES_MAX}: how often it was changed")
    _check_instants({name: getattr(found, name) for name in ("created_at", "updated_at", "told_until_at")}, now)
    if found.old_until_at:
        _check_instants({"old_until_at": found.old_until_at}, now + OVERLAP)


def check_delivery(db: Connection, account: Account, delivery_id: str, *, now: datetime) -> None:
    """Raise BadState, or whatever reading it raises, for a delivery that cannot be made or told of."""
    found = rows.find(db, account.tenant, delivery_id)
    assert found  # noqa: S101 -- it was just put there
    delivery = found[1]
    if rows.get(db, account, delivery.webhook) is None:
        raise BadState(f"webhook: got {delivery.webhook[:100]!r}, which is no endpoint here")
    _check_instants({"created_at": delivery.created_at}, now)


def _check_instants(instants: dict[str, datetime], latest: datetime) -> None:
    for name, at in instants.items():
        if not ORIGIN <= at <= latest:
            raise BadState(f"{name}: got {at.isoformat()}, takes nothing before 1970 or after {latest.isoformat()}")
