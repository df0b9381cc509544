"""The list of files."""

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nscale.conftest import upload
from contract_tests.nscale.envelope import invalid
from contract_tests.nscale.provider import FILES, PAGE

pytestmark = free


@pytest.fixture(scope="module")
def three(run: Run) -> list[Obj]:
    """Three files, in the order in which they were uploaded."""
    return [upload(run, b"a,b\n%d,2\n" % at).ok() for at in range(3)]


def ids(rows: list[Obj], *, of: list[Obj]) -> list[str]:
    known = [file["id"] for file in of]
    return [row["id"] for row in rows if row["id"] in known]


@fact("files.list", "answers 200 in JSON", known="observed")
def test_the_list_is_json(line: Line) -> None:
    answer = line.get(FILES, limit=PAGE)

    assert (answer.status, answer.media_type) == (200, "application/json")


@fact("files.list", "has files under data, and nothing beside", known="unverified")
def test_there_is_nothing_beside_the_data(line: Line) -> None:
    assert list(line.get(FILES).ok()) == ["data"]


@fact("files.list", "is as its schema says", known="unverified")
def test_the_list_is_as_published(line: Line, schema: Schema, training_file: Obj) -> None:
    found = line.get(FILES).ok()

    assert training_file["id"] in [file["id"] for file in found["data"]]
    schema.holds("Files", found)


@fact("files.list", "shows a file as its upload did", known="unverified")
def test_a_file_is_listed_as_it_was_uploaded(line: Line, three: list[Obj]) -> None:
    listed = {file["id"]: file for file in line.get(FILES, limit=PAGE).rows()}

    assert [listed.get(file["id"]) for file in three] == three


@fact("files.list", "shows each file once", known="unverified")
@pytest.mark.usefixtures("three")
def test_a_file_is_listed_once(line: Line) -> None:
    listed = [file["id"] for file in line.get(FILES, limit=PAGE).rows()]

    assert len(set(listed)) == len(listed)


@fact("files.list", "shows the newest first", known="unverified")
def test_the_newest_comes_first(line: Line, three: list[Obj]) -> None:
    assert ids(line.get(FILES, limit=PAGE).rows(), of=three) == [file["id"] for file in reversed(three)]


@fact("files.list", "has as many entries as the limit says", known="observed")
def test_a_limit_is_heeded(line: Line, three: list[Obj]) -> None:
    assert ids(line.get(FILES, limit=2).rows(), of=three) == [three[2]["id"], three[1]["id"]]
    assert len(line.get(FILES, limit=2).rows()) == 2


@fact("files.list", "has 100 entries at most that nobody asked for", known="unverified")
@pytest.mark.usefixtures("three")
def test_without_a_limit_it_is_a_hundred(line: Line) -> None:
    assert line.get(FILES).ok() == line.get(FILES, limit=100).ok()


@fact("files.list", "takes pagination=False, as Python writes it", known="observed")
@pytest.mark.usefixtures("three")
def test_no_pagination_may_be_asked_for(line: Line) -> None:
    assert line.get(FILES, pagination="False").ok() == line.get(FILES).ok()


@fact("files.list", "is the same when asked again", known="unverified")
@pytest.mark.usefixtures("three")
def test_the_list_stays(line: Line) -> None:
    assert line.get(FILES).ok() == line.get(FILES).ok()


@fact("files.list", "gives no links to bytes", known="unverified")
@pytest.mark.usefixtures("three")
def test_listed_files_have_no_links(line: Line) -> None:
    assert [file for file in line.get(FILES).rows() if "download_url" in file] == []


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(
            limit, marks=fact("files.list", f"takes no limit of {limit}", known="unverified"), id=f"limit-{limit}"
        )
        for limit in ("0", "-1", "nope", "1.5")
    ],
)
def test_a_limit_of_nothing_is_refused(line: Line, limit: str) -> None:
    assert "limit" in invalid(line.get(FILES, limit=limit))


@fact("files.list", "takes pagination=false, as JSON writes it", known="unverified")
def test_pagination_may_be_in_lower_case(line: Line) -> None:
    line.get(FILES, pagination="false").ok()


@fact("files.list", "takes no pagination that is neither true nor false", known="unverified")
def test_pagination_is_true_or_false(line: Line) -> None:
    assert "pagination" in invalid(line.get(FILES, pagination="maybe"))


@fact("files.list", "takes no notice of a parameter that it does not know", known="unverified")
def test_an_unknown_parameter_is_passed_over(line: Line) -> None:
    assert line.get(FILES, contract_tests="1").ok() == line.get(FILES).ok()
