"""Every case under ``fixtures/`` is asked of the emulator over HTTP and its answer held against the example."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.recording.shape import Compare, found
from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import client_of
from tests.fixture_cases import DIALECTS, FIXTURES, Case, differences, load, orders, paths, read

PATHS = paths()
IDS = [str(path.relative_to(FIXTURES)) for path in PATHS]
EVERY_CASE = pytest.mark.parametrize("path", PATHS, ids=IDS)

DEPLOYED = "meta-llama/Meta-Llama-3.1-8B-Instruct"
"""The base of the model that was recorded."""
JOB_MOMENTS = 150
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
        for request in self._case.before:
            self._sent(request).raise_for_status()
        if self._case.job is not None:
            self._wait()
        return self._sent(self._case.request)

    def _sent(self, told: dict[str, Any]) -> httpx.Response:
        request = self._filled(told)
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
            "training_file": lambda: self._upload("training.jsonl", lines(int(name or 20))),
            "validation_file": lambda: self._upload("validation.jsonl", lines(int(name or 20))),
            "preference_file": lambda: self._upload("preferences.jsonl", preferences(int(name))),
            "file_lacking": lambda: self._upload("training.jsonl", changed("role", line=int(name), value=None)),
            "file_with_weights": lambda: self._upload("training.jsonl", changed("weight", line=int(name), value=1)),
            "broken_file": lambda: self._upload("training.jsonl", b'{"messages": []}\n'),
            "job": self._job,
            "checkpoint": lambda: str(self._checkpoints()[-1]["id"]),
            "file": lambda: self._file_of_checkpoint(name),
            "result_file": lambda: str(self._look()["result_files"][0]),
            "model": lambda: str(self._look()["fine_tuned_model"]),
            "deployed": self._deployed,
            "upload": self._begun,
            "part": lambda: self._part(name),
        }
        if kind + name not in self._made:
            self._made[kind + name] = makers[kind]()
        return self._made[kind + name]

    def _upload(self, name: str, content: bytes) -> str:
        answer = self._client.post("/v1/files", files={"file": (name, content)}, data={"purpose": "fine-tune"})
        return str(answer.raise_for_status().json()["id"])

    def _job(self) -> str:
        body = self._filled(self._case.job)
        return str(self._client.post("/v1/fine_tuning/jobs", json=body).raise_for_status().json()["id"])

    def _look(self) -> dict[str, Any]:
        job: dict[str, Any] = self._client.get(f"/v1/fine_tuning/jobs/{self._id('job')}").raise_for_status().json()
        return job

    def _wait(self) -> None:
        """Let the job come into the case's situation."""
        if self._case.situation in {"any", "created"}:
            return
        if self._case.situation == "cancelled":
            self._client.post(f"/v1/fine_tuning/jobs/{self._id('job')}/cancel").raise_for_status()
        for _ in range(JOB_MOMENTS):
            if self._look()["status"] == self._case.situation:
                return
            self._client.post("/_emulator/clock/skip").raise_for_status()
        raise AssertionError(f"the job never is {self._case.situation}")

    def _deployed(self) -> str:
        """Make a model of the job's last checkpoint, and let it become active."""
        source = f"{self._id('job')}:{self._id('checkpoint')}"
        body = {
            "name": "my-finetuned-model",
            "base_model": DEPLOYED,
            "source": source,
            "description": "Fine tuned model",
        }
        name = self._client.post("/v0/models", json=body).raise_for_status().json()["name"]
        self._client.post("/_emulator/clock/advance", json={"seconds": 100}).raise_for_status()
        return str(name)

    def _begun(self) -> str:
        told = {"filename": "training.jsonl", "purpose": "fine-tune", "bytes": len(lines()), "mime_type": "text/jsonl"}
        return str(self._client.post("/v1/uploads", json=told).raise_for_status().json()["id"])

    def _part(self, number: str) -> str:
        half = len(lines()) // 2
        data = lines()[:half] if number == "1" else lines()[half:]
        answer = self._client.post(f"/v1/uploads/{self._id('upload')}/parts", files={"data": data})
        return str(answer.raise_for_status().json()["id"])

    def _checkpoints(self) -> list[dict[str, Any]]:
        made = self._client.get(f"/v1/fine_tuning/jobs/{self._id('job')}/checkpoints").raise_for_status()
        return list(made.json()["data"])

    def _file_of_checkpoint(self, name: str) -> str:
        for file_id in self._checkpoints()[-1]["result_files"]:
            if self._client.get(f"/v1/files/{file_id}").json()["filename"].endswith(f"/{name}"):
                return str(file_id)
        raise AssertionError(f"the checkpoint has no file {name}")


def _body(request: dict[str, Any]) -> dict[str, Any]:
    """Return what of a case's request is its body, as httpx takes it."""
    if "upload" in request:
        content = request["content"].encode() if "content" in request else lines()
        return {"files": {request.get("field", "file"): (request["upload"], content)}, "data": request.get("form", {})}
    return {"json": request["json"]} if "json" in request else {}


def lines(number: int = 20) -> bytes:
    """Give a small dataset of so many conversations."""
    return written([{"messages": [*turns(n)]} for n in range(number)])


def changed(member: str, *, line: int, value: Any) -> bytes:
    """Give a dataset whose last conversation has that member in its answer, or in its second message lacks it."""
    rows: list[dict[str, Any]] = [{"messages": [*turns(n)]} for n in range(line)]
    if value is None:
        del rows[-1]["messages"][1][member]
    else:
        rows[-1][member] = value
    return written(rows)


def preferences(number: int) -> bytes:
    """Give a dataset of so many pairs of answers."""
    pairs = ((turns(n), [{"role": "assistant", "content": "Who knows?"}]) for n in range(number))
    return written(
        {"input": {"messages": asked[:1]}, "preferred_output": asked[1:], "non_preferred_output": worse}
        for asked, worse in pairs
    )


def turns(n: int) -> list[dict[str, str]]:
    """Give a question and its answer."""
    return [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": "A number."}]


def written(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return rows as JSON line by line."""
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
    got = read(case, answer.content)
    assert differences(case.body, got, case.compare) == []
    if case.ordered:
        assert orders(got) == orders(case.body)
    for name, form in case.headers.items():
        assert re.fullmatch(form, answer.headers[name]), answer.headers[name]
    if not case.request["path"].endswith("/content"):
        assert answer.headers["content-type"] == "application/json"


@EVERY_CASE
def test_a_case_says_where_it_is_from_and_when_it_was_read(path: Path) -> None:
    case = load(path)
    assert case.source in {"observed", "documented"}
    assert case.origin
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", case.read_on)
    choice, values = {
        "nebius": ("lifecycle", {"documented", "observed"}),
        "nebius-studio": ("lifecycle", {"documented", "observed"}),
        "openai": ("quirks", {"strict", "faithful"}),
    }[case.dialect]
    assert case.setting[choice] in values
    assert path.parent.parent.name == case.dialect


@EVERY_CASE
def test_every_rule_of_a_case_speaks_of_its_body(path: Path) -> None:
    case = load(path)
    compare = case.compare
    in_body = [*compare.exact, *compare.forms, *compare.rising, *compare.nullable, *compare.open, *compare.absent]
    assert [rule for rule in in_body if not found(case.body, rule)] == []
    assert [rule for rule in compare.also if not found(case.body, rule.rpartition(".")[0])] == []
    assert [rule for rule in compare.also if found(case.body, rule) and "[]" not in rule] == []


def test_there_are_cases_of_every_operation_that_has_examples() -> None:
    jobs = {"jobs.create", "jobs.retrieve", "jobs.list", "jobs.events", "jobs.checkpoints", "jobs.cancel"}
    common = {"files.create", "files.retrieve", "files.content", "models.retrieve", "errors"} | jobs
    further = {"files.list", "files.delete", "models.delete", "uploads.create", "uploads.parts.create"}
    further |= {"uploads.complete", "uploads.cancel"}
    custom = {"custom_models.create", "custom_models.retrieve", "custom_models.list", "models.delete", "chat.create"}
    found = {dialect: {path.parent.name for path in paths(dialect)} for dialect in DIALECTS}
    jobs_of_studio = {"jobs.create", "jobs.retrieve", "jobs.list", "jobs.checkpoints", "jobs.checkpoint"}
    studio = {"files.create", "files.list", "custom_models.create"} | jobs_of_studio
    assert found == {"nebius": common | custom, "nebius-studio": studio, "openai": common | further}


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
