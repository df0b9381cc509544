"""Files: those that were uploaded, and beside them those that jobs result in (``derived``)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from emulator.clock import LATEST
from emulator.core import derived, ids
from emulator.core.datasets import Grammars, reader_of
from emulator.core.file import File
from emulator.core.world import Caller, World
from emulator.errors import Missing, TooLarge
from emulator.storage import accounts
from emulator.storage import files as rows
from emulator.storage import jobs as job_rows
from emulator.storage.database import Connection
from emulator.storage.files import Place, StoredFile
from emulator.storage.jobs import Rewritten, StoredJob
from emulator.timeline.actions import Action, Deed
from emulator.timeline.job import Dataset
from emulator.timeline.view import view


class Intake:
    """A file that is arriving: hashed, written and checked as a dataset of some grammar (None: of none) in one pass."""

    def __init__(self, world: World, grammar: Grammars | None, *, bytes_max: int | None = None) -> None:
        self._bytes_max = bytes_max or world.settings.upload_bytes_max
        self._reader = reader_of(grammar, line_bytes_max=world.settings.line_bytes_max) if grammar else None
        self._incoming = world.blobs.incoming()

    def write(self, piece: bytes) -> None:
        """Take the next bytes; raise TooLarge past the limit. Slow: not for the event loop's own thread."""
        if self._incoming.bytes + len(piece) > self._bytes_max:
            raise TooLarge(self._bytes_max)
        self._incoming.write(piece)
        if self._reader:
            self._reader.feed(piece)

    def check_nothing(self) -> None:
        """Take the bytes as they are: they are no dataset."""
        self._reader = None

    def finish(self) -> tuple[str, Dataset | None]:
        """Return the digest of the bytes and what was read of them."""
        dataset = self._reader.finish() if self._reader else None
        return self._incoming.finish(), dataset

    @property
    def bytes(self) -> int:
        """How many bytes have arrived."""
        return self._incoming.bytes

    def keep(self) -> None:
        """Give the finished bytes their place among the kept ones."""
        self._incoming.keep()

    def discard(self) -> None:
        """Remove what was not kept."""
        self._incoming.discard()


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file is to be kept. ``lasts_s``: virtual seconds from its creation to its expiry; None: for ever."""

    name: str
    purpose: str
    project: str | None = None
    lasts_s: int | None = None


async def keep(caller: Caller, intake: Intake, read: tuple[str, Dataset | None], wanted: Wanted) -> File:
    """Keep a finished intake as a file of the caller's."""
    at = caller.now()
    return _shown(await caller.world.db.write(lambda db: add(db, caller, intake, read, wanted=wanted, at=at)))


def add(
    db: Connection, caller: Caller, intake: Intake, read: tuple[str, Dataset | None], *, wanted: Wanted, at: datetime
) -> StoredFile:
    """Keep a finished intake as a file of the caller's, within a transaction."""
    account, shape, (blob, dataset) = caller.account, caller.shapes.file, read
    number = accounts.count(db, account.tenant)
    value = ids.draw(caller.world.settings.seed, account.tenant, number, "file", bits=shape.bits)
    about = (wanted.project, at, wanted.name, wanted.purpose, intake.bytes, blob, dataset)
    expires_at = None if wanted.lasts_s is None else at + timedelta(seconds=wanted.lasts_s)
    file = StoredFile(0, shape.write(value, at), *about, expires_at)
    intake.keep()
    rows.insert(db, account, file, at_s=caller.world.clocks.host_s())
    return file


def get(caller: Caller, file_id: str) -> File:
    """Return one of the caller's files; raise Missing."""
    db = caller.world.db.reads
    stored = _uploaded(db, caller, file_id)
    return _shown(stored) if stored else derived.get(db, caller, file_id)


def page(
    caller: Caller,
    *,
    after: str | None,
    limit: int,
    purpose: str | None = None,
    project: str | None = None,
    ascending: bool = False,
    results: bool = False,
) -> tuple[list[File], bool]:
    """Return the caller's uploads, newest first unless ``ascending``, and whether there are more.

    With ``results``, the tables that jobs result in stand among them. Raise Missing for an unknown cursor.
    """
    db, place = caller.world.db.reads, None
    if after is not None and (place := _place(db, caller, after, results=results)) is None:
        raise Missing("file", after)
    how: dict[str, Any] = {"after": place, "limit": limit + 1, "ascending": ascending}
    lists: list[Iterator[tuple[Place, File]]] = []
    if not results or purpose != derived.RESULT:
        found = rows.page(
            *(db, caller.account), **how, now=caller.now(), purpose=purpose, project=project, by_s=caller.sees_s
        )
        lists.append((stored.place, _shown(stored)) for stored in found)
    if results and purpose in (None, derived.RESULT):
        lists.append(derived.results(db, caller, **how))
    merged = merge(*lists, key=itemgetter(0), reverse=not ascending)
    files = [file for _, file in islice(merged, limit + 1)]
    return files[:limit], len(files) > limit


def _place(db: Connection, caller: Caller, file_id: str, *, results: bool) -> Place | None:
    return rows.place(db, caller.account, file_id) or (derived.place(db, caller, file_id) if results else None)


def _uploaded(db: Connection, caller: Caller, file_id: str) -> StoredFile | None:
    """Return an upload that has not expired, or None."""
    stored = rows.get(db, caller.account, file_id, by_s=caller.sees_s)
    expired = stored and stored.expires_at and stored.expires_at <= caller.now()
    return None if expired else stored


async def delete(caller: Caller, file_id: str) -> None:
    """Delete one of the caller's files; jobs that are still reading it fail. Raise Missing."""
    world, account = caller.world, caller.account
    with world.clocks.pinned(account.tenant) as at:
        blob = await world.db.write(lambda db: _deletion(db, caller, file_id, at))
    if blob:
        # In a transaction of the one writer, so that no upload of the same bytes comes between look and removal.
        await world.db.write(lambda db: None if rows.is_needed(db, blob) else world.blobs.drop(blob))


def _deletion(db: Connection, caller: Caller, file_id: str, at: datetime) -> str | None:
    account = caller.account
    stored = _uploaded(db, caller, file_id)
    if stored is None:
        rows.bury(db, account, derived.get(db, caller, file_id).id, None)
        return None
    rows.delete(db, account, file_id)
    rows.bury(db, account, file_id, stored)
    for job in job_rows.validating(db, account, file_id, at):
        perform(db, job, Action(Deed.TRAINING_FILE_DELETED, at), at_s=caller.world.clocks.host_s())
    return stored.blob


def perform(db: Connection, job: StoredJob, action: Action, *, at_s: float) -> None:
    """Add an action to a job, and store when and how the job now ends."""
    done = [*job_rows.actions(db, [job])[job.seq], action]
    last = view(job.job, job.plan, done, LATEST)
    course, plan = last.course, job.plan
    counted = course.falls_at(plan.counted) if course.elapsed >= plan.counted else None
    if course.stopped:
        anew = Rewritten(counted or last.ended_at, last.ended_at, last.status)
    else:
        anew = Rewritten(counted, course.falls_at(plan.reaches) if last.status.terminal else None, plan.outcome)
    job_rows.act(db, job, action, anew, at_s=at_s)


def read(world: World, file: File, start: int, stop: int) -> Iterator[bytes]:
    """Yield the bytes of a range, in pieces; slow: not for the event loop's own thread."""
    if isinstance(file.source, StoredFile):
        return world.blobs.read(file.source.blob, start, stop)
    return file.source.read(start, stop)


def _shown(stored: StoredFile) -> File:
    about = (stored.id, stored.bytes, stored.created_at, stored.name, stored.purpose)
    return File(*about, stored, stored.expires_at)


def dataset_of(db: Connection, caller: Caller, file_id: str, member: str) -> StoredFile:
    """Return an upload that a member of a request names; raise Missing."""
    stored = _uploaded(db, caller, file_id)
    if stored is None:
        raise Missing("file", file_id, member)
    return stored
