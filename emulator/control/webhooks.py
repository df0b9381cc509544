"""The control calls that show what endpoints were told, and tell it once more."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from emulator.control.call import whose, world_of
from emulator.control.wire import Strict
from emulator.core.webhooks import deliveries
from emulator.storage.webhooks import Delivery

LIMIT_MAX = 1000


class Wanted(Strict):
    """Which deliveries."""

    state: Literal["pending", "delivered", "failed"] | None = None
    """Those of which this has come; without it, all."""
    limit: int = Field(default=100, ge=1, le=LIMIT_MAX)
    """Deliveries of a page."""
    after: str | None = None
    """The id of the last delivery of the page before."""
    tenant: str | None = None
    """The digest of the key whose deliveries they are, instead of the bearer token."""


class TryState(BaseModel):
    """One attempt: when it began, in host time, and what came of it."""

    at: datetime
    status: int | None = Field(description="The endpoint's; null: it did not answer")
    error: str | None = Field(description="What went wrong; null: the endpoint took it")


class DeliveryState(BaseModel):
    """An event that an endpoint is told of."""

    id: str = Field(description="The header `webhook-id`: the same at each try")
    provider: str
    webhook: str = Field(description="The endpoint")
    event: str = Field(description="The event's id: the same for each endpoint")
    type: str
    job: str
    created_at: AwareDatetime = Field(description="When it happened, by the tenant's clock")
    state: Literal["pending", "delivered", "failed"]
    tries: list[TryState] = Field(description="The oldest first; those before it was made again too")
    due_at: AwareDatetime | None = Field(description="When it is tried next, in host time; null: it is not")


class Deliveries(BaseModel):
    """Deliveries, newest first."""

    data: list[DeliveryState]
    has_more: bool


async def get_deliveries(request: Request, asked: Annotated[Wanted, Query()]) -> Deliveries:
    """Return what the tenant's endpoints are told of, newest first."""
    world, tenant = world_of(request), whose(request)
    found, more = deliveries.page(world, tenant, after=asked.after, limit=asked.limit, state=asked.state)
    return Deliveries(data=[_state(*each) for each in found], has_more=more)


async def redeliver(request: Request, delivery_id: str) -> DeliveryState:
    """Make a delivery once more, at once, under the same ids: so that a client meets a duplicate, or a late one."""
    return _state(*await deliveries.redeliver(world_of(request), whose(request), delivery_id))


def _state(provider: str, delivery: Delivery) -> DeliveryState:
    return DeliveryState(
        id=delivery.id,
        provider=provider,
        webhook=delivery.webhook,
        event=delivery.event,
        type=delivery.type,
        job=delivery.job,
        created_at=delivery.created_at,
        state=delivery.state.value,
        tries=[TryState(at=each.at, status=each.status, error=each.error) for each in delivery.tries],
        due_at=deliveries.due_at(delivery),
    )


TABLE = (
    ("GET", "/webhooks/deliveries", get_deliveries, Deliveries),
    ("POST", "/webhooks/deliveries/{delivery_id}/redeliver", redeliver, DeliveryState),
)
