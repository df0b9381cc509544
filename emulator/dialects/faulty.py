"""Where faults come in: between a provider's authentication and its routes, so that they wear its words."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.core import faults
from emulator.core.faults import Hit
from emulator.dialects.call import Call, call_in
from emulator.dialects.dialect import Dialect
from emulator.errors import Malformed, StorageFailed
from emulator.faults.effect import Effect, Sight, Voice, faulty
from emulator.faults.match import JSON_BODY_MAX, Asked
from emulator.faults.rule import Rule

HEADER = "x-emulator-fault"


class Faulty:
    """Do to a request what the rules that it meets, and its own header, say."""

    def __init__(self, app: ASGIApp, *, dialect: Dialect) -> None:
        self._app, self._dialect = app, dialect
        self._voice = Voice(refuse=dialect.refuse, fail=dialect.fail)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        call = call_in(scope)
        if call is None:
            await self._app(scope, receive, send)
            return
        held = [rule for rule, _ in faults.rules(call.caller.world, call.caller.account.tenant)]
        asks = Headers(scope=scope).getlist(HEADER)
        if not held and not asks:
            await self._app(scope, receive, send)
            return
        try:
            own = _effects("; ".join(asks)) if asks else ()
            matching, receive = await _matching(call, held, scope, receive)
            call.hits = [*await faults.meet(call.caller, matching), *faults.once(call.caller, own)]
        except (Malformed, StorageFailed) as error:
            await self._dialect.refuse(error)(scope, receive, send)
            return
        sight = _sight(call.hits)
        if scope["method"] not in {"GET", "HEAD"}:
            sight = replace(sight, lag_s=0.0)  # what is done is done now
        call.caller = replace(call.caller, sight=sight)
        await faulty(self._app, [hit.effect for hit in call.hits], self._voice)(scope, receive, send)


def _effects(text: str) -> tuple[Effect, ...]:
    """Return the effects that a header writes; raise Malformed."""
    try:
        return Rule.model_validate({"effects": text}).effects
    except ValidationError as error:
        said = "; ".join(flaw["msg"].removeprefix("Value error, ") for flaw in error.errors())
        raise Malformed(f"X-Emulator-Fault: {said}") from None


async def _matching(call: Call, held: Sequence[Rule], scope: Scope, receive: Receive) -> tuple[list[Rule], Receive]:
    """Return the rules that match a request, and how its body, if it was read for that, is received again."""
    body, headers = None, Headers(scope=scope)
    if any(rule.match.looks_into_the_body() for rule in held) and "json" in headers.get("content-type", ""):
        body, receive = await _peeked(receive)
    asked = Asked(
        operation=call.operation,
        method=scope["method"],
        path=scope["path"].removeprefix(scope.get("root_path", "")),
        tenant=call.caller.account.tenant,
        headers=headers,
        body=body,
    )
    return faults.fitting(call.caller, held, asked, call.parameters.get("job_id")), receive


async def _peeked(receive: Receive) -> tuple[Any, Receive]:
    """Return the value of a JSON body (None: it is none, or too long), and a way to receive it all the same."""
    messages: list[Message] = []
    size, more = 0, True
    while more and size <= JSON_BODY_MAX:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        more = messages[-1].get("more_body", False)
    again = iter(messages)

    async def received() -> Message:
        message = next(again, None)
        return await receive() if message is None else message

    try:
        whole = not more and size <= JSON_BODY_MAX
        return json.loads(b"".join(message.get("body", b"") for message in messages)) if whole else None, received
    except (ValueError, RecursionError):
        return None, received


def _sight(hits: Sequence[Hit]) -> Sight:
    """Return the worst of what dims the provider's eyes."""
    seen = [hit.effect.sight() for hit in hits]
    lag_s, unseen_s = (max((getattr(each, name) for each in seen), default=0.0) for name in ("lag_s", "unseen_s"))
    return Sight(lag_s=lag_s, unseen_s=unseen_s)
