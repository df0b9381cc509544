"""What is not there: ids that nothing has, routes and methods that there are not."""

import pytest

from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.target import Target
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import NO_FILE, NO_JOB, NO_MODEL, NO_PERMISSION, NO_TUNED, NO_UPLOAD
from contract_tests.openai.provider import CHECKPOINTS, FILES, JOBS, MODELS, UPLOADS

pytestmark = free


def call(name: str, method: str, path: str, words: str, known: str) -> object:
    return pytest.param(method, path, marks=fact(name, words, known=known), id=name)


FILE = "of an unknown id is a 404 that names the id, for the param id"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        call("files.retrieve", "GET", f"{FILES}/{NO_FILE}", FILE, "observed"),
        call("files.delete", "DELETE", f"{FILES}/{NO_FILE}", FILE, "observed"),
        call("files.content", "GET", f"{FILES}/{NO_FILE}/content", FILE, "observed"),
    ],
)
def test_an_unknown_file_is_a_404_in_the_observed_words(line: Line, method: str, path: str) -> None:
    error = invalid(line.send(method, path), 404)

    assert error["message"] == f"No such File object: {NO_FILE}"
    assert (error["param"], error["code"]) == ("id", None)


@fact("files.retrieve", "tells an error a second time, as detail with message and code", known="observed")
def test_an_error_of_a_file_is_told_twice(line: Line) -> None:
    answer = line.get(f"{FILES}/{NO_FILE}")
    error = invalid(answer, 404)

    assert answer.json()["detail"] == {"message": error["message"], "code": error["code"]}


JOB = "of an unknown id is a 404 that names the id, for the param fine_tune_id"
OF_JOB = (
    ("jobs.retrieve", "GET", "", "observed"),
    ("jobs.cancel", "POST", "/cancel", "observed"),
    ("jobs.events", "GET", "/events", "observed"),
    ("jobs.checkpoints", "GET", "/checkpoints", "unverified"),
    ("jobs.pause", "POST", "/pause", "unverified"),
    ("jobs.resume", "POST", "/resume", "unverified"),
)


@pytest.mark.parametrize(
    ("method", "path"),
    [call(name, method, f"{JOBS}/{NO_JOB}{rest}", JOB, known) for name, method, rest, known in OF_JOB],
)
def test_an_unknown_job_is_a_404_in_the_observed_words(line: Line, method: str, path: str) -> None:
    error = invalid(line.send(method, path), 404)

    assert error["message"] == f"Could not find fine tune: {NO_JOB}"
    assert (error["param"], error["code"]) == ("fine_tune_id", "fine_tune_not_found")


@fact("jobs.retrieve", "tells an error once: there is no detail beside it", known="observed")
def test_an_error_of_a_job_is_told_once(line: Line) -> None:
    assert list(line.get(f"{JOBS}/{NO_JOB}").json()) == ["error"]


MODEL = "of an unknown name is a 404 that names it, for the param model"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        call("models.retrieve", "GET", f"{MODELS}/{NO_MODEL}", MODEL, "observed"),
        call("models.delete", "DELETE", f"{MODELS}/{NO_MODEL}", MODEL, "observed"),
    ],
)
def test_an_unknown_model_is_a_404_in_the_observed_words(line: Line, method: str, path: str) -> None:
    error = invalid(line.send(method, path), 404)

    assert error["message"] == f"The model '{NO_MODEL}' does not exist"
    assert (error["param"], error["code"]) == ("model", "model_not_found")


@fact("models.retrieve", "of a tuned model that there is not is a 404 like any other", known="observed")
def test_an_unknown_tuned_model_is_a_404(line: Line) -> None:
    assert invalid(line.get(f"{MODELS}/{NO_TUNED}"), 404)["message"] == f"The model '{NO_TUNED}' does not exist"


OTHER = "of an unknown id is a 404"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        call("uploads.cancel", "POST", f"{UPLOADS}/{NO_UPLOAD}/cancel", OTHER, "unverified"),
        call("permissions.list", "GET", f"{CHECKPOINTS}/{NO_TUNED}/permissions", OTHER, "unverified"),
        call(
            *("permissions.delete", "DELETE", f"{CHECKPOINTS}/{NO_TUNED}/permissions/{NO_PERMISSION}"),
            *(OTHER, "unverified"),
        ),
    ],
)
def test_what_else_is_unknown_is_a_404(line: Line, target: Target, method: str, path: str) -> None:
    answer = line.send(method, path)

    if target.foreign and answer.status in (401, 403):
        pytest.skip("takes an admin key")
    invalid(answer, 404)


@fact("uploads.complete", "of an unknown id is a 404", known="unverified")
def test_an_unknown_upload_is_not_completed(line: Line) -> None:
    invalid(line.post(f"{UPLOADS}/{NO_UPLOAD}/complete", {"part_ids": []}), 404)


@fact("uploads.parts.create", "of an unknown id is a 404", known="unverified")
def test_an_unknown_upload_takes_no_part(line: Line) -> None:
    invalid(line.send("POST", f"{UPLOADS}/{NO_UPLOAD}/parts", files={"data": ("part", b"x")}), 404)


ODD = {
    "a word": "nope",
    "a prefix alone": "file-",
    "another kind's id": NO_JOB,
    "a long one": "file-" + "1" * 150,
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
    invalid(line.get(f"{FILES}/{id_}"), 404)


@fact("jobs.retrieve", "of a file's id is a 404", known="unverified")
def test_a_files_id_is_no_jobs(line: Line) -> None:
    invalid(line.get(f"{JOBS}/{NO_FILE}"), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        call("routes", "GET", "/fine_tuning/no-such-thing", "that there are not are a 404 with their URL", "observed"),
        call("files.list", "GET", "/files/", "with a slash at the end is an unknown URL", "observed"),
        call("models.list", "GET", "/models/no/such/thing/", "below a model is a 404", "unverified"),
    ],
)
def test_an_unknown_url_is_a_404_that_repeats_it(line: Line, method: str, path: str) -> None:
    error = invalid(line.send(method, path), 404)

    assert path.startswith(f"{MODELS}/") or error["message"] == f"Invalid URL ({method} /v1{path})"


@fact("jobs.list", "with a slash at the end is a 307 to the list", known="observed")
def test_a_slash_after_the_jobs_leads_to_the_list(line: Line) -> None:
    answer = line.get(f"{JOBS}/")

    assert answer.status == 307
    assert answer.headers.get("location", "").endswith(JOBS)


@fact("jobs.events", "of an empty id takes what follows for the id", known="observed")
def test_an_empty_id_lets_the_next_word_be_one(line: Line) -> None:
    assert invalid(line.get(f"{JOBS}//events"), 404)["message"] == "Could not find fine tune: events"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        call(name, method, path, f"does not take {method}", "unverified")
        for name, method, path in (
            ("files.list", "PUT", FILES),
            ("jobs.list", "PUT", JOBS),
            ("jobs.retrieve", "DELETE", f"{JOBS}/{NO_JOB}"),
            ("jobs.cancel", "GET", f"{JOBS}/{NO_JOB}/cancel"),
            ("models.list", "POST", MODELS),
        )
    ],
)
def test_a_method_that_a_path_does_not_take_is_a_405(line: Line, method: str, path: str) -> None:
    invalid(line.send(method, path), 405)
