"""The headers that each answer bears, and those that it does not."""

import json
import re

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.openai.calls import CALLS, Call, tried
from contract_tests.openai.orders import NO_FILE, NO_JOB, NO_MODEL, NO_TUNED
from contract_tests.openai.provider import FILES, JOBS, MODELS

pytestmark = free
LOOKS = tuple(call for call in CALLS if call[1] == "GET")
OF_MODELS = tuple(call for call in LOOKS if call[0].startswith("models."))
OF_ACCOUNT = tuple(call for call in LOOKS if call not in OF_MODELS)


def each(calls: tuple[Call, ...], words: str) -> list[object]:
    return [pytest.param(call, marks=pytest.mark.fact(call[0], words, known=call[3]), id=call[0]) for call in calls]


@pytest.mark.parametrize("call", each(LOOKS, "bears the id of the request, req_ and 32 hexadecimal digits"))
def test_an_answer_bears_the_id_of_its_request(line: Line, call: Call) -> None:
    assert re.fullmatch(r"req_[0-9a-f]{32}", tried(line, call).headers.get("x-request-id", ""))


@pytest.mark.parametrize("call", each(LOOKS, "bears the version of the interface, 2020-10-01"))
def test_an_answer_bears_the_version(line: Line, call: Call) -> None:
    assert tried(line, call).headers.get("openai-version") == "2020-10-01"


@pytest.mark.parametrize("call", each(LOOKS, "says how many whole milliseconds it took"))
def test_an_answer_says_how_long_it_took(line: Line, call: Call) -> None:
    took = tried(line, call).headers.get("openai-processing-ms", "")

    assert took.isdecimal()
    assert int(took) < 120_000


@pytest.mark.parametrize("call", each(OF_ACCOUNT, "names the organization and the project"))
def test_an_answer_names_whose_it_is(line: Line, call: Call) -> None:
    headers = tried(line, call).headers

    assert headers.get("openai-organization")
    assert re.fullmatch(r"proj_\w{24}", headers.get("openai-project", ""))


@pytest.mark.parametrize("call", each(LOOKS, "bears no x-ratelimit header"))
def test_an_answer_tells_no_rate_limit(line: Line, call: Call) -> None:
    assert not [name for name in tried(line, call).headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize("call", each(OF_MODELS, "names no organization and no project"))
def test_a_look_at_models_names_nobody(line: Line, call: Call) -> None:
    headers = tried(line, call).headers

    assert not {"openai-organization", "openai-project"} & set(headers)


@fact("models.delete", "names the organization", known="observed")
def test_the_deletion_of_a_model_names_the_organization(line: Line) -> None:
    assert line.delete(f"{MODELS}/{NO_TUNED}").headers.get("openai-organization")


OPEN = (
    ("files.list", "GET", FILES),
    ("files.retrieve", "GET", f"{FILES}/{NO_FILE}"),
    ("models.delete", "DELETE", f"{MODELS}/{NO_TUNED}"),
)
CLOSED = (
    ("jobs.list", "GET", JOBS),
    ("jobs.retrieve", "GET", f"{JOBS}/{NO_JOB}"),
    ("models.list", "GET", MODELS),
    ("models.retrieve", "GET", f"{MODELS}/{NO_MODEL}"),
)


def said(calls: tuple[tuple[str, str, str], ...], words: str) -> list[object]:
    return [pytest.param(*call[1:], marks=fact(call[0], words, known="observed"), id=call[0]) for call in calls]


@pytest.mark.parametrize(("method", "path"), said(OPEN, "may be read by pages of any origin"))
def test_files_are_open_to_any_origin(line: Line, method: str, path: str) -> None:
    assert line.send(method, path).headers.get("access-control-allow-origin") == "*"


@pytest.mark.parametrize(("method", "path"), said(CLOSED, "says nothing of origins"))
def test_jobs_and_models_say_nothing_of_origins(line: Line, method: str, path: str) -> None:
    assert "access-control-allow-origin" not in line.send(method, path).headers


@fact("requests", "have each an id of its own", known="observed")
def test_no_two_requests_have_the_same_id(line: Line) -> None:
    ids = {line.get(MODELS).headers.get("x-request-id") for _ in range(3)}

    assert len(ids) == 3


def indented(answer: Answer) -> bool:
    """Say whether JSON is written for people: two spaces a level, and no letter escaped that need not be."""
    text = answer.content.decode()
    return text.strip() == json.dumps(json.loads(text), indent=2, ensure_ascii=False)


@pytest.mark.parametrize("call", each(LOOKS, "is JSON that is indented by two spaces"))
def test_json_is_written_for_people(line: Line, call: Call) -> None:
    answer = tried(line, call)
    answer.json()

    assert indented(answer)


@pytest.mark.parametrize("call", each(LOOKS, "tells its length beforehand"))
def test_an_answer_tells_its_length(line: Line, call: Call) -> None:
    answer = tried(line, call)

    if answer.headers.get("content-encoding"):
        pytest.skip("the answer came compressed")
    assert answer.headers.get("content-length") == str(len(answer.content))


@fact("files.list", "tells clients not to guess the type", known="observed")
def test_the_type_is_not_to_be_guessed(line: Line) -> None:
    assert line.get(FILES).headers.get("x-content-type-options") == "nosniff"
