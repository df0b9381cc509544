"""The tables ``job`` and ``action``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from emulator.clock import instant, micros
from emulator.errors import StorageFailed
from emulator.storage.accounts import Account
from emulator.storage.database import Connection
from emulator.timeline.actions import Action, Deed
from emulator.timeline.job import Job, Lora
from emulator.timeline.plan import VERSION, Plan

FIELDS = (
    "id, handle, project, created_at, model, suffix, training_file, validation_file, lora, weight_bytes, request, plan"
)
AWAY = 2**62
"""The stored end of a job whose end is not known: it is paused."""


@dataclass(frozen=True, slots=True)
class StoredJob:
    """One job and its plan. ``request`` is JSON of the members of the answer that never change."""

    seq: int
    id: str
    handle: int
    project: str | None
    created_at: datetime
    model: str
    suffix: str | None
    training_file: str
    validation_file: str | None
    lora: Lora | None
    weight_bytes: int
    request: bytes
    plan: Plan

    @property
    def job(self) -> Job:
        """The job as the timeline knows it."""
        return Job(self.id, self.plan.curve.seed, self.created_at)


def insert(db: Connection, account: Account, job: StoredJob) -> None:
    """Add a job; its ``seq`` is given by the table."""
    plan = job.plan
    columns = f"tenant, provider, {FIELDS}, counted_at, ended_at, outcome"
    values: tuple[Any, ...] = (
        *(account.tenant, account.provider, job.id, job.handle, job.project, micros(job.created_at)),
        *(job.model, job.suffix, job.training_file, job.validation_file),
        *(_text(job.lora), job.weight_bytes, job.request.decode(), _text(plan)),
        *(micros(job.created_at + plan.counted), micros(job.created_at + plan.ends), plan.outcome),
    )
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO job ({columns}) VALUES ({marks})", values)  # noqa: S608 -- our own names


def get(db: Connection, account: Account, job_id: str) -> StoredJob | None:
    """Return a job, or None."""
    return _one(db, account, "id", job_id)


def of_handle(db: Connection, account: Account, handle: int) -> StoredJob | None:
    """Return the job that a derived id leads to, or None."""
    return _one(db, account, "handle", handle)


def page(db: Connection, account: Account, *, before: int | None, limit: int, project: str | None) -> list[StoredJob]:
    """Return jobs, newest first, made before the row ``before``."""
    wanted: list[tuple[str, Any]] = [("tenant = ?", account.tenant), ("provider = ?", account.provider)]
    wanted += [("seq < ?", before)] * (before is not None)
    wanted += [("project = ?", project)] * (project is not None)
    where = " AND ".join(condition for condition, _ in wanted)
    sql = f"SELECT seq, {FIELDS} FROM job WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608 -- our own names
    return [_job(row) for row in db.execute(sql, (*(value for _, value in wanted), limit))]


def unfinished(db: Connection, tenant: str, now: datetime) -> list[StoredJob]:
    """Return a tenant's jobs at every provider whose end lies after ``now``."""
    sql = f"SELECT seq, {FIELDS} FROM job WHERE tenant = ? AND ended_at > ?"  # noqa: S608 -- our own names
    return [_job(row) for row in db.execute(sql, (tenant, micros(now)))]


def validating(db: Connection, account: Account, training_file: str, now: datetime) -> list[StoredJob]:
    """Return the jobs that are still reading a training file."""
    where = "tenant = ? AND provider = ? AND training_file = ? AND counted_at > ? AND ended_at > ?"
    sql = f"SELECT seq, {FIELDS} FROM job WHERE {where}"  # noqa: S608 -- our own names
    values = (account.tenant, account.provider, training_file, micros(now), micros(now))
    return [_job(row) for row in db.execute(sql, values)]


def act(db: Connection, job: StoredJob, action: Action, *, ended_at: datetime | None, outcome: str) -> None:
    """Add an action, and rewrite when and how the job ends; None: its end is not known while it is paused."""
    db.execute("INSERT INTO action (job, deed, at) VALUES (?, ?, ?)", (job.seq, action.deed, micros(action.at)))
    end = micros(ended_at) if ended_at else AWAY
    db.execute("UPDATE job SET ended_at = ?, outcome = ? WHERE seq = ?", (end, outcome, job.seq))


def actions(db: Connection, jobs: Sequence[StoredJob]) -> dict[int, list[Action]]:
    """Return the actions of each of these jobs, by its row, in order."""
    found: dict[int, list[Action]] = {job.seq: [] for job in jobs}
    marks = ", ".join("?" * len(found))
    sql = f"SELECT job, deed, at FROM action WHERE job IN ({marks}) ORDER BY seq"  # noqa: S608 -- our own names
    for job, deed, at in db.execute(sql, tuple(found)):
        found[job].append(Action(Deed(deed), instant(at)))
    return found


def _one(db: Connection, account: Account, column: str, value: object) -> StoredJob | None:
    where = f"tenant = ? AND provider = ? AND {column} = ?"
    sql = f"SELECT seq, {FIELDS} FROM job WHERE {where}"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, value)).fetchone()
    return _job(row) if row else None


def _job(row: Sequence[Any]) -> StoredJob:
    *plain, lora, weight_bytes, request, plan = row
    plain[4] = instant(plain[4])
    read_lora = msgspec.json.decode(lora, type=Lora) if lora else None
    return StoredJob(*(*plain, read_lora, weight_bytes, request.encode(), _plan(plan)))


def _plan(text: str) -> Plan:
    try:
        plan = msgspec.json.decode(text, type=Plan)
    except msgspec.ValidationError as error:
        raise StorageFailed(f"a stored plan cannot be read: {error}") from error
    if plan.version != VERSION:
        raise StorageFailed(f"a stored plan has version {plan.version}; this emulator reads version {VERSION}")
    return plan


def _text(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
