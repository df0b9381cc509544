"""What tenants start with and are reset to: the seed file, and the seed that a client gives to a tenant of its own.

The file is read once, when the server starts: tenants that the data directory does not know are loaded then, each
whole, and a reset puts any of them back, from memory and in one transaction. Its keys are secrets: nothing keeps, logs
or echoes one. What a client gives (``sown``) has the same form, but for keys and paths.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emulator import dialects
from emulator.core import tenants
from emulator.core.clocks import Clocks, tenant_of
from emulator.core.state import restore, seeded
from emulator.core.world import Seed, World
from emulator.dialects import Dialect
from emulator.seeding.form import SeedFile, SeedState, schema, written
from emulator.seeding.making import Held, Place, given, made
from emulator.seeding.refusals import told_at
from emulator.settings import BadSetting
from emulator.shorthand import unknown
from emulator.storage import state as rows
from emulator.storage.database import Database

__all__ = ["schema", "seed", "sown"]

NOBODY = ""
"""A tenant that no key has: it has no rows."""


def seed(world: World) -> None:
    """Load the setting ``seed_file`` into a world that serves nobody yet; raise BadSetting."""
    path = world.settings.seed_file
    if path is None:
        return
    try:
        asked = written(path)
        # In a thread of its own: there may be an event loop in this one, of the program that the server is part of.
        with ThreadPoolExecutor(max_workers=1) as aside:
            aside.submit(asyncio.run, _load(world, asked, path.parent)).result()
    except BadSetting as error:
        raise BadSetting(f"seed_file {path}: {error}") from None


async def _load(world: World, asked: SeedFile, folder: Path) -> None:
    whose = _tenants(world, asked)
    with _apart(world) as apart:
        for number, (tenant, each) in enumerate(zip(whose, asked.tenants, strict=True)):
            with told_at(f"tenants[{number}]"):
                at = Place(apart, tenant, _dialect(world, each), folder, Held(world))
                world.seeds[tenant] = await _seed(at, each)
    for tenant, kept in world.seeds.items():
        if not rows.is_known(world.db.reads, tenant):
            await restore(world, tenant, seeded(kept))


async def sown(world: World, tenant: str, value: Any) -> Seed:
    """Return the seed that a JSON value tells, its bytes held; raise BadSetting, which says what is wrong where."""
    with told_at(""):
        asked = SeedState.model_validate(value)
    asked.check_inline()
    held = Held(world)
    try:
        # With nothing to be made, no world apart is needed: that takes longer than all the rest.
        with nullcontext(world) if asked.is_empty else _apart(world) as here, told_at(""):
            whose = NOBODY if asked.is_empty else tenant
            return await _seed(Place(here, whose, _dialect(world, asked), Path(), held), asked)
    except BaseException:
        await tenants.let_go(world, held.digests)
        raise


@contextmanager
def _apart(world: World) -> Iterator[World]:
    """Give a world beside this one, with the same bytes of files and rows of its own, that nobody is served from."""
    with TemporaryDirectory(prefix="ftemu-", ignore_cleanup_errors=True) as own:
        db = Database(Path(own).resolve() / "seeds.sqlite3", synchronous="off")
        with closing(db):
            yield replace(world, db=db, clocks=Clocks(world.clocks.host_s, world.clocks.default, {}))


def _tenants(world: World, asked: SeedFile) -> list[str]:
    """Return the tenant of each entry, that of its first key; the others become its aliases."""
    whose: dict[str, str] = {}
    tenants = []
    for number, each in enumerate(asked.tenants):
        first = tenant_of(each.keys[0])
        tenants.append(first)
        for place, key in enumerate(each.keys):
            where = f"tenants[{number}].keys[{place}]"
            if (digest := tenant_of(key)) in whose:
                raise BadSetting(f"{where}: it is the same key as {whose[digest]}")
            whose[digest] = where
            if digest != first:
                world.aliases[digest] = first
    return tenants


def _dialect(world: World, asked: SeedState) -> Dialect:
    """Return whose files and jobs these are; raise BadSetting."""
    known = {each.name: each for each in dialects.ALL}
    name = asked.dialect or world.settings.dialect
    if name not in known:
        raise BadSetting(f"dialect: {unknown('dialect', name[:100], known)}")
    return known[name]


async def _seed(at: Place, asked: SeedState) -> Seed:
    if asked.state is not None:
        with told_at("state"):
            return await given(at, asked.state, {each.provider: each for each in dialects.ALL})
    return await made(at, asked)
