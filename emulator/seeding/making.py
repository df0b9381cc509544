"""How a tenant of a seed file is made: by the calls that a client would make, on a clock that is set back.

It is made in a database of its own (the world that is handed in here), so that nothing of it is there before all is.
"""

import difflib
import json
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from emulator.clock import ORIGIN, RATES, Clock, Mode
from emulator.core import files, jobs, pairs, permissions, state, uploads
from emulator.core.catalogue import SUCCEEDS
from emulator.core.files import Intake, Wanted
from emulator.core.organizations import organization_of
from emulator.core.soundness import Faces, check_clock
from emulator.core.state import Source, restore, unpacked
from emulator.core.uploads import Announced
from emulator.core.world import Caller, Seed, World
from emulator.dialects import Dialect
from emulator.errors import (
    Missing,
    Refused,
    Settled,
)
from emulator.seeding.form import (
    NEAR,
    SeedBytes,
    SeedDataset,
    SeedJob,
    SeedModel,
    SeedPart,
    SeedPending,
    SeedPermission,
    SeedState,
    SeedUpload,
)
from emulator.seeding.refusals import told_at
from emulator.settings import BadSetting
from emulator.shorthand import unknown
from emulator.storage import models as model_rows
from emulator.storage import state as rows
from emulator.storage.accounts import Account
from emulator.storage.blobs import Incoming
from emulator.storage.database import Connection
from emulator.storage.document import ClockTold, digests, read
from emulator.storage.models import StoredModel
from emulator.timeline.actions import Deed
from emulator.timeline.job import Dataset

PIECE = 2**20
Step = tuple[float, str, Callable[[], Awaitable[None]]]
"""How long ago something was done (virtual seconds), where the seed file says so, and how it is done."""


Ids = dict[str, list[str]]
"""The ids of what bears a name."""
FILES = ("training_file", "validation_file")
"""The members of a job, and of a dataset, that name a file."""


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
    """One tenant in the making. ``now`` is what its clock shows when it is loaded.

    ``files`` and ``datasets`` are ids by name, ``jobs`` by number.
    """

    caller: Caller
    dialect: Dialect
    folder: Path
    now: datetime
    held: Held
    files: Ids = field(default_factory=dict)
    datasets: Ids = field(default_factory=dict)
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
        yield from self._needed(asked)
        for number, job in enumerate(asked.jobs):
            yield job.age_s, f"jobs[{number}]", partial(self._create, number, job)
        for number, upload in enumerate(asked.uploads):
            yield upload.age_s, f"uploads[{number}]", partial(self._begin, upload)
        for number, permission in enumerate(asked.permissions):
            yield permission.age_s, f"permissions[{number}]", partial(self._permit, permission)
        for number, job in enumerate(asked.jobs):
            if job.cancelled_age_s is not None:
                yield job.cancelled_age_s, f"jobs[{number}].cancelled_age_s", partial(self._cancel, number)

    def _needed(self, asked: SeedState) -> Iterator[Step]:
        """Yield what jobs may need: of no age of its own, it is as old as the oldest of them."""
        oldest = max((job.age_s for job in asked.jobs), default=0.0)
        for number, file in enumerate(asked.files):
            age_s = oldest if file.age_s is None else file.age_s
            yield age_s, f"files[{number}]", partial(self._upload, file)
        for number, dataset in enumerate(asked.datasets):
            age_s = oldest if dataset.age_s is None else dataset.age_s
            yield age_s, f"datasets[{number}]", partial(self._put_together, dataset)
        for number, model in enumerate(asked.models):
            yield oldest if model.age_s is None else model.age_s, f"models[{number}]", partial(self._have, model)

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

    async def _put_together(self, asked: SeedDataset) -> None:
        if self.caller.shapes.pair is None:
            raise Refused(f"{self.dialect.name} has no datasets")
        training = _id("training_file", "file", asked.training_file, self.files)
        validation = asked.validation_file and _id("validation_file", "file", asked.validation_file, self.files)
        made = await pairs.create(self.caller, asked.name, training, validation)
        self.datasets.setdefault(asked.name, []).append(await self._named("pair", made.stored.id, asked.id))

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
        order = self.dialect.order(self.caller, body, asked.project)
        made = await jobs.create(replace(self.caller, scenario=asked.scenario or SUCCEEDS), order)
        self.jobs[number] = await self._named("job", made.stored.id, asked.id)

    def _body(self, asked: SeedJob) -> dict[str, Any]:
        """Return the create request, with the ids of the files or the dataset that it names."""
        body = {**asked.body}
        self._check_members(body)
        for name in FILES:
            if name in body:
                body[name] = _id(name, "file", body[name], self.files)
        dataset = body.get("dataset") if self.caller.shapes.pair else None
        if isinstance(dataset, dict) and isinstance(called := dataset.get("id"), str):
            body["dataset"] = {**dataset, "id": _id("dataset.id", "dataset", called, self.datasets)}
        try:
            return dict(json.loads(json.dumps(body)))
        except (TypeError, ValueError):  # YAML reads an unquoted date as one
            raise BadSetting("a value in it is none that JSON has; a date stands in quotes") from None

    def _check_members(self, body: Mapping[str, Any]) -> None:
        """Raise Refused for a member that the provider's request has not, and that is ours or like one of its own.

        What is like none is as in a request: that provider's to refuse or to drop.
        """
        takes = self.dialect.advice.members[()]
        for name in body:
            is_meant = name in SeedJob.model_fields or difflib.get_close_matches(name, takes, n=1, cutoff=NEAR)
            if name not in takes and is_meant:
                raise Refused(unknown(f"member of a job of {self.dialect.name}", name, takes))

    async def _cancel(self, number: int) -> None:
        try:
            await jobs.act(self.caller, self.jobs[number], Deed.CANCEL)
        except Settled as error:
            raise Refused(f"the job has {error.status} by then") from None

    async def _named(self, table: str, made: str, asked: str | None) -> str:
        """Give what was made the id that is asked for."""
        if asked is None:
            return made
        tenant = self.caller.account.tenant
        await self.caller.world.db.write(lambda db: rows.rename(db, tenant, table, made, asked))
        return asked


def _id(member: str, kind: str, called: str, known: Ids) -> str:
    """Return the id of what has this name, or is one; raise BadSetting."""
    found = known.get(called, []) + [each for ids in known.values() for each in ids if each == called]
    if not found:
        raise BadSetting(f"{member}: {unknown(f'{kind} of that age', called[:100], known or ['none'])}")
    if len({*found}) > 1:
        said = f"{called[:100]!r} is the name of {len(found)} {kind}s; give each an id and take that"
        raise BadSetting(f"{member}: {said}")
    return found[0]


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
    caller = Caller(world, _account(at, asked.organization), dialect.shapes)
    await Making(caller, dialect, at.folder, now, at.held).make(asked)
    told = None
    if clock:
        told = ClockTold(Mode(clock.mode), RATES[Mode(clock.mode)] if clock.rate is None else clock.rate, now)
    return await _seed(at, now, told, None if clock and clock.now else here)


def _account(at: Place, organization: str | None) -> Account:
    """Return whose files and jobs are made; raise BadSetting for an organization where the provider knows none."""
    dialect = at.dialect
    if dialect.has_organizations:
        return Account(at.tenant, f"{dialect.provider}/{organization or organization_of(at.tenant)}")
    if organization is not None:
        raise BadSetting(f"organization: the paths of {dialect.name} name none")
    return Account(at.tenant, dialect.provider)


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
