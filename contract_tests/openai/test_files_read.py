"""A file that is there: looked at, downloaded, deleted."""

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.openai import published
from contract_tests.openai.conftest import upload
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import TEXT, TRAINING
from contract_tests.openai.provider import FILES, PAGE

pytestmark = free


@pytest.fixture
def content(line: Line, training_file: Obj) -> Answer:
    """The download of the training file; skips where the account is not allowed it."""
    answer = line.get(f"{FILES}/{training_file['id']}/content")
    if answer.status == 400 and b"disabled for free accounts" in answer.content:
        pytest.skip("this account is not allowed to download its training files")
    return answer


@fact("files.retrieve", "answers what the upload answered", known="observed")
def test_a_file_is_what_its_upload_said(line: Line, training_file: Obj) -> None:
    assert line.get(f"{FILES}/{training_file['id']}").ok() == training_file


@fact("files.retrieve", "answers the same when asked again", known="documented")
def test_a_file_stays_as_it_is(line: Line, training_file: Obj) -> None:
    first, second = (line.get(f"{FILES}/{training_file['id']}").ok() for _ in range(2))

    assert first == second


@fact("files.retrieve", "answers a file in its published shape", known="documented")
def test_a_file_is_as_published(line: Line, training_file: Obj, schema: Schema) -> None:
    schema.holds("OpenAIFile", published.file(line.get(f"{FILES}/{training_file['id']}").ok()))


@fact("files.content", "answers the bytes as they were sent", known="observed")
def test_the_bytes_come_back(content: Answer) -> None:
    assert (content.status, content.content) == (200, TRAINING)


@fact("files.content", "is told as application/octet-stream", known="observed")
def test_the_bytes_are_no_json(content: Answer) -> None:
    assert content.media_type == "application/octet-stream"


@fact("files.content", "is an attachment that bears the file's name", known="observed")
def test_the_bytes_are_an_attachment(content: Answer, training_file: Obj) -> None:
    disposition = content.headers.get("content-disposition", "")

    assert disposition.startswith("attachment;")
    assert training_file["filename"] in disposition


@fact("files.content", 'is an attachment whose name stands in quotes: filename="…"', known="observed")
def test_the_attachments_name_stands_in_quotes(content: Answer, training_file: Obj) -> None:
    assert content.headers.get("content-disposition") == f'attachment; filename="{training_file["filename"]}"'


@fact("files.content", "tells its length", known="documented")
def test_a_download_tells_its_length(content: Answer) -> None:
    assert content.headers.get("content-length") == str(len(TRAINING))


@fact("files.content", "keeps line ends as they are, and a last line without one", known="unverified")
def test_line_ends_are_kept(run: Run, line: Line) -> None:
    data = b'{"text": "a"}\r\n{"text": "b"}'
    answer = line.get(f"{FILES}/{upload(run, data).ok()['id']}/content")
    if answer.status == 400:
        pytest.skip("this account is not allowed to download its training files")

    assert answer.content == data


@pytest.fixture(scope="module")
def gone(run: Run) -> tuple[str, Answer]:
    """The id of a file that was deleted, and what its deletion answered."""
    id_ = upload(run, TEXT).ok()["id"]
    return id_, run.line.delete(f"{FILES}/{id_}")


@fact("files.delete", "answers {object, deleted, id}", known="observed")
def test_a_deletion_answers_the_id(gone: tuple[str, Answer]) -> None:
    assert gone[1].ok() == {"object": "file", "deleted": True, "id": gone[0]}


@fact("files.delete", "answers as published", known="documented")
def test_a_deletion_is_as_published(gone: tuple[str, Answer], schema: Schema) -> None:
    schema.holds("DeleteFileResponse", gone[1].ok())


@fact("files.retrieve", "of a deleted file is a 404", known="documented")
def test_a_deleted_file_is_gone(line: Line, gone: tuple[str, Answer]) -> None:
    assert invalid(line.get(f"{FILES}/{gone[0]}"), 404)["message"] == f"No such File object: {gone[0]}"


@fact("files.content", "of a deleted file is a 404", known="documented")
def test_a_deleted_files_bytes_are_gone(line: Line, gone: tuple[str, Answer]) -> None:
    invalid(line.get(f"{FILES}/{gone[0]}/content"), 404)


@fact("files.delete", "of a deleted file is a 404", known="documented")
def test_a_file_is_deleted_once(line: Line, gone: tuple[str, Answer]) -> None:
    invalid(line.delete(f"{FILES}/{gone[0]}"), 404)


@fact("files.list", "does not list a deleted file", known="documented")
def test_a_deleted_file_is_not_listed(line: Line, gone: tuple[str, Answer]) -> None:
    assert gone[0] not in [file["id"] for file in line.get(FILES, limit=PAGE).rows()]


@fact("files.delete", "leaves the other files where they are", known="documented")
def test_another_file_with_the_same_bytes_stays(run: Run, line: Line) -> None:
    first, second = (upload(run, TEXT).ok()["id"] for _ in range(2))
    line.delete(f"{FILES}/{first}").ok()

    assert line.get(f"{FILES}/{second}").ok()["id"] == second
