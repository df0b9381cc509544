"""Chat with a base model and with what a job has made: the members, the stream, the refusals; not what is said."""

import json
import re
from typing import Any

import openai
import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import NO_MODEL
from contract_tests.openai.provider import ALIAS, CHAT, MODEL

USD = 0.001
"""More than a few tokens cost (documented)."""
ASKED: list[dict[str, str]] = [{"role": "user", "content": "Which colour has snow?"}]
USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")


def ask(run: Run, model: str, **more: Any) -> Answer:
    """Ask a model, which costs a little."""
    run.spending.spend(USD)
    return run.line.post(CHAT, {"model": model, "messages": ASKED, **more})


@pytest.fixture(scope="module")
def said(run: Run) -> Answer:
    """What the base model answers, asked by its alias."""
    return ask(run, run.options.model or ALIAS)


@spends
@fact("chat.create", "answers a chat.completion with one choice, by the assistant", known="documented")
def test_a_reply_is_one_choice(said: Answer) -> None:
    body = said.ok()
    (choice,) = body["choices"]

    assert body["object"] == "chat.completion"
    assert (choice["index"], choice["message"]["role"], choice["finish_reason"]) == (0, "assistant", "stop")
    assert choice["message"]["content"]


@spends
@fact("chat.create", "gives ids of chatcmpl- and letters", known="unverified")
def test_a_replys_id_has_its_prefix(said: Answer) -> None:
    assert re.fullmatch(r"chatcmpl-[0-9A-Za-z]{20,40}", said.ok()["id"])


@spends
@fact("chat.create", "answers the snapshot that an alias stands for", known="unverified")
def test_an_alias_is_resolved(run: Run, said: Answer) -> None:
    if run.options.model:
        pytest.skip("the alias of another --model is not known")

    assert said.ok()["model"] == MODEL


@spends
@fact("chat.create", "counts the tokens of prompt and reply, and both together", known="documented")
def test_tokens_are_counted(said: Answer) -> None:
    asked, told, both = (said.ok()["usage"][name] for name in USAGE)

    assert asked > 0
    assert told > 0
    assert asked + told == both


@spends
@fact("chat.create", "is answered by the model that a job has made, under its name", known="documented")
def test_a_tuned_model_answers(run: Run, tuned: str) -> None:
    body = ask(run, tuned).ok()

    assert body["model"] == tuned
    assert body["choices"][0]["message"]["content"]


@spends
@fact("chat.create", "is answered by the model of a checkpoint", known="documented")
def test_a_checkpoint_answers(run: Run, walk: Any) -> None:
    made = walk.last.checkpoints.rows()[-1]["fine_tuned_model_checkpoint"]

    assert ask(run, made).ok()["model"] == made


@spends
@fact("chat.create", "says no more tokens than it may, and that it is cut off", known="documented")
def test_a_reply_may_be_cut_off(run: Run) -> None:
    body = ask(run, MODEL, max_completion_tokens=2).ok()

    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] <= 2


@spends
@fact("chat.create", "answers as many choices as were asked for", known="documented")
def test_several_choices_may_be_asked_for(run: Run) -> None:
    body = ask(run, MODEL, n=2, max_completion_tokens=4).ok()

    assert [choice["index"] for choice in body["choices"]] == [0, 1]


@pytest.fixture(scope="module")
def streamed(run: Run) -> Answer:
    """A reply that came piece by piece, with its usage."""
    return ask(run, MODEL, stream=True, stream_options={"include_usage": True})


def chunks(streamed: Answer) -> list[Any]:
    """Return the pieces of a stream, without its end."""
    lines = [line for line in streamed.content.decode().split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines), f"lines of data were expected of {streamed!r}"
    return [json.loads(line.removeprefix("data: "), object_pairs_hook=Obj.of) for line in lines[:-1]]


@spends
@fact("chat.create", "streams events, and ends with [DONE]", known="documented")
def test_a_stream_has_an_end(streamed: Answer) -> None:
    assert (streamed.status, streamed.media_type) == (200, "text/event-stream")
    assert streamed.content.endswith(b"data: [DONE]\n\n")


@spends
@fact("chat.create", "streams a role, then text, then why it ends, under one id", known="documented")
def test_a_stream_is_one_reply(streamed: Answer) -> None:
    told = [chunk for chunk in chunks(streamed) if chunk["choices"]]

    assert {(chunk["object"], chunk["id"]) for chunk in told} == {("chat.completion.chunk", told[0]["id"])}
    assert told[0]["choices"][0]["delta"]["role"] == "assistant"
    assert [chunk["choices"][0]["finish_reason"] for chunk in told] == [None] * (len(told) - 1) + ["stop"]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in told)


@spends
@fact("chat.create", "streams the usage last, where it is asked for, without a choice", known="documented")
def test_a_stream_tells_its_usage_last(streamed: Answer) -> None:
    *before, last = chunks(streamed)

    assert last["choices"] == []
    assert last["usage"]["total_tokens"] > 0
    assert all(not chunk.get("usage") for chunk in before)


@spends
@fact("chat.create", "is read by the official client", known="documented")
def test_the_client_chats(run: Run, tuned: str) -> None:
    run.spending.spend(USD)
    run.pace.wait()
    with openai.OpenAI(base_url=run.target.url, api_key=run.target.key.reveal(), max_retries=0) as client:
        told = client.chat.completions.create(
            model=tuned, messages=[{"role": "user", "content": "Which colour has snow?"}]
        )

    assert told.choices[0].message.content


@free
@fact("chat.create", "of an unknown model is a 404 of the code model_not_found", known="documented")
def test_an_unknown_model_does_not_answer(line: Line) -> None:
    error = invalid(line.post(CHAT, {"model": NO_MODEL, "messages": ASKED}), 404)

    assert error["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param(*told, marks=fact("chat.create", f"does not take {words}", known="documented"), id=words)
        for words, told in {
            "a request without a model": ({"messages": ASKED}, "model"),
            "a request without messages": ({"model": MODEL}, "messages"),
            "a list of no messages": ({"model": MODEL, "messages": []}, "messages"),
            "a role that is none": (
                {"model": MODEL, "messages": [{"role": "oracle", "content": "x"}]},
                "messages[0].role",
            ),
            "a temperature above 2": ({"model": MODEL, "messages": ASKED, "temperature": 2.5}, "temperature"),
        }.items()
    ],
)
@free
def test_a_request_that_cannot_be_is_refused(line: Line, body: dict[str, Any], param: str) -> None:
    assert param in str(invalid(line.post(CHAT, body))["param"] or param)
