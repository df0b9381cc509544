"""What a job results in, as files that are never stored: those of its checkpoints, or the table of its steps.

Their ids hold the job's handle and an ordinal, and lead back to the job.
"""

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from emulator.clock import micros
from emulator.core import ids
from emulator.core.file import File
from emulator.core.world import Caller
from emulator.errors import Missing
from emulator.storage import files as rows
from emulator.storage import jobs as job_rows
from emulator.storage.database import Connection
from emulator.storage.files import Place
from emulator.storage.jobs import StoredJob
from emulator.timeline.artifacts import Artifact, Source, artifact_names, checkpoint_files
from emulator.timeline.artifacts.metrics import NAME, metrics_file
from emulator.timeline.history import Checkpoint, checkpoint, checkpoint_count, is_final
from emulator.timeline.job import Status
from emulator.timeline.view import JobView, view

FILES_PER_CHECKPOINT = 1024
"""Room for a checkpoint's files among the ordinals of a job."""
RESULT = "fine-tune-results"
"""What the table of a job's steps is for (documented of OpenAI)."""


def checkpoint_id(caller: Caller, job: StoredJob, made: Checkpoint) -> str:
    """Return the id of a job's checkpoint."""
    shape = caller.shapes.checkpoint
    return shape.write(ids.seal(job.handle, made.ordinal, kind="checkpoint", bits=shape.bits), made.at)


def checkpoint_file_ids(caller: Caller, job: StoredJob, made: Checkpoint) -> list[str]:
    """Return the ids of a checkpoint's files."""
    names = artifact_names(job.lora is not None, job.weight_bytes)
    return [_file_id(caller, job, made, place) for place in range(len(names))]


def result_file_ids(caller: Caller, job: StoredJob, seen: JobView) -> list[str]:
    """Return the ids of the files that a job has resulted in; none before it succeeded."""
    if job.plan.metrics_file:
        return [_table(caller, job, seen).id] if seen.status is Status.SUCCEEDED else []
    if not is_final(seen):
        return []
    return checkpoint_file_ids(caller, job, checkpoint(seen, checkpoint_count(seen) - 1))


def get(db: Connection, caller: Caller, file_id: str) -> File:
    """Return the file that a derived id leads to, if it exists by now and was not deleted; raise Missing."""
    shape = caller.shapes.file
    written = shape.read(file_id)
    sealed = ids.opened(written[0], kind="file", bits=shape.bits) if written else None
    job = job_rows.of_handle(db, caller.account, sealed[0], by_s=caller.sees_s) if sealed else None
    if sealed is None or job is None or rows.is_buried(db, caller.account, file_id):
        raise Missing("file", file_id)
    file = _at(caller, job, _view(db, caller, job), sealed[1])
    if file is None or file.id != file_id:  # the right job and place at another time
        raise Missing("file", file_id)
    return file


def results(
    db: Connection, caller: Caller, *, after: Place | None, limit: int, ascending: bool
) -> Iterator[tuple[Place, File]]:
    """Yield the tables of the caller's jobs that have succeeded, in the order of their ends, after a place in it."""
    now, account = caller.now(), caller.account
    how = {"limit": limit, "ascending": ascending, "by_s": caller.sees_s}
    while found := job_rows.succeeded(db, account, until=now, after=after, **how):  # type: ignore[arg-type]  # mixed
        for after, job in found:  # noqa: PLR1704 -- the next page begins after the last
            file = _table(caller, job, _view(db, caller, job)) if job.plan.metrics_file else None
            if file and not rows.is_buried(db, account, file.id):
                yield after, file


def place(db: Connection, caller: Caller, file_id: str) -> Place | None:
    """Return where a job's table stands or stood in the list of files, or None: there is no such."""
    written = caller.shapes.file.read(file_id)
    sealed = ids.opened(written[0], kind="file", bits=caller.shapes.file.bits) if written else None
    job = job_rows.of_handle(db, caller.account, sealed[0]) if sealed else None
    ended_at = _view(db, caller, job).ended_at if job else None
    return Place(ended_at, rows.RESULT, job.seq) if job and ended_at else None


def _view(db: Connection, caller: Caller, job: StoredJob) -> JobView:
    done = job_rows.actions(db, [job], by_s=caller.sees_actions_s)[job.seq]
    return view(job.job, job.plan, done, caller.now())


def _at(caller: Caller, job: StoredJob, seen: JobView, place: int) -> File | None:
    """Return the file at a place among those that a job results in, if it is there by now."""
    if job.plan.metrics_file:
        there = place == 0 and seen.status is Status.SUCCEEDED and not is_missing(job, NAME)
        return _table(caller, job, seen) if there else None
    ordinal, within = divmod(place, FILES_PER_CHECKPOINT)
    names = artifact_names(job.lora is not None, job.weight_bytes)
    if ordinal >= checkpoint_count(seen) or within >= len(names):
        return None
    return _of_checkpoint(caller, job, checkpoint(seen, ordinal), within)


def is_missing(job: StoredJob, name: str) -> bool:
    """Say whether the job's scenario is that a file of this name is listed and cannot be found."""
    return bool(job.plan.missing_file) and fnmatchcase(name, job.plan.missing_file or "")


def _table(caller: Caller, job: StoredJob, seen: JobView) -> File:
    """Return the table of the steps of a job that has succeeded."""
    shape, at = caller.shapes.file, seen.ended_at or job.created_at
    artifact = metrics_file(job.plan, encoded=caller.world.settings.result_file == "base64")
    file_id = shape.write(ids.seal(job.handle, 0, kind="file", bits=shape.bits), at)
    return File(file_id, artifact.size, at, artifact.name, RESULT, artifact)


def _file_id(caller: Caller, job: StoredJob, made: Checkpoint, place: int) -> str:
    shape, ordinal = caller.shapes.file, made.ordinal * FILES_PER_CHECKPOINT + place
    return shape.write(ids.seal(job.handle, ordinal, kind="file", bits=shape.bits), made.at)


def artifacts(caller: Caller, job: StoredJob, made: Checkpoint, *, context_tokens: int) -> list[Artifact]:
    """Return the files of a checkpoint that can be found, of a model that takes so many tokens."""
    source = replace(_source(caller, job, made), context_length=context_tokens)
    return [each for each in checkpoint_files(source) if not is_missing(job, each.name)]


def _source(caller: Caller, job: StoredJob, made: Checkpoint) -> Source:
    return Source(
        checkpoint_id=checkpoint_id(caller, job, made),
        step=made.step,
        created_at=micros(made.at) // 10**6,
        train_loss=made.train_loss,
        valid_loss=made.valid_loss,
        model=job.model,
        lora=job.lora,
        seed=job.job.seed,
        weight_bytes=job.weight_bytes,
    )


def _of_checkpoint(caller: Caller, job: StoredJob, made: Checkpoint, place: int) -> File:
    """Return a checkpoint's file; raise Missing where the job's scenario is that it cannot be found."""
    artifact = checkpoint_files(_source(caller, job, made))[place]
    if is_missing(job, artifact.name):
        raise Missing("file", _file_id(caller, job, made, place))
    return File(
        id=_file_id(caller, job, made, place),
        bytes=artifact.size,
        created_at=made.at,
        name=f"{checkpoint_id(caller, job, made)}/{artifact.name}",
        purpose="fine-tune",
        source=artifact,
    )
