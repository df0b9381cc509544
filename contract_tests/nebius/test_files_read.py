"""A file that is there: its description, its bytes, and that it goes when it is deleted."""

from dataclasses import dataclass

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nebius.conftest import upload
from contract_tests.nebius.orders import TRAINING
from contract_tests.nebius.provider import FILES

pytestmark = free


@pytest.fixture
def path(training_file: Obj) -> str:
    """Where the training file's bytes are."""
    return f"{FILES}/{training_file['id']}/content"


@fact("files.retrieve", "answers what the upload answered", known="documented")
def test_a_file_is_what_its_upload_said(line: Line, training_file: Obj) -> None:
    assert line.get(f"{FILES}/{training_file['id']}").ok() == training_file


@fact("files.retrieve", "answers the same when asked again", known="documented")
def test_a_file_stays_as_it_is(line: Line, training_file: Obj) -> None:
    first, second = (line.get(f"{FILES}/{training_file['id']}").ok() for _ in range(2))

    assert first == second


@fact("files.retrieve", "answers a file in its published shape", known="documented")
def test_a_retrieved_file_is_as_published(line: Line, training_file: Obj, schema: Schema) -> None:
    schema.holds("OpenAIFile", line.get(f"{FILES}/{training_file['id']}").ok())


@fact("files.content", "answers the very bytes", known="documented")
def test_the_bytes_come_back(line: Line, path: str) -> None:
    answer = line.get(path)

    assert answer.status == 200
    assert answer.content == TRAINING


@fact("files.content", "tells its length", known="unverified")
def test_the_length_is_told(line: Line, path: str) -> None:
    assert line.get(path).headers.get("content-length") == str(len(TRAINING))


@fact("files.content", "is never called JSON, which clients would parse", known="unverified")
def test_the_bytes_are_not_called_json(line: Line, path: str) -> None:
    assert line.get(path).media_type == "application/octet-stream"


@fact("files.content", "is not described as the file is", known="documented")
def test_the_bytes_are_no_description(line: Line, path: str, training_file: Obj) -> None:
    assert training_file["id"].encode() not in line.get(path).content


@fact("files.content", "says that ranges are taken", known="unverified")
def test_ranges_are_announced(line: Line, path: str) -> None:
    assert line.get(path).headers.get("accept-ranges") == "bytes"


@fact("files.content", "has an ETag that stays", known="unverified")
def test_an_etag_stays(line: Line, path: str) -> None:
    first, second = (line.get(path).headers.get("etag") for _ in range(2))

    assert first
    assert first == second


@pytest.mark.parametrize(
    ("asked", "expected", "told"),
    [
        pytest.param(asked, expected, told, marks=fact("files.content", words, known="unverified"), id=asked)
        for asked, expected, told, words in (
            ("bytes=2-9", TRAINING[2:10], f"bytes 2-9/{len(TRAINING)}", "answers a range with 206 and its place"),
            (
                "bytes=100-",
                TRAINING[100:],
                f"bytes 100-{len(TRAINING) - 1}/{len(TRAINING)}",
                "answers the rest from a byte on",
            ),
            (
                "bytes=-20",
                TRAINING[-20:],
                f"bytes {len(TRAINING) - 20}-{len(TRAINING) - 1}/{len(TRAINING)}",
                "answers the last bytes",
            ),
        )
    ],
)
def test_a_range_is_answered_with_those_bytes(line: Line, path: str, asked: str, expected: bytes, told: str) -> None:
    answer = line.send("GET", path, headers={"range": asked})

    assert answer.status == 206
    assert answer.content == expected
    assert answer.headers.get("content-range") == told


@fact("files.content", "refuses a range behind its end with 416", known="unverified")
def test_a_range_behind_the_end_is_refused(line: Line, path: str) -> None:
    answer = line.send("GET", path, headers={"range": f"bytes={len(TRAINING)}-"})

    assert answer.status == 416
    assert answer.headers.get("content-range") == f"bytes */{len(TRAINING)}"


@fact("files.content", "answers HEAD with the length and no bytes", known="unverified")
def test_head_tells_the_length(line: Line, path: str) -> None:
    answer = line.send("HEAD", path)

    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers.get("content-length") == str(len(TRAINING))


@dataclass
class Deletion:
    """A file that was uploaded and deleted again."""

    file: Obj
    answer: Answer


@pytest.fixture(scope="module")
def deletion(run: Run, line: Line) -> Deletion:
    file = upload(run, b'{"text": "short-lived"}\n').ok()
    return Deletion(file, line.delete(f"{FILES}/{file['id']}"))


@fact("files.delete", "answers {id, deleted: true, object: file}", known="documented")
def test_a_deletion_says_what_is_deleted(deletion: Deletion) -> None:
    assert deletion.answer.ok() == {"id": deletion.file["id"], "deleted": True, "object": "file"}


@fact("files.delete", "answers in its published shape", known="documented")
def test_a_deletion_is_answered_as_published(deletion: Deletion, schema: Schema) -> None:
    schema.holds("FileDeletedResponse", deletion.answer.ok())


@fact("files.delete", "makes the file a 404", known="documented")
def test_a_deleted_file_is_gone(line: Line, deletion: Deletion) -> None:
    line.get(f"{FILES}/{deletion.file['id']}").refused(404)


@fact("files.delete", "makes its bytes a 404", known="documented")
def test_a_deleted_files_bytes_are_gone(line: Line, deletion: Deletion) -> None:
    line.get(f"{FILES}/{deletion.file['id']}/content").refused(404)


@fact("files.delete", "takes the file out of the list", known="documented")
def test_a_deleted_file_is_not_listed(line: Line, deletion: Deletion) -> None:
    assert deletion.file["id"] not in [file["id"] for file in line.get(FILES, limit=100).rows()]


@fact("files.delete", "of a file that is gone is a 404", known="unverified")
def test_a_file_is_deleted_once(line: Line, deletion: Deletion) -> None:
    line.delete(f"{FILES}/{deletion.file['id']}").refused(404)


@fact("files.delete", "leaves other files", known="documented")
@pytest.mark.usefixtures("deletion")
def test_other_files_stay(line: Line, training_file: Obj) -> None:
    assert line.get(f"{FILES}/{training_file['id']}").ok() == training_file
