"""Every case under ``fixtures/nscale`` is asked of the emulator over HTTP and its answer held against the example."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.recording.shape import found
from emulator.server import Emulator
from emulator.settings import Settings
from tests.dialects.nscale.api import ORGANIZATION, a_client, table
from tests.dialects.nscale.tokens import token
from tests.fixture_cases import FIXTURES, Case, differences, load, read

PATHS = sorted(FIXTURES.glob("nscale/*/*.json"))
EVERY_CASE = pytest.mark.parametrize("path", PATHS, ids=[str(path.relative_to(FIXTURES)) for path in PATHS])
BASE = f"/api/v1/organizations/{ORGANIZATION}"
WORDS = {"succeeded": "completed"}
"""Situations that the provider has another word for."""
MOMENTS = 100


class Stage:
    """A tenant in which a case's situation is brought about; ``{...}`` in a case stands for what it makes."""

    def __init__(self, client: httpx.Client, case: Case) -> None:
        self._client, self._case = client, case
        self._made = {"organization": ORGANIZATION}

    def ask(self) -> httpx.Response:
        """Bring the situation about, then send the case's request."""
        if self._case.job is not None:
            self._id("job")
            self._wait()
        for request in self._case.before:
            self._sent(request).raise_for_status()
        return self._sent(self._case.request)

    def _sent(self, told: dict[str, Any]) -> httpx.Response:
        request = self._filled(told)
        if "upload" in request:
            content = request["content"].encode() if "content" in request else table(20)
            return self._client.request(
                request["method"], request["path"], files={"file": (request["upload"], content)}
            )
        body = {"json": request["json"]} if "json" in request else {}
        return self._client.request(request["method"], request["path"], **body)

    def _filled(self, value: Any) -> Any:
        """Return a value with every placeholder in it replaced."""
        match value:
            case str():
                return re.sub(r"\{(\w+)\}", lambda named: self._id(named[1]), value)
            case dict():
                return {key: self._filled(each) for key, each in value.items()}
            case _:
                return value

    def _id(self, kind: str) -> str:
        makers: dict[str, Callable[[], str]] = {
            "training_file": lambda: self._upload("train.csv"),
            "validation_file": lambda: self._upload("validation.csv"),
            "dataset": lambda: self._put("datasets", {"name": "d", "training_file_id": self._id("training_file")})[
                "id"
            ],
            "dataset_with_validation": self._whole_dataset,
            "job": lambda: self._put("jobs", self._filled(self._case.job))["job"]["id"],
        }
        if kind not in self._made:
            self._made[kind] = makers[kind]()
        return self._made[kind]

    def _put(self, noun: str, body: Any) -> Any:
        return self._client.post(f"{BASE}/{noun}", json=body).raise_for_status().json()

    def _upload(self, name: str) -> str:
        sent = {"file": (name, table(20))}
        return str(self._client.post(f"{BASE}/files", files=sent).raise_for_status().json()["id"])

    def _whole_dataset(self) -> str:
        files = {f"{kind}_id": self._id(kind) for kind in ("training_file", "validation_file")}
        return str(self._put("datasets", {"name": "d", **files})["id"])

    def _wait(self) -> None:
        """Let the job come into the case's situation."""
        wanted = WORDS.get(self._case.situation, self._case.situation)
        for _ in range(MOMENTS):
            status = self._client.get(f"{BASE}/jobs/{self._id('job')}").raise_for_status().json()["status"]
            if wanted in ("created", status):
                return
            self._client.post("/_emulator/clock/skip").raise_for_status()
        raise AssertionError(f"the job never is {wanted}")


@pytest.fixture(scope="module")
def server_of() -> Iterator[Callable[[Case], Emulator]]:
    """Servers on a manual clock, one for each setting that any case names."""
    servers: dict[str, Emulator] = {}
    with ExitStack() as stack:

        def start(case: Case) -> Emulator:
            name = json.dumps(case.setting, sort_keys=True)
            if name not in servers:
                servers[name] = stack.enter_context(
                    Emulator(Settings(port=0, quiet=True, clock="manual", **case.setting))
                )
            return servers[name]

        yield start


@EVERY_CASE
def test_the_emulator_answers_as_the_example_does(path: Path, server_of: Callable[[Case], Emulator], key: str) -> None:
    case = load(path)
    with a_client(server_of(case).url, token(key)) as client:
        answer = Stage(client, case).ask()

    assert answer.status_code == case.status, answer.text
    assert differences(case.body, read(case, answer.content), case.compare) == []
    for name, form in case.headers.items():
        assert re.fullmatch(form, answer.headers[name]), answer.headers[name]
    if case.encoding == "json":
        assert answer.headers["content-type"] == "application/json"


@EVERY_CASE
def test_a_case_says_where_it_is_from_and_when_it_was_read(path: Path) -> None:
    case = load(path)

    assert case.source in {"observed", "documented"}
    assert case.origin
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", case.read_on)
    assert case.dialect == "nscale"
    assert {*case.setting} <= {"dialect", "metrics", "download"}


@EVERY_CASE
def test_every_rule_of_a_case_speaks_of_its_body(path: Path) -> None:
    case = load(path)
    compare = case.compare
    in_body = [*compare.exact, *compare.forms, *compare.rising, *compare.nullable, *compare.open, *compare.absent]

    assert [rule for rule in in_body if not found(case.body, rule)] == []
    assert [rule for rule in compare.also if not found(case.body, rule.rpartition(".")[0])] == []
    assert [rule for rule in compare.also if found(case.body, rule)] == []


def test_there_are_cases_of_every_operation_that_has_examples() -> None:
    kinds = {"files": "create retrieve list", "datasets": "create retrieve list update", "models": "list"}
    kinds |= {"jobs": "create retrieve list cancel metrics download", "exports": "create"}
    known = {f"{noun}.{verb}" for noun, verbs in kinds.items() for verb in verbs.split()}

    assert {path.parent.name for path in PATHS} == known | {"errors"}
