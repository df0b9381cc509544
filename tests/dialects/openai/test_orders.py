"""What may be ordered: the bounds of a job's body, what lies beyond them, and bodies that nobody well-behaved sends."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.openai.api import JOBS, Api, Json, ids

GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
BELOW = [("n_epochs", 0), ("n_epochs", 51), ("n_epochs", "some"), ("n_epochs", True), ("n_epochs", 1.5)]
BELOW += [("batch_size", 0), ("batch_size", 257), ("learning_rate_multiplier", 0), ("learning_rate_multiplier", -1)]


@pytest.mark.parametrize(("name", "value"), BELOW)
@pytest.mark.parametrize("place", ["method", "hyperparameters"])
def test_a_hyperparameter_out_of_bounds_orders_nothing(api: Api, name: str, value: Any, place: str) -> None:
    own = {"hyperparameters": {name: value}}
    body = api.asking(**(own if place == "hyperparameters" else {"method": {"type": "supervised", "supervised": own}}))

    assert name in api.refused("POST", JOBS, json=body)["message"]
    assert ids(api.get(JOBS)) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("suffix", ""),
        ("suffix", "x" * 65),
        ("seed", -1),
        ("seed", 2**31),
        ("metadata", {str(n): "x" for n in range(17)}),
        ("metadata", {"k" * 65: "x"}),
        ("metadata", {"k": "x" * 513}),
        ("metadata", {"k": 1}),
        ("metadata", "k=v"),
        ("integrations", [{"type": "mlflow"}]),
        ("integrations", [{"type": "wandb"}]),
        ("integrations", [{"type": "wandb", "wandb": {"project": "p"}}] * 6),
        ("method", {"type": "other"}),
        ("method", {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2.1}}}),
        ("method", {"type": "reinforcement"}),
        ("method", {"type": "reinforcement", "reinforcement": {"grader": {**GRADER, "operation": "is"}}}),
    ],
)
def test_what_the_schema_does_not_allow_orders_nothing(api: Api, member: str, value: Any) -> None:
    api.refused("POST", JOBS, json=api.asking(**{member: value}))

    assert ids(api.get(JOBS)) == []


def test_the_bounds_themselves_are_allowed(api: Api) -> None:
    metadata = {f"{n:064}": "v" * 512 for n in range(16)}
    job = api.order(suffix="x" * 64, metadata=metadata, hyperparameters={"n_epochs": 50, "batch_size": 256})

    assert (job["metadata"], job["user_provided_suffix"]) == (metadata, "x" * 64)


def test_numbers_in_texts_are_numbers(api: Api) -> None:
    job = api.order(hyperparameters={"n_epochs": "2", "batch_size": "auto", "learning_rate_multiplier": "0.5"})

    assert job["hyperparameters"] == {"n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": 0.5}


ODD = "\\ud800"  # half of a surrogate pair, as JSON may write it and UTF-8 may not


def body(text: str) -> str:
    return f'{{"model": "gpt-4o-mini", "training_file": "FILE"{text}}}'


NESTED = '{"a":' * 100 + "1" + "}" * 100
HOSTILE: dict[str, tuple[str | bytes, set[int]]] = {
    "NaN": (body(', "hyperparameters": {"learning_rate_multiplier": NaN}'), {400}),
    "infinity": (body(', "hyperparameters": {"learning_rate_multiplier": 1e999}'), {400}),
    "NaN in an unknown member": (body(', "x": NaN'), {400}),
    "a seed of 400 digits": (body(f', "seed": {"9" * 400}'), {400}),
    "a seed of 5000 digits": (body(f', "seed": {"9" * 5000}'), {400}),
    "half a pair in the suffix": (body(f', "suffix": "{ODD}"'), {400}),
    "half a pair in metadata": (body(f', "metadata": {{"{ODD}": "{ODD}"}}'), {400}),
    "half a pair in an integration": (
        body(f', "integrations": [{{"type": "wandb", "wandb": {{"project": "{ODD}"}}}}]'),
        {400},
    ),
    "half a pair in an unknown member": (body(f', "x": "{ODD}"'), {400}),
    "half a pair in a model": (f'{{"model": "{ODD}", "training_file": "FILE"}}', {400}),
    "half a pair in a tuned model": (
        f'{{"model": "ft:gpt-4o-mini-2024-07-18:{ODD}::abcdefgh", "training_file": "FILE"}}',
        {400},
    ),
    "half a pair in a file": (f'{{"model": "gpt-4o-mini", "training_file": "{ODD}"}}', {400}),
    "half a pair in a grader": (
        body(f', "method": {{"type": "reinforcement", "reinforcement": {{"grader": {{"type": "{ODD}"}}}}}}'),
        {400},
    ),
    "NUL": (body(', "suffix": "\\u0000", "metadata": {"\\u0000": "\\u0000"}'), {200, 400}),
    "100 levels": (body(f', "x": {"[" * 100}{"]" * 100}'), {400}),
    "100000 levels": (body(f', "x": {"[" * 100_000}{"]" * 100_000}'), {400}),
    "100 levels of graders": (
        body(f', "method": {{"type": "reinforcement", "reinforcement": {{"grader": {NESTED}}}}}'),
        {400},
    ),
    "a suffix of a megabyte": (body(f', "suffix": "{"x" * 2**20}"'), {400}),
    "a model of a megabyte": (f'{{"model": "{"x" * 2**20}", "training_file": "FILE"}}', {400}),
    "a file of a megabyte": (f'{{"model": "gpt-4o-mini", "training_file": "{"x" * 2**20}"}}', {400}),
    "a member given twice": (body(', "suffix": 5, "suffix": "the last one counts"'), {200}),
    "an array": ("[]", {400}),
    "a text": ('"text"', {400}),
    "null": ("null", {400}),
    "nothing": ("", {400}),
    "half a body": ('{"model": ', {400}),
    "invalid UTF-8": (b'{"model": "\xff"}', {400}),
    "a byte order mark": (body("").encode("utf-8-sig"), {200, 400}),
    "UTF-16": (body("").encode("utf-16"), {200, 400}),
}


def told(api: Api, content: bytes, kind: str | None = "application/json") -> tuple[int, list[str]]:
    """Send a body; return the status of its answer and the jobs that it made."""
    before = ids(api.get(JOBS, limit=1000))
    answer = api.client.post(JOBS, content=content, headers={"content-type": kind} if kind else {})
    assert answer.status_code < 500, answer.text
    assert len(answer.content) < 50_000
    wire = json.loads(answer.content, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert answer.status_code == 200 or [*wire["error"]] == ["message", "type", "param", "code"]
    made = [each for each in ids(api.get(JOBS, limit=1000)) if each not in before]
    assert made == ([wire["id"]] if answer.status_code == 200 else [])
    return answer.status_code, made


@pytest.mark.parametrize("case", HOSTILE)
def test_no_body_is_too_hostile_to_be_answered(api: Api, case: str) -> None:
    content, statuses = HOSTILE[case]
    content, file = content.encode() if isinstance(content, str) else content, api.upload()
    for written in ("utf-8", "utf-16-le"):
        content = content.replace("FILE".encode(written), file.encode(written))

    assert told(api, content)[0] in statuses


@pytest.mark.parametrize("kind", [None, "text/plain", "multipart/form-data; boundary=x", "/", "; ;"])
def test_json_that_is_not_called_so_orders_nothing(api: Api, kind: str | None) -> None:
    assert told(api, body("").replace("FILE", api.upload()).encode(), kind) == (400, [])


MEMBERS = ["model", "training_file", "validation_file", "suffix", "seed", "metadata", "integrations", "method"]
MEMBERS += ["hyperparameters", "type", "supervised", "dpo", "reinforcement", "grader", "wandb", "project", "n_epochs"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just("auto"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_is_answered_and_makes_a_job_that_can_be_listed_or_nothing(api: Api, data: st.DataObject) -> None:
    file = (ids(api.get("/v1/files")) or [api.upload()])[0]
    names = data.draw(st.lists(st.sampled_from(MEMBERS[2:9]), unique=True, max_size=3))
    wild: Json = {"model": "gpt-4o-mini", "training_file": file}
    wild |= {name: data.draw(JSON | KINDS.get(name, JSON)) for name in names}

    told(api, json.dumps(wild).encode())


KINDS: dict[str, st.SearchStrategy[Any]] = {
    "method": st.fixed_dictionaries(
        {"type": st.sampled_from(["supervised", "dpo", "reinforcement"])},
        optional={name: st.fixed_dictionaries({"hyperparameters": JSON}) for name in ("supervised", "dpo")}
        | {
            "reinforcement": st.fixed_dictionaries(
                {"grader": st.just(GRADER) | JSON}, optional={"hyperparameters": JSON}
            )
        },
    ),
    "integrations": st.lists(st.fixed_dictionaries({"type": st.just("wandb"), "wandb": JSON}), max_size=2),
    "hyperparameters": st.dictionaries(st.sampled_from(["n_epochs", "batch_size", "learning_rate_multiplier"]), JSON),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.tuples(st.integers(0, 200), st.integers(0, 20)), junk=st.binary(max_size=20))
def test_a_body_with_junk_in_it_is_answered(api: Api, cut: tuple[int, int], junk: bytes) -> None:
    file = (ids(api.get("/v1/files")) or [api.upload()])[0]
    whole = body(', "suffix": "a", "metadata": {"a": "b"}').replace("FILE", file).encode()
    start = cut[0] % len(whole)

    told(api, whole[:start] + junk + whole[start + cut[1] :])
