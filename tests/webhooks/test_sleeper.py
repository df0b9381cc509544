"""The one task of a server that acts unasked: there where there is an endpoint, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from emulator.clock import Clock
from emulator.core.webhooks import endpoints
from emulator.core.webhooks.endpoints import Wanted
from emulator.core.world import Caller, World, opened
from emulator.deliveries import Sleeper, delivering
from emulator.dialects import OPENAI
from emulator.dialects.openai.routes.webhooks import MANNER
from emulator.settings import Settings
from emulator.storage.accounts import Account
from tests.webhooks.serving import Host

ENDPOINT = Wanted("ends", "http://127.0.0.1:9/", ("fine_tuning.job.failed",))


@asynccontextmanager
async def awake(settings: Settings) -> AsyncIterator[Caller]:
    """Give a caller of a world in which things are delivered."""
    with opened(settings, Host()) as world:
        async with delivering(world, {"openai": MANNER}):
            yield Caller(world, Account("a-tenant", "openai"), OPENAI.shapes)


def tasks() -> int:
    """Return how many tasks there are besides the test's own."""
    return len(asyncio.all_tasks()) - 1


async def turned() -> None:
    """Let the loop do what it was told to do by now."""
    for _ in range(20):
        await asyncio.sleep(0)  # noqa: TID251 -- it lets others run, and waits for nothing


def test_a_server_without_endpoints_has_no_task_whatever_is_done() -> None:
    async def lived() -> int:
        async with awake(Settings(clock="manual")) as caller:
            await caller.world.db.write(lambda db: None)
            caller.world.clocks.set("a-tenant", _later(caller.world))
            await turned()
            return tasks()

    assert asyncio.run(lived()) == 0


def test_the_first_endpoint_starts_the_task_and_the_removal_of_the_last_ends_it() -> None:
    async def lived() -> list[int]:
        found = []
        async with awake(Settings(clock="manual")) as caller:
            made = [await endpoints.create(caller, MANNER, ENDPOINT) for _ in range(2)]
            await turned()
            found.append(tasks())
            for each in made:
                await endpoints.delete(caller, each.id)
                await turned()
                found.append(tasks())
        return found

    assert asyncio.run(lived()) == [1, 1, 0]


def test_a_server_that_starts_with_endpoints_has_the_task_and_none_once_it_stops(tmp_path: object) -> None:
    settings = Settings(clock="manual", data_dir=tmp_path)  # type: ignore[arg-type]  # a path

    async def lived() -> list[int]:
        async with awake(settings) as caller:
            await endpoints.create(caller, MANNER, ENDPOINT)
        found = [tasks()]
        async with awake(settings):
            await turned()
            found.append(tasks())
        return [*found, tasks()]

    assert asyncio.run(lived()) == [0, 1, 0]


def test_a_commit_just_before_a_stop_starts_nothing_after_it() -> None:
    async def lived() -> int:
        with opened(Settings(clock="manual"), Host()) as world:
            await endpoints.create(Caller(world, Account("a-tenant", "openai"), OPENAI.shapes), MANNER, ENDPOINT)
            sleeper = Sleeper(world, {"openai": MANNER})
            sleeper._call()
            await sleeper.stop()
            await turned()
            return tasks()

    assert asyncio.run(lived()) == 0


def test_the_sleeper_does_not_look_while_nothing_happens() -> None:
    async def lived() -> tuple[float, float]:
        async with awake(Settings(clock="manual")) as caller:
            await endpoints.create(caller, MANNER, ENDPOINT)
            await turned()
            looks: list[str] = []
            caller.world.db.reads.set_trace_callback(looks.append)
            await turned()
            quiet = len(looks)
            await caller.world.db.write(lambda db: None)
            await turned()
            return quiet, len(looks)

    quiet, woken = asyncio.run(lived())

    assert quiet == 0
    assert 0 < woken < 20


def test_a_commit_that_makes_an_endpoint_by_whatever_call_wakes_the_sleeper() -> None:
    columns = "tenant, provider, id, name, url, events, created_at, updated_at, secret, told_until_at"
    row = ("other", "openai", "whe_1", "x", "http://127.0.0.1:9/", "[]", 0, 0, 0, 0)

    async def lived() -> int:
        async with awake(Settings(clock="manual")) as caller:
            sql = f"INSERT INTO webhook ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 -- our own names
            await caller.world.db.write(lambda db: db.execute(sql, row))
            await turned()
            return tasks()

    assert asyncio.run(lived()) == 1


def test_an_endpoint_of_a_provider_that_tells_nothing_is_left_alone() -> None:
    async def lived() -> int:
        with opened(Settings(clock="manual"), Host()) as world:
            async with delivering(world, {}):
                caller = Caller(world, Account("a-tenant", "openai"), OPENAI.shapes)
                await endpoints.create(caller, MANNER, ENDPOINT)
                await turned()
                return tasks()

    assert asyncio.run(lived()) == 1


def _later(world: World) -> Clock:
    host_s = world.clocks.host_s()
    return world.clocks.of("a-tenant").moved_to(datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=1), host_s)
