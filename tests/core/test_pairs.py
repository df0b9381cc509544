"""Pairs: files under a name, kept apart by tenant and organization."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from emulator.core import files, pairs
from emulator.core.pairs import Pair
from emulator.core.world import Caller, World
from emulator.errors import Missing
from tests.core.tenants import ROWS, a_world, advance, bring, caller, run


@pytest.fixture
def here() -> Iterator[World]:
    """A server's state."""
    with a_world() as made:
        yield made


@pytest.fixture
def anna(here: World) -> Caller:
    """Somebody who asks."""
    return caller(here)


def paired(by: Caller, name: str = "p", *, validation: bool = False) -> Pair:
    made = run(pairs.create(by, name, bring(by).id, bring(by).id if validation else None))
    return pairs.get(by, made.stored.id)  # its place in the list is known once it is there


def test_a_pair_is_found_as_it_was_made_with_its_files(anna: Caller) -> None:
    training, validation = bring(anna), bring(anna, ROWS * 2)
    made = run(pairs.create(anna, "p", training.id, validation.id))

    assert pairs.get(anna, made.stored.id) == replace(made, stored=replace(made.stored, seq=1))
    assert made.stored.bytes == 3 * len(ROWS)
    shown = [file and (file.id, file.bytes) for file in (made.training, made.validation)]
    assert shown == [(training.id, len(ROWS)), (validation.id, 2 * len(ROWS))]
    assert made.stored.created_at == made.stored.updated_at == anna.now()


def test_pairs_come_the_newest_first_and_as_many_as_asked(anna: Caller) -> None:
    made = [paired(anna, str(n)).stored for n in range(4)][::-1]

    assert [each.stored for each in pairs.newest(anna, limit=10)] == made
    assert [each.stored for each in pairs.newest(anna, limit=2)] == made[:2]
    assert len({each.id for each in made}) == 4


@pytest.mark.parametrize("other", [{"tenant": "bert"}, {"organization": "two"}])
def test_nobody_sees_changes_or_takes_away_the_pairs_of_another_key_or_organization(
    here: World, anna: Caller, other: dict[str, Any]
) -> None:
    made, stranger = paired(anna).stored, caller(here, **other)
    asks: list[Callable[[], object]] = [
        lambda: pairs.get(stranger, made.id),
        lambda: run(pairs.update(stranger, made.id, {"name": "mine"})),
        lambda: run(pairs.delete(stranger, made.id)),
        lambda: run(pairs.create(stranger, "p", made.training_file, None)),
    ]
    for ask in asks:
        with pytest.raises(Missing):
            ask()

    assert pairs.newest(stranger, limit=9) == []
    assert pairs.get(anna, made.id).stored == made


def test_a_change_touches_what_it_names_and_when_it_was_made(anna: Caller) -> None:
    made = paired(anna, validation=True).stored
    advance(anna, 5)
    renamed = run(pairs.update(anna, made.id, {"name": "q"})).stored
    large = bring(anna, ROWS * 3)
    alone = run(pairs.update(anna, made.id, {"training_file": large.id, "validation_file": None})).stored

    assert renamed == replace(made, name="q", updated_at=anna.now())
    assert alone == replace(renamed, training_file=large.id, validation_file=None, bytes=3 * len(ROWS))
    assert pairs.get(anna, made.id).stored == alone


def test_a_change_to_a_file_that_is_not_there_changes_nothing(anna: Caller) -> None:
    made = paired(anna, validation=True).stored
    for change in ({"training_file": "x"}, {"validation_file": "x", "name": "q"}):
        with pytest.raises(Missing) as told:
            run(pairs.update(anna, made.id, change))
        assert (told.value.kind, told.value.id) == ("file", "x")

    assert pairs.get(anna, made.id).stored == made
    with pytest.raises(Missing):
        run(pairs.create(anna, "p", "x", None))
    assert len(pairs.newest(anna, limit=9)) == 1


def test_a_deleted_file_is_shown_no_more_and_the_pair_is_as_large_as_it_was(anna: Caller) -> None:
    made = paired(anna, validation=True).stored
    run(files.delete(anna, made.training_file))
    told = pairs.get(anna, made.id)

    assert (told.stored, told.training) == (made, None)
    assert told.validation


def test_a_deleted_pair_is_gone_and_others_and_its_files_stay(anna: Caller) -> None:
    gone, stays = paired(anna).stored, paired(anna).stored
    run(pairs.delete(anna, gone.id))
    for again in (lambda: pairs.get(anna, gone.id), lambda: run(pairs.delete(anna, gone.id))):
        with pytest.raises(Missing) as told:
            again()
        assert (told.value.kind, told.value.id) == ("pair", gone.id)

    assert [each.stored for each in pairs.newest(anna, limit=9)] == [stays]
    assert files.get(anna, gone.training_file).bytes == len(ROWS)


def test_who_sees_late_does_not_see_a_pair_that_is_new(here: World, anna: Caller) -> None:
    made, late = paired(anna).stored, caller(here, unseen_s=3600)

    assert pairs.newest(late, limit=9) == []
    with pytest.raises(Missing):
        pairs.get(late, made.id)


def test_ids_are_a_function_of_the_seed_the_tenant_and_how_many_were_made() -> None:
    def made(tenant: str, seed: str) -> list[str]:
        with a_world(seed=seed) as here:
            return [paired(caller(here, tenant)).stored.id for _ in range(3)]

    assert made("anna", "1") == made("anna", "1")
    assert len({*made("anna", "1"), *made("anna", "2"), *made("bert", "1")}) == 9
