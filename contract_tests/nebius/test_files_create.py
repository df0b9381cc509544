"""Uploads: what is answered, what of a form matters, and what is refused."""

import json
from collections.abc import Iterator

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nebius.conftest import upload
from contract_tests.nebius.orders import TRAINING
from contract_tests.nebius.provider import FILES

pytestmark = free
BOUNDARY = "contract-tests-boundary"
TEXT = b'{"text": "one line"}\n'


@fact("files.create", "answers 200, not 201", known="observed")
def test_an_upload_answers_200(training: Answer) -> None:
    assert training.status == 200


@fact("files.create", "answers a file in its published shape", known="documented")
def test_an_upload_is_answered_as_published(training: Answer, schema: Schema) -> None:
    schema.holds("OpenAIFile", training.ok())


@fact("files.create", "gives ids of the form file-<uuid7>", known="observed")
def test_a_files_id_is_a_uuid7_behind_its_prefix(training: Answer) -> None:
    prefix, _, rest = str(training.ok()["id"]).partition("-")

    assert prefix == "file"
    assert [len(part) for part in rest.split("-")] == [8, 4, 4, 4, 12]
    assert rest[14] == "7"
    assert rest.replace("-", "").isalnum()
    assert rest == rest.lower()


@fact("files.create", "puts the instant of the creation into the id, to the second", known="observed")
def test_a_files_id_holds_its_instant(training: Answer) -> None:
    file = training.ok()
    milliseconds = int(str(file["id"]).removeprefix("file-").replace("-", "")[:12], 16)

    assert abs(milliseconds / 1000 - file["created_at"]) <= 1


@fact("files.create", "counts the bytes as they were sent", known="observed")
def test_the_bytes_are_counted(training: Answer) -> None:
    assert training.ok()["bytes"] == len(TRAINING)


@fact("files.create", "tells the creation in whole unix seconds", known="observed")
def test_the_creation_is_told_in_whole_seconds(training: Answer) -> None:
    created = training.ok()["created_at"]

    assert type(created) is int
    assert 1_600_000_000 < created < 5_000_000_000


@fact("files.create", "keeps the file's name", known="observed")
def test_the_name_is_kept(run: Run, training: Answer) -> None:
    assert str(training.ok()["filename"]).startswith(f"ct-{run.id}-")
    assert str(training.ok()["filename"]).endswith(".jsonl")


@fact("files.create", "keeps the purpose", known="observed")
def test_the_purpose_is_kept(training: Answer) -> None:
    assert training.ok()["purpose"] == "fine-tune"


@fact("files.create", "calls it a file", known="observed")
def test_it_is_called_a_file(training: Answer) -> None:
    assert training.ok()["object"] == "file"


@fact("files.create", "has no status, so that nobody can wait for processed", known="observed")
def test_a_file_has_no_status(training: Answer) -> None:
    assert training.ok().get("status") is None
    assert training.ok().get("status_details") is None


@fact("files.create", "is told as JSON", known="observed")
def test_an_upload_is_answered_in_json(training: Answer) -> None:
    assert training.media_type == "application/json"


@fact("files.create", "takes the purpose batch", known="documented")
def test_a_file_may_be_for_a_batch(run: Run) -> None:
    assert upload(run, TEXT, purpose="batch").ok()["purpose"] == "batch"


@fact("files.create", "takes the same bytes twice, as two files", known="unverified")
def test_the_same_bytes_are_another_file(run: Run) -> None:
    assert upload(run, TEXT).ok()["id"] != upload(run, TEXT).ok()["id"]


@fact("files.create", "keeps a name that is not ASCII", known="unverified")
def test_a_name_need_not_be_ascii(run: Run) -> None:
    ending = "-naïve-данные.jsonl"

    assert str(upload(run, TEXT, ending=ending).ok()["filename"]).endswith(ending)


@fact("files.create", "keeps a space in a name", known="unverified")
def test_a_name_may_have_a_space(run: Run) -> None:
    assert str(upload(run, TEXT, ending=" b.jsonl").ok()["filename"]).endswith(" b.jsonl")


@fact("files.create", "keeps capitals in a name", known="unverified")
def test_a_name_may_have_capitals(run: Run) -> None:
    assert str(upload(run, TEXT, ending="-Capitals.JSONL").ok()["filename"]).endswith("-Capitals.JSONL")


@fact("files.create", "takes a name twice, for two files", known="unverified")
def test_the_same_name_is_another_file(run: Run, line: Line) -> None:
    form = {"file": (f"{run.name()}.jsonl", TEXT)}
    first, second = (line.send("POST", FILES, files=form, data={"purpose": "batch"}).ok()["id"] for _ in range(2))

    assert first != second
    assert line.get(f"{FILES}/{first}").ok()["id"] == first


@fact("files.create", "does not look into the file: what is wrong with it shows in the job", known="unverified")
def test_a_file_that_is_no_data_set_is_taken(run: Run) -> None:
    assert upload(run, b"no JSON at all\n").ok()["bytes"] == 15


def form(run: Run, *, purpose_first: bool) -> bytes:
    """Return a multipart body written by hand."""
    purpose = b'Content-Disposition: form-data; name="purpose"\r\n\r\nfine-tune'
    head = f'Content-Disposition: form-data; name="file"; filename="{run.name()}.jsonl"\r\n'.encode()
    file = head + b"Content-Type: application/octet-stream\r\n\r\n" + TEXT
    parts = (purpose, file) if purpose_first else (file, purpose)
    return b"".join(b"--%s\r\n%s\r\n" % (BOUNDARY.encode(), part) for part in parts) + b"--%s--\r\n" % BOUNDARY.encode()


TYPE = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.mark.parametrize(
    "purpose_first",
    [
        pytest.param(True, marks=fact("files.create", "takes the purpose before the file", known="unverified")),
        pytest.param(False, marks=fact("files.create", "takes the file before the purpose", known="unverified")),
    ],
    ids=["purpose-first", "file-first"],
)
def test_the_parts_come_in_any_order(run: Run, line: Line, purpose_first: bool) -> None:  # noqa: FBT001 -- a parameter
    file = line.send("POST", FILES, content=form(run, purpose_first=purpose_first), headers=TYPE).ok()

    assert (file["bytes"], file["purpose"]) == (len(TEXT), "fine-tune")


@fact("files.create", "takes a body whose length is not told beforehand", known="unverified")
def test_an_upload_may_come_in_chunks(run: Run, line: Line) -> None:
    def chunks() -> Iterator[bytes]:
        whole = form(run, purpose_first=True)
        yield whole[:50]
        yield whole[50:]

    assert line.send("POST", FILES, content=chunks(), headers=TYPE).ok()["bytes"] == len(TEXT)


@fact("files.create", "keeps bytes that are no text", known="unverified")
def test_bytes_that_are_no_text_are_kept(run: Run, line: Line) -> None:
    data = bytes(range(256)) * 3
    file_id = upload(run, data).ok()["id"]

    assert line.get(f"{FILES}/{file_id}/content").content == data


@fact("files.create", "keeps line ends as they are", known="unverified")
def test_line_ends_are_kept(run: Run, line: Line) -> None:
    data = b'{"text": "a"}\r\n{"text": "b"}'
    file_id = upload(run, data).ok()["id"]

    assert line.get(f"{FILES}/{file_id}/content").content == data


@fact("files.create", "takes a project, which is no other account", known="documented")
def test_a_project_may_be_named(run: Run, line: Line) -> None:
    files = {"file": (f"{run.name()}.jsonl", TEXT)}
    answer = line.send("POST", FILES, params={"ai_project_id": "contract"}, files=files, data={"purpose": "fine-tune"})

    assert answer.status in (200, 403, 404), f"neither taken nor refused as unknown: {answer!r}"


@fact("files.create", "without a purpose is a 422 at body, purpose", known="unverified")
def test_a_purpose_must_be_given(run: Run, line: Line) -> None:
    flaw = line.send("POST", FILES, files={"file": (f"{run.name()}.jsonl", TEXT)}).flaw("body", "purpose")

    assert (flaw["type"], flaw["msg"]) == ("missing", "Field required")


@fact("files.create", "without a file is a 422 at body, file", known="unverified")
def test_a_file_must_be_given(line: Line) -> None:
    answer = line.send("POST", FILES, content=form_without_a_file(), headers=TYPE)
    flaw = answer.flaw("body", "file")

    assert (flaw["type"], flaw["msg"]) == ("missing", "Field required")
    assert len(answer.flaws()) == 1


def form_without_a_file() -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--{BOUNDARY}--\r\n'.encode()


@fact("files.create", "of another purpose is a 422 that lists those there are", known="unverified")
def test_another_purpose_is_refused(run: Run) -> None:
    flaw = upload(run, TEXT, purpose="assistants").flaw("body", "purpose")

    assert flaw["input"] == "assistants"
    assert "'batch'" in flaw["msg"]
    assert "'fine-tune'" in flaw["msg"]


@fact("files.create", "tells all that is missing of a form in one pass", known="unverified")
def test_an_empty_form_misses_both(line: Line) -> None:
    flaws = line.send("POST", FILES, content=json.dumps({}), headers={"content-type": "application/json"}).flaws()

    assert [flaw["loc"] for flaw in flaws] == [["body", "file"], ["body", "purpose"]]


@fact("files.create", "of text where the file should be is a 422 at body, file", known="unverified")
def test_a_file_that_is_a_text_field_is_refused(line: Line) -> None:
    line.send("POST", FILES, data={"file": "text", "purpose": "fine-tune"}).flaws()
