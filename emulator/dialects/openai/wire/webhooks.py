"""Webhooks on the wire: endpoints, their secrets, and what they are sent.

The published document 2.3.0 does not have these calls: names and members are those of the SDK (3.52.0, documented).
Times are unix seconds.
"""

from typing import Annotated, Literal

from pydantic import Field

from emulator.dialects.openai.wire.model import UnixSeconds, WireModel

EventType = Literal[
    "batch.completed",
    "batch.failed",
    "batch.expired",
    "batch.cancelled",
    "response.completed",
    "response.failed",
    "response.cancelled",
    "response.incomplete",
    "eval.run.succeeded",
    "eval.run.failed",
    "eval.run.canceled",
    "fine_tuning.job.succeeded",
    "fine_tuning.job.failed",
    "fine_tuning.job.cancelled",
    "realtime.call.incoming",
    "video.completed",
    "video.failed",
    "agent.environment.ready",
    "agent.environment.failed",
    "agent.environment.suspended",
    "agent.environment.expired",
    "agent.session.created",
    "agent.session.action_required",
    "agent.session.in_progress",
    "agent.session.idle",
    "agent.session.failed",
    "safety.alert.created",
]
"""What can be subscribed to; of these the emulator has but the ends of fine-tuning jobs."""

EventTypes = Annotated[list[EventType], Field(min_length=1, description="What the endpoint is told of")]
Name = Annotated[str, Field(min_length=1, max_length=256, description="For people")]
Url = Annotated[str, Field(description="Where events are sent: https, and here http too; loopback unless told else")]
"""That each has to be something, and how long a name may be, is unverified."""


class CreateWebhookEndpointRequest(WireModel):
    """An endpoint that is asked for."""

    event_types: EventTypes
    name: Name
    url: Url


class UpdateWebhookEndpointRequest(WireModel):
    """What is to change of an endpoint."""

    event_types: EventTypes | None = None
    name: Name | None = None
    url: Url | None = None


class RotateWebhookEndpointSecretRequest(WireModel):
    """How a secret is changed."""

    keep_old_secret_active_for_24_hours: bool | None = None


class TestWebhookEndpointRequest(WireModel):
    """What is sent for a test."""

    event_type: EventType


class WebhookEndpoint(WireModel):
    """An endpoint."""

    id: str
    object: Literal["webhook_endpoint"]
    created_at: UnixSeconds
    event_types: list[str]
    name: str
    signing_secret_hint: str | None
    url: str
    updated_at: UnixSeconds = Field(description="Of its last change, or of its secret's")


class WebhookEndpointWithSecret(WebhookEndpoint):
    """An endpoint whose secret is new: it is told this once."""

    signing_secret: str


class WebhookEndpointList(WireModel):
    """A page of endpoints, newest first."""

    object: Literal["list"]
    data: list[WebhookEndpoint]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedWebhookEndpoint(WireModel):
    """That an endpoint is gone."""

    id: str
    object: Literal["webhook_endpoint.deleted"]
    deleted: bool


class WebhookEndpointTestResult(WireModel):
    """What an endpoint answered to a sample."""

    object: Literal["webhook_endpoint.test"]
    event_type: str
    status_code: int
    success: Literal[True] = Field(description="That it answered, whatever it said")
    webhook_endpoint_id: str


class WebhookEventTypeList(WireModel):
    """What can be subscribed to."""

    object: Literal["list"]
    data: list[str]


class WebhookEventData(WireModel):
    """What an event is about."""

    id: str


class WebhookEvent(WireModel):
    """What an endpoint is sent; the order of the members is that of the guide's example (documented)."""

    object: Literal["event"]
    id: str
    type: str
    created_at: UnixSeconds
    data: WebhookEventData
