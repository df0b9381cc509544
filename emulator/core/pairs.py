"""Pairs: a training file and perhaps a validation file under a name, from which jobs are made. Nscale's datasets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from emulator.core import files, ids
from emulator.core.file import File
from emulator.core.world import Caller
from emulator.errors import Missing
from emulator.storage import accounts
from emulator.storage import pairs as rows
from emulator.storage.database import Connection
from emulator.storage.pairs import StoredPair

KIND = "pair"


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair and its files as they are now; None: there is none, or it was deleted."""

    stored: StoredPair
    training: File | None
    validation: File | None


async def create(caller: Caller, name: str, training_file: str, validation_file: str | None) -> Pair:
    """Put files together under a name; raise Missing, which names the member, where one is not there."""
    at = caller.now()

    def change(db: Connection) -> StoredPair:
        own_id = _new_id(db, caller, at)
        size = _size(db, caller, training_file, validation_file)
        pair = StoredPair(0, own_id, name, training_file, validation_file, size, at, at)
        rows.insert(db, caller.account, pair, at_s=caller.world.clocks.host_s())
        return pair

    return _shown(caller, await caller.world.db.write(change))


def get(caller: Caller, pair_id: str) -> Pair:
    """Return one of the caller's pairs; raise Missing."""
    return _shown(caller, _stored(caller.world.db.reads, caller, pair_id))


def newest(caller: Caller, *, limit: int) -> list[Pair]:
    """Return the caller's newest pairs, the newest first."""
    found = rows.newest(caller.world.db.reads, caller.account, limit=limit, by_s=caller.sees_s)
    return [_shown(caller, each) for each in found]


async def update(caller: Caller, pair_id: str, changes: Mapping[str, Any]) -> Pair:
    """Change ``name``, ``training_file`` and ``validation_file`` of a pair; raise Missing for it and for files."""
    at = caller.now()

    def change(db: Connection) -> StoredPair:
        changed = replace(_stored(db, caller, pair_id), **changes)
        size = _size(db, caller, changed.training_file, changed.validation_file)
        pair = replace(changed, bytes=size, updated_at=at)
        rows.update(db, caller.account, pair)
        return pair

    return _shown(caller, await caller.world.db.write(change))


async def delete(caller: Caller, pair_id: str) -> None:
    """Delete a pair, not its files; jobs that were made from it go on. Raise Missing."""

    def change(db: Connection) -> None:
        _stored(db, caller, pair_id)
        rows.delete(db, caller.account, pair_id)

    await caller.world.db.write(change)


def _stored(db: Connection, caller: Caller, pair_id: str) -> StoredPair:
    stored = rows.get(db, caller.account, pair_id, by_s=caller.sees_s)
    if stored is None:
        raise Missing(KIND, pair_id)
    return stored


def _size(db: Connection, caller: Caller, training_file: str, validation_file: str | None) -> int:
    """Return the bytes of the files together; raise Missing for one that is not there."""
    size = files.dataset_of(db, caller, training_file, "training_file").bytes
    return size + (files.dataset_of(db, caller, validation_file, "validation_file").bytes if validation_file else 0)


def _shown(caller: Caller, stored: StoredPair) -> Pair:
    return Pair(stored, _file(caller, stored.training_file), _file(caller, stored.validation_file))


def _file(caller: Caller, file_id: str | None) -> File | None:
    try:
        return files.get(caller, file_id) if file_id else None
    except Missing:
        return None


def _new_id(db: Connection, caller: Caller, at: datetime) -> str:
    shape, account = caller.shapes.pair, caller.account
    assert shape  # noqa: S101 -- who has pairs has a shape for their ids
    number = accounts.count(db, account.tenant)
    return shape.write(ids.draw(caller.world.settings.seed, account.tenant, number, KIND, bits=shape.bits), at)
