"""The list of jobs: what is held of Token Factory, but for its pages, which came later."""

import pytest

from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.nebius import test_jobs_list
from contract_tests.nebius.provider import JOBS
from contract_tests.nebius_studio.orders import NAMES
from contract_tests.nebius_studio.shared import shared

globals().update(
    shared(
        test_jobs_list,
        but=(
            "test_a_limit_that_cannot_be_is_a_422",
            "test_an_unknown_cursor_is_a_404",
            "test_a_limit_is_kept",
            "test_more_jobs_are_announced",
            "test_the_last_page_announces_none",
            "test_a_page_begins_behind_its_cursor",
            "test_pages_have_neither_gap_nor_overlap",
            "test_nothing_comes_after_the_oldest",
        ),
    )
)


@free
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, marks=fact("jobs.list", f"does not read {name}={value}", known="unverified"))
        for name, value in (("limit", "0"), ("limit", "many"), ("after", "ftjob-unknown"))
    ],
)
def test_pages_are_not_asked_for(line: Line, name: str, value: str) -> None:
    assert line.get(JOBS, **{name: value}).rows() == line.get(JOBS).rows()


@spends
@fact("jobs.list", "is whole, whatever limit says", known="unverified")
def test_the_list_is_whole(line: Line, ids: list[str]) -> None:
    listed = [job["id"] for job in line.get(JOBS, limit=1).rows()]

    assert {*ids} <= {*listed}


@spends
@fact("jobs.list", "says that there are no more where it has all", known="documented")
@pytest.mark.usefixtures("ids")
def test_no_more_are_announced(line: Line) -> None:
    assert line.get(JOBS, limit=1).ok()["has_more"] is False


@spends
@fact("jobs.list", "has jobs with the members of their page in its order", known="documented")
@pytest.mark.usefixtures("ids")
def test_listed_jobs_are_in_their_order(line: Line) -> None:
    assert {(*job,) for job in line.get(JOBS).rows()} == {NAMES}
