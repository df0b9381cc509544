"""Pushes: a model on its way elsewhere, of one job, for as long as the pace says."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from emulator.core import jobs, pushes
from emulator.core.jobs import Seen
from emulator.core.world import Caller, World
from emulator.errors import Missing
from emulator.storage.pushes import StoredPush
from tests.core.tenants import a_world, advance, caller, order, run

PACE = 0.5


@pytest.fixture
def here() -> Iterator[World]:
    """A server's state."""
    with a_world(pace=PACE) as made:
        yield made


@pytest.fixture
def anna(here: World) -> Caller:
    """Somebody who asks."""
    return caller(here)


def pushed(by: Caller, job: Seen, place: str = "a/b") -> StoredPush:
    return run(pushes.create(by, job, place=place, login="me", lasts_s=60))


def test_a_push_lasts_as_long_as_was_said_times_the_pace(anna: Caller) -> None:
    job = order(anna)
    made = pushed(anna, job)

    assert (made.job, made.place, made.login) == (job.stored.id, "a/b", "me")
    assert made.created_at == anna.now()
    assert made.ends_at - made.created_at == timedelta(seconds=60 * PACE)
    assert pushes.get(anna, job, made.id) == made


def test_pushes_are_those_of_their_job_the_newest_first(anna: Caller) -> None:
    one, other = order(anna), order(anna)
    made = [pushed(anna, one, f"a/{n}") for n in range(3)][::-1]
    theirs = pushed(anna, other)

    assert pushes.newest(anna, one, limit=9) == made
    assert pushes.newest(anna, one, limit=2) == made[:2]
    assert pushes.newest(anna, other, limit=9) == [theirs]
    with pytest.raises(Missing) as told:
        pushes.get(anna, one, theirs.id)
    assert (told.value.kind, told.value.id) == ("push", theirs.id)


@pytest.mark.parametrize("other", [{"tenant": "bert"}, {"organization": "two"}])
def test_nobody_sees_the_pushes_of_another_key_or_organization(
    here: World, anna: Caller, other: dict[str, str]
) -> None:
    job = order(anna)
    made, stranger = (
        pushed(anna, job),
        caller(here, other.get("tenant", "anna"), organization=other.get("organization", "one")),
    )

    assert pushes.newest(stranger, job, limit=9) == []
    with pytest.raises(Missing):
        pushes.get(stranger, job, made.id)


def test_the_end_of_a_push_is_a_moment_of_its_tenant_until_it_has_come(here: World, anna: Caller) -> None:
    job = order(anna)
    advance(anna, 10**7)
    assert jobs.next_moment(here, "anna", anna.now()) is None
    first = pushed(anna, job)
    advance(anna, 1)
    second = pushed(anna, job)

    assert jobs.next_moment(here, "anna", anna.now()) == first.ends_at
    assert jobs.next_moment(here, "bert", anna.now()) is None
    advance(anna, (first.ends_at - anna.now()).total_seconds())
    assert jobs.next_moment(here, "anna", anna.now()) == second.ends_at
    advance(anna, 1)
    assert jobs.next_moment(here, "anna", anna.now()) is None
