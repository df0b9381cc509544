"""What can go wrong, in no provider's words: a dialect renders these in its own.

    ApiError
    ├── Unauthenticated   no key, or one that is not accepted
    ├── Missing           nothing of that kind and id belongs to this account
    ├── Refused           understood, and not possible for what it is asked of
    ├── Exhausted         the account's quota or its credit is used up
    ├── Malformed         the body cannot be read
    ├── TooLarge          more bytes than are taken
    ├── Invalid           readable, and wrong at named places
    ├── Unbuilt           the provider has it and this emulator does not
    └── StorageFailed     the disk would not take it

None carries a status code.
"""

from dataclasses import dataclass, field
from typing import Any, Literal


class ApiError(Exception):
    """Anything that a client is told is wrong."""


@dataclass(eq=False)
class Unauthenticated(ApiError):
    """No key was given (``given`` is False), or it is not one of the accepted ones."""

    given: bool


@dataclass(eq=False)
class Missing(ApiError):
    """There is no such thing for this account. ``kind`` is file, job, checkpoint or model."""

    kind: str
    id: str


@dataclass(eq=False)
class Refused(ApiError):
    """The request was understood and cannot be done; ``message`` says why, to a person."""

    message: str


@dataclass(eq=False)
class Exhausted(ApiError):
    """The account can have no more of it: its ``quota`` for now, or its ``credit`` until somebody pays."""

    kind: Literal["quota", "credit"]


@dataclass(eq=False)
class Malformed(ApiError):
    """The body cannot be read as what it claims to be."""

    message: str


@dataclass(eq=False)
class TooLarge(ApiError):
    """More than ``bytes_max`` bytes were sent."""

    bytes_max: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """One wrong place: ``loc`` leads to it, ``type`` is pydantic's name for what is wrong."""

    type: str
    loc: tuple[str | int, ...]
    msg: str
    input: Any = None
    ctx: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Invalid(ApiError):
    """A readable request with wrong values."""

    flaws: list[Flaw]


@dataclass(eq=False)
class Unbuilt(ApiError):
    """An operation that the provider is known to have and that is not emulated yet."""

    operation: str


@dataclass(eq=False)
class StorageFailed(ApiError):
    """The bytes could not be kept: the disk is full or refuses them."""

    message: str
