"""How a tenant of a seed file is made: by the calls that a client would make, on a clock that is set back.

It is made in a database of its own (the world that is handed in here), so that nothing of it is there before all is.
"""

import json
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from emulator.clock import ORIGIN, RATES, Clock, Mode
from emulator.core import files, jobs, permissions, state, uploads
from emulator.core.catalogue import SUCCEEDS
from emulator.core.files import Intake, Wanted
from emulator.core.soundness import Faces, check_clock
from emulator.core.state import Source, restore, unpacked
from emulator.core.uploads import Announced
from emulator.core.world import Caller, Seed, World
from emulator.dialects import Dialect
from emulator.errors import ApiError, Exhausted, Flaw, Invalid, Misfiled, Missing, Refused, TooLarge, Untrainable
from emulator.seeding.form import (
    SeedBytes,
    SeedJob,
    SeedModel,
    SeedPart,
    SeedPending,
    SeedPermission,
    SeedState,
    SeedUpload,
    complaint,
    place,
)
from emulator.settings import BadSetting
from emulator.shorthand import unknown
from emulator.storage import models as model_rows
from emulator.storage import state as rows
from emulator.storage.accounts import Account
from emulator.storage.blobs import Incoming
from emulator.storage.database import Connection
from emulator.storage.document import BadState, ClockTold, digests, read
from emulator.storage.models import StoredModel
from emulator.timeline.actions import Deed
from emulator.timeline.job import Dataset

PIECE = 2**20
Step = tuple[float, str, Callable[[], Awaitable[None]]]
"""How long ago something was done (virtual seconds), where the seed file says so, and how it is done."""


@contextmanager
def told_at(where: str) -> Iterator[None]:
    """Say of whatever is refused where it stands; an empty place: all that it is in."""
    within = f"{where}." if where else ""
    try:
        yield
    except (BadSetting, BadState) as error:
        raise BadSetting(f"{within}{error}") from None
    except ValidationError as error:
        raise BadSetting(f"{within}{complaint(error)}") from None
    except ApiError as error:
        raise BadSetting(f"{where}: {_said(error)}") from None
    except OSError as error:
        raise BadSetting(f"{where}: {error.filename} cannot be read: {error.strerror}") from None


def _said(error: ApiError) -> str:
    match error:
        case Invalid(flaws):
            said = "; ".join(f"{_where(flaw)}: {flaw.msg.removeprefix('Value error, ')}" for flaw in flaws)
        case TooLarge(bytes_max):
            said = f"it has more than {bytes_max} bytes"
        case Exhausted(kind):
            said = f"its scenario is that no job is taken, the {kind} being used up"
        case Untrainable(model):
            said = f"model: {model[:100]!r} is none that can be trained"
        case Misfiled(_, purpose, member):
            said = f"{member}: the file is for {purpose!r}, a job takes one for 'fine-tune'"
        case Missing(kind, id_):
            said = f"there is no {kind} {id_[:100]!r}"
        case Refused(message):
            said = message
        case _:
            said = str(error)
    return said


def _where(flaw: Flaw) -> str:
    """Return where a seed file has what a request has there."""
    return "scenario" if flaw.loc[0] == "header" else place(flaw.loc[1:])


@dataclass(slots=True)
class Held:
    """The bytes that are held for a seed in the making, in the world that is served from."""

    world: World
    digests: list[str] = field(default_factory=list)

    async def add(self, digests: Iterable[str]) -> None:
        """Hold bytes before they are kept: in between, a deletion could take equal ones for bytes nobody needs."""
        more = [*digests]
        await self.world.db.write(lambda _: self.world.blobs.hold(more))
        self.digests += more


@dataclass(slots=True)
class Making:
    """One tenant in the making. ``now`` is what its clock shows when it is loaded; ``files`` are ids by name."""

    caller: Caller
    dialect: Dialect
    folder: Path
    now: datetime
    held: Held
    files: dict[str, list[str]] = field(default_factory=dict)
    jobs: dict[int, str] = field(default_factory=dict)

    async def make(self, asked: SeedState) -> None:
        """Do all that is to have been done, the oldest first; raise BadSetting."""
        clocks, tenant = self.caller.world.clocks, self.caller.account.tenant
        for age_s, where, do in sorted(self._steps(asked), key=lambda step: -step[0]):
            with told_at(where):
                at = self.now - timedelta(seconds=age_s)
                if at < ORIGIN:
                    raise BadSetting(f"age_s: got {age_s:g}, which lies before 1970")
                clocks.restart(tenant, Clock(Mode.MANUAL, 0.0, at, 0.0))
                await do()

    def _steps(self, asked: SeedState) -> Iterator[Step]:
        """Yield what is to be done; of things of one age, those come first that others need."""
        oldest = max((job.age_s for job in asked.jobs), default=0.0)
        for number, file in enumerate(asked.files):
            age_s = oldest if file.age_s is None else file.age_s
            yield age_s, f"files[{number}]", partial(self._upload, file)
        for number, model in enumerate(asked.models):
            yield oldest if model.age_s is None else model.age_s, f"models[{number}]", partial(self._have, model)
        for number, job in enumerate(asked.jobs):
            yield job.age_s, f"jobs[{number}]", partial(self._create, number, job)
        for number, upload in enumerate(asked.uploads):
            yield upload.age_s, f"uploads[{number}]", partial(self._begin, upload)
        for number, permission in enumerate(asked.permissions):
            yield permission.age_s, f"permissions[{number}]", partial(self._permit, permission)
        for number, job in enumerate(asked.jobs):
            if job.cancelled_age_s is not None:
                yield job.cancelled_age_s, f"jobs[{number}].cancelled_age_s", partial(self._cancel, number)

    def _check(self, purpose: str) -> None:
        """Raise BadSetting for a purpose that the provider does not know."""
        if purpose not in self.dialect.purposes:
            raise BadSetting(f"purpose: {unknown('purpose', purpose[:100], self.dialect.purposes)}")

    async def _upload(self, asked: SeedUpload) -> None:
        self._check(asked.purpose)
        intake = Intake(self.caller.world, self.dialect.grammar if asked.purpose == "fine-tune" else None)
        try:
            read = await to_thread(self._taken, intake, asked)
            await self.held.add([read[0]])
            made = await files.keep(self.caller, intake, read, Wanted(asked.called, asked.purpose, asked.project))
        finally:
            intake.discard()
        self.files.setdefault(asked.called, []).append(await self._named("file", made.id, asked.id))

    def _taken(self, intake: Intake, asked: SeedBytes) -> tuple[str, Dataset | None]:
        """Take the bytes of a file or a part; slow: not for the event loop's own thread."""
        if asked.path is None:
            intake.write(asked.given)
            return intake.finish()
        with (self.folder / asked.path).open("rb") as file:
            while piece := file.read(PIECE):
                intake.write(piece)
        return intake.finish()

    async def _have(self, asked: SeedModel) -> None:
        account, at = self.caller.account, self.caller.now()
        model = StoredModel(asked.name, asked.base_model, "", None, None, created_at=at, active_at=at)

        def change(db: Connection) -> None:
            if model_rows.get(db, account, asked.name):
                raise BadSetting(f"name: {asked.name!r} is there twice")
            model_rows.insert(db, account, model)

        await self.caller.world.db.write(change)

    async def _begin(self, asked: SeedPending) -> None:
        if self.caller.shapes.upload is None:
            raise Refused(f"{self.dialect.name} has no uploads in parts")
        self._check(asked.purpose)
        taken: list[tuple[Intake, str]] = []
        try:
            for part in asked.parts:
                taken.append(await self._brought(part))  # noqa: PERF401 -- those before one that fails are discarded
            size = sum(intake.bytes for intake, _ in taken) if asked.bytes is None else asked.bytes
            made = await uploads.create(
                self.caller, Announced(Wanted(asked.name, asked.purpose), asked.mime_type, size)
            )
            upload = await self._named("upload", made.stored.id, asked.id)
            for part, (intake, blob) in zip(asked.parts, taken, strict=True):
                added = await uploads.add_part(self.caller, upload, intake, blob)
                await self._named("part", added.id, part.id)
        finally:
            for intake, _ in taken:
                intake.discard()

    async def _brought(self, asked: SeedPart) -> tuple[Intake, str]:
        """Return a part that has arrived, its bytes held, and their digest."""
        intake = Intake(self.caller.world, None)
        try:
            blob, _ = await to_thread(self._taken, intake, asked)
            await self.held.add([blob])
        except BaseException:
            intake.discard()
            raise
        return intake, blob

    async def _permit(self, asked: SeedPermission) -> None:
        if self.caller.shapes.permission is None:
            raise Refused(f"{self.dialect.name} has no permissions")
        try:
            [made] = await permissions.create(self.caller, asked.model, [asked.project_id])
        except Missing:
            raise BadSetting(f"model: there is no model of that age with the name {asked.model[:100]!r}") from None
        await self._named("permission", made.id, asked.id)

    async def _create(self, number: int, asked: SeedJob) -> None:
        body = self._body(asked)
        order = self.dialect.order(self.caller.world.settings, body, asked.project)
        made = await jobs.create(replace(self.caller, scenario=asked.scenario or SUCCEEDS), order)
        self.jobs[number] = await self._named("job", made.stored.id, asked.id)

    def _body(self, asked: SeedJob) -> dict[str, Any]:
        """Return the create request, with the ids of the files that it names."""
        body = {**asked.body}
        for name in ("training_file", "validation_file"):
            if name in body:
                body[name] = self._file(name, body[name])
        try:
            return dict(json.loads(json.dumps(body)))
        except (TypeError, ValueError):  # YAML reads an unquoted date as one
            raise BadSetting("a value in it is none that JSON has; a date stands in quotes") from None

    def _file(self, member: str, called: str) -> str:
        """Return the id of a file that has this name, or is one."""
        ids = [each for known in self.files.values() for each in known if each == called]
        found = self.files.get(called, []) + ids
        if not found:
            raise BadSetting(f"{member}: {unknown('file of that age', called[:100], self.files or ['none'])}")
        if len({*found}) > 1:
            raise BadSetting(
                f"{member}: {called[:100]!r} is the name of {len(found)} files; give each an id and take that"
            )
        return found[0]

    async def _cancel(self, number: int) -> None:
        await jobs.act(self.caller, self.jobs[number], Deed.CANCEL)

    async def _named(self, table: str, made: str, asked: str | None) -> str:
        """Give what was made the id that is asked for."""
        if asked is None:
            return made
        tenant = self.caller.account.tenant
        await self.caller.world.db.write(lambda db: rows.rename(db, tenant, table, made, asked))
        return asked


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tenant is made: in a world of nobody's, for a dialect, with paths from a folder and bytes held for it."""

    world: World
    tenant: str
    dialect: Dialect
    folder: Path
    held: Held


async def made(at: Place, asked: SeedState) -> Seed:
    """Return the state of a tenant with these files and jobs; raise BadSetting."""
    world, clock, dialect = at.world, asked.clock, at.dialect
    here = world.clocks.default.now(world.clocks.host_s())
    now = clock.now if clock and clock.now else here
    check_clock(now)
    caller = Caller(world, Account(at.tenant, dialect.provider), dialect.shapes)
    await Making(caller, dialect, at.folder, now, at.held).make(asked)
    told = None
    if clock:
        told = ClockTold(Mode(clock.mode), RATES[Mode(clock.mode)] if clock.rate is None else clock.rate, now)
    return await _seed(at, now, told, None if clock and clock.now else here)


async def given(at: Place, asked: str | dict[str, Any], faces: Faces) -> Seed:
    """Return an exported state; raise BadSetting, BadState or OSError."""
    try:
        text = await to_thread((at.folder / asked).read_bytes) if isinstance(asked, str) else msgspec.json.encode(asked)
    except (TypeError, OverflowError) as error:  # YAML has values that JSON has not
        raise BadSetting(f"it is not JSON: {error}") from None
    coming = list[Incoming]()
    try:
        document = await to_thread(unpacked, at.world, text, coming)
        await at.held.add(digests(document))
        await restore(at.world, at.tenant, Source(lambda _: document, None, coming, faces))
    finally:
        for incoming in coming:
            incoming.discard()
    # Told anew: what was read refers to the text, and so to the bytes of all files.
    return await _seed(at, at.world.clocks.default.base, document.clock, None)


async def _seed(at: Place, now: datetime, clock: ClockTold | None, relative_to: datetime | None) -> Seed:
    """Return what was made as a document with this clock."""
    told = await at.world.db.write(lambda db: state.told(db, at.world, at.tenant, now))
    document = read(msgspec.json.encode({**told, "clock": clock}))
    return Seed(document, relative_to, tuple(at.held.digests))
