"""Uploads in parts: announced, brought, put together or given up."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.openai import published
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import TRAINING
from contract_tests.openai.provider import FILES, UPLOADS

pytestmark = free
PARTS = (TRAINING[:400], TRAINING[400:900], TRAINING[900:])
HOUR_S = 3600


def announce(run: Run, data: bytes = TRAINING, **changes: Any) -> Answer:
    """Announce an upload under a name of its own."""
    told = {"purpose": "fine-tune", "bytes": len(data), "mime_type": "text/jsonl"}
    return run.line.post(UPLOADS, {"filename": f"{run.name()}.jsonl", **told, **changes})


def bring(line: Line, upload: Obj, data: bytes) -> Answer:
    """Bring a part."""
    return line.send("POST", f"{UPLOADS}/{upload['id']}/parts", files={"data": ("part", data)})


def complete(line: Line, upload: Obj, parts: list[str], **more: str) -> Answer:
    """Put parts together."""
    return line.post(f"{UPLOADS}/{upload['id']}/complete", {"part_ids": parts, **more})


@pytest.fixture(scope="module")
def pending(run: Run) -> Answer:
    """The answer to the announcement of an upload."""
    return announce(run)


@pytest.fixture(scope="module")
def parts(run: Run, pending: Answer) -> list[Obj]:
    """The parts of that upload, in their order, brought the last first."""
    return [bring(run.line, pending.ok(), data).ok() for data in PARTS[::-1]][::-1]


@pytest.fixture(scope="module")
def completed(run: Run, pending: Answer, parts: list[Obj]) -> Answer:
    """The answer to its completion."""
    md5 = hashlib.md5(TRAINING, usedforsecurity=False).hexdigest()
    return complete(run.line, pending.ok(), [part["id"] for part in parts], md5=md5)


@pytest.fixture(scope="module")
def cancelled(run: Run) -> Answer:
    """The answer to the cancellation of another, that has a part already."""
    upload = announce(run).ok()
    bring(run.line, upload, PARTS[0]).ok()
    return run.line.post(f"{UPLOADS}/{upload['id']}/cancel")


@fact("uploads.create", "answers an upload in its published shape", known="documented")
def test_an_announcement_is_answered_as_published(pending: Answer, schema: Schema) -> None:
    schema.holds("Upload", published.file(pending.ok()))


@fact("uploads.create", "gives ids of upload_ and 32 hexadecimal digits", known="observed")
def test_an_uploads_id_is_32_digits_behind_its_prefix(pending: Answer) -> None:
    assert re.fullmatch(r"upload_[0-9a-f]{32}", pending.ok()["id"])


@fact("uploads.create", "puts the second of the creation into the first eight digits of the id", known="observed")
def test_an_uploads_id_holds_its_second(pending: Answer) -> None:
    upload = pending.ok()

    assert abs(int(upload["id"].removeprefix("upload_")[:8], 16) - upload["created_at"]) <= 1


@fact("uploads.create", "answers what was announced", known="documented")
def test_what_was_announced_is_answered(run: Run, pending: Answer) -> None:
    upload = pending.ok()

    assert (upload["object"], upload["purpose"], upload["bytes"]) == ("upload", "fine-tune", len(TRAINING))
    assert re.fullmatch(rf"ct-{run.id}-\d+\.jsonl", upload["filename"])


@fact("uploads.create", "is pending, and has no file yet", known="observed")
def test_a_new_upload_is_pending(pending: Answer) -> None:
    assert pending.ok()["status"] == "pending"
    assert pending.ok().get("file") is None


@fact("uploads.create", "expires an hour after its creation", known="observed")
def test_an_upload_expires_in_an_hour(pending: Answer) -> None:
    assert pending.ok()["expires_at"] == pending.ok()["created_at"] + HOUR_S


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=fact("uploads.create", f"does not go without {name}", known="documented"), id=name)
        for name in ("filename", "purpose", "bytes", "mime_type")
    ],
)
def test_an_announcement_lacks_nothing(line: Line, name: str) -> None:
    told = {"filename": "none.jsonl", "purpose": "fine-tune", "bytes": 10, "mime_type": "text/jsonl"}
    error = invalid(line.post(UPLOADS, {key: value for key, value in told.items() if key != name}))

    assert error["param"] == name


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        pytest.param(*told, marks=fact("uploads.create", f"does not take {words}", known="documented"), id=words)
        for words, told in {
            "more than 8 GB": ({"bytes": 8 * 2**30 + 1}, "bytes"),
            "a purpose that is none": ({"purpose": "world_domination"}, "purpose"),
        }.items()
    ],
)
def test_an_announcement_out_of_bounds_is_refused(run: Run, changes: dict[str, Any], param: str) -> None:
    assert invalid(announce(run, **changes))["param"] == param


@fact("uploads.parts.create", "answers a part in its published shape", known="documented")
def test_a_part_is_answered_as_published(parts: list[Obj], schema: Schema) -> None:
    for part in parts:
        schema.holds("UploadPart", part)


@fact("uploads.parts.create", "gives ids of part_ and 32 hexadecimal digits", known="observed")
def test_a_parts_id_is_32_digits_behind_its_prefix(parts: list[Obj]) -> None:
    for part in parts:
        assert re.fullmatch(r"part_[0-9a-f]{32}", part["id"])


@fact("uploads.parts.create", "names the upload, and is an upload.part", known="observed")
def test_a_part_names_its_upload(pending: Answer, parts: list[Obj]) -> None:
    assert {(part["upload_id"], part["object"]) for part in parts} == {(pending.ok()["id"], "upload.part")}


@fact("uploads.parts.create", "gives each part an id of its own", known="documented")
def test_no_two_parts_are_one(parts: list[Obj]) -> None:
    assert len({part["id"] for part in parts}) == len(PARTS)


@fact("uploads.parts.create", "takes parts at the same time", known="documented")
def test_parts_may_come_at_once(run: Run, line: Line) -> None:
    upload = announce(run).ok()
    with ThreadPoolExecutor(len(PARTS)) as pool:
        brought = [each.ok()["id"] for each in pool.map(lambda data: bring(line, upload, data), PARTS)]
    file = complete(line, upload, brought).ok()["file"]

    assert file["bytes"] == len(TRAINING)


@fact("uploads.parts.create", "without data is a 400", known="unverified")
def test_a_part_is_not_nothing(line: Line, pending: Answer) -> None:
    form = {"other": ("part", b"x")}

    assert invalid(line.send("POST", f"{UPLOADS}/{pending.ok()['id']}/parts", files=form))["param"] == "data"


@fact("uploads.complete", "answers the upload as completed, and as published", known="observed")
def test_a_completion_is_answered_as_published(completed: Answer, pending: Answer, schema: Schema) -> None:
    upload = completed.ok()

    assert (upload["id"], upload["status"]) == (pending.ok()["id"], "completed")
    schema.holds("Upload", published.file(upload))


@fact("uploads.complete", "adds the file, processed, of the upload's name and purpose and bytes", known="observed")
def test_a_completed_upload_has_its_file(completed: Answer) -> None:
    upload = completed.ok()
    names = ("filename", "purpose", "bytes")

    assert isinstance(upload["file"], Obj)
    assert {name: upload["file"][name] for name in names} == {name: upload[name] for name in names}
    assert (upload["file"]["object"], upload["file"]["status"]) == ("file", "processed")


@fact("uploads.complete", "gives the file the upload's instant", known="observed")
def test_the_file_is_as_old_as_its_upload(completed: Answer) -> None:
    assert completed.ok()["file"]["created_at"] == completed.ok()["created_at"]


@fact("files.retrieve", "answers the file of a completed upload", known="documented")
def test_the_file_of_an_upload_is_a_file(line: Line, completed: Answer) -> None:
    file = completed.ok()["file"]

    assert line.get(f"{FILES}/{file['id']}").ok() == file


@fact("files.content", "answers the parts in the order that was told", known="documented")
def test_the_parts_are_put_in_their_order(line: Line, completed: Answer) -> None:
    answer = line.get(f"{FILES}/{completed.ok()['file']['id']}/content")
    if answer.status == 400:
        pytest.skip("this account is not allowed to download its training files")

    assert answer.content == TRAINING


@pytest.mark.parametrize(
    ("operation", "path", "more"),
    [
        pytest.param(name, path, more, marks=fact(name, "of a completed upload is a 400", known="unverified"), id=name)
        for name, path, more in (
            ("uploads.complete", "complete", {"json": {"part_ids": []}}),
            ("uploads.cancel", "cancel", {}),
            ("uploads.parts.create", "parts", {"files": {"data": ("part", b"x")}}),
        )
    ],
)
def test_a_completed_upload_stays_so(
    line: Line, completed: Answer, operation: str, path: str, more: dict[str, Any]
) -> None:
    invalid(line.send("POST", f"{UPLOADS}/{completed.ok()['id']}/{path}", **more))


@fact("uploads.complete", "of fewer bytes than were announced is a 400", known="documented")
def test_bytes_that_were_announced_must_come(run: Run, line: Line) -> None:
    upload = announce(run).ok()
    part = bring(line, upload, PARTS[0]).ok()["id"]

    invalid(complete(line, upload, [part]))


@fact("uploads.complete", "of more bytes than were announced is a 400", known="documented")
def test_no_more_bytes_come_than_were_announced(run: Run, line: Line) -> None:
    upload = announce(run, bytes=len(PARTS[0]) - 1).ok()
    brought = bring(line, upload, PARTS[0])

    invalid(brought if brought.status != 200 else complete(line, upload, [brought.ok()["id"]]))


@fact("uploads.complete", "whose checksum is another is a 400", known="documented")
def test_a_checksum_is_checked(run: Run, line: Line) -> None:
    upload = announce(run).ok()
    part = bring(line, upload, TRAINING).ok()["id"]

    invalid(complete(line, upload, [part], md5="0" * 32))


@fact("uploads.complete", "that was refused may be tried again", known="unverified")
def test_a_refused_completion_may_be_mended(run: Run, line: Line) -> None:
    upload = announce(run).ok()
    part = bring(line, upload, TRAINING).ok()["id"]
    invalid(complete(line, upload, []))

    assert complete(line, upload, [part]).ok()["status"] == "completed"


@fact("uploads.complete", "of a part that there is not is a 400", known="unverified")
def test_an_unknown_part_is_refused(run: Run, line: Line) -> None:
    upload = announce(run).ok()

    invalid(complete(line, upload, [f"part_{'0' * 32}"]))


@fact("uploads.complete", "of another upload's part is a 400", known="unverified")
def test_a_part_is_its_uploads_own(run: Run, line: Line) -> None:
    first, second = announce(run).ok(), announce(run).ok()
    part = bring(line, first, TRAINING).ok()["id"]

    invalid(complete(line, second, [part]))


@fact("uploads.complete", "does not go without part_ids", known="documented")
def test_a_completion_names_its_parts(run: Run, line: Line) -> None:
    upload = announce(run).ok()

    assert invalid(line.post(f"{UPLOADS}/{upload['id']}/complete", {}))["param"] == "part_ids"


@fact("uploads.cancel", "answers the upload as cancelled, and as published", known="documented")
def test_a_cancellation_is_answered_as_published(cancelled: Answer, schema: Schema) -> None:
    assert cancelled.ok()["status"] == "cancelled"
    assert cancelled.ok().get("file") is None
    schema.holds("Upload", published.file(cancelled.ok()))


@fact("uploads.parts.create", "of a cancelled upload is a 400", known="documented")
def test_a_cancelled_upload_takes_no_part(line: Line, cancelled: Answer) -> None:
    invalid(bring(line, cancelled.ok(), b"x"))


@fact("uploads.complete", "of a cancelled upload is a 400", known="documented")
def test_a_cancelled_upload_is_not_completed(line: Line, cancelled: Answer) -> None:
    invalid(complete(line, cancelled.ok(), []))


@fact("files.list", "does not list what was cancelled or is pending", known="documented")
def test_what_is_not_completed_is_no_file(line: Line, cancelled: Answer) -> None:
    assert cancelled.ok()["filename"] not in [file["filename"] for file in line.get(FILES, limit=100).rows()]


@fact("uploads.complete", "for training refuses what is no JSON line by line", known="unverified")
def test_an_upload_for_training_is_looked_into(run: Run, line: Line) -> None:
    data = b"no JSON at all\n"
    upload = announce(run, data).ok()

    error = invalid(complete(line, upload, [bring(line, upload, data).ok()["id"]]))
    assert error["message"].startswith("Expected file to have JSONL format")
