"""``ftemu drift``."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.dialects import NEBIUS
from tests.commands.conftest import Command
from tests.recording.upstreams import says, stays_silent, upstream

JOBS = "/v1/fine_tuning/jobs"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def theirs() -> dict[str, Any]:
    """The emulator's own document, to be changed: a provider's that differs in one place."""
    return copy.deepcopy(NEBIUS.face(None).openapi())


def written(folder: Path, document: Any) -> str:
    path = folder / "theirs.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def schemas(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def test_a_document_that_is_the_same_has_no_drift(command: Command, theirs: dict[str, Any], tmp_path: Path) -> None:
    told = command("drift", "--against", written(tmp_path, theirs))
    assert (told.code, told.err) == (0, "")
    assert "0 breaking, 0 noticeable, 0 cosmetic." in " ".join(told.out.split())
    assert "Only there: 0 operations, 0 of them not emulated by design. Only here: 0." in told.out


def path_of(document: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


JOB, REQUEST = "FineTuningJob", "FineTuningRequest"
RANKED: dict[str, tuple[Change, str, str, str]] = {
    "an operation more": (
        lambda told: told["paths"].update({"/v1/new": {"get": {"responses": {}}}}),
        *("breaking", "GET /v1/new", ""),
    ),
    "an operation less": (
        lambda told: told["paths"].pop(f"{JOBS}/{{job_id}}/events"),
        *("noticeable", f"GET {JOBS}/{{job_id}}/events", ""),
    ),
    "a success less": (
        lambda told: path_of(told, JOBS, "get")["responses"].pop("200"),
        *("noticeable", f"GET {JOBS}", "200"),
    ),
    "a refusal less": (
        lambda told: path_of(told, f"{JOBS}/{{job_id}}", "get")["responses"].pop("422"),
        *("cosmetic", f"GET {JOBS}/{{job_id}}", "422"),
    ),
    "a response member more": (
        lambda told: schemas(told, JOB)["properties"].update(cost={"type": "number"}),
        *("breaking", f"GET {JOBS}/{{job_id}}", "200.cost"),
    ),
    "a response member less": (
        lambda told: schemas(told, JOB)["properties"].pop("seed"),
        *("noticeable", f"GET {JOBS}/{{job_id}}", "200.seed"),
    ),
    "a status more": (
        lambda told: path_of(told, JOBS, "get")["responses"].update({"409": {"description": "x"}}),
        *("breaking", f"GET {JOBS}", "409"),
    ),
    "another type in an answer": (
        lambda told: schemas(told, JOB)["properties"]["object"].update(type="integer"),
        *("breaking", f"GET {JOBS}/{{job_id}}", "200.object"),
    ),
    "a member newly required in a request": (
        lambda told: schemas(told, REQUEST)["required"].append("suffix"),
        *("breaking", f"POST {JOBS}", "body.suffix"),
    ),
    "a required member that is not known here": (
        lambda told: (
            schemas(told, REQUEST)["properties"].update(budget={"type": "number"}),
            schemas(told, REQUEST)["required"].append("budget"),
        ),
        *("breaking", f"POST {JOBS}", "body.budget"),
    ),
    "an optional parameter more": (
        lambda told: path_of(told, JOBS, "get")["parameters"].append({"name": "sort", "in": "query", "schema": {}}),
        *("noticeable", f"GET {JOBS}", "query sort"),
    ),
    "another bound": (
        lambda told: schemas(told, "SupervisedHParameters")["properties"]["batch_size"].update(maximum=32),
        *("noticeable", f"POST {JOBS}", "body.hyperparameters.batch_size"),
    ),
    "another name of a path's parameter": (
        lambda told: path_of(told, f"{JOBS}/{{job_id}}", "get")["parameters"][0].update(name="id"),
        *("cosmetic", f"GET {JOBS}/{{job_id}}", "path id"),
    ),
}


@pytest.mark.parametrize("name", RANKED)
def test_a_change_has_the_rank_of_what_it_does_to_a_client(
    name: str, command: Command, theirs: dict[str, Any], tmp_path: Path
) -> None:
    change, rank, operation, place = RANKED[name]
    change(theirs)
    told = command("drift", "--against", written(tmp_path, theirs), "--json")
    found = [(each["rank"], each["operation"], each["place"]) for each in told.json["differences"]]
    assert (rank, operation, place) in found
    assert found[0][0] == rank
    assert all(each["why"] for each in told.json["differences"])
    assert told.code == (0 if rank == "cosmetic" else 2)


@pytest.mark.parametrize(
    ("ours", "their_values", "rank"),
    [(["a"], ["a", "b"], "breaking"), (["a", "b"], ["a"], "noticeable"), (["a"], None, "breaking")],
)
def test_a_new_value_that_a_client_may_receive_breaks_it(
    ours: list[str], their_values: list[str] | None, rank: str
) -> None:
    from emulator.drift.difference import Difference, ranked  # noqa: PLC0415 -- only here

    found = Difference("differs", "changed", keyword="enum", ours=ours, theirs=their_values, direction="response")
    assert ranked(found).rank == rank


def test_the_rank_that_fails_can_be_chosen(command: Command, theirs: dict[str, Any], tmp_path: Path) -> None:
    schemas(theirs, JOB)["properties"].pop("seed")
    against = ("drift", "--against", written(tmp_path, theirs))
    assert command(*against).code == 2
    assert command(*against, "--fail-on", "breaking").code == 0
    assert command(*against, "--fail-on", "cosmetic").code == 2
    assert "did you mean breaking?" in command(*against, "--fail-on", "braking").err


def test_what_is_answered_501_is_no_drift(command: Command, theirs: dict[str, Any], tmp_path: Path) -> None:
    theirs["paths"]["/v1/batches"] = {"get": {"responses": {}}}
    theirs["paths"]["/v0/dedicated_endpoints"] = {"get": {"responses": {}}}
    told = command("drift", "--against", written(tmp_path, theirs))
    assert told.code == 0
    assert "Only there: 2 operations, 2 of them not emulated by design." in told.out
    assert "BY DESIGN, not emulated: answered 501" in told.out


def test_what_only_the_emulator_has_is_named_to_people_a_line_each(
    command: Command, theirs: dict[str, Any], tmp_path: Path
) -> None:
    for path in (f"{JOBS}/{{job_id}}/cancel", f"{JOBS}/{{job_id}}/events"):
        theirs["paths"].pop(path)
    told = command("drift", "--against", written(tmp_path, theirs))
    assert told.code == 2
    assert (
        "a call that works here is unknown to the provider:\n"
        f"  POST {JOBS}/{{job_id}}/cancel\n  GET {JOBS}/{{job_id}}/events\n" in told.out
    )
    assert command("drift", "--against", written(tmp_path, theirs), "--fail-on", "breaking").code == 0


def test_a_status_of_theirs_for_a_whole_class_covers_ours(
    command: Command, theirs: dict[str, Any], tmp_path: Path
) -> None:
    answers = path_of(theirs, JOBS, "get")["responses"]
    path_of(theirs, JOBS, "get")["responses"] = {"200": answers["200"], "default": {"description": "refused"}}
    told = command("drift", "--against", written(tmp_path, theirs), "--json").json
    assert [each for each in told["differences"] if each["kind"] == "extra"] == []


def test_people_read_it_at_80_columns(command: Command, theirs: dict[str, Any], tmp_path: Path) -> None:
    schemas(theirs, JOB)["properties"]["object"].update(enum=[f"value-{n}" for n in range(30)])
    schemas(theirs, REQUEST)["required"].append("suffix")
    told = command("drift", "--against", written(tmp_path, theirs))
    assert max(map(len, told.out.replace(str(tmp_path), "").splitlines())) <= 80
    assert (
        f"POST {JOBS}\n  a request without it is refused there, and passes here:\n    body.suffix: required" in told.out
    )


def test_a_document_in_yaml_below_another_path_is_read_from_a_url(
    command: Command, theirs: dict[str, Any], tmp_path: Path
) -> None:
    # Some of the provider's calls lie below /v0: a document whose server is /v1 does not have them.
    below = {path: told for path, told in theirs["paths"].items() if path.startswith("/v1/")}
    theirs["paths"] = {path.removeprefix("/v1"): told for path, told in below.items()}
    theirs["servers"] = [{"url": "https://api.example/v1/"}]
    raw = yaml.safe_dump(theirs).encode()
    answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(raw), raw)
    with upstream(says(answer)) as service:
        told = command("drift", "--against", f"{service.url}/openapi.yaml")
    assert (told.code, told.err) == (2, "")
    assert re.findall(r"^  \w+ (/v\d)", told.out, re.MULTILINE) == ["/v0"] * 4
    path = tmp_path / "theirs.yaml"
    path.write_bytes(raw)
    assert command("drift", "--against", str(path), "--fail-on", "breaking").code == 0


@pytest.mark.parametrize(
    ("text", "says_so"),
    [
        ("{", "is neither JSON nor YAML"),
        ("[]", "is no OpenAPI document: holds list"),
        ('{"a": 1}', "is no OpenAPI document: holds an object with a, takes an object with openapi and paths"),
        ('{"swagger": "2.0", "paths": {}}', "is of OpenAPI '2.0', takes 3.0 or 3.1"),
        ('{"openapi": "3.1.0", "paths": {"/v1/files": {"get": []}}}', "is not built as OpenAPI says"),
        ('{"openapi": "3.1.0", "paths": {"/v1/files": null}}', "is not built as OpenAPI says"),
        ('{"openapi": "3.1.0", "paths": {}}', "has no operations: there is nothing to compare"),
        ("[" * 100_000, "is nested deeper than 200 levels"),
    ],
)
def test_what_is_no_document_is_refused(text: str, says_so: str, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    told = command("drift", "--against", str(path))
    assert (told.code, told.out) == (1, "")
    assert says_so in told.err
    assert "Traceback" not in told.err


def test_a_document_that_cannot_be_had_is_refused(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.commands.drift.CONNECT_S", 0.2)
    monkeypatch.setattr("emulator.commands.drift.BYTES_MAX", 1000)
    many = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b" " * 100_000
    assert "none.json cannot be read: No such file" in command("drift", "--against", str(tmp_path / "none.json")).err
    for answer, why in (
        (says(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"), "answered 404 Not Found"),
        (says(many), "sends more than"),
        (stays_silent, "cannot be had: timed out"),
    ):
        with upstream(answer) as service:
            told = command("drift", "--against", service.url)
        assert (told.code, why in told.err) == (1, True), told.err
