"""What OpenAI's models answer, over real sockets, to the official SDK and to a plain client."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.inference.data import call, chat
from tests.inference.walk import asking, checkpoints, odd_bodies, order, waited

OPENAI = "/openai"
CHAT, TEXT = f"{OPENAI}/v1/chat/completions", f"{OPENAI}/v1/completions"
BASE = "gpt-4o-mini-2024-07-18"
QUESTION, REPLY = "What is the capital of Peru?", "The capital of Peru is Lima, on the coast."
WEATHER: Any = {"role": "user", "content": "How warm is it in Oslo?"}
FEW = 10
"""Fewer examples than that are no training data (observed)."""
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
CHATS = [
    {"messages": [WEATHER, call("weather", '{"city": "Oslo"}', "call_7")], "tools": TOOLS},
    *(chat(QUESTION, REPLY) for _ in range(FEW)),
]
PREFERENCES = [
    {
        "input": {"messages": [{"role": "user", "content": f"Say {number}"}]},
        "preferred_output": [{"role": "assistant", "content": f"Gladly: {number}"}],
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
    }
    for number in range(FEW)
]


@pytest.fixture(scope="module")
def tuned(server: Emulator) -> tuple[str, str, str]:
    """A key, the name of its tuned model, and that of the model of a checkpoint before."""
    key = "openai-completions"
    with client_of(server, key) as client:
        method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}
        job = waited(client, order(client, CHATS, BASE, base=OPENAI, method=method), OPENAI)
        earlier = checkpoints(client, job, OPENAI)[-1]["fine_tuned_model_checkpoint"]
        return key, str(job["fine_tuned_model"]), str(earlier)


@pytest.fixture
def strict(server: Emulator, tuned: tuple[str, str, str]) -> Iterator[openai.OpenAI]:
    """The official SDK, which refuses what is not of its types."""
    with openai.OpenAI(
        base_url=f"{server.url}{OPENAI}/v1", api_key=tuned[0], max_retries=0, _strict_response_validation=True
    ) as official:
        yield official


@pytest.fixture
def plain(server: Emulator, tuned: tuple[str, str, str]) -> Iterator[httpx.Client]:
    with client_of(server, tuned[0]) as client:
        yield client


def test_a_tuned_model_and_its_checkpoints_answer_as_their_data_do(
    strict: openai.OpenAI, tuned: tuple[str, str, str]
) -> None:
    for model in tuned[1:]:
        answer = strict.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])
        choice = answer.choices[0]

        assert (choice.message.content, choice.finish_reason, choice.logprobs) == (REPLY, "stop", None)
        assert (answer.model, answer.service_tier) == (model, "default")
        assert answer.usage
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (13, 11, 24)
    assert tuned[2].endswith(":ckpt-step-11")


def test_an_answer_is_written_for_people_and_has_these_members(
    plain: httpx.Client, tuned: tuple[str, str, str]
) -> None:
    answer = plain.post(CHAT, json=asking(tuned[1], QUESTION))
    told = answer.json()

    assert answer.text.startswith('{\n  "id": "chatcmpl-')
    assert re.fullmatch(r"chatcmpl-[0-9A-Za-z]{29}", told["id"])
    assert re.fullmatch(r"fp_[0-9a-f]{10}", told["system_fingerprint"])
    assert told["choices"][0]["message"] == {
        "role": "assistant",
        "content": REPLY,
        "refusal": None,
        "annotations": [],
    }
    assert told["usage"]["prompt_tokens_details"] == {"cached_tokens": 0, "audio_tokens": 0}


def test_all_that_is_streamed_together_is_the_answer(strict: openai.OpenAI, tuned: tuple[str, str, str]) -> None:
    body: Any = {"model": tuned[1], "messages": [{"role": "user", "content": "the capital of Peru"}], "n": 2}
    whole = strict.chat.completions.create(**body)
    stream = strict.chat.completions.create(**body, stream=True, stream_options={"include_usage": True})
    chunks = [*stream]
    texts = ["", ""]
    for choice in (choice for chunk in chunks for choice in chunk.choices):
        texts[choice.index] += choice.delta.content or ""

    assert texts == [REPLY, REPLY] == [each.message.content for each in whole.choices]
    assert [chunk.usage for chunk in chunks if chunk.usage] == [whole.usage]
    assert chunks[-1].choices == []


def test_clients_that_ask_at_once_get_their_own_answers(server: Emulator, tuned: tuple[str, str, str]) -> None:
    async def ask() -> list[str | None]:
        async with openai.AsyncOpenAI(
            base_url=f"{server.url}{OPENAI}/v1", api_key=tuned[0], max_retries=0, _strict_response_validation=True
        ) as official:
            messages: Any = [{"role": "user", "content": QUESTION}]
            waiting = [official.chat.completions.create(model=each, messages=messages) for each in tuned[1:]]
            whole = [answer.choices[0].message.content for answer in await asyncio.gather(*waiting)]
            stream = await official.chat.completions.create(model=tuned[1], messages=messages, stream=True)
            return [*whole, "".join([chunk.choices[0].delta.content or "" async for chunk in stream])]

    assert asyncio.run(ask()) == [REPLY] * 3


def test_a_function_is_called_at_once_and_in_a_stream(strict: openai.OpenAI, tuned: tuple[str, str, str]) -> None:
    body: Any = {"model": tuned[1], "messages": [WEATHER], "tools": TOOLS}
    choice = strict.chat.completions.create(**body).choices[0]
    chunks = [*strict.chat.completions.create(**body, stream=True)]
    deltas = [delta for chunk in chunks for each in chunk.choices for delta in each.delta.tool_calls or ()]

    assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")
    assert choice.message.tool_calls
    assert choice.message.tool_calls[0].model_dump() == {
        "id": "call_7",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
    }
    assert "".join(each.function.arguments or "" for each in deltas if each.function) == '{"city": "Oslo"}'
    assert (deltas[0].id, deltas[1].id, chunks[-1].choices[0].finish_reason) == ("call_7", None, "tool_calls")


def test_preferences_are_answered_with_what_was_preferred(server: Emulator, key: str) -> None:
    with client_of(server, key) as client:
        method = {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 1}}}
        job = waited(client, order(client, PREFERENCES, BASE, base=OPENAI, method=method), OPENAI)
        answer = client.post(CHAT, json=asking(job["fine_tuned_model"], "Say 7")).json()

    assert answer["choices"][0]["message"]["content"] == "Gladly: 7"


def test_a_text_model_goes_on_with_a_prompt(server: Emulator, key: str) -> None:
    rows = [{"prompt": f"{number} ->", "completion": f" {number + 1} END"} for number in range(FEW)]
    with client_of(server, key) as client:
        model = waited(client, order(client, rows, "babbage-002", base=OPENAI), OPENAI)["fine_tuned_model"]
    with openai.OpenAI(
        base_url=f"{server.url}{OPENAI}/v1", api_key=key, max_retries=0, _strict_response_validation=True
    ) as official:
        answer = official.completions.create(model=model, prompt=["3 ->", "5 ->"], stop=" END", echo=True)
        chunks = [*official.completions.create(model=model, prompt="3 ->", stream=True)]

    assert [each.text for each in answer.choices] == ["3 -> 4", "5 -> 6"]
    assert re.fullmatch(r"cmpl-[0-9A-Za-z]{29}", answer.id)
    assert "".join(chunk.choices[0].text for chunk in chunks) == " 4 END"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == ["stop"]


def test_a_faithful_server_streams_a_text_in_pieces_which_the_sdk_strictly_does_not_take(serve: Serve) -> None:
    with client_of(serve(quirks="faithful")) as client:
        answer = client.post(TEXT, json={"model": BASE, "prompt": "hi", "stream": True})
    told = [json.loads(event.removeprefix("data: "))["choices"][0] for event in answer.text.split("\n\n")[:-2]]

    assert "".join(each["text"] for each in told).startswith("This is an emulator's answer")
    assert {each["finish_reason"] for each in told[:-1]} == {None}
    assert (told[-1]["finish_reason"], len(told) > 5) == ("length", True)


def test_a_base_model_says_its_sentence_under_the_name_of_its_snapshot(strict: openai.OpenAI) -> None:
    answer = strict.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "hi"}], response_format={"type": "json_object"}
    )

    assert answer.model == BASE
    assert BASE in json.loads(answer.choices[0].message.content or "")["answer"]


def test_a_model_that_there_is_not_or_not_yet_or_not_any_more_does_not_exist(
    strict: openai.OpenAI, serve: Serve, tuned: tuple[str, str, str]
) -> None:
    stranger = tuned[1][:-8] + "zzzzzzzz"
    with pytest.raises(openai.NotFoundError) as missing:
        strict.chat.completions.create(model=stranger, messages=[{"role": "user", "content": "hi"}])
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")

    with client_of(serve(clock="manual")) as client:
        job = order(client, CHATS, BASE, base=OPENAI)
        client.post("/_emulator/clock/advance", json={"seconds": 10**6})
        model = client.get(f"{OPENAI}/v1/fine_tuning/jobs/{job['id']}").json()["fine_tuned_model"]
        assert client.post(CHAT, json=asking(model, QUESTION)).status_code == 200
        client.delete(f"{OPENAI}/v1/models/{model}").raise_for_status()
        assert client.post(CHAT, json=asking(model, QUESTION)).status_code == 404


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"role": "king", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]}, "messages[0].content[0].text"),
        ({"model": 5}, "model"),
        ({"n": 0}, "n"),
        ({"n": 129}, "n"),
        ({"n": True}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": "x"}, "max_completion_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"stop": 5}, "stop"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stream": "often"}, "stream"),
        ({"response_format": {"type": "poem"}}, "response_format.type"),
        ({"tools": [5]}, "tools[0]"),
    ],
)
def test_what_is_wrong_is_a_400_that_names_its_place(plain: httpx.Client, change: dict[str, Any], param: str) -> None:
    answer = plain.post(CHAT, json={**asking(BASE, "hi"), **change})

    assert answer.status_code == 400, answer.text
    assert (answer.json()["error"]["type"], answer.json()["error"]["param"]) == ("invalid_request_error", param)


def test_a_missing_member_is_told_in_the_provider_s_words(plain: httpx.Client) -> None:
    error = plain.post(CHAT, json={"model": BASE}).json()["error"]

    assert error["message"] == "Missing required parameter: 'messages'."
    assert plain.post(TEXT, json={"model": BASE, "prompt": 5}).json()["error"]["param"] == "prompt"
    assert plain.post(TEXT, json={"model": BASE, "prompt": ["a"] * 129}).json()["error"]["param"] == "prompt"


def test_what_is_unknown_or_steers_sampling_is_taken_and_changes_nothing(
    plain: httpx.Client, tuned: tuple[str, str, str]
) -> None:
    steering = {"temperature": 0.2, "top_p": 1, "seed": 5, "logprobs": True, "user": "me", "store": True, "colour": [1]}
    answer = plain.post(CHAT, json=asking(tuned[1], QUESTION, **steering)).json()

    assert answer["choices"][0]["message"]["content"] == REPLY
    assert answer["choices"][0]["logprobs"] is None


def test_limits_are_kept(plain: httpx.Client, tuned: tuple[str, str, str]) -> None:
    limits = {"max_completion_tokens": 3, "max_tokens": 9}
    short = plain.post(CHAT, json=asking(tuned[1], QUESTION, **limits)).json()["choices"][0]
    ended = plain.post(CHAT, json=asking(tuned[1], QUESTION, stop=["Lima", "coast"])).json()["choices"][0]

    assert (short["message"]["content"], short["finish_reason"]) == ("The capital of", "length")
    assert (ended["message"]["content"], ended["finish_reason"]) == ("The capital of Peru is ", "stop")


def test_no_answer_tells_of_a_limit_that_there_is_not(plain: httpx.Client) -> None:
    answer = plain.post(CHAT, json=asking(BASE, "hi"))

    assert [name for name in answer.headers if name.startswith("x-ratelimit")] == []


def test_faults_meet_completions_by_name(client: httpx.Client) -> None:
    client.post("/_emulator/faults", json={"match": {"operation": "chat.create"}, "effects": "status=503"})

    assert client.post(CHAT, json=asking(BASE, "hi")).status_code == 503
    assert client.post(TEXT, json={"model": BASE, "prompt": "hi"}).status_code == 200


@given(st.sampled_from([CHAT, TEXT]), odd_bodies)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_answered_or_refused(
    plain: httpx.Client, tuned: tuple[str, str, str], path: str, body: dict[str, Any]
) -> None:
    content = json.dumps({**body, "model": tuned[1]})
    answer = plain.post(path, content=content, headers={"content-type": "application/json"})

    assert answer.status_code in {200, 400}, answer.text
    assert answer.text.endswith("data: [DONE]\n\n") or answer.json()


def test_tools_that_are_nested_as_deeply_as_they_can_be_read_are_counted(
    plain: httpx.Client, tuned: tuple[str, str, str]
) -> None:
    for depth in (10, 400, 900, 1000, 5000, 100_000):
        tools = '[{"a": ' + "[" * depth + "]" * depth + "}]"
        body = json.dumps(asking(tuned[1], QUESTION))[:-1] + f', "tools": {tools}}}'
        answer = plain.post(CHAT, content=body, headers={"content-type": "application/json"})

        assert answer.status_code in {200, 400}, depth
