"""Every case of ``fixtures/nebius`` is asked of the emulator over HTTP and its answer held against the example."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.recording.shape import Compare, found
from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import client_of
from tests.fixture_cases import FIXTURES, Case, differences, load, paths

PATHS = paths()
IDS = [str(path.relative_to(FIXTURES)) for path in PATHS]
EVERY_CASE = pytest.mark.parametrize("path", PATHS, ids=IDS)

JOB_MOMENTS = 50
"""More moments than any job of a case has: a situation that has not come by then never comes."""


class Stage:
    """A tenant in which a case's situation is brought about; ``{...}`` in a case stands for what it makes."""

    def __init__(self, client: httpx.Client, case: Case) -> None:
        self._client, self._case = client, case
        self._made: dict[str, str] = {}

    def ask(self) -> httpx.Response:
        """Bring the situation about, then send the case's request."""
        if self._case.job is not None:
            self._id("job")
        request = self._filled(self._case.request)
        sent = self._client.build_request(request["method"], request["path"], **_body(request))
        if "authorization" in request:
            del sent.headers["authorization"]
            sent.headers.update({"authorization": value} if (value := request["authorization"]) else {})
        return self._client.send(sent)

    def _filled(self, value: Any) -> Any:
        """Return a value with every placeholder in it replaced."""
        match value:
            case str():
                return re.sub(r"\{(\w+)(?::([\w.]+))?\}", lambda found: self._id(found[1], found[2] or ""), value)
            case dict():
                return {key: self._filled(each) for key, each in value.items()}
            case list():
                return [self._filled(each) for each in value]
            case _:
                return value

    def _id(self, kind: str, name: str = "") -> str:
        makers: dict[str, Callable[[], str]] = {
            "training_file": lambda: self._upload("training.jsonl", lines()),
            "validation_file": lambda: self._upload("validation.jsonl", lines()),
            "broken_file": lambda: self._upload("training.jsonl", b'{"messages": []}\n'),
            "job": self._job,
            "file": lambda: self._result_file(name),
        }
        if kind + name not in self._made:
            self._made[kind + name] = makers[kind]()
        return self._made[kind + name]

    def _upload(self, name: str, content: bytes) -> str:
        answer = self._client.post("/v1/files", files={"file": (name, content)}, data={"purpose": "fine-tune"})
        return str(answer.raise_for_status().json()["id"])

    def _job(self) -> str:
        body = self._filled(self._case.job)
        job = self._client.post("/v1/fine_tuning/jobs", json=body).raise_for_status().json()
        at = f"/v1/fine_tuning/jobs/{job['id']}"
        if self._case.situation in {"any", "created"}:
            return str(job["id"])
        if self._case.situation == "cancelled":
            self._client.post(f"{at}/cancel").raise_for_status()
        for _ in range(JOB_MOMENTS):
            if self._client.get(at).json()["status"] == self._case.situation:
                return str(job["id"])
            self._client.post("/_emulator/clock/skip").raise_for_status()
        raise AssertionError(f"the job never is {self._case.situation}")

    def _result_file(self, name: str) -> str:
        checkpoints = self._client.get(f"/v1/fine_tuning/jobs/{self._id('job')}/checkpoints").json()
        for file_id in checkpoints["data"][-1]["result_files"]:
            if self._client.get(f"/v1/files/{file_id}").json()["filename"].endswith(f"/{name}"):
                return str(file_id)
        raise AssertionError(f"the checkpoint has no file {name}")


def _body(request: dict[str, Any]) -> dict[str, Any]:
    """Return what of a case's request is its body, as httpx takes it."""
    if "upload" in request:
        return {"files": {"file": (request["upload"], lines())}, "data": request["form"]}
    return {"json": request["json"]} if "json" in request else {}


def lines() -> bytes:
    """Give a small dataset: 20 conversations."""
    turns = ({"role": "user", "content": f"What is {n}?"} for n in range(20))
    rows = [{"messages": [turn, {"role": "assistant", "content": "A number."}]} for turn in turns]
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


@pytest.fixture(scope="module")
def server_of() -> Iterator[Callable[[Case], Emulator]]:
    """Servers on a manual clock, one for each setting that any case names."""
    servers: dict[str, Emulator] = {}
    with ExitStack() as stack:

        def start(case: Case) -> Emulator:
            name = json.dumps(case.setting, sort_keys=True)
            if name not in servers:
                settings: dict[str, Any] = {**case.setting, "api_key": tuple(case.setting.get("api_key", ()))}
                servers[name] = stack.enter_context(Emulator(Settings(port=0, quiet=True, clock="manual", **settings)))
            return servers[name]

        yield start


@EVERY_CASE
def test_the_emulator_answers_as_the_example_does(path: Path, server_of: Callable[[Case], Emulator], key: str) -> None:
    case = load(path)
    with client_of(server_of(case), case.setting.get("api_key", [key])[0]) as client:
        answer = Stage(client, case).ask()
    assert answer.status_code == case.status, answer.text
    assert differences(case.body, answer.json(), case.compare) == []
    if not case.request["path"].endswith("/content"):
        assert answer.headers["content-type"] == "application/json"


@EVERY_CASE
def test_a_case_says_where_it_is_from_and_when_it_was_read(path: Path) -> None:
    case = load(path)
    assert case.source in {"observed", "documented"}
    assert case.origin
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", case.read_on)
    assert case.setting["lifecycle"] in {"documented", "observed"}


@EVERY_CASE
def test_every_rule_of_a_case_speaks_of_its_body(path: Path) -> None:
    case = load(path)
    compare = case.compare
    in_body = [*compare.exact, *compare.forms, *compare.rising, *compare.nullable, *compare.open, *compare.absent]
    assert [rule for rule in in_body if not found(case.body, rule)] == []
    assert [rule for rule in compare.also if not found(case.body, rule.rpartition(".")[0])] == []
    assert [rule for rule in compare.also if found(case.body, rule) and "[]" not in rule] == []


def test_there_are_cases_of_every_operation_that_has_examples() -> None:
    operations = {"files.create", "files.retrieve", "files.content", "jobs.create", "jobs.retrieve", "jobs.list"}
    operations |= {"jobs.events", "jobs.checkpoints", "jobs.cancel", "models.retrieve", "errors"}
    assert {path.parent.name for path in PATHS} == operations


EXAMPLE = {"id": "job-1", "n": 1, "loss": 0.5, "error": None, "token": "x", "data": [{"step": 1}, {"step": 2}]}
LENIENT = Compare(nullable=["error"], absent=["token"], open=["data"], also=["new"], rising=["data[].step"])
SAME = {"id": "job-2", "n": 2, "loss": 1, "error": {"code": "c"}, "data": [{"step": 3}], "new": 1}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"id": 7}, ["id is 7, which is not of the type of 'job-1'"]),
        ({"n": 1.5}, ["n is 1.5, which is not of the type of 1"]),
        ({"n": True}, ["n is True, which is not of the type of 1"]),
        ({"loss": True}, ["loss is True, which is not of the type of 0.5"]),
        ({"loss": None}, ["loss is None, which is not of the type of 0.5"]),
        ({"token": "x"}, ["token is answered, and must not be"]),
        ({"other": 1}, ["other is answered, and no source knows it"]),
        ({"data": [{}]}, ["data[].step is missing"]),
        ({"data": [{"step": 2}, {"step": 1}]}, ["data[].step does not rise: [2, 1]"]),
        (
            {"data": [{"step": n} for n in "123"]},
            [f"data[].step is '{n}', which is not of the type of {min(n, 2)}" for n in (1, 2, 3)],
        ),
    ],
)
def test_a_difference_is_told(change: dict[str, Any], told: list[str]) -> None:
    assert differences(EXAMPLE, {**SAME, **change}, LENIENT) == told


def test_a_missing_member_another_length_another_value_and_another_form_are_told() -> None:
    strict = Compare(exact=["n"], forms={"id": r"job-\d"}, nullable=["error"], absent=["token"])
    got = {"id": "no", "n": 2, "loss": 1.0, "data": []}
    assert differences(EXAMPLE, got, strict) == [
        r"id is 'no', which has not the form job-\d",
        "n is 2, not 1",
        "error is missing",
        "data has 0 elements, not 2",
    ]
