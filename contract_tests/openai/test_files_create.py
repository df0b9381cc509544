"""Uploads in one form: what is answered, what of a form matters, and what is refused."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.openai import published
from contract_tests.openai.conftest import upload
from contract_tests.openai.envelope import invalid, refused
from contract_tests.openai.orders import TEXT, TRAINING
from contract_tests.openai.provider import FILES

pytestmark = free
BOUNDARY = "contract-tests-boundary"
TYPE = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SKEW_S = 300
DAY_S = 24 * 3600
ORDER = (*("object", "id", "purpose", "filename", "bytes", "created_at", "expires_at", "status", "status_details"),)


@fact("files.create", "answers 200, not 201", known="observed")
def test_an_upload_answers_200(training: Answer) -> None:
    assert training.status == 200


@fact("files.create", "answers a file in its published shape", known="documented")
def test_an_upload_is_answered_as_published(training: Answer, schema: Schema) -> None:
    schema.holds("OpenAIFile", published.file(training.ok()))


@fact("files.create", "answers the members in the recorded order", known="observed")
def test_the_members_come_in_their_order(training: Answer) -> None:
    assert [name for name in training.ok() if name in ORDER] == [*ORDER]


@fact("files.create", "gives ids of the form file- and 22 letters of base 58", known="observed")
def test_a_files_id_is_22_letters_behind_its_prefix(training: Answer) -> None:
    assert re.fullmatch(f"file-[{BASE58}]{{22}}", training.ok()["id"])


@fact("files.create", "counts the bytes as they were sent", known="observed")
def test_the_bytes_are_counted(training: Answer) -> None:
    assert training.ok()["bytes"] == len(TRAINING)


@fact("files.create", "tells the creation in whole unix seconds, by the clock that all have", known="observed")
def test_the_creation_is_told_in_whole_seconds(training: Answer) -> None:
    created = training.ok()["created_at"]

    assert type(created) is int
    assert abs(created - time.time()) < SKEW_S + 4 * 3600  # a run may last


@fact("files.create", "keeps the file's name", known="observed")
def test_the_name_is_kept(run: Run, training: Answer) -> None:
    assert re.fullmatch(rf"ct-{run.id}-\d+\.jsonl", training.ok()["filename"])


@fact("files.create", "keeps the purpose", known="observed")
def test_the_purpose_is_kept(training: Answer) -> None:
    assert training.ok()["purpose"] == "fine-tune"


@fact("files.create", "calls it a file", known="observed")
def test_it_is_called_a_file(training: Answer) -> None:
    assert training.ok()["object"] == "file"


@fact("files.create", "answers a small file for training as processed at once, without details", known="observed")
def test_a_small_file_is_processed_at_once(training: Answer) -> None:
    assert (training.ok()["status"], training.ok()["status_details"]) == ("processed", None)


@fact("files.create", "keeps a file for ever unless told otherwise: it expires at null", known="observed")
def test_a_file_does_not_expire(training: Answer) -> None:
    assert training.ok()["expires_at"] is None


@fact("files.create", "tells when a file expires that is kept so long after its creation", known="documented")
def test_a_file_expires_as_asked(run: Run, line: Line) -> None:
    lasts: dict[str, Any] = {"expires_after[anchor]": "created_at", "expires_after[seconds]": str(DAY_S)}
    file = upload(run, TEXT, **lasts).ok()

    assert file["expires_at"] == file["created_at"] + DAY_S
    assert line.get(f"{FILES}/{file['id']}").ok()["expires_at"] == file["expires_at"]


@pytest.mark.parametrize(
    ("anchor", "seconds", "param"),
    [
        pytest.param(*told, marks=fact("files.create", f"does not take {words}", known="documented"), id=words)
        for words, told in {
            "an expiry in less than an hour": ("created_at", "3599", "expires_after.seconds"),
            "an expiry in more than 30 days": ("created_at", "2592001", "expires_after.seconds"),
            "an expiry after anything but the creation": ("last_active_at", "3600", "expires_after.anchor"),
        }.items()
    ],
)
def test_an_expiry_out_of_bounds_is_refused(run: Run, anchor: str, seconds: str, param: str) -> None:
    lasts: dict[str, Any] = {"expires_after[anchor]": anchor, "expires_after[seconds]": seconds}
    answer = upload(run, TEXT, **lasts)

    assert invalid(answer)["param"] in (param, "expires_after")


@pytest.mark.parametrize(
    "purpose",
    [
        pytest.param(name, marks=fact("files.create", f"takes the purpose {name}", known="documented"), id=name)
        for name in ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")
    ],
)
def test_a_file_may_be_for_each_of_six_purposes(run: Run, purpose: str) -> None:
    ending = ".png" if purpose == "vision" else ".jsonl"

    assert upload(run, TEXT, purpose=purpose, ending=ending).ok()["purpose"] == purpose


@fact("files.create", "of another purpose is a 400 that lists the six, in the observed words", known="observed")
def test_another_purpose_is_refused(run: Run) -> None:
    error = invalid(upload(run, TEXT, purpose="world_domination"))

    known = "['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"
    assert error["message"] == f"'world_domination' is not one of {known} - 'purpose'"
    assert (error["param"], error["code"]) == ("purpose", None)


@fact("files.create", "tells a refusal a second time, as detail", known="observed")
def test_a_refusal_is_told_twice(run: Run) -> None:
    answer = upload(run, TEXT, purpose="world_domination")
    error = refused(answer, 400)

    assert answer.json()["detail"] == {"message": error["message"], "code": error["code"]}


LINES = "Expected file to have JSONL format, where every line is a valid JSON dictionary."


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(data, marks=fact("files.create", f"for training refuses {words}", known=known), id=words)
        for words, data, known in (
            ("what is no JSON", b"no JSON at all\n", "observed"),
            ("a list on a line", b'["a", "b"]\n', "unverified"),
            ("bytes that are no text", b"\xff\xfe\x00\x01\n", "unverified"),
        )
    ],
)
def test_a_file_that_is_not_json_line_by_line_is_refused(run: Run, data: bytes) -> None:
    error = invalid(upload(run, data))

    assert error["message"].startswith(LINES)


@fact("files.create", "that is no JSON is told by its first line", known="unverified")
def test_a_file_that_is_no_json_is_told_by_its_line(run: Run) -> None:
    error = invalid(upload(run, b"no JSON at all\n"))

    assert " Line 1 is not a dictionary" in error["message"]
    assert error["param"] in (None, "file")


@fact("files.create", "for another purpose does not look into the file", known="observed")
def test_a_file_for_something_else_may_hold_anything(run: Run, line: Line) -> None:
    data = bytes(range(256)) * 3
    file = upload(run, data, purpose="user_data", ending=".pdf").ok()

    assert (file["bytes"], line.get(f"{FILES}/{file['id']}").status) == (len(data), 200)


@fact("files.create", "takes the same bytes twice, as two files", known="unverified")
def test_the_same_bytes_are_another_file(run: Run) -> None:
    assert upload(run, TEXT).ok()["id"] != upload(run, TEXT).ok()["id"]


@fact("files.create", "keeps a name that is not ASCII", known="observed")
def test_a_name_need_not_be_ascii(run: Run) -> None:
    ending = "-naïve-данные.jsonl"

    assert str(upload(run, TEXT, ending=ending).ok()["filename"]).endswith(ending)


@fact("files.create", "keeps a space and capitals in a name", known="unverified")
def test_a_name_may_have_a_space_and_capitals(run: Run) -> None:
    assert str(upload(run, TEXT, ending=" Two.JSONL").ok()["filename"]).endswith(" Two.JSONL")


def form(*parts: bytes) -> bytes:
    """Return a multipart body written by hand."""
    said = b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY.encode(), part) for part in parts)
    return said + b"--%s--\r\n" % BOUNDARY.encode()


PURPOSE = b'Content-Disposition: form-data; name="purpose"\r\n\r\nfine-tune'


def file_part(run: Run) -> bytes:
    head = f'Content-Disposition: form-data; name="file"; filename="{run.name()}.jsonl"\r\n'.encode()
    return head + b"Content-Type: application/octet-stream\r\n\r\n" + TEXT


@fact("files.create", "takes the purpose before the file, as the Python client sends it", known="observed")
def test_the_purpose_may_come_first(run: Run, line: Line) -> None:
    file = line.send("POST", FILES, content=form(PURPOSE, file_part(run)), headers=TYPE).ok()

    assert (file["bytes"], file["purpose"]) == (len(TEXT), "fine-tune")


@fact("files.create", "takes the file before the purpose, as the Node client sends it", known="observed")
def test_the_file_may_come_first(run: Run, line: Line) -> None:
    file = line.send("POST", FILES, content=form(file_part(run), PURPOSE), headers=TYPE).ok()

    assert (file["bytes"], file["purpose"]) == (len(TEXT), "fine-tune")


@fact("files.create", "takes a body whose length is not told, as the Node client sends a stream", known="observed")
def test_an_upload_may_come_in_chunks(run: Run, line: Line) -> None:
    def chunks() -> Iterator[bytes]:
        whole = form(PURPOSE, file_part(run))
        yield whole[:50]
        yield whole[50:]

    assert line.send("POST", FILES, content=chunks(), headers=TYPE).ok()["bytes"] == len(TEXT)


@fact("files.create", "without a purpose is a 400 for the param purpose", known="unverified")
def test_a_purpose_must_be_given(run: Run, line: Line) -> None:
    error = invalid(line.send("POST", FILES, files={"file": (f"{run.name()}.jsonl", TEXT)}))

    assert error["param"] == "purpose"
    assert error["message"] == "Missing required parameter: 'purpose'."


@fact("files.create", "without a file is a 400 for the param file", known="unverified")
def test_a_file_must_be_given(line: Line) -> None:
    error = invalid(line.send("POST", FILES, content=form(PURPOSE), headers=TYPE))

    assert error["param"] == "file"
    assert error["message"] == "Missing required parameter: 'file'."


@fact("files.create", "tells that a file is missing a second time, as it does of a purpose", known="observed")
def test_a_missing_file_is_told_twice(line: Line) -> None:
    answer = line.send("POST", FILES, content=form(PURPOSE), headers=TYPE)
    error = refused(answer, 400)

    assert answer.json()["detail"] == {"message": error["message"], "code": error["code"]}


@fact("files.create", "that comes as JSON is a 400", known="unverified")
def test_a_file_is_no_json(line: Line) -> None:
    invalid(line.post(FILES, {"file": "text", "purpose": "fine-tune"}))
