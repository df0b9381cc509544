"""Chat and text completions with base and tuned models: what a pipeline asks once the training is over.

The reply of a tuned model, and of a checkpoint, is that of the training data (``core.inference``), whether or not it is
of the ``response_format`` asked for; a base model's is a sentence that names it. An answer's ``model`` is the snapshot
that an alias stands for (observed of jobs, unverified here). A function is called by ``tool_calls`` even where the data
or the request have it as ``function_call``.

Not here: embeddings, responses and whatever else a model can do. No ``x-ratelimit-*`` is answered: there is no limit
that it could tell of. Parameters that steer sampling are checked and have no effect.
"""

import string
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
from emulator.dialects.openai import catalogue
from emulator.dialects.openai.routes.answer import answer
from emulator.dialects.openai.wire import completions as wire
from emulator.dialects.readable import ReadableRoute
from emulator.operations import Operation

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LETTERS, CALL_LETTERS = 29, 24
"""As they were widely seen: ``chatcmpl-`` and 29 letters or digits, ``call_`` and 24 (unverified)."""

router = APIRouter(tags=["Chat"], route_class=ReadableRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in each answer and in each piece of one."""

    name: str
    made: Made

    def head(self, kind: str) -> dict[str, Any]:
        """Return the members by which an answer is known."""
        id_ = kind + self.made.letters(LETTERS, ID_LETTERS)
        return {"id": id_, "created": seconds(self.made.at), "model": self.name}

    @property
    def fingerprint(self) -> str:
        """What stands for how the model is served; the same as long as it is the same model."""
        return f"fp_{ids.draw(self.name, 'fingerprint', bits=40):010x}"

    def calls(self, given: Reply) -> list[dict[str, Any]]:
        """Return the calls of a reply; those whose id the data do not have get one."""
        own = (f"call_{Made(self.made.at, self.made.bits + n).letters(LETTERS, CALL_LETTERS)}" for n in range(1, 10**9))
        return completions.tool_calls(given.calls, own)


def _model(caller: Caller, name: str) -> tuple[str, str | None]:
    """Return a model's name as answered, and the digest of what it was trained on; raise Missing."""
    base = catalogue.known(caller.world.settings, name)
    return (base.alias_of or base.id, None) if base else (name, completions.trained_on(caller, name))


@router.post("/v1/chat/completions")
async def create_chat_completion(request: Request, body: wire.CreateChatCompletionRequest) -> Response:
    """Answer the last message of a conversation."""
    caller = call_of(request).caller
    name, data = _model(caller, body.model)
    ask = Ask(
        model=name,
        conversation=completions.spoken(body.messages),
        data=data,
        tools_bytes=completions.json_bytes(body.tools),
        tokens_max=body.max_completion_tokens or body.max_tokens,
        stop=tuple(body.stop or ()),
        as_json=body.response_format is not None and body.response_format.type != "text",
    )
    told = Told(name, await completions.made(caller, request))
    given, n = await completions.replied(caller, ask), body.n or 1
    if body.stream:
        usage = bool(body.stream_options and body.stream_options.include_usage)
        return completions.stream(_chat_chunks(told, given, n, usage=usage), usage=usage)
    message = wire.ChatCompletionResponseMessage(
        content=None if given.calls and not given.text else given.text,
        tool_calls=[wire.ToolCall.model_validate(call) for call in told.calls(given)] or None,
    )
    choices = [wire.ChatChoice(index=index, message=message, finish_reason=given.finish) for index in range(n)]
    return answer(
        wire.CreateChatCompletionResponse(
            **told.head("chatcmpl-"),
            choices=choices,
            usage=_usage(given, n),
            system_fingerprint=told.fingerprint,
        )
    )


def _chat_chunks(told: Told, given: Reply, n: int, *, usage: bool) -> Iterator[wire.CreateChatCompletionStreamResponse]:
    head = {**told.head("chatcmpl-"), "system_fingerprint": told.fingerprint}
    for delta, finish in completions.deltas(given, told.calls(given)):
        for index in range(n):
            choice = wire.ChatDelta(index=index, delta=delta, finish_reason=finish)
            yield wire.CreateChatCompletionStreamResponse(**head, choices=[choice])
    if usage:
        yield wire.CreateChatCompletionStreamResponse(**head, choices=[], usage=_usage(given, n))


def _usage(given: Reply, n: int) -> wire.CompletionUsage:
    return wire.CompletionUsage(**completions.usage(given.prompt_tokens, n * given.completion_tokens))


@router.post("/v1/completions")
async def create_completion(request: Request, body: wire.CreateCompletionRequest) -> Response:
    """Go on with one text or several."""
    caller, n, prompts = call_of(request).caller, body.n or 1, body.prompt
    completions.check_choices(prompts, n)
    name, data = _model(caller, body.model)
    told = Told(name, await completions.made(caller, request))
    most, stop = body.max_tokens or completions.TEXT_TOKENS, tuple(body.stop or ())
    asks = [Ask(name, completions.asked_by(prompt), data, tokens_max=most, stop=stop) for prompt in prompts]
    given = await completions.written(caller, asks)
    texts = completions.texts(given, prompts, n, echo=bool(body.echo))
    usage = wire.TextUsage(**completions.text_usage(given, prompts, n))
    head = told.head("cmpl-")
    if body.stream:
        wanted = bool(body.stream_options and body.stream_options.include_usage)
        last = [wire.CreateCompletionResponse(**head, choices=[], usage=usage)] if wanted else []
        # A piece without a finish_reason is not of the SDK's type: strictly, each text comes whole.
        told_in = texts if caller.world.settings.quirks == "strict" else completions.text_deltas(texts)
        pieces = (wire.CreateCompletionResponse(**head, choices=[_text(each)]) for each in told_in)
        return completions.stream(chain(pieces, last), usage=wanted)
    return answer(wire.CreateCompletionResponse(**head, choices=[*map(_text, texts)], usage=usage))


def _text(given: completions.Text) -> wire.TextChoice:
    return wire.TextChoice(text=given.text, index=given.index, finish_reason=given.finish)


OPERATIONS = (
    Operation("chat.create", "POST", "/v1/chat/completions"),
    Operation("completions.create", "POST", "/v1/completions"),
)
