"""Models with a name of their own."""

import asyncio

import pytest

from emulator.clock import host_clock
from emulator.core.inference import deployed
from emulator.core.inference.deployed import Wanted
from emulator.core.world import Caller, opened
from emulator.dialects import NEBIUS
from emulator.errors import Missing
from emulator.settings import Settings
from emulator.storage.accounts import Account


def test_a_name_that_is_taken_is_drawn_again() -> None:
    names = iter(["one", "one", "one", "two"])
    wanted = Wanted("a/base", "", None, None, lambda _: next(names), None)
    with opened(Settings(), host_clock()) as world:
        caller = Caller(world, Account("tenant", "nebius"), NEBIUS.shapes)
        made = [asyncio.run(deployed.deploy(caller, wanted)).name for _ in range(2)]

        assert made == ["one", "two"] == [model.name for model in deployed.listed(caller, None)]
        assert deployed.get(caller, "wo", lambda name: name[1:]).name == "two"
        with pytest.raises(Missing):
            deployed.get(caller, "three", str)
