"""Chat and text completions with base models, deployed ones and checkpoints.

The reply of a tuned model is that of the training data (``core.inference``), whether or not it is of the
``response_format`` asked for; a base model's is a sentence that names it. The service answers for a checkpoint once it
is deployed (``custom_models``); that a checkpoint answers by its own name, too, is the emulator's (unverified of the
service). Ids of answers are observed; those of text completions and of calls without an id in the data are unverified.

Not here: embeddings, pictures, batches. No ``x-ratelimit-*`` is answered, which the service does (observed): there is
no limit that it could tell of. Parameters that steer sampling are checked and have no effect.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.clock import seconds
from emulator.core import ids
from emulator.core.inference.replies import Ask, Reply
from emulator.core.world import Caller
from emulator.dialects import completions
from emulator.dialects.call import call_of
from emulator.dialects.completions import Made
from emulator.dialects.nebius import catalogue, custom_models
from emulator.dialects.nebius.routes.answer import answer, declared
from emulator.dialects.nebius.wire import completions as wire
from emulator.dialects.readable import ReadableRoute
from emulator.errors import Missing
from emulator.operations import Operation

router = APIRouter(tags=["inference"], route_class=ReadableRoute)

STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in each answer and in each piece of one."""

    name: str
    made: Made

    def head(self, kind: str) -> dict[str, Any]:
        """Return the members by which an answer is known."""
        return {"id": f"{kind}-{self.made.bits:032x}", "created": seconds(self.made.at), "model": self.name}

    def calls(self, given: Reply) -> list[dict[str, Any]]:
        """Return the calls of a reply; those whose id the data do not have get one."""
        drawn = (ids.draw(self.made.bits, place, "call", bits=128) for place in range(len(given.calls)))
        return completions.tool_calls(given.calls, (f"chatcmpl-tool-{bits:032x}" for bits in drawn))


def _data(caller: Caller, model: str) -> str | None:
    """Return the digest of what a model was trained on, None: nothing that is known; raise Missing."""
    settings = caller.world.settings
    if model in catalogue.offered(settings) or model in custom_models.DEPLOYABLE:
        return None
    try:
        return completions.trained_on(caller, model)
    except Missing:
        if catalogue.ANY in settings.models:
            return None
        raise


@router.post(
    "/v1/chat/completions",
    summary="Create chat completion",
    response_model=wire.ChatCompletion,
    responses={**STREAMED, **declared(400, 404)},
)
async def create_chat_completion(
    request: Request, body: wire.ChatCompletionRequest, ai_project_id: str | None = None
) -> Response:
    """Answer the last message of a conversation."""
    caller = call_of(request).caller
    ask = Ask(
        model=body.model,
        conversation=completions.spoken(body.messages),
        data=_data(caller, body.model),
        tools_bytes=completions.json_bytes(body.tools),
        tokens_max=body.max_completion_tokens or body.max_tokens,
        stop=completions.stops(body.stop),
        as_json=completions.is_json(body.response_format),
    )
    told = Told(body.model, await completions.made(caller, request))
    given, n = await completions.replied(caller, ask), body.n or 1
    if body.stream:
        usage = bool(body.stream_options and body.stream_options.include_usage)
        return completions.stream(_chunks(told, given, n, usage=usage), usage=usage)
    message = wire.ChatCompletionMessage(
        content=None if given.calls and not given.text else given.text,
        tool_calls=[wire.ToolCall.model_validate(call) for call in told.calls(given)],
    )
    choices = [wire.ChatChoice(index=index, message=message, finish_reason=given.finish) for index in range(n)]
    return answer(wire.ChatCompletion(**told.head("chatcmpl"), choices=choices, usage=_usage(given, n)))


def _chunks(told: Told, given: Reply, n: int, *, usage: bool) -> Iterator[wire.ChatCompletionChunk]:
    head = told.head("chatcmpl")
    for delta, finish in completions.deltas(given, told.calls(given)):
        for index in range(n):
            choice = wire.ChatDelta(index=index, delta=delta, finish_reason=finish)
            yield wire.ChatCompletionChunk(**head, choices=[choice])
    if usage:
        yield wire.ChatCompletionChunk(**head, choices=[], usage=_usage(given, n))


def _usage(given: Reply, n: int) -> wire.CompletionUsage:
    return wire.CompletionUsage(**completions.usage(given.prompt_tokens, n * given.completion_tokens))


@router.post(
    "/v1/completions",
    summary="Create completion",
    response_model=wire.Completion,
    responses={**STREAMED, **declared(400, 404)},
)
async def create_completion(
    request: Request, body: wire.CompletionRequest, ai_project_id: str | None = None
) -> Response:
    """Go on with one text or several."""
    caller, n, prompts = call_of(request).caller, body.n or 1, body.prompt
    completions.check_choices(prompts, n)
    data = _data(caller, body.model)
    told = Told(body.model, await completions.made(caller, request))
    most, stop = body.max_tokens or completions.TEXT_TOKENS, completions.stops(body.stop)
    asks = [Ask(body.model, completions.asked_by(prompt), data, tokens_max=most, stop=stop) for prompt in prompts]
    given = await completions.written(caller, asks)
    texts = completions.texts(given, prompts, n, echo=bool(body.echo))
    usage = wire.CompletionUsage(**completions.text_usage(given, prompts, n))
    head = told.head("cmpl")
    if body.stream:
        wanted = bool(body.stream_options and body.stream_options.include_usage)
        last = [wire.Completion(**head, choices=[], usage=usage)] if wanted else []
        pieces = (wire.Completion(**head, choices=[_text(each)]) for each in completions.text_deltas(texts))
        return completions.stream(chain(pieces, last), usage=wanted)
    return answer(wire.Completion(**head, choices=[*map(_text, texts)], usage=usage))


def _text(given: completions.Text) -> wire.TextChoice:
    return wire.TextChoice(text=given.text, index=given.index, finish_reason=given.finish)


OPERATIONS = (
    Operation("chat.create", "POST", "/v1/chat/completions"),
    Operation("completions.create", "POST", "/v1/completions"),
)
