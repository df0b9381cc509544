"""What a provider is to the rest of the emulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Scope

from emulator.bearer import accepts, bearer
from emulator.core.datasets import Grammars
from emulator.core.ids import Shapes
from emulator.core.jobs import Order, Seen
from emulator.core.lint.advice import Advice
from emulator.core.webhooks.manner import Manner
from emulator.core.world import Caller, World
from emulator.errors import ApiError, Unauthenticated
from emulator.faults.effect import Fail
from emulator.operations import Operation
from emulator.settings import ANY_KEY
from emulator.storage.accounts import Account


class Enter(Protocol):
    """How a provider lets a request in."""

    def __call__(self, world: World, dialect: "Dialect", scope: Scope, path: str, /) -> Account:
        """Return whose request it is, by the path below the provider's base and by headers; raise Unauthenticated."""
        ...


def by_key(world: World, dialect: "Dialect", scope: Scope, _: str, /) -> Account:
    """Let a request in on a key: whoever brings one, unless the accepted ones are listed."""
    key = bearer(scope)
    if key is None or not accepts(world.settings.api_key, key):
        raise Unauthenticated(given=key is not None)
    return Account(world.tenant_of(key), dialect.provider)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's face. ``provider`` is whose state it shows: two faces may share one."""

    name: str
    provider: str
    base_path: str
    shapes: Shapes
    operations: tuple[Operation, ...]
    face: Callable[[World | None], FastAPI]
    refuse: Callable[[ApiError], Response]
    fail: Fail
    purposes: tuple[str, ...]
    """What files may be for."""
    grammar: Grammars
    """What a row of a training file may be, or that it is a table."""
    order: Callable[[Caller, Mapping[str, Any], str | None], Order]
    """Return the job that a caller's create request orders, of this body, within a project.

    Raise ValidationError, Invalid, or Missing for what it names and is not there.
    """
    show: Callable[[Caller, Seen], object]
    """Show a job as its answers do: raises where it cannot be shown."""
    advice: Advice
    """What it asks of its clients."""
    enter: "Enter" = by_key
    """Whose request it is, or that nobody may know."""
    client_path: str = "/v1"
    """What its clients take as the end of their base URL, below ``base_path`` or the root."""
    has_organizations: bool = False
    """Whether its paths name an organization, which is then a part of whose state they are about."""
    any_key: str = ANY_KEY
    """A key that it takes of anybody."""
    hosts: tuple[str, ...] = ()
    """Where the real service answers."""
    manner: Manner | None = None
    """How it tells of the ends of jobs; None: it tells nobody."""
    unbuilt: tuple[tuple[str, str], ...] = ()
    """Methods and paths that the provider has and that are answered 501."""
