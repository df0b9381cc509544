"""The seed file: what tenants start with and are reset to.

It is read once, when the server starts: tenants that the data directory does not know are loaded then, each whole, and
a reset puts any of them back, from memory and in one transaction. Its keys are secrets: nothing keeps, logs or echoes
one.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator import dialects
from emulator.core.clocks import Clocks, tenant_of
from emulator.core.state import restore, seeded
from emulator.core.world import Seed, World
from emulator.seeding.form import SeedFile, SeedTenant, schema, written
from emulator.seeding.making import given, made, told_at
from emulator.settings import BadSetting
from emulator.shorthand import unknown
from emulator.storage import state as rows
from emulator.storage.database import Database

__all__ = ["schema", "seed"]


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
    tenants = _tenants(world, asked)
    with _apart(world) as apart:
        for number, (tenant, each) in enumerate(zip(tenants, asked.tenants, strict=True)):
            with told_at(f"tenants[{number}]"):
                world.seeds[tenant] = await _seed(apart, tenant, each, folder)
    for tenant, kept in world.seeds.items():
        if not rows.is_known(world.db.reads, tenant):
            await restore(world, tenant, seeded(kept))


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


async def _seed(apart: World, tenant: str, asked: SeedTenant, folder: Path) -> Seed:
    if asked.state is not None:
        with told_at("state"):
            return await given(apart, tenant, asked.state, folder, {each.provider: each for each in dialects.ALL})
    known = {each.name: each for each in dialects.ALL}
    name = asked.dialect or apart.settings.dialect
    if name not in known:
        raise BadSetting(f"dialect: {unknown('dialect', name[:100], known)}")
    return await made(apart, tenant, known[name], folder, asked)
