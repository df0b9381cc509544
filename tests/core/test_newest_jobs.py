"""The newest jobs of some statuses: the same as all jobs without the others, however many have to be looked through."""

from collections.abc import Iterator
from itertools import combinations, count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.core import jobs
from emulator.core.world import World
from emulator.timeline.actions import Deed
from emulator.timeline.job import Status
from tests.core.tenants import a_world, advance, caller, order, run

deeds = st.one_of(
    st.tuples(st.just("order"), st.just(0)),
    st.tuples(st.sampled_from([Deed.CANCEL, Deed.PAUSE, Deed.RESUME]), st.integers(0, 9)),
    st.tuples(st.just("advance"), st.sampled_from([0.3, 3, 20, 1000])),
)
runs = count()
statuses = st.sets(st.sampled_from(Status))


@pytest.fixture(scope="module")
def here() -> Iterator[World]:
    """A server's state."""
    with a_world() as made:
        yield made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(deeds, max_size=12), wanted=statuses, limit=st.integers(1, 9))
def test_the_newest_of_some_statuses_are_the_newest_without_the_others(
    here: World, script: list[tuple[Deed | str, int]], wanted: set[Status], limit: int
) -> None:
    by = caller(here, f"run {next(runs)}")
    made = [order(by).stored.id]
    for deed, argument in script:
        if deed == "advance":
            advance(by, argument)
        elif isinstance(deed, Deed):
            found = jobs.get(by, made[argument % len(made)])
            if not found.view.status.terminal:
                run(jobs.act(by, found.stored.id, deed))
        else:
            made.append(order(by).stored.id)
    every = jobs.newest(by, limit=100)

    assert [each.stored.id for each in every] == made[::-1]
    expected = [each for each in every if each.view.status in wanted]
    assert jobs.newest(by, limit=limit, statuses=wanted) == expected[:limit]
    assert jobs.newest(by, limit=100, statuses=frozenset(wanted)) == expected
    for some in [*((status,) for status in Status), *combinations(Status, 2)]:
        of_them = [each for each in every if each.view.status in some]
        assert jobs.newest(by, limit=limit, statuses=some) == of_them[:limit]
