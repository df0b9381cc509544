"""What is not there: ids that nothing has, routes and methods that there are not."""

import pytest

from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.nscale.calls import ABOUT_ONE, CALLS, LISTS, Call, tried
from contract_tests.nscale.envelope import missing, refused
from contract_tests.nscale.orders import NO_DATASET, NO_FILE, NO_JOB
from contract_tests.nscale.provider import DATASETS, FILES, JOBS, MODELS

pytestmark = free


def marked(call: Call, words: str, known: str = "unverified") -> object:
    return pytest.param(call, marks=pytest.mark.fact(call[0], words, known), id=call[0])


@pytest.mark.parametrize(
    "call",
    [
        marked(
            call,
            "of an unknown id is a 404",
            "observed" if call[0] in ("jobs.download", "files.retrieve") else "unverified",
        )
        for call in ABOUT_ONE
    ],
)
def test_an_unknown_id_is_a_404(line: Line, call: Call) -> None:
    missing(tried(line, call))


@pytest.mark.parametrize("call", [marked(call, "names the unknown id") for call in ABOUT_ONE])
def test_a_404_names_the_id_that_was_asked_for(line: Line, call: Call) -> None:
    said = missing(tried(line, call))

    assert next(unknown for unknown in (NO_FILE, NO_DATASET, NO_JOB) if unknown in call[2]) in said


@pytest.mark.parametrize("call", [marked(call, "says of what kind the unknown id would be") for call in ABOUT_ONE])
def test_a_404_says_what_is_missing(line: Line, call: Call) -> None:
    kind = {"files": "file", "datasets": "dataset"}.get(call[0].partition(".")[0], "job")

    assert kind in missing(tried(line, call))


ODD = {
    "a word": "nope",
    "another kind's id": NO_JOB,
    "nil": "00000000-0000-0000-0000-000000000000",
    "a long one": "0" * 300,
    "a space": "%20",
    "a quote": "'%22",
    "not ASCII": "%C3%A9",
    "a null byte": "%00",
    "capitals": NO_FILE.upper().replace("0", "A"),
}


@pytest.mark.parametrize(
    "id_",
    [
        pytest.param(id_, marks=fact("files.retrieve", f"of {words} as an id is a 404", known="unverified"), id=words)
        for words, id_ in ODD.items()
    ],
)
def test_an_odd_id_is_a_404_like_any_other(line: Line, id_: str) -> None:
    missing(line.get(f"{FILES}/{id_}"))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            marks=fact("routes", f"have no {path}, which is a 404 in the same envelope", known="unverified"),
            id=path,
        )
        for path in ("/no-such-thing", "/fine_tuning/jobs", "/models", "/job", "/datasets/x/files")
    ],
)
def test_an_unknown_route_is_a_404(line: Line, path: str) -> None:
    missing(line.get(path))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param(
            method, path, marks=fact(name, f"does not take {method}", known="unverified"), id=f"{name}-{method}"
        )
        for name, method, path in (
            ("models.list", "POST", MODELS),
            ("files.list", "PUT", FILES),
            ("files.list", "DELETE", FILES),
            ("files.retrieve", "PATCH", f"{FILES}/{NO_FILE}"),
            ("datasets.list", "PUT", DATASETS),
            ("datasets.retrieve", "PUT", f"{DATASETS}/{NO_DATASET}"),
            ("jobs.list", "PUT", JOBS),
            ("jobs.retrieve", "DELETE", f"{JOBS}/{NO_JOB}"),
            ("jobs.cancel", "GET", f"{JOBS}/{NO_JOB}/cancel"),
            ("jobs.metrics", "POST", f"{JOBS}/{NO_JOB}/metrics"),
            ("jobs.download", "POST", f"{JOBS}/{NO_JOB}/download"),
            ("exports.list", "POST", f"{JOBS}/{NO_JOB}/exports"),
        )
    ],
)
def test_a_method_that_a_path_does_not_take_is_a_405(line: Line, method: str, path: str) -> None:
    answer = line.send(method, path)

    refused(answer, 405, "unimplemented")
    assert answer.headers.get("allow"), "the methods that it takes were expected"


@pytest.mark.parametrize("call", [marked(call, "with a slash at the end is no server error") for call in LISTS])
def test_a_slash_at_the_end_leads_to_the_same_or_nowhere(line: Line, call: Call) -> None:
    assert line.get(f"{call[2]}/").status in (200, 307, 308, 404)


@pytest.mark.parametrize("call", [marked(call, "tells what is wrong as JSON") for call in CALLS if call not in LISTS])
def test_what_is_wrong_is_told_as_json(line: Line, call: Call) -> None:
    answer = tried(line, call)

    assert answer.status >= 400
    assert answer.media_type == "application/json"
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize("call", [marked(call, "sets no cookie and tells its length") for call in CALLS])
def test_an_answer_tells_its_length(line: Line, call: Call) -> None:
    answer = tried(line, call)

    assert answer.headers.get("content-length") == str(len(answer.content))
    assert "set-cookie" not in answer.headers
