"""``ftemu replay``: what it reads, says and ends with."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.server import Emulator
from tests.commands.conftest import Command

INDEX = {"version": 1, "upstream": "api.example", "dialect": "nebius", "started_at": "2026-11-21T12:00:00Z"}
MODELS = {"method": "GET", "path": "/v1/models/none", "authorization": "Bearer {key:1}", "headers": {}}
ANSWER = {"status": 404, "headers": {"content-type": "application/json"}, "body": {"detail": "No such {id:1}"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of one exchange."""
    write(tmp_path, 1, MODELS, ANSWER)
    index(tmp_path)
    return tmp_path


def index(folder: Path, **members: Any) -> None:
    told = {**INDEX, "ended_at": "2026-11-21T12:01:00Z", "exchanges": None, **members}
    (folder / "session.json").write_text(json.dumps(told), encoding="utf-8")


def write(folder: Path, number: int, request: Any, response: Any) -> None:
    path = folder / "models.retrieve" / f"{number:03}.json"
    path.parent.mkdir(exist_ok=True)
    told = {"operation": "models.retrieve", "number": number, "request": request, "response": response}
    path.write_text(json.dumps(told), encoding="utf-8")


def test_words_do_not_count_unless_they_are_asked_for(folder: Path, command: Command) -> None:
    told = command("replay", str(folder))
    assert (told.code, told.err) == (0, "")
    assert " ".join(told.out.split()).startswith(
        "1 exchanges, recorded at api.example on 2026-11-21: 0 the same, 0 of another shape, "
        "1 in another state or words, 0 not replayed."
    )
    assert command("replay", str(folder), "--strict").code == 2


def test_a_difference_of_shape_is_told_once_with_its_exchanges(folder: Path, command: Command) -> None:
    for number in range(1, 6):
        write(folder, number, MODELS, {**ANSWER, "body": {"error": {"message": "No"}}})
    told = command("replay", str(folder))
    assert told.code == 2
    rows = [line.split() for line in told.out.splitlines() if line.startswith("shape ")]
    assert [row[:3] for row in rows] == [["shape", "models.retrieve", "detail"], ["shape", "models.retrieve", "error"]]
    assert "1, 2, 3 and 2" in " ".join(told.out.split())
    assert max(map(len, told.out.splitlines())) <= 80


def test_a_recorder_that_was_killed_is_told(folder: Path, command: Command) -> None:
    index(folder, ended_at=None)
    assert "The recorder was killed: the session may lack its end." in command("replay", str(folder)).out


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"version": 2}, "is of version 2, takes 1"),
        ({"dialect": "nebus"}, "there is no dialect 'nebus'; did you mean nebius?"),
        ({"exchanges": 7}, "has 1 exchanges, and 7 were recorded"),
    ],
)
def test_an_index_that_does_not_fit_is_refused(
    members: dict[str, Any], says: str, folder: Path, command: Command
) -> None:
    index(folder, **members)
    told = command("replay", str(folder))
    assert (told.code, told.out) == (1, "")
    assert says in told.err


@pytest.mark.parametrize(
    ("request_", "response", "says"),
    [
        (5, ANSWER, "Expected `object`, got `int` - at `$.request`"),
        ({"method": "GET"}, ANSWER, "Object missing required field `path` - at `$.request`"),
        (MODELS, {"status": "404"}, "Expected `int | null`, got `str` - at `$.response.status`"),
        ({**MODELS, "headers": 5}, ANSWER, "Expected `object`, got `int` - at `$.request.headers`"),
        ({**MODELS, "upload": "a.jsonl"}, ANSWER, "an upload takes data - at `$.request`"),
        ({**MODELS, "upload": "a", "data": {"bytes": 1, "lines": "2"}}, ANSWER, "at `$.request.data.lines`"),
        (MODELS, {"status": 404, "headers": [1]}, "Expected `object`, got `array` - at `$.response.headers`"),
    ],
)
def test_a_file_that_is_no_exchange_is_refused(
    request_: Any, response: Any, says: str, folder: Path, command: Command
) -> None:
    write(folder, 2, request_, response)
    told = command("replay", str(folder))
    assert (told.code, told.out) == (1, "")
    assert says in told.err
    assert "002.json" in told.err


def test_a_recording_without_an_exchange_has_nothing_to_compare(tmp_path: Path, command: Command) -> None:
    index(tmp_path, exchanges=0)
    told = command("replay", str(tmp_path), "--json")
    assert (told.code, told.out) == (1, "")
    assert "holds no exchange: there is nothing to compare" in told.err


def test_a_folder_that_is_none_and_a_server_that_is_none_are_refused(
    folder: Path, command: Command, server: Emulator
) -> None:
    told = command("replay", str(folder / "none"))
    assert (told.code, "takes a folder that ftemu record wrote" in told.err) == (1, True)
    told = command("replay", str(folder), "--url", "http://127.0.0.1:9")
    assert (told.code, "no emulator answers at http://127.0.0.1:9" in told.err) == (1, True)
    assert command("replay", str(folder), "--url", server.url).code == 0
