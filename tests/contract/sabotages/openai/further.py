"""Sabotages of what stands around training: chat with models, and webhooks."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emulator.core.webhooks import signing
from tests.contract.sabotages.changes import SUCCESS, Begin, answers, asks, at, begins, drop, inside, put
from tests.contract.sabotages.openai.changes import (
    REFUSED,
    about,
    answered,
    error,
    of_openai,
    respelled,
    taken,
    told,
    unheard,
)
from tests.contract.sabotages.wrapping import Acts, Answer, Ask, Filter, Forward, Part, json_answer

CHAT = "chat.create"
MADE, LOOKED, LISTED, DELETED = "webhooks.create", "webhooks.retrieve", "webhooks.list", "webhooks.delete"
END = b"data: [DONE]\n\n"


def _choice(change: Any) -> Begin:
    """Return a sabotage that changes the choices of a reply."""
    return _replies(at("choices", lambda many: [change(choice) for choice in many]))


def _replies(change: Any) -> Begin:
    """Return a sabotage that changes replies that come whole."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        whole = ask.operation == CHAT and answer.status == SUCCESS and "json" in answer.header("content-type")
        return answer.with_json(change(answer.json())) if whole else answer

    return begins(changing)


def _streams(change: Callable[[list[Any]], list[Any]]) -> Begin:
    """Return a sabotage that changes the pieces of replies that are streamed."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != CHAT or "event-stream" not in answer.header("content-type"):
            return answer
        pieces = [json.loads(line[6:]) for line in answer.body.decode().split("\n\n")[:-2]]
        lines = (f"data: {json.dumps(piece, separators=(',', ':'))}\n\n".encode() for piece in change(pieces))
        return replace(answer, body=b"".join(lines) + END)

    return begins(changing)


def _endless() -> Begin:
    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return replace(answer, body=answer.body.removesuffix(END)) if answer.body.endswith(END) else answer

    return begins(changing)


def _not_streamed() -> Begin:
    return asks(CHAT, lambda ask: ask.with_json(_less(ask, "stream")))


def _less(ask: Ask, member: str) -> Any:
    return {name: value for name, value in (ask.json() or {}).items() if name != member}


def _untuned() -> Begin:
    unknown = {"message": "The model does not exist", "type": "x", "param": "model", "code": "model_not_found"}

    async def unknowing(ask: Ask, forward: Forward) -> Answer:
        tuned = ask.operation == CHAT and "ckpt-step" in str((ask.json() or {}).get("model"))
        return json_answer(404, {"error": unknown}) if tuned else await forward(ask)

    return begins(unknowing)


def _any_model() -> Begin:
    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == CHAT and error(answer).get("code") == "model_not_found":
            return await forward(ask.with_json({**ask.json(), "model": "gpt-4o-mini"}))
        return answer

    return begins(taking)


CHATS = of_openai(
    {
        "chat_object_text": ("A reply calls itself text_completion.", _replies(put("object", "text_completion"))),
        "chat_deeper": ("A reply stands under reply.", _replies(inside("reply"))),
        "chat_id_other": (
            "A reply's id begins with cmpl-.",
            respelled(r"chatcmpl-\w+", lambda id_: id_.removeprefix("chat")),
        ),
        "chat_alias_kept": ("A reply names the alias that was asked.", _replies(put("model", "gpt-4o-mini"))),
        "chat_of_nobody": ("A reply is nobody's.", _choice(at("message", put("role", "bot")))),
        "chat_empty": ("A reply says nothing.", _choice(at("message", put("content", "")))),
        "chat_without_end": ("A reply does not say why it ends.", _choice(put("finish_reason", None))),
        "chat_always_whole": ("A reply that is cut off ends as any other.", _choice(put("finish_reason", "stop"))),
        "chat_one_choice": ("One choice is answered.", _replies(at("choices", lambda many: many[:1]))),
        "chat_total_wrong": (
            "The tokens of a reply do not add up.",
            _replies(at("usage", at("total_tokens", lambda total: total + 1))),
        ),
        "chat_usage_missing": ("A reply does not count its tokens.", _replies(drop("usage"))),
        "chat_limit_ignored": (
            "A reply says more than it may.",
            asks(CHAT, lambda ask: ask.with_json(_less(ask, "max_completion_tokens"))),
        ),
        "chat_checkpoints_unknown": ("The models of checkpoints do not answer.", _untuned()),
        "chat_any_model": ("Every model answers.", _any_model()),
        "chat_not_streamed": ("A reply comes whole where it was to come in pieces.", _not_streamed()),
        "chat_stream_endless": ("A stream has no end.", _endless()),
        "chat_stream_ids": (
            "Each piece of a stream has another id.",
            _streams(lambda many: [{**piece, "id": f"chatcmpl-{number}"} for number, piece in enumerate(many)]),
        ),
        "chat_stream_role_missing": (
            "A stream does not begin with a role.",
            _streams(lambda many: many[1:]),
        ),
        "chat_stream_usage_missing": ("A stream does not tell its usage.", _streams(lambda many: many[:-1])),
        "chat_stream_without_finish": (
            "A stream does not say why it ends.",
            _streams(lambda many: [*many[:-2], many[-1]]),
        ),
        "chat_temperature_any": ("Any temperature is taken.", taken(CHAT, "temperature")),
        "chat_messages_param": ("Missing messages have no param.", told(put("param", "body"), of=about("messages"))),
        "chat_role_422": ("A role that is none is a 422.", answered(422, of=about("messages[0].role"))),
    }
)


def _signed(change: Callable[[str], str]) -> tuple[Part, ...]:
    """Return a sabotage of how deliveries are signed."""

    def broken(honest: Callable[..., str], acts: Acts) -> Callable[..., str]:
        def signature(*given: Any) -> str:
            acts.note()
            return change(honest(*given))

        return signature

    return (Part(signing, "signature", broken),)


def _secret_again() -> Filter:
    """Tell the secret of an endpoint at each look."""
    secrets: dict[str, str] = {}

    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if answer.status != SUCCESS or ask.operation not in (MADE, LOOKED):
            return answer
        body = answer.json()
        secrets.setdefault(body["id"], body.get("signing_secret", ""))
        return answer.with_json({**body, "signing_secret": secrets[body["id"]]})

    return telling


def _any_event() -> Begin:
    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == MADE and answer.status == REFUSED and "event_types" in str(error(answer)["param"]):
            return await forward(ask.with_json({**ask.json(), "event_types": ["fine_tuning.job.failed"]}))
        return answer

    return begins(taking)


def _gone(ask: Ask, _: Answer) -> Any:
    return {"id": ask.path.rpartition("/")[2], "object": "webhook_endpoint.deleted", "deleted": True}


WEBHOOKS_SABOTAGED = of_openai(
    {
        "webhook_secret_missing": ("A new endpoint does not tell its secret.", answers(MADE, drop("signing_secret"))),
        "webhook_secret_bare": (
            "A secret has no prefix.",
            answers(MADE, at("signing_secret", lambda text: text.removeprefix("whsec_"))),
        ),
        "webhook_secret_again": ("An endpoint tells its secret at each look.", _secret_again),
        "webhook_events_lost": ("A new endpoint does not tell its events.", answers(MADE, put("event_types", []))),
        "webhook_not_listed": ("Endpoints are not listed.", answers(LISTED, put("data", []))),
        "webhook_ends_missing": (
            "The list of endpoints does not name its first.",
            answers(LISTED, put("first_id", None)),
        ),
        "webhook_any_event": ("An endpoint is told of any event.", _any_event()),
        "webhook_missing_400": ("An endpoint that there is not is a 400.", answered(400, operations=(LOOKED,))),
        "webhook_delete_unheard": (
            "The deletion of an endpoint is not done.",
            unheard(DELETED, _gone, lambda ask: ask.path),
        ),
        "webhook_signature_of_another": ("A delivery is signed otherwise.", _signed(lambda text: text[:-6] + "AAAAA=")),
        "webhook_signature_of_no_version": (
            "A signature has no version.",
            _signed(lambda text: text.removeprefix("v1,")),
        ),
        "webhook_signature_missing": ("A delivery is not signed.", _signed(lambda _: "")),
    }
)
