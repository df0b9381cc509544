"""The tables ``job`` and ``action``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

from emulator.clock import instant, micros
from emulator.errors import StorageFailed
from emulator.storage.accounts import Account
from emulator.storage.database import NOW_S, Connection
from emulator.storage.files import RESULT, Place
from emulator.timeline.actions import Action, Deed
from emulator.timeline.job import Job, Lora, Status
from emulator.timeline.plan import VERSION, Plan

FIELDS = (
    "id, handle, project, created_at, model, suffix, training_file, validation_file, scenario, lora, weight_bytes,"
    " request, metadata, blob, plan"
)
TAGS = 62**5
"""So many tags there are: five letters or digits. The schema's index ``job_tag`` names this number."""
EVERYTHING: Mapping[str, str] = MappingProxyType({})
AWAY = 2**62
"""The stored end of a job whose end is not known: it is paused, or stuck."""


@dataclass(frozen=True, slots=True)
class StoredJob:
    """One job and its plan. ``request`` is JSON of the members of the answer that never change.

    ``scenario`` is the name of the one that it was made under; ``metadata`` what the client noted of it, None: nothing;
    ``blob`` the digest of its training data, None: it is not known.
    """

    seq: int
    id: str
    handle: int
    project: str | None
    created_at: datetime
    model: str
    suffix: str | None
    training_file: str
    validation_file: str | None
    scenario: str
    lora: Lora | None
    weight_bytes: int
    request: bytes
    metadata: dict[str, str] | None
    blob: str | None
    plan: Plan

    @property
    def tag(self) -> int:
        """What the names of its models hold of its handle."""
        return self.handle % TAGS

    @property
    def job(self) -> Job:
        """The job as the timeline knows it."""
        return Job(self.id, self.plan.curve.seed, self.created_at)


def insert(db: Connection, account: Account, job: StoredJob, *, at_s: float) -> None:
    """Add a job; its ``seq`` is given by the table."""
    plan = job.plan
    columns = f"tenant, provider, {FIELDS}, counted_at, ended_at, outcome, stored_s"
    values: tuple[Any, ...] = (
        *(account.tenant, account.provider, job.id, job.handle, job.project, micros(job.created_at)),
        *(job.model, job.suffix, job.training_file, job.validation_file, job.scenario),
        *(_text(job.lora), job.weight_bytes, job.request.decode(), _text(job.metadata), job.blob, _text(plan)),
        *(_stored(job, plan.counted), _stored(job, plan.ends + plan.last_late), plan.outcome, at_s),
    )
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO job ({columns}) VALUES ({marks})", values)  # noqa: S608 -- our own names


def _stored(job: StoredJob, at: timedelta) -> int:
    """Return the instant of a plan time as it is stored, far away where the plan never comes to it."""
    return micros(job.created_at + at) if at <= job.plan.reaches else AWAY


def get(db: Connection, account: Account, job_id: str, *, by_s: float = NOW_S) -> StoredJob | None:
    """Return a job that was stored by then, in host seconds; or None."""
    return _one(db, account, "id", job_id, by_s)


def of_handle(db: Connection, account: Account, handle: int, *, by_s: float = NOW_S) -> StoredJob | None:
    """Return the job that a derived id leads to, if it was stored by then, in host seconds; or None."""
    return _one(db, account, "handle", handle, by_s)


def page(
    db: Connection,
    account: Account,
    *,
    before: int | None,
    limit: int,
    project: str | None = None,
    metadata: Mapping[str, str] | None = EVERYTHING,
    outcome: Status | None = None,
    ends_after: datetime | None = None,
    by_s: float = NOW_S,
) -> list[StoredJob]:
    """Return jobs, newest first, made before the row ``before`` and stored by then, in host seconds.

    Those whose metadata have all of these pairs; with None, those without any. Those that end with this ``outcome``,
    or have ended so; those that end after an instant.
    """
    wanted: list[tuple[str, tuple[Any, ...]]] = [
        ("tenant = ? AND provider = ? AND stored_s <= ?", (account.tenant, account.provider, by_s))
    ]
    wanted += [("seq < ?", (before,))] * (before is not None)
    wanted += [("project = ?", (project,))] * (project is not None)
    wanted += [("metadata IS NULL", ())] * (metadata is None)
    wanted += [("outcome = ?", (outcome,))] * (outcome is not None)
    wanted += [("ended_at > ?", (micros(ends_after),))] if ends_after else []
    noted = "EXISTS (SELECT 1 FROM json_each(metadata) WHERE key = ? AND value = ?)"
    wanted += [(noted, pair) for pair in (metadata or {}).items()]
    where = " AND ".join(condition for condition, _ in wanted)
    sql = f"SELECT seq, {FIELDS} FROM job WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608 -- our own names
    return [_job(row) for row in db.execute(sql, (*(value for _, values in wanted for value in values), limit))]


def succeeded(
    db: Connection,
    account: Account,
    *,
    until: datetime,
    after: Place | None = None,
    limit: int,
    ascending: bool = False,
    by_s: float = NOW_S,
) -> list[tuple[Place, StoredJob]]:
    """Return jobs that had succeeded by then and the places of their results, the last to end first, or the first.

    Those after a place, and stored by then, in host seconds.
    """
    sign, order = (">", "ended_at, seq") if ascending else ("<", "ended_at DESC, seq DESC")
    wanted = "tenant = ? AND provider = ? AND outcome = ? AND ended_at <= ? AND stored_s <= ?"
    values = (account.tenant, account.provider, Status.SUCCEEDED, micros(until), by_s)
    where, last = (f"{wanted} AND (ended_at, seq) {sign} (?, ?)", after.as_result()) if after else (wanted, ())
    sql = f"SELECT ended_at, seq, {FIELDS} FROM job WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608 -- our own names
    found = [(instant(ended_at), _job(row)) for ended_at, *row in db.execute(sql, (*values, *last, limit))]
    return [(Place(at, RESULT, job.seq), job) for at, job in found]


def of_tag(db: Connection, account: Account, tag: int, *, by_s: float = NOW_S) -> list[StoredJob]:
    """Return the jobs whose models' names hold a tag, stored by then, in host seconds: rarely more than one."""
    where = f"tenant = ? AND provider = ? AND handle % {TAGS} = ? AND stored_s <= ?"
    sql = f"SELECT seq, {FIELDS} FROM job WHERE {where}"  # noqa: S608 -- our own names
    return [_job(row) for row in db.execute(sql, (account.tenant, account.provider, tag, by_s))]


def tenants_of_tag(db: Connection, provider: str, tag: int) -> list[str]:
    """Return whose jobs at a provider have models whose names hold a tag: rarely more than one's."""
    sql = f"SELECT DISTINCT tenant FROM job WHERE handle % {TAGS} = ? AND provider = ?"  # noqa: S608 -- our own number
    return [tenant for (tenant,) in db.execute(sql, (tag, provider))]


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


def made_under(db: Connection, account: Account, scenario: str) -> int:
    """Return how many jobs were made under a scenario."""
    sql = "SELECT count(*) FROM job WHERE tenant = ? AND provider = ? AND scenario = ?"
    (count,) = db.execute(sql, (account.tenant, account.provider, scenario)).fetchone()
    return int(count)


def running_until(db: Connection, account: Account, now: datetime) -> Iterator[datetime | None]:
    """Yield when the jobs that run or are to run end, from the last to the first; None: there is no end to it."""
    where = "tenant = ? AND provider = ? AND ended_at > ? ORDER BY ended_at DESC"
    sql = f"SELECT ended_at, plan FROM job INDEXED BY job_open WHERE {where}"  # noqa: S608 -- our own names
    for ended_at, plan in db.execute(sql, (account.tenant, account.provider, micros(now))):
        if _plan(plan).runs:
            yield None if ended_at == AWAY else instant(ended_at)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """When a job's validation ends and when it ends itself, and how; None: it is not known, it is paused or stuck."""

    counted_at: datetime | None
    ended_at: datetime | None
    outcome: str


def act(db: Connection, job: StoredJob, action: Action, anew: Rewritten, *, at_s: float) -> None:
    """Add an action, and rewrite when and how the job ends."""
    sql = "INSERT INTO action (job, deed, at, stored_s) VALUES (?, ?, ?, ?)"
    db.execute(sql, (job.seq, action.deed, micros(action.at), at_s))
    counted, end = (micros(at) if at else AWAY for at in (anew.counted_at, anew.ended_at))
    assigned = "counted_at = ?, ended_at = ?, outcome = ?"
    db.execute(f"UPDATE job SET {assigned} WHERE seq = ?", (counted, end, anew.outcome, job.seq))  # noqa: S608 -- our own names


def actions(db: Connection, jobs: Sequence[StoredJob], *, by_s: float = NOW_S) -> dict[int, list[Action]]:
    """Return the actions of each of these jobs that were stored by then (host seconds), by its row, in order."""
    found: dict[int, list[Action]] = {job.seq: [] for job in jobs}
    marks = ", ".join("?" * len(found))
    where = f"job IN ({marks}) AND stored_s <= ?"
    sql = f"SELECT job, deed, at FROM action WHERE {where} ORDER BY seq"  # noqa: S608 -- our own names
    for job, deed, at in db.execute(sql, (*found, by_s)):
        found[job].append(Action(Deed(deed), instant(at)))
    return found


def _one(db: Connection, account: Account, column: str, value: object, by_s: float) -> StoredJob | None:
    where = f"tenant = ? AND provider = ? AND {column} = ? AND stored_s <= ?"
    sql = f"SELECT seq, {FIELDS} FROM job WHERE {where}"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, value, by_s)).fetchone()
    return _job(row) if row else None


def _job(row: Sequence[Any]) -> StoredJob:
    *plain, lora, weight_bytes, request, metadata, blob, plan = row
    plain[4] = instant(plain[4])
    read_lora = msgspec.json.decode(lora, type=Lora) if lora else None
    noted = msgspec.json.decode(metadata, type=dict[str, str]) if metadata else None
    return StoredJob(*(*plain, read_lora, weight_bytes, request.encode(), noted, blob, _plan(plan)))


def _plan(text: str) -> Plan:
    try:
        plan = msgspec.json.decode(text, type=Plan)
    except msgspec.ValidationError as error:
        raise StorageFailed(f"a stored plan cannot be read: {error}") from error
    if not 1 <= plan.version <= VERSION:
        raise StorageFailed(f"a stored plan has version {plan.version}; this emulator reads versions 1 to {VERSION}")
    return plan


def _text(value: object) -> str | None:
    # In order: a set has another one in each process, and what one seed makes is equal to the byte.
    return None if value is None else msgspec.json.encode(value, order="deterministic").decode()
