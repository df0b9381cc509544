"""Uploads: what is answered, what is read of a table, and what is refused."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nscale.conftest import upload
from contract_tests.nscale.envelope import instant, invalid, is_uuid
from contract_tests.nscale.orders import BROKEN, TRAINING
from contract_tests.nscale.provider import FILES

pytestmark = free
SKEW_S = 300
"""How far a target's clock may be from ours."""
BOUNDARY = "contract-tests-boundary"
TYPE = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
SMALL = b"a,b\n1,2\n"


def columns(answer: Answer) -> dict[str, list[str]]:
    """Return the columns of an uploaded file: its first values by their names."""
    return {column["name"]: column["values"] for column in listed(answer)}


def listed(answer: Answer) -> list[Obj]:
    """Return the columns of an uploaded file as they are told."""
    found = answer.ok()["columns"]
    assert isinstance(found, list), f"a list of columns was expected in {answer!r}"
    assert all(isinstance(column, Obj) for column in found), f"objects were expected for the columns of {answer!r}"
    return found


@fact("files.create", "answers 200, not 201", known="documented")
def test_an_upload_answers_200(training: Answer) -> None:
    assert training.status == 200


@fact("files.create", "is told as JSON", known="documented")
def test_an_upload_is_answered_in_json(training: Answer) -> None:
    assert training.media_type == "application/json"


@fact("files.create", "answers a file in its documented shape", known="documented")
def test_an_upload_is_answered_as_published(training: Answer, schema: Schema) -> None:
    schema.holds("File", training.ok())


@fact("files.create", "answers the documented members and no others", known="documented")
def test_an_upload_has_no_other_members(training: Answer) -> None:
    assert set(training.ok()) == {"id", "name", "bytes", "created_at", "workspace_id", "columns"}


@fact("files.create", "gives UUIDs for ids", known="observed")
def test_a_files_id_is_a_uuid(training: Answer) -> None:
    assert is_uuid(training.ok()["id"])


@fact("files.create", "keeps the file's name", known="documented")
def test_the_name_is_kept(run: Run, training: Answer) -> None:
    assert str(training.ok()["name"]).startswith(f"ct-{run.id}-")
    assert str(training.ok()["name"]).endswith(".csv")


@fact("files.create", "counts the bytes as they were sent", known="documented")
def test_the_bytes_are_counted(training: Answer) -> None:
    assert type(training.ok()["bytes"]) is int
    assert training.ok()["bytes"] == len(TRAINING)


@fact("files.create", "tells the creation as RFC 3339 in UTC", known="documented")
def test_the_creation_is_an_instant(training: Answer) -> None:
    instant(training.ok()["created_at"])


@fact("files.create", "tells the creation by the clock that all have", known="documented")
def test_the_creation_is_now(training: Answer) -> None:
    assert abs(instant(training.ok()["created_at"]).timestamp() - time.time()) < SKEW_S


@fact("files.create", "names a workspace", known="documented")
def test_a_workspace_is_named(training: Answer) -> None:
    assert isinstance(training.ok()["workspace_id"], str)
    assert training.ok()["workspace_id"]


@fact("files.create", "names the same workspace each time", known="unverified")
def test_the_workspace_stays(training_file: Obj, validation_file: Obj) -> None:
    assert training_file["workspace_id"] == validation_file["workspace_id"]


@fact("files.create", "gives no link to the bytes", known="documented")
def test_an_upload_has_no_link(training: Answer) -> None:
    assert "download_url" not in training.ok()


@fact("files.create", "tells the columns in their order", known="documented")
def test_columns_are_told_in_their_order(training: Answer) -> None:
    assert list(columns(training)) == ["question", "answer"]


@fact("files.create", "tells name, type and values of a column", known="documented")
def test_a_column_has_three_members(training: Answer) -> None:
    assert [set(column) for column in listed(training)] == [{"name", "type", "values"}] * 2


@fact("files.create", "calls a column of text a string", known="unverified")
def test_a_column_of_text_is_a_string(training: Answer) -> None:
    assert [column["type"] for column in listed(training)] == ["string", "string"]


@fact("files.create", "tells the first five values of a column", known="documented")
def test_the_first_five_values_are_told(training: Answer) -> None:
    expected = [f"It is {capital}." for capital in ("Lima", "Nairobi", "Oslo", "Santiago", "Accra")]

    assert columns(training)["answer"] == expected


@fact("files.create", "tells values without their quotes", known="documented")
def test_quotes_are_no_part_of_a_value(training: Answer) -> None:
    assert columns(training)["question"][0] == "What is the capital of Peru, please?"


@fact("files.create", "tells fewer than five values of a shorter table", known="documented")
def test_a_short_table_tells_all_it_has(run: Run) -> None:
    assert columns(upload(run, b"a,b\n1,2\n3,4\n")) == {"a": ["1", "3"], "b": ["2", "4"]}


@fact("files.create", "tells numbers as texts", known="documented")
def test_numbers_are_texts(run: Run) -> None:
    assert columns(upload(run, b"n\n1\n2.50\n")) == {"n": ["1", "2.50"]}


@fact("files.create", "reads quotes within quotes", known="observed")
def test_doubled_quotes_are_one(run: Run) -> None:
    assert columns(upload(run, b'a,b\n"say ""hi""",2\n')) == {"a": ['say "hi"'], "b": ["2"]}


@fact("files.create", "reads a value of several lines", known="unverified")
def test_a_value_may_have_several_lines(run: Run) -> None:
    assert columns(upload(run, b'a,b\n"x\ny",2\n')) == {"a": ["x\ny"], "b": ["2"]}


@fact("files.create", "reads lines that end as on Windows", known="unverified")
def test_lines_may_end_as_on_windows(run: Run) -> None:
    assert columns(upload(run, b"a,b\r\n1,2\r\n")) == {"a": ["1"], "b": ["2"]}


@fact("files.create", "reads past a byte order mark", known="unverified")
def test_a_byte_order_mark_is_no_part_of_a_name(run: Run) -> None:
    assert columns(upload(run, b"\xef\xbb\xbfa,b\n1,2\n")) == {"a": ["1"], "b": ["2"]}


@fact("files.create", "reads letters beyond ASCII", known="unverified")
def test_letters_beyond_ascii_are_read(run: Run) -> None:
    assert columns(upload(run, "größe,b\n✓,данные\n".encode())) == {"größe": ["✓"], "b": ["данные"]}


@fact("files.create", "takes names of columns as they are", known="documented")
def test_columns_may_have_any_name(run: Run) -> None:
    assert list(columns(upload(run, b"Any name at all,PROMPT\n1,2\n"))) == ["Any name at all", "PROMPT"]


@fact("files.create", "tells the columns of a table without rows", known="unverified")
def test_a_header_alone_has_columns(run: Run) -> None:
    assert columns(upload(run, b"a,b\n")) == {"a": [], "b": []}


@fact("files.create", "takes a table with a row that is too short, whose columns are told", known="unverified")
def test_a_ragged_table_is_taken(run: Run) -> None:
    assert list(columns(upload(run, BROKEN))) == ["question", "answer"]


@fact("files.create", "has no columns of what is no text", known="documented")
def test_what_is_no_text_has_no_columns(run: Run) -> None:
    assert upload(run, b"\x00\x01\xff").ok()["columns"] is None


@fact("files.create", "takes an empty file, which has no columns", known="unverified")
def test_an_empty_file_is_taken(run: Run) -> None:
    file = upload(run, b"").ok()

    assert (file["bytes"], file["columns"]) == (0, None)


@fact("files.create", "takes the same bytes twice, as two files", known="unverified")
def test_the_same_bytes_are_another_file(run: Run) -> None:
    assert upload(run, SMALL).ok()["id"] != upload(run, SMALL).ok()["id"]


@fact("files.create", "takes a name twice, for two files", known="unverified")
def test_the_same_name_is_another_file(run: Run, line: Line) -> None:
    form = {"file": (f"{run.name()}.csv", SMALL)}
    first, second = (line.send("POST", FILES, files=form).ok() for _ in range(2))

    assert first["id"] != second["id"]
    assert first["name"] == second["name"]


@fact("files.create", "keeps a name that is not ASCII", known="unverified")
def test_a_name_need_not_be_ascii(run: Run) -> None:
    assert str(upload(run, SMALL, ending="-naïve-данные.csv").ok()["name"]).endswith("-naïve-данные.csv")


@fact("files.create", "keeps capitals and spaces in a name", known="unverified")
def test_a_name_may_have_capitals_and_spaces(run: Run) -> None:
    assert str(upload(run, SMALL, ending=" Mine.CSV").ok()["name"]).endswith(" Mine.CSV")


@fact("files.create", "needs no purpose", known="observed")
def test_a_purpose_is_not_asked_for(training: Answer) -> None:
    assert training.status == 200
    assert "purpose" not in training.ok()


@fact("files.create", "takes no notice of a purpose", known="unverified")
def test_a_purpose_is_passed_over(run: Run, line: Line) -> None:
    form = {"file": (f"{run.name()}.csv", SMALL), "purpose": (None, "fine-tune")}
    file = line.send("POST", FILES, files=form).ok()

    assert file["bytes"] == len(SMALL)
    assert "purpose" not in file


@fact("files.create", "takes any media type for the part", known="unverified")
def test_the_parts_media_type_does_not_matter(run: Run, line: Line) -> None:
    form = {"file": (f"{run.name()}.csv", SMALL, "application/octet-stream")}

    assert columns(line.send("POST", FILES, files=form)) == {"a": ["1"], "b": ["2"]}


def form(run: Run) -> bytes:
    """Return a multipart body written by hand."""
    head = f'Content-Disposition: form-data; name="file"; filename="{run.name()}.csv"\r\n'.encode()
    return b"--%s\r\n%s\r\n%s\r\n--%s--\r\n" % (BOUNDARY.encode(), head, SMALL, BOUNDARY.encode())


@fact("files.create", "takes a body whose length is not told beforehand", known="unverified")
def test_an_upload_may_come_in_chunks(run: Run, line: Line) -> None:
    def chunks() -> Iterator[bytes]:
        whole = form(run)
        yield whole[:50]
        yield whole[50:]

    assert line.send("POST", FILES, content=chunks(), headers=TYPE).ok()["bytes"] == len(SMALL)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            more, marks=fact("files.create", f"with {words} is a 400 that names the file", known="unverified"), id=words
        )
        for words, more in {
            "JSON": {"json": {}},
            "nothing": {},
            "a part of another name": {"files": {"data": ("ct.csv", SMALL)}},
            "text where the file should be": {"files": {"file": (None, "text")}},
        }.items()
    ],
)
def test_an_upload_without_a_file_is_refused(line: Line, more: dict[str, Any]) -> None:
    assert "file" in invalid(line.send("POST", FILES, **more))
