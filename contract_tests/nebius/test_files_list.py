"""The list of files: its order, its pages, its filter."""

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nebius.conftest import upload
from contract_tests.nebius.provider import FILES

pytestmark = free
TEXT = b'{"text": "one of several"}\n'
COUNT = 4


@pytest.fixture(scope="module")
def several(run: Run) -> list[Obj]:
    """Files in the order of their creation; the last is for a batch."""
    return [upload(run, TEXT, purpose="fine-tune" if place < COUNT - 1 else "batch").ok() for place in range(COUNT)]


@pytest.fixture(scope="module")
def ids(several: list[Obj]) -> list[str]:
    return [file["id"] for file in several]


@fact("files.list", "is a list in its published shape", known="documented")
@pytest.mark.usefixtures("several")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("FileListResponse", line.get(FILES).ok())


@fact("files.list", "says that it is a list", known="documented")
def test_the_list_calls_itself_one(line: Line) -> None:
    assert line.get(FILES).ok()["object"] == "list"


@fact("files.list", "has files in their published shape", known="documented")
@pytest.mark.usefixtures("several")
def test_listed_files_are_as_published(line: Line, schema: Schema) -> None:
    for file in line.get(FILES).rows():
        schema.holds("OpenAIFile", file)


@fact("files.list", "tells of a file what its upload answered", known="documented")
def test_listed_files_are_what_their_uploads_said(line: Line, several: list[Obj]) -> None:
    listed = line.get(FILES, limit=100).rows()

    assert all(file in listed for file in several)


@fact("files.list", "is newest first", known="unverified")
def test_the_newest_file_is_first(line: Line, ids: list[str]) -> None:
    assert [file["id"] for file in line.get(FILES, limit=100).rows() if file["id"] in ids] == ids[::-1]


@fact("files.list", "has as many entries as limit says", known="documented")
@pytest.mark.usefixtures("several")
def test_a_limit_is_kept(line: Line) -> None:
    assert [len(line.get(FILES, limit=limit).rows()) for limit in (1, 2, 3)] == [1, 2, 3]


@fact("files.list", "has ten entries where no limit is given", known="documented")
def test_ten_files_are_listed_unless_asked_otherwise(run: Run, line: Line, several: list[Obj]) -> None:
    for _ in range(11 - len(several)):
        upload(run, TEXT)

    assert len(line.get(FILES).rows()) == 10


@fact("files.list", "goes on after a file, which is not in the page", known="unverified")
def test_a_page_begins_behind_its_cursor(line: Line, ids: list[str]) -> None:
    after = line.get(FILES, limit=2, after=ids[2]).rows()

    assert [file["id"] for file in after] == [ids[1], ids[0]]


@fact("files.list", "in pages has every file once", known="unverified")
def test_pages_have_neither_gap_nor_overlap(line: Line, ids: list[str]) -> None:
    paged = line.pages(FILES, limit=3)
    listed = [file["id"] for file in paged]

    assert len(set(listed)) == len(listed)
    assert set(ids) <= set(listed)


@fact("files.list", "has fine-tune files alone where that purpose is asked for", known="documented")
def test_a_purpose_filters(line: Line, ids: list[str]) -> None:
    listed = line.get(FILES, limit=100, purpose="fine-tune").rows()

    assert {file["purpose"] for file in listed} == {"fine-tune"}
    assert set(ids[:-1]) <= {file["id"] for file in listed}


@fact("files.list", "has batch files alone where that purpose is asked for", known="documented")
def test_the_other_purpose_filters_too(line: Line, ids: list[str]) -> None:
    listed = line.get(FILES, limit=100, purpose="batch").rows()

    assert {file["purpose"] for file in listed} == {"batch"}
    assert ids[-1] in [file["id"] for file in listed]


@fact("files.list", "has no has_more, as published", known="documented")
def test_nothing_says_whether_there_are_more(line: Line) -> None:
    assert line.get(FILES).ok().keys() == {"data", "object"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, marks=fact("files.list", words, known="unverified"), id=f"{name}={value}")
        for name, value, words in (
            ("limit", "0", "with a limit of 0 is a 422 at query, limit"),
            ("limit", "-1", "with a limit below 0 is a 422 at query, limit"),
            ("limit", "many", "with a limit that is no number is a 422 at query, limit"),
            ("limit", "1.5", "with a limit that is not whole is a 422 at query, limit"),
            ("purpose", "assistants", "of another purpose is a 422 at query, purpose"),
        )
    ],
)
def test_a_parameter_that_cannot_be_is_told_by_its_place(line: Line, name: str, value: str) -> None:
    assert line.get(FILES, **{name: value}).flaw("query", name)["input"] == value


@fact("files.list", "tells all that is wrong with a query in one pass", known="unverified")
def test_all_wrong_parameters_are_told(line: Line) -> None:
    flaws = line.get(FILES, limit="many", purpose="none").flaws()

    assert [flaw["loc"] for flaw in flaws] == [["query", "limit"], ["query", "purpose"]]


@fact("files.list", "after an unknown file is a 404", known="unverified")
def test_an_unknown_cursor_is_a_404(line: Line) -> None:
    line.get(FILES, after="file-unknown").refused(404)


@fact("files.list", "takes parameters that it does not know", known="unverified")
def test_an_unknown_parameter_is_no_error(line: Line) -> None:
    line.get(FILES, contract_tests="yes").ok()
