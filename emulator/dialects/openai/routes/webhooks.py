"""Endpoints that are told of the ends of jobs, and how this provider tells.

The paths are the SDK's (documented). A page's default size is documented, the wordings of refusals are unverified.
"""

from typing import get_args

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.clock import seconds
from emulator.core import ids
from emulator.core.ids import TimedHex
from emulator.core.webhooks import endpoints, signing
from emulator.core.webhooks.endpoints import Wanted
from emulator.core.webhooks.manner import Happening, Manner
from emulator.core.webhooks.subscriber import Subscriber
from emulator.core.world import Caller
from emulator.dialects import sending
from emulator.dialects.call import call_of
from emulator.dialects.openai.routes.answer import LIMIT_MAX, After, Limit, answer, ends
from emulator.dialects.openai.wire import webhooks as wire
from emulator.dialects.readable import ReadableRoute
from emulator.dialects.sending import Message
from emulator.errors import Missing, Refused
from emulator.operations import Operation
from emulator.storage import accounts
from emulator.storage.webhooks import StoredWebhook
from emulator.timeline.job import Status

LIMIT = 20
ENDPOINTS = "/v1/webhook_endpoints"
ENDPOINT = ENDPOINTS + "/{webhook_endpoint_id}"
SAMPLES = {"fine_tuning": "ftjob-abc123", "response": "resp_abc123", "realtime": "rtc_abc123", "eval": "evalrun_abc123"}
"""The ids that samples are about, by the first word of the event's type (unverified)."""

# The published document does not have them.
router = APIRouter(tags=["Webhooks"], route_class=ReadableRoute, include_in_schema=False)


def _body(told: Happening) -> bytes:
    event = wire.WebhookEvent(
        object="event",
        id=told.id,
        type=told.type,
        created_at=seconds(told.at),
        data=wire.WebhookEventData(id=told.job),
    )
    return event.model_dump_json().encode()


MANNER = Manner(
    types={
        Status.SUCCEEDED: "fine_tuning.job.succeeded",
        Status.FAILED: "fine_tuning.job.failed",
        Status.CANCELLED: "fine_tuning.job.cancelled",
    },
    event=TimedHex("evt_"),
    message=TimedHex("wh_"),
    user_agent="OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
    body=_body,
)
"""Documented in the guide's example, ids and all; the first digits of an id are here the event's time (unverified)."""


@router.post(ENDPOINTS, response_model=wire.WebhookEndpointWithSecret)
async def create_webhook_endpoint(request: Request, body: wire.CreateWebhookEndpointRequest) -> Response:
    """Make an endpoint; its secret is told now and never again."""
    caller = call_of(request).caller
    return _with_secret(caller, await endpoints.create(caller, MANNER, _wanted(body)))


@router.get(ENDPOINTS, response_model=wire.WebhookEndpointList)
async def list_webhook_endpoints(request: Request, after: After = None, limit: Limit = LIMIT) -> Response:
    """List endpoints, newest first; after one that is not there come none (unverified)."""
    caller = call_of(request).caller
    try:
        page, more = endpoints.page(caller, after=after, limit=min(limit, LIMIT_MAX))
    except Missing:
        page, more = [], False
    data = [_to_wire(caller, each) for each in page]
    return answer(wire.WebhookEndpointList(object="list", data=data, has_more=more, **ends(data)))


@router.get(ENDPOINT, response_model=wire.WebhookEndpoint)
async def retrieve_webhook_endpoint(request: Request, webhook_endpoint_id: str) -> Response:
    """Look at an endpoint."""
    caller = call_of(request).caller
    return answer(_to_wire(caller, endpoints.get(caller, webhook_endpoint_id)))


@router.post(ENDPOINT, response_model=wire.WebhookEndpoint)
async def update_webhook_endpoint(
    request: Request, webhook_endpoint_id: str, body: wire.UpdateWebhookEndpointRequest
) -> Response:
    """Change an endpoint."""
    caller = call_of(request).caller
    return answer(_to_wire(caller, await endpoints.update(caller, MANNER, webhook_endpoint_id, _wanted(body))))


@router.delete(ENDPOINT, response_model=wire.DeletedWebhookEndpoint)
async def delete_webhook_endpoint(request: Request, webhook_endpoint_id: str) -> Response:
    """Remove an endpoint."""
    await endpoints.delete(call_of(request).caller, webhook_endpoint_id)
    return answer(wire.DeletedWebhookEndpoint(id=webhook_endpoint_id, object="webhook_endpoint.deleted", deleted=True))


@router.post(ENDPOINT + "/rotate_secret", response_model=wire.WebhookEndpointWithSecret)
async def rotate_webhook_endpoint_secret(
    request: Request, webhook_endpoint_id: str, body: wire.RotateWebhookEndpointSecretRequest | None = None
) -> Response:
    """Give an endpoint another secret."""
    caller, keep_old = call_of(request).caller, bool(body and body.keep_old_secret_active_for_24_hours)
    return _with_secret(caller, await endpoints.rotate(caller, webhook_endpoint_id, keep_old=keep_old))


@router.post(ENDPOINT + "/test", response_model=wire.WebhookEndpointTestResult)
async def check_webhook_endpoint(
    request: Request, webhook_endpoint_id: str, body: wire.TestWebhookEndpointRequest
) -> Response:
    """Send an endpoint a sample, once, whatever it is subscribed to; raise Refused where it does not answer."""
    caller = call_of(request).caller
    webhook, at = endpoints.get(caller, webhook_endpoint_id), caller.now()
    number = await caller.world.db.write(lambda db: accounts.count(db, caller.account.tenant))
    event, message = (
        shape.write(_drawn(caller, number, kind, shape), at)
        for kind, shape in (("sample", MANNER.event), ("message", MANNER.message))
    )
    kind = body.event_type.partition(".")[0]
    told = Happening(event, body.event_type, at, SAMPLES.get(kind, f"{kind}_abc123"))
    to = Subscriber(caller.world, caller.account, MANNER, webhook)
    outcome = await sending.send(to, Message(message, told, None))
    if outcome.status is None:
        raise Refused(f"The webhook endpoint could not be tested: {outcome.error}.")
    result = wire.WebhookEndpointTestResult(
        object="webhook_endpoint.test",
        event_type=body.event_type,
        status_code=outcome.status,
        success=True,
        webhook_endpoint_id=webhook.id,
    )
    return answer(result)


@router.get("/v1/webhook_event_types", response_model=wire.WebhookEventTypeList)
async def list_webhook_event_types(request: Request) -> Response:
    """List what can be subscribed to."""
    return answer(wire.WebhookEventTypeList(object="list", data=[*get_args(wire.EventType)]))


def _wanted(body: wire.CreateWebhookEndpointRequest | wire.UpdateWebhookEndpointRequest) -> Wanted:
    events = None if body.event_types is None else tuple(dict.fromkeys(body.event_types))
    return Wanted(body.name, body.url, events)


def _to_wire(caller: Caller, webhook: StoredWebhook) -> wire.WebhookEndpoint:
    return wire.WebhookEndpoint(
        id=webhook.id,
        object="webhook_endpoint",
        created_at=seconds(webhook.created_at),
        event_types=[*webhook.events],
        name=webhook.name,
        signing_secret_hint=signing.hint(endpoints.secret(caller, webhook)),
        url=webhook.url,
        updated_at=seconds(webhook.updated_at),
    )


def _with_secret(caller: Caller, webhook: StoredWebhook) -> Response:
    shown = _to_wire(caller, webhook).model_dump()
    secret = signing.written(endpoints.secret(caller, webhook))
    return answer(wire.WebhookEndpointWithSecret(**shown, signing_secret=secret))


def _drawn(caller: Caller, number: int, kind: str, shape: ids.Shape) -> int:
    return ids.draw(caller.world.settings.seed, caller.account.tenant, number, kind, bits=shape.bits)


OPERATIONS = (
    Operation("webhooks.create", "POST", ENDPOINTS),
    Operation("webhooks.list", "GET", ENDPOINTS),
    Operation("webhooks.retrieve", "GET", ENDPOINT),
    Operation("webhooks.update", "POST", ENDPOINT),
    Operation("webhooks.delete", "DELETE", ENDPOINT),
    Operation("webhooks.rotate_secret", "POST", ENDPOINT + "/rotate_secret"),
    Operation("webhooks.test", "POST", ENDPOINT + "/test"),
    Operation("webhooks.event_types", "GET", "/v1/webhook_event_types"),
)
