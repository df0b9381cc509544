"""Files: those that were uploaded, and those that a job's checkpoints consist of.

A checkpoint's files are never stored. Their ids hold the job's handle and an ordinal, and lead back to the job.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from emulator.clock import LATEST, micros
from emulator.core import ids
from emulator.core.datasets import Reader
from emulator.core.world import Caller, World
from emulator.errors import Missing, TooLarge
from emulator.storage import accounts
from emulator.storage import files as rows
from emulator.storage import jobs as job_rows
from emulator.storage.database import Connection
from emulator.storage.files import StoredFile
from emulator.storage.jobs import StoredJob
from emulator.timeline.actions import Action, Deed
from emulator.timeline.artifacts import Artifact, Source, artifact_names, checkpoint_files
from emulator.timeline.history import Checkpoint, checkpoint, checkpoint_count
from emulator.timeline.job import Dataset
from emulator.timeline.view import view

FILES_PER_CHECKPOINT = 1024
"""Room for a checkpoint's files among the ordinals of a job."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is shown, and where its bytes come from."""

    id: str
    bytes: int
    created_at: datetime
    name: str
    purpose: str
    source: StoredFile | Artifact


class Intake:
    """A file that is arriving: hashed, written and checked as a dataset in one pass."""

    def __init__(self, world: World) -> None:
        self._bytes_max = world.settings.upload_bytes_max
        self._reader: Reader | None = Reader(line_bytes_max=world.settings.line_bytes_max)
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


async def keep(
    caller: Caller, intake: Intake, read: tuple[str, Dataset | None], *, name: str, purpose: str, project: str | None
) -> File:
    """Keep a finished intake as a file of the caller's."""
    account, seed, at = caller.account, caller.world.settings.seed, caller.now()
    blob, dataset = read

    def change(db: Connection) -> StoredFile:
        number = accounts.count(db, account.tenant)
        value = ids.draw(seed, account.tenant, number, "file", bits=caller.shapes.file.bits)
        file_id = caller.shapes.file.write(value, at)
        file = StoredFile(0, file_id, project, at, name, purpose, intake.bytes, blob, dataset)
        intake.keep()
        rows.insert(db, account, file, at_s=caller.world.clocks.host_s())
        return file

    return _shown(await caller.world.db.write(change))


def get(caller: Caller, file_id: str) -> File:
    """Return one of the caller's files; raise Missing."""
    db = caller.world.db.reads
    stored = rows.get(db, caller.account, file_id, by_s=caller.sees_s)
    return _shown(stored) if stored else _derived(db, caller, file_id)


def page(
    caller: Caller, *, after: str | None, limit: int, purpose: str | None, project: str | None
) -> tuple[list[File], bool]:
    """Return the caller's uploads, newest first, and whether there are more; raise Missing for an unknown cursor."""
    db, before = caller.world.db.reads, None
    if after is not None and (before := rows.place(db, caller.account, after)) is None:
        raise Missing("file", after)
    found = rows.page(
        db, caller.account, before=before, limit=limit + 1, purpose=purpose, project=project, by_s=caller.sees_s
    )
    return [_shown(stored) for stored in found[:limit]], len(found) > limit


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
    stored = rows.get(db, account, file_id, by_s=caller.sees_s)
    if stored is None:
        rows.bury(db, account, _derived(db, caller, file_id).id, None)
        return None
    rows.delete(db, account, file_id)
    rows.bury(db, account, file_id, stored.seq)
    for job in job_rows.validating(db, account, file_id, at):
        perform(db, job, Action(Deed.TRAINING_FILE_DELETED, at), at_s=caller.world.clocks.host_s())
    return stored.blob


def perform(db: Connection, job: StoredJob, action: Action, *, at_s: float) -> None:
    """Add an action to a job, and store when and how the job now ends."""
    done = [*job_rows.actions(db, [job])[job.seq], action]
    last = view(job.job, job.plan, done, LATEST)
    if last.course.stopped:
        job_rows.act(db, job, action, ended_at=last.ended_at, outcome=last.status, at_s=at_s)
    else:
        end = last.course.falls_at(job.plan.reaches) if last.status.terminal else None
        job_rows.act(db, job, action, ended_at=end, outcome=job.plan.outcome, at_s=at_s)


def read(world: World, file: File, start: int, stop: int) -> Iterator[bytes]:
    """Yield the bytes of a range, in pieces; slow: not for the event loop's own thread."""
    if isinstance(file.source, Artifact):
        return file.source.read(start, stop)
    return world.blobs.read(file.source.blob, start, stop)


def result_files(caller: Caller, job: StoredJob, made: Checkpoint) -> list[str]:
    """Return the ids of a checkpoint's files."""
    names = artifact_names(job.lora is not None, job.weight_bytes)
    return [_file_id(caller, job, made, place) for place in range(len(names))]


def checkpoint_id(caller: Caller, job: StoredJob, made: Checkpoint) -> str:
    """Return the id of a job's checkpoint."""
    shape = caller.shapes.checkpoint
    return shape.write(ids.seal(job.handle, made.ordinal, kind="checkpoint", bits=shape.bits), made.at)


def _file_id(caller: Caller, job: StoredJob, made: Checkpoint, place: int) -> str:
    shape, ordinal = caller.shapes.file, made.ordinal * FILES_PER_CHECKPOINT + place
    return shape.write(ids.seal(job.handle, ordinal, kind="file", bits=shape.bits), made.at)


def _derived(db: Connection, caller: Caller, file_id: str) -> File:
    """Return the checkpoint's file that an id leads to, if it exists by now and was not deleted."""
    shape = caller.shapes.file
    written = shape.read(file_id)
    sealed = ids.opened(written[0], kind="file", bits=shape.bits) if written else None
    job = job_rows.of_handle(db, caller.account, sealed[0], by_s=caller.sees_s) if sealed else None
    if sealed is None or job is None or rows.is_buried(db, caller.account, file_id):
        raise Missing("file", file_id)
    seen = view(job.job, job.plan, job_rows.actions(db, [job], by_s=caller.sees_actions_s)[job.seq], caller.now())
    ordinal, place = divmod(sealed[1], FILES_PER_CHECKPOINT)
    names = artifact_names(job.lora is not None, job.weight_bytes)
    if ordinal >= checkpoint_count(seen) or place >= len(names):
        raise Missing("file", file_id)
    file = _of_checkpoint(caller, job, checkpoint(seen, ordinal), place)
    if file.id != file_id:  # the right job and place at another time
        raise Missing("file", file_id)
    return file


def _of_checkpoint(caller: Caller, job: StoredJob, made: Checkpoint, place: int) -> File:
    """Return a checkpoint's file; raise Missing where the job's scenario is that it cannot be found."""
    own_id = checkpoint_id(caller, job, made)
    source = Source(
        checkpoint_id=own_id,
        step=made.step,
        created_at=micros(made.at) // 10**6,
        train_loss=made.train_loss,
        valid_loss=made.valid_loss,
        model=job.model,
        lora=job.lora,
        seed=job.job.seed,
        weight_bytes=job.weight_bytes,
    )
    artifact = checkpoint_files(source)[place]
    if job.plan.missing_file and fnmatchcase(artifact.name, job.plan.missing_file):
        raise Missing("file", _file_id(caller, job, made, place))
    return File(
        id=_file_id(caller, job, made, place),
        bytes=artifact.size,
        created_at=made.at,
        name=f"{own_id}/{artifact.name}",
        purpose="fine-tune",
        source=artifact,
    )


def _shown(stored: StoredFile) -> File:
    return File(stored.id, stored.bytes, stored.created_at, stored.name, stored.purpose, stored)


def dataset_of(db: Connection, caller: Caller, file_id: str) -> StoredFile:
    """Return an upload that a job may train on; raise Missing."""
    stored = rows.get(db, caller.account, file_id, by_s=caller.sees_s)
    if stored is None:
        raise Missing("file", file_id)
    return stored
