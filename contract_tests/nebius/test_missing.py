"""What is not there: ids that nothing has, routes and methods that there are not."""

import pytest

from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.nebius.calls import ABOUT_ONE, tried
from contract_tests.nebius.orders import NO_FILE, NO_JOB, NO_MODEL
from contract_tests.nebius.provider import FILES, JOBS, MODELS

pytestmark = free


def marked(call: tuple[str, str, str], words: str, known: str = "unverified") -> object:
    return pytest.param(call, marks=pytest.mark.fact(call[0], words, known), id=call[0])


@pytest.mark.parametrize("call", [marked(call, "of an unknown id is a 404", "documented") for call in ABOUT_ONE])
def test_an_unknown_id_is_a_404_whose_detail_is_a_sentence(line: Line, call: tuple[str, str, str]) -> None:
    detail = tried(line, call).refused(404)

    assert isinstance(detail, str)
    assert detail


@pytest.mark.parametrize(
    "call", [marked(call, "names the unknown id") for call in ABOUT_ONE if call[0] != "jobs.checkpoint"]
)
def test_a_404_names_the_id_that_was_asked_for(line: Line, call: tuple[str, str, str]) -> None:
    detail = tried(line, call).refused(404)

    assert any(unknown in detail for unknown in (NO_FILE, NO_JOB, NO_MODEL))


@fact("models.retrieve", "says that the model does not exist", known="observed")
def test_an_unknown_model_is_told_in_the_observed_words(line: Line) -> None:
    assert line.get(f"{MODELS}/{NO_MODEL}").refused(404) == f"The model `{NO_MODEL}` does not exist."


ODD = {
    "a word": "nope",
    "a prefix alone": "file-",
    "another kind's id": NO_JOB,
    "a long one": "file-" + "0" * 300,
    "a space": "file-%20",
    "a quote": "file-'%22",
    "not ASCII": "file-%C3%A9",
    "a null byte": "file-%00",
}


@pytest.mark.parametrize(
    "id_",
    [
        pytest.param(id_, marks=fact("files.retrieve", f"of {words} as an id is a 404", known="unverified"), id=words)
        for words, id_ in ODD.items()
    ],
)
def test_an_odd_id_is_a_404_like_any_other(line: Line, id_: str) -> None:
    line.get(f"{FILES}/{id_}").refused(404)


@fact("jobs.retrieve", "of a file's id is a 404", known="unverified")
def test_a_files_id_is_no_jobs(line: Line) -> None:
    line.get(f"{JOBS}/{NO_FILE}").refused(404)


@fact("routes", "that there are not are a 404 in the same envelope", known="unverified")
def test_an_unknown_route_is_a_404(line: Line) -> None:
    assert line.get("/fine_tuning/no-such-thing").refused(404) == "Not Found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param(
            method, path, marks=fact(name, f"does not take {method}", known="unverified"), id=f"{name}-{method}"
        )
        for name, method, path in (
            ("files.list", "PUT", FILES),
            ("files.list", "DELETE", FILES),
            ("jobs.list", "PUT", JOBS),
            ("jobs.retrieve", "DELETE", f"{JOBS}/{NO_JOB}"),
            ("jobs.cancel", "GET", f"{JOBS}/{NO_JOB}/cancel"),
            ("jobs.events", "POST", f"{JOBS}/{NO_JOB}/events"),
            ("models.list", "POST", MODELS),
        )
    ],
)
def test_a_method_that_a_path_does_not_take_is_a_405(line: Line, method: str, path: str) -> None:
    answer = line.send(method, path)

    assert answer.refused(405) == "Method Not Allowed"
    assert answer.headers.get("allow"), "the methods that it takes were expected"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            f"{path}/", marks=fact(name, "with a slash at the end is no server error", known="unverified"), id=name
        )
        for name, path in (("files.list", FILES), ("jobs.list", JOBS), ("models.list", MODELS))
    ],
)
def test_a_slash_at_the_end_leads_to_the_same_or_nowhere(line: Line, path: str) -> None:
    assert line.get(path).status in (200, 307, 308, 404)
