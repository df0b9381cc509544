"""A server's state without a server, and what a client has in it."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from emulator.clock import host_clock
from emulator.core import files, jobs, world
from emulator.core.datasets import Table
from emulator.core.file import File
from emulator.core.files import Intake, Wanted
from emulator.core.jobs import Order, Seen
from emulator.core.world import Caller, World
from emulator.dialects import NSCALE
from emulator.faults.effect import Sight
from emulator.settings import Settings
from emulator.storage.accounts import Account
from tests.timeline.recipes import a_recipe

T = TypeVar("T")
ROWS = b"question,answer\na,b\nc,d\n"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what comes of something that takes turns."""
    return asyncio.run(coroutine)


@contextmanager
def a_world(**settings: Any) -> Iterator[World]:
    """Open the state of a server whose clocks are moved by hand."""
    with world.opened(Settings(**{"quiet": True, "clock": "manual", **settings}), host_clock()) as made:
        yield made


def caller(of: World, tenant: str = "anna", *, organization: str = "one", unseen_s: float = 0) -> Caller:
    """Return somebody who asks."""
    return Caller(of, Account(tenant, f"nscale/{organization}"), NSCALE.shapes, Sight(unseen_s=unseen_s))


def bring(by: Caller, content: bytes = ROWS, name: str = "a.csv") -> File:
    """Keep a table."""
    intake = Intake(by.world, Table())
    intake.write(content)
    return run(files.keep(by, intake, intake.finish(), Wanted(name, "fine-tune")))


def advance(by: Caller, seconds: float) -> None:
    """Let a caller's time go on."""
    clocks, tenant = by.world.clocks, by.account.tenant
    at = by.now() + timedelta(seconds=seconds)
    clocks.set(tenant, clocks.of(tenant).moved_to(at, clocks.host_s()))


def order(by: Caller) -> Seen:
    """Make a job that succeeds."""
    asked = Order(a_recipe(n_epochs=1), bring(by).id, None, suffix=None, seed=None, project=None, request=b"{}")
    return run(jobs.create(by, asked))
