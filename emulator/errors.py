"""What can go wrong, in no provider's words: a dialect renders these in its own.

    ApiError
    ├── Unauthenticated   no key, or one that is not accepted
    ├── Unsigned          a link that was not signed here, or is over
    ├── Missing           nothing of that kind and id belongs to this account
    ├── Refused           understood, and not possible for what it is asked of
    ├── Misfiled          a file is not for what it is used for
    ├── Misread           an upload is not what files of its purpose are
    ├── Untrainable       there is no such model, or none that can be trained
    ├── Settled           the job has ended, and nothing more can be done to it
    ├── Exhausted         the account's quota or its credit is used up, or it may not train at all
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
class Unsigned(ApiError):
    """A link is none that was signed here, or not as it was signed; or it was, and is over (``expired``)."""

    expired: bool


@dataclass(eq=False)
class Missing(ApiError):
    """There is no such thing for this account. ``kind`` is file, job, checkpoint, event, model and so on.

    ``member`` is the member of a request that names it; empty where the path does.
    """

    kind: str
    id: str
    member: str = ""


@dataclass(eq=False)
class Refused(ApiError):
    """The request was understood and cannot be done; ``message`` says why, to a person."""

    message: str


@dataclass(eq=False)
class Misfiled(ApiError):
    """The file that a ``member`` of the request names has this purpose, and a job cannot train on it."""

    id: str
    purpose: str
    member: str


@dataclass(eq=False)
class Misread(ApiError):
    """An upload is not what files of its purpose are; ``message`` says why, in the provider's words."""

    message: str


@dataclass(eq=False)
class Untrainable(ApiError):
    """No model of this name can be trained."""

    model: str


@dataclass(eq=False)
class Settled(ApiError):
    """A ``deed`` (cancel, pause, resume) was asked of a job that has ended with this ``status``."""

    job: str
    deed: str
    status: str


@dataclass(eq=False)
class Exhausted(ApiError):
    """The account can have no more: its ``quota`` for now, its ``credit`` until somebody pays, or no ``access``."""

    kind: Literal["quota", "credit", "access"]
    model: str = ""


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
