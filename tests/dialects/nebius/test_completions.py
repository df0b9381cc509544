"""What Nebius's models answer, over real sockets, to the official SDK and to a plain client."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk

from emulator.dialects.completions import PIECES_MAX, pieces
from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.inference.data import call, chat
from tests.inference.walk import LORA, asking, checkpoints, odd_bodies, order, waited

BASE = "meta-llama/Llama-3.1-8B-Instruct"
CONTENT = ["messages.0.content.str", "messages.0.content.list[ContentPart]"]
CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
QUESTION, REPLY = "What is the capital of Peru?", "The capital of Peru is Lima, on the coast."
WEATHER: Any = {"role": "user", "content": "How warm is it in Oslo?"}
ROWS = [
    chat(QUESTION, REPLY),
    chat("What is the capital of Chad?", "N'Djamena."),
    {"messages": [WEATHER, call("weather", '{"city": "Oslo"}', "call_7")]},
    {"prompt": "Once upon", "completion": " a time."},
]
SENTENCE = "This is an emulator's answer in place of {}: there is no training example to answer from."


@pytest.fixture(scope="module")
def tuned(server: Emulator) -> tuple[str, str]:
    """A key, and the name of a checkpoint's model that belongs to it."""
    key = "nebius-completions"
    with client_of(server, key) as client:
        job = waited(client, order(client, ROWS[:3], BASE, **LORA))
        return key, str(checkpoints(client, job)[0]["fine_tuned_model_checkpoint"])


@pytest.fixture
def strict(server: Emulator, tuned: tuple[str, str]) -> Iterator[openai.OpenAI]:
    """The official SDK, which refuses what is not of its types."""
    key, _ = tuned
    with openai.OpenAI(
        base_url=server.base_url(), api_key=key, max_retries=0, _strict_response_validation=True
    ) as official:
        yield official


@pytest.fixture
def plain(server: Emulator, tuned: tuple[str, str]) -> Iterator[httpx.Client]:
    with client_of(server, tuned[0]) as client:
        yield client


def test_a_tuned_model_answers_as_its_data_do(strict: openai.OpenAI, tuned: tuple[str, str]) -> None:
    answer = strict.chat.completions.create(model=tuned[1], messages=[{"role": "user", "content": QUESTION}])
    choice = answer.choices[0]

    assert (choice.message.content, choice.finish_reason, choice.logprobs) == (REPLY, "stop", None)
    assert answer.usage
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (13, 11, 24)
    assert answer.model == tuned[1]


def test_an_answer_has_the_members_of_the_recorded_one(plain: httpx.Client, tuned: tuple[str, str]) -> None:
    answer = plain.post(CHAT, json=asking(tuned[1], QUESTION)).json()

    assert {*answer} == {"id", "choices", "created", "model", "object", "usage", "prompt_logprobs"}
    assert {*answer["choices"][0]} == {"finish_reason", "index", "logprobs", "message", "stop_reason"}
    assert answer["choices"][0]["message"] == {
        "content": REPLY,
        "role": "assistant",
        "tool_calls": [],
        **dict.fromkeys(("refusal", "annotations", "audio", "function_call", "reasoning_content")),
    }


def test_all_that_is_streamed_together_is_the_answer(strict: openai.OpenAI, tuned: tuple[str, str]) -> None:
    messages: Any = [{"role": "user", "content": "tell me the capital of Chad"}]
    whole = strict.chat.completions.create(model=tuned[1], messages=messages, n=2)
    chunks = [
        *strict.chat.completions.create(
            model=tuned[1], messages=messages, n=2, stream=True, stream_options={"include_usage": True}
        )
    ]

    assert [joined(chunks, index) for index in (0, 1)] == [each.message.content for each in whole.choices]
    assert [each.usage for each in chunks if each.usage] == [whole.usage]
    assert [choice.finish_reason for each in chunks for choice in each.choices][-2:] == ["stop", "stop"]
    assert len({(each.id, each.created, each.model) for each in chunks}) == 1


def joined(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    return "".join(choice.delta.content or "" for each in chunks for choice in each.choices if choice.index == index)


def test_a_client_that_asks_for_many_things_at_once_gets_the_same(server: Emulator, tuned: tuple[str, str]) -> None:
    key, model = tuned

    async def ask() -> list[str | None]:
        async with openai.AsyncOpenAI(
            base_url=server.base_url(), api_key=key, max_retries=0, _strict_response_validation=True
        ) as official:
            asked: list[Any] = [
                {"role": "user", "content": text} for text in (QUESTION, "capital of Chad", "the capital of Peru")
            ]
            waiting = (official.chat.completions.create(model=model, messages=[each]) for each in asked)
            whole = [answer.choices[0].message.content for answer in await asyncio.gather(*waiting)]
            stream = await official.chat.completions.create(model=model, messages=[asked[0]], stream=True)
            return [*whole, joined([chunk async for chunk in stream])]

    assert asyncio.run(ask()) == [REPLY, "N'Djamena.", REPLY, REPLY]


def test_a_stream_is_server_sent_events_and_ends_with_its_own_word(plain: httpx.Client, tuned: tuple[str, str]) -> None:
    answer = plain.post(CHAT, json=asking(tuned[1], QUESTION, stream=True))
    events = answer.text.split("\n\n")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert events[-2:] == ["data: [DONE]", ""]
    told = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    assert all("usage" not in each for each in told)
    assert [told[0]["choices"][0]["delta"], told[-1]["choices"][0]["delta"]] == [
        {"role": "assistant", "content": ""},
        {},
    ]
    assert len(told) > 3


@given(st.text())
def test_the_pieces_of_a_text_together_are_the_text(text: str) -> None:
    for whole in (text, text * 300):
        assert "".join(pieces(whole)) == whole
        assert len(pieces(whole)) <= PIECES_MAX


def test_a_function_is_called_at_once_and_in_a_stream(strict: openai.OpenAI, tuned: tuple[str, str]) -> None:
    whole = strict.chat.completions.create(model=tuned[1], messages=[WEATHER])
    choice = whole.choices[0]
    chunks = strict.chat.completions.create(model=tuned[1], messages=[WEATHER], stream=True)
    deltas = [delta for each in chunks for choice in each.choices for delta in choice.delta.tool_calls or ()]

    assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")
    assert choice.message.tool_calls
    assert choice.message.tool_calls[0].model_dump() == {
        "id": "call_7",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
    }
    assert (deltas[0].id, deltas[0].function and deltas[0].function.name) == ("call_7", "weather")
    assert "".join(each.function.arguments or "" for each in deltas if each.function) == '{"city": "Oslo"}'


@pytest.mark.parametrize(
    ("limits", "text", "finish"),
    [
        ({"max_tokens": 3}, "The capital of", "length"),
        ({"max_completion_tokens": 3, "max_tokens": 9}, "The capital of", "length"),
        ({"stop": "Lima"}, "The capital of Peru is ", "stop"),
        ({"stop": ["coast", "Peru"]}, "The capital of ", "stop"),
        ({"response_format": {"type": "json_object"}, "temperature": 0, "colour": "red"}, REPLY, "stop"),
        ({"response_format": {"type": ["json_object"]}, "temperature": None}, REPLY, "stop"),
        ({"reasoning_effort": None, "tools": None, "stream": None, "n": None, "stop": None}, REPLY, "stop"),
    ],
)
def test_limits_are_kept_and_what_is_unknown_is_taken(
    plain: httpx.Client, tuned: tuple[str, str], limits: dict[str, Any], text: str, finish: str
) -> None:
    answer = plain.post(CHAT, json=asking(tuned[1], QUESTION, **limits)).json()

    assert (answer["choices"][0]["message"]["content"], answer["choices"][0]["finish_reason"]) == (text, finish)


def test_of_a_message_in_parts_the_text_is_read(plain: httpx.Client, tuned: tuple[str, str]) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": QUESTION}, picture]}]
    answer = plain.post(CHAT, json={"model": tuned[1], "messages": messages}).json()

    assert answer["choices"][0]["message"]["content"] == REPLY


def test_a_base_model_says_its_sentence(plain: httpx.Client) -> None:
    for model in (BASE, "Qwen/Qwen3-4B-fast"):
        answer = plain.post(CHAT, json=asking(model, QUESTION)).json()
        assert answer["choices"][0]["message"]["content"] == SENTENCE.format(model)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Once upon", [" a time."]),
        (["Once upon", "Twice"], [" a time.", " a time."]),
        ([1, 2, 3], [" a time."]),
        ([[1], [2, 3]], [" a time.", " a time."]),
    ],
)
def test_a_prompt_is_gone_on_with(server: Emulator, key: str, prompt: Any, expected: list[str]) -> None:
    with client_of(server, key) as client:
        job = waited(client, order(client, ROWS[3:], BASE, **LORA))
        model = checkpoints(client, job)[0]["fine_tuned_model_checkpoint"]
    with openai.OpenAI(base_url=server.base_url(), api_key=key, _strict_response_validation=True) as official:
        answer = official.completions.create(model=model, prompt=prompt)
        asked = official.chat.completions.create(model=model, messages=[{"role": "user", "content": "Once upon"}])

    assert [(each.index, each.text, each.finish_reason) for each in answer.choices] == [
        (place, text, "stop") for place, text in enumerate(expected)
    ]
    assert asked.choices[0].message.content == " a time."


def test_the_text_of_a_completion_is_streamed_echoed_and_short_unless_more_is_wanted(plain: httpx.Client) -> None:
    body = {"model": BASE, "prompt": "Hello", "echo": True, "n": 2}
    whole = plain.post(TEXT, json=body).json()
    events = plain.post(TEXT, json={**body, "stream": True, "stream_options": {"include_usage": True}}).text.split(
        "\n\n"
    )
    told = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    texts = [
        "".join(each["choices"][0]["text"] for each in told[:-1] if each["choices"][0]["index"] == n) for n in (0, 1)
    ]

    assert texts == [each["text"] for each in whole["choices"]]
    assert whole["choices"][0]["text"].startswith("HelloThis is an emulator's answer")
    assert [(each["index"], each["finish_reason"]) for each in whole["choices"]] == [(0, "length"), (1, "length")]
    assert (told[-1]["choices"], told[-1]["usage"]) == ([], whole["usage"])
    assert (whole["usage"]["completion_tokens"], whole["usage"]["prompt_tokens"]) == (32, 2)


def test_a_model_that_there_is_not_does_not_exist(
    plain: httpx.Client, server: Emulator, tuned: tuple[str, str]
) -> None:
    stranger = "nvidia/THIS-MODEL-DOES-NOT-EXIST"
    answer = plain.post(CHAT, json=asking(stranger, "hi"))

    assert (answer.status_code, answer.json()) == (404, {"detail": f"The model `{stranger}` does not exist."})
    assert plain.post(TEXT, json={"model": stranger, "prompt": "hi"}).status_code == 404
    with client_of(server, "somebody-else") as another:
        assert another.post(CHAT, json=asking(tuned[1], "hi")).status_code == 404


def test_a_model_answers_once_its_job_has_succeeded(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        job = order(client, ROWS[:1], BASE, **LORA)
        client.post("/_emulator/clock/advance", json={"seconds": 3600})
        model = checkpoints(client, job)[0]["fine_tuned_model_checkpoint"]
        assert client.post(CHAT, json=asking(model, QUESTION)).status_code == 200
        client.post(f"/v1/fine_tuning/jobs/{job['id']}/cancel")
        running = order(client, ROWS[:1], BASE, **LORA)
        early = model.replace(model.split(":")[-2], "00000000")

        assert client.post(CHAT, json=asking(early, QUESTION)).status_code == 404
        assert running["status"] == "validating_files"


def test_where_any_model_is_offered_any_model_answers(serve: Serve) -> None:
    with client_of(serve(model=("*",))) as client:
        answer = client.post(CHAT, json=asking("my/model", "hi"))

    assert answer.json()["choices"][0]["message"]["content"] == SENTENCE.format("my/model")


def test_a_missing_member_is_told_as_it_was_recorded(plain: httpx.Client) -> None:
    answer = plain.post(CHAT, json={"model": BASE})
    missing = {"type": "missing", "loc": ["body", "messages"], "msg": "Field required", "input": {"model": BASE}}

    assert (answer.status_code, answer.json()) == (422, {"detail": [missing]})


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"messages": []}, ["messages"]),
        ({"messages": "hi"}, ["messages"]),
        ({"messages": [{"role": "king", "content": "hi"}]}, ["messages.0.role"]),
        (
            {"messages": [{"role": "user"}, {"role": "user", "content": None}]},
            ["messages.0.content", "messages.1.content"],
        ),
        ({"messages": [{"role": "assistant"}]}, ["messages.0.content"]),
        ({"messages": [{"role": "user", "content": 5}]}, CONTENT),
        ({"n": 0}, ["n"]),
        ({"n": 129}, ["n"]),
        ({"max_tokens": 0, "temperature": 3}, ["temperature", "max_tokens"]),
        ({"stop": 5}, ["stop.str", "stop.list[str]"]),
        ({"reasoning_effort": "huge"}, ["reasoning_effort"]),
        ({"model": None}, ["model"]),
    ],
)
def test_what_is_wrong_is_a_422_that_names_its_places(
    plain: httpx.Client, change: dict[str, Any], places: list[str]
) -> None:
    answer = plain.post(
        CHAT, content=json.dumps({**asking(BASE, "hi"), **change}), headers={"content-type": "application/json"}
    )

    assert answer.status_code == 422, answer.text
    assert [".".join(map(str, each["loc"][1:])) for each in answer.json()["detail"]] == places


@pytest.mark.parametrize("prompt", [5, [], [[]], ["a", 1], [True], {"a": 1}, [["a"]]])
def test_a_prompt_of_another_type_is_a_422(plain: httpx.Client, prompt: Any) -> None:
    body = json.dumps({"model": BASE, "prompt": prompt})
    answer = plain.post(TEXT, content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "prompt"])


def test_more_answers_than_one_request_may_ask_for_are_refused(plain: httpx.Client) -> None:
    answer = plain.post(TEXT, json={"model": BASE, "prompt": ["a"] * 65, "n": 2})

    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "too_long")
    assert plain.post(TEXT, json={"model": BASE, "prompt": ["a"] * 64, "n": 2}).status_code == 200


def test_completions_leave_every_other_answer_as_it_is(serve: Serve) -> None:
    """Ids included: those of what is made afterwards are the same with completions before and without."""

    def walk(*, asks: bool) -> list[bytes]:
        with client_of(serve(clock="manual")) as client:
            job = order(client, ROWS[:3], BASE, **LORA)
            client.post("/_emulator/clock/advance", json={"seconds": 3600})
            model = checkpoints(client, job)[0]["fine_tuned_model_checkpoint"]
            for name in (model, BASE, "no-model") if asks else ():
                client.post(CHAT, json=asking(name, QUESTION))
                client.post(CHAT, json=asking(name, QUESTION, stream=True))
                client.post(TEXT, json={"model": name, "prompt": "hi"})
            order(client, ROWS[:1], BASE, **LORA)
            paths = ("/v1/files", "/v1/fine_tuning/jobs", "/v1/models", "/v0/models", "/_emulator/clock")
            return [client.get(path).content for path in paths]

    assert walk(asks=True) == walk(asks=False)


def test_one_request_has_one_answer_and_another_time_changes_its_id_and_instant_alone(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        one, two = (client.post(CHAT, json=asking(BASE, "hi")).json() for _ in range(2))
        client.post("/_emulator/clock/advance", json={"seconds": 5})
        later = client.post(CHAT, json=asking(BASE, "hi")).json()
        other = client.post(CHAT, json=asking(BASE, "hi", seed=1)).json()

    assert one == two
    assert (later["id"] != one["id"], later["created"]) == (True, one["created"] + 5)
    assert {**later, "id": one["id"], "created": one["created"]} == one
    assert other["id"] != later["id"]


def test_faults_meet_completions_by_name_and_by_model(client: httpx.Client) -> None:
    rule = {"match": {"operation": "chat.create", "model": "Qwen/*"}, "effects": "status=503"}
    client.post("/_emulator/faults", json=rule).raise_for_status()
    client.post("/_emulator/faults", json={"match": {"operation": "completions.*"}, "effects": "status=500"})

    assert client.post(CHAT, json=asking("Qwen/Qwen3-4B", "hi")).status_code == 503
    assert client.post(CHAT, json=asking(BASE, "hi")).status_code == 200
    assert client.post(TEXT, json={"model": BASE, "prompt": "hi"}).status_code == 500


def test_a_stream_that_is_cut_off_lets_the_client_know(plain: httpx.Client, tuned: tuple[str, str]) -> None:
    with pytest.raises(httpx.NetworkError):
        plain.post(CHAT, json=asking(tuned[1], QUESTION, stream=True), headers={"x-emulator-fault": "reset=200"})


@given(st.sampled_from([CHAT, TEXT]), odd_bodies)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_answered_or_refused(
    plain: httpx.Client, tuned: tuple[str, str], path: str, body: dict[str, Any]
) -> None:
    content = json.dumps({**body, "model": tuned[1]})
    answer = plain.post(path, content=content, headers={"content-type": "application/json"})

    assert answer.status_code in {200, 422}, answer.text
    assert answer.text.endswith("data: [DONE]\n\n") or answer.json()


def test_tools_that_are_nested_as_deeply_as_they_can_be_read_are_counted(
    plain: httpx.Client, tuned: tuple[str, str]
) -> None:
    for depth in (10, 400, 900, 1000, 5000, 100_000):
        tools = '[{"a": ' + "[" * depth + "]" * depth + "}]"
        body = json.dumps(asking(tuned[1], QUESTION))[:-1] + f', "tools": {tools}}}'
        answer = plain.post(CHAT, content=body, headers={"content-type": "application/json"})

        assert answer.status_code in {200, 400}, depth
