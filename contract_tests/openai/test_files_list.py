"""The list of files: its order, its pages, its purposes."""

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.openai import published
from contract_tests.openai.conftest import upload
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import NO_FILE, TEXT
from contract_tests.openai.provider import FILES, PAGE

pytestmark = free
PURPOSE = "user_data"


@pytest.fixture(scope="module")
def three(run: Run) -> list[Obj]:
    """Three files of one purpose, the newest first."""
    return [upload(run, TEXT, purpose=PURPOSE).ok() for _ in range(3)][::-1]


def page(line: Line, **params: object) -> Obj:
    return line.get(FILES, **{"purpose": PURPOSE, **params}).ok()


@fact("files.list", "answers a list in its published shape", known="documented")
def test_the_list_is_as_published(line: Line, three: list[Obj], schema: Schema) -> None:
    schema.holds("ListFilesResponse", published.files(page(line)))


@fact("files.list", "has exactly the members object, data, has_more, first_id and last_id", known="observed")
def test_the_list_has_its_five_members(line: Line, three: list[Obj]) -> None:
    assert set(page(line)) == {"object", "data", "has_more", "first_id", "last_id"}
    assert page(line)["object"] == "list"


@fact("files.list", "has the newest file first, of one second as well", known="observed")
def test_the_newest_file_is_first(line: Line, three: list[Obj]) -> None:
    assert page(line)["data"][:3] == three


@fact("files.list", "has the oldest file first where asc is asked", known="documented")
def test_the_oldest_file_is_first_where_asked(line: Line, three: list[Obj]) -> None:
    listed = page(line, order="asc")["data"]

    assert listed[-3:] == three[::-1] or len(listed) == 10_000


@fact("files.list", "has the newest file first where desc is asked", known="documented")
def test_desc_is_what_is_not_asked(line: Line, three: list[Obj]) -> None:
    assert page(line, order="desc") == page(line)


@fact("files.list", "answers what the look at a file answers", known="observed")
def test_a_listed_file_is_the_file(line: Line, three: list[Obj]) -> None:
    assert page(line, limit=1)["data"] == [line.get(f"{FILES}/{three[0]['id']}").ok()]


@fact("files.list", "keeps a limit", known="documented")
def test_a_limit_is_kept(line: Line, three: list[Obj]) -> None:
    assert [page(line, limit=limit)["data"] for limit in (1, 2)] == [three[:1], three[:2]]


@fact("files.list", "says that there is more where a page leaves some out", known="documented")
def test_more_files_are_announced(line: Line, three: list[Obj]) -> None:
    assert page(line, limit=1)["has_more"] is True


@fact("files.list", "goes on after a file, which is not in the page", known="documented")
def test_a_page_begins_behind_its_cursor(line: Line, three: list[Obj]) -> None:
    first = page(line, limit=1)

    assert page(line, limit=2, after=first["last_id"])["data"] == three[1:]


@fact("files.list", "goes on after a file in ascending order", known="documented")
def test_an_ascending_page_begins_behind_its_cursor(line: Line, three: list[Obj]) -> None:
    listed = page(line, order="asc", after=three[2]["id"], limit=1)

    assert (listed["data"], listed["has_more"]) == ([three[1]], True)


@fact("files.list", "ends after the newest in ascending order, with no more", known="documented")
def test_nothing_comes_after_the_last(line: Line, three: list[Obj]) -> None:
    listed = page(line, order="asc", after=three[0]["id"])

    assert (listed["data"], listed["has_more"]) == ([], False)


@fact("files.list", "says of its last page that there is no more", known="documented")
def test_the_last_page_announces_none(line: Line, three: list[Obj]) -> None:
    listed = page(line, order="asc", after=three[1]["id"], limit=1)

    assert (listed["data"], listed["has_more"]) == ([three[0]], False)


@fact("files.list", "names the first and the last file of a page", known="observed")
def test_the_ends_of_a_page_are_named(line: Line, three: list[Obj]) -> None:
    listed = page(line, limit=3)

    assert (listed["first_id"], listed["last_id"]) == (three[0]["id"], three[2]["id"])


@fact("files.list", "names nothing of an empty page", known="unverified")
def test_an_empty_page_has_no_ends(line: Line, three: list[Obj]) -> None:
    listed = page(line, order="asc", after=three[0]["id"])

    assert (listed["first_id"], listed["last_id"]) == (None, None)


@fact("files.list", "lists one purpose alone where it is asked", known="documented")
def test_a_purpose_may_be_asked_for(run: Run, line: Line, three: list[Obj]) -> None:
    other = upload(run, TEXT, purpose="batch").ok()

    assert {file["purpose"] for file in page(line)["data"]} == {PURPOSE}
    assert page(line, purpose="batch", limit=1)["data"] == [other]


@fact("files.list", "lists all purposes where none is asked", known="observed")
def test_all_purposes_are_listed(run: Run, line: Line, three: list[Obj]) -> None:
    newest = upload(run, TEXT, purpose="batch").ok()
    listed = [file["id"] for file in line.get(FILES, limit=PAGE).rows()]

    assert listed[0] == newest["id"]
    assert {file["id"] for file in three} <= {*listed}


@fact("files.list", "of a purpose that nothing has is empty", known="documented")
def test_a_purpose_of_nothing_is_an_empty_list(line: Line) -> None:
    listed = page(line, purpose="contract-tests-nothing")

    assert (listed["object"], listed["data"], listed["has_more"]) == ("list", [], False)


@fact("files.list", "after an unknown file is empty", known="unverified")
def test_an_unknown_cursor_is_an_empty_page(line: Line) -> None:
    listed = page(line, after=NO_FILE)

    assert (listed["data"], listed["has_more"]) == ([], False)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        pytest.param(*told, marks=fact("files.list", f"does not take {words}", known="unverified"), id=words)
        for words, told in {
            "a limit below 0": ({"limit": -1}, "limit"),
            "a limit that is no number": ({"limit": "many"}, "limit"),
            "an order that is none": ({"order": "upwards"}, "order"),
        }.items()
    ],
)
def test_a_parameter_that_cannot_be_is_refused(line: Line, params: dict[str, object], param: str) -> None:
    assert invalid(line.get(FILES, **params))["param"] == param
