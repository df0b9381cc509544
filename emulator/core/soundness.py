"""Whether a state that somebody handed in can be shown: all that could not would be an error at every later look.

The rows are in the tables already, in a transaction that is rolled back where this raises, and are read back as any
reader reads them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import msgspec
from pydantic import ValidationError

from emulator.clock import LATEST, ORIGIN
from emulator.core.ids import HANDLE_BITS, Shapes
from emulator.core.jobs import Seen
from emulator.core.webhooks.soundness import check_delivery, check_webhook
from emulator.core.world import Caller, World
from emulator.faults.rule import Rule
from emulator.operations import Operation
from emulator.shorthand import unknown
from emulator.storage import files, upcoming
from emulator.storage import jobs as job_rows
from emulator.storage.accounts import Account
from emulator.storage.database import Connection
from emulator.storage.document import BadState, Document
from emulator.timeline.history import next_moment
from emulator.timeline.plan import VERSION as PLAN_VERSION
from emulator.timeline.view import view

WEIGHTS = (1, 10**12)
LONGEST = 300
CHANGES = 20
"""How many states of a job are looked at: more than any plan has, its end among them."""


class Face(Protocol):
    """What a provider must be able to show."""

    @property
    def shapes(self) -> Shapes:
        """How it writes ids."""
        ...

    @property
    def has_organizations(self) -> bool:
        """Whether its paths name an organization, so that its accounts do."""
        ...

    @property
    def purposes(self) -> Sequence[str]:
        """What files may be for."""
        ...

    @property
    def operations(self) -> Sequence[Operation]:
        """Its calls, which rules match."""
        ...

    @property
    def show(self) -> Callable[[Caller, Seen], object]:
        """Show a job as its answers do; raises whatever it likes where it cannot."""
        ...


Faces = Mapping[str, Face]
"""The providers by their names."""


ID = re.compile(r"(?!\.{1,2}$)[\w.-]{1,128}", re.ASCII)
"""An id that can be asked for."""
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,512}")
"""The name of a model, which may have a suffix of any letters in it."""
CHECKED = (
    "files",
    "jobs",
    "tombstones",
    "uploads",
    "parts",
    "models",
    "permissions",
    "webhooks",
    "deliveries",
    "pairs",
    "pushes",
)
NAMED = frozenset({"tombstones", "models"})
"""Members whose rows may be called as models are."""
UPLOAD_STATES = ("pending", "completed", "cancelled")


class Versioned(msgspec.Struct):
    """What is looked at first of a plan."""

    version: int


def check_clock(now: datetime) -> None:
    """Raise BadState for a time that no clock shows."""
    if not ORIGIN <= now <= LATEST:
        raise BadState(f"clock.now: got {now.isoformat()}, takes {ORIGIN.year} to {LATEST.year}")


def check(world: World, db: Connection, tenant: str, document: Document, *, now: datetime, faces: Faces) -> None:
    """Raise BadState for the first thing in a tenant's new rows that cannot be shown."""
    uploads = len(document.files) + sum(each.seq is not None for each in document.tombstones)
    made = uploads + sum(len(getattr(document, member)) for member in ("jobs", "webhooks", "pairs", "pushes"))
    if document.counter < made:
        raise BadState(f"counter: got {document.counter}, takes {made} or more: so many ids were made")
    with _place("upcoming"):
        if (following := upcoming.get(db, tenant)) is not None and following.left is not None:
            _within("left", following.left, 1, 10**9)
    for member in CHECKED:
        for number, row in enumerate(getattr(document, member)):
            with _place(f"{member}[{number}]"):
                face, account = _face(row.provider, faces), Account(tenant, row.provider)
                _check_id(row.file if member == "tombstones" else row.id, NAME if member in NAMED else ID)
                _check_row(db, Caller(world, account, face.shapes), member, row, face, now=now)
    _check_rules(document, [each for face in faces.values() for each in face.operations])


def _face(provider: str, faces: Faces) -> Face:
    """Return the provider of a row's; raise BadState where it is none, or its organization none that a path names."""
    name, slash, organization = provider.partition("/")
    if name not in faces:
        raise BadState(f"provider: {unknown('provider', name[:100], faces)}")
    if not faces[name].has_organizations and slash:
        raise BadState(f"provider: got {provider[:100]!r}, takes {name}, whose paths name no organization")
    if faces[name].has_organizations and (not organization or "/" in organization):
        raise BadState(f"provider: got {provider[:100]!r}, takes {name}/ORGANIZATION, where that is part of a path")
    return faces[name]


def _check_row(db: Connection, caller: Caller, member: str, row: Any, face: Face, *, now: datetime) -> None:
    match member:
        case "tombstones" | "parts" | "models" | "permissions":
            pass  # each member is a text, a count of its bytes or an instant
        case "uploads":
            _check_upload(row, face)
        case "files":
            _check_file(db, caller.account, row, face, now)
        case "jobs":
            _check_job(db, caller, row, face, now)
        case "pairs":
            _check_pair(caller, row, now)
        case "pushes":
            _check_push(db, caller, row, now)
        case "webhooks":
            check_webhook(db, caller.account, row.id, shapes=face.shapes, now=now)
        case _:
            check_delivery(db, caller.account, row.id, now=now)


@contextmanager
def _place(place: str) -> Iterator[None]:
    """Say of whatever is raised where it is."""
    try:
        yield
    except BadState as error:
        raise BadState(f"{place}.{error}") from None
    except Exception as error:  # noqa: BLE001 -- whatever it is, it would be raised at every later look
        raise BadState(f"{place}: it cannot be shown: {_said(error)}") from None


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in error.errors())[:LONGEST]
    return f"{type(error).__name__} {error}"[:LONGEST]


def _check_id(own: str, known: re.Pattern[str]) -> None:
    if not known.fullmatch(own):
        raise BadState(f"id: got {own[:100]!r}, takes what a path can hold: letters, digits, '.', '_' and '-'")


def _check_upload(row: Any, face: Face) -> None:
    if row.state not in UPLOAD_STATES:
        raise BadState(f"state: {unknown('state', row.state[:100], UPLOAD_STATES)}")
    if row.purpose not in face.purposes:
        raise BadState(f"purpose: {unknown('purpose', row.purpose[:100], face.purposes)}")
    _within("bytes", row.bytes, 0, 2**40)
    if row.file_lasts is not None:
        _within("file_lasts", row.file_lasts, 1, 10**9)


def _check_pair(caller: Caller, row: Any, now: datetime) -> None:
    if caller.shapes.pair is None:
        raise BadState("provider: it has no pairs")
    _within("created_at", row.created_at, ORIGIN, now)
    _within("updated_at", row.updated_at, row.created_at, now)
    _within("bytes", row.bytes, 0, 2**60)


def _check_push(db: Connection, caller: Caller, row: Any, now: datetime) -> None:
    if caller.shapes.push is None:
        raise BadState("provider: it has no pushes")
    _within("created_at", row.created_at, ORIGIN, now)
    _within("ends_at", row.ends_at, row.created_at, LATEST)
    if job_rows.get(db, caller.account, row.job) is None:
        raise BadState(f"job: there is no job {row.job[:100]!r} whose model it is")


def _check_file(db: Connection, account: Account, row: Any, face: Face, now: datetime) -> None:
    file = files.get(db, account, row.id)
    assert file  # noqa: S101 -- it was just put there
    _within("created_at", file.created_at, ORIGIN, now)
    if file.purpose not in face.purposes:
        raise BadState(f"purpose: {unknown('purpose', file.purpose[:100], face.purposes)}")
    if row.seq is None:
        raise BadState("seq: got null, takes its rank among the uploads")
    if data := file.dataset:
        for name in ("rows", "tokens", "longest_tokens", "longest_line"):
            _within(f"dataset.{name}", getattr(data, name), 0, file.bytes)


def _check_job(db: Connection, caller: Caller, row: Any, face: Face, now: datetime) -> None:
    version = msgspec.json.decode(bytes(row.plan), type=Versioned).version
    if not 1 <= version <= PLAN_VERSION:
        raise BadState(f"plan.version: got {version}, this emulator reads 1 to {PLAN_VERSION}")
    _within("handle", row.handle, 0, 2**HANDLE_BITS - 1)
    _within("weight_bytes", row.weight_bytes, *WEIGHTS)
    stored = job_rows.get(db, caller.account, row.id)
    assert stored  # noqa: S101 -- it was just put there
    _within("created_at", stored.created_at, ORIGIN, now)
    actions = job_rows.actions(db, [stored])[stored.seq]
    at: datetime | None = now
    for _ in range(CHANGES):
        seen = view(stored.job, stored.plan, actions, at or LATEST)
        face.show(caller, Seen(stored, seen))
        next_moment(seen)
        if at is None:
            return
        at = seen.changes_at


def _within(name: str, value: Any, low: Any, high: Any) -> None:
    if not low <= value <= high:
        raise BadState(f"{name}: got {value}, takes {low} to {high}")


def _check_rules(document: Document, operations: Sequence[Operation]) -> None:
    for number, row in enumerate(document.rules):
        with _place(f"rules[{number}].rule"):
            rule = Rule.model_validate_json(bytes(row.rule))
            if rule.id != row.id:
                raise BadState(f"id: got {rule.id!r}, its row has {row.id[:100]!r}")
            if why := rule.match.misses(operations):
                raise BadState(f"match: it can match nothing: {why}")
