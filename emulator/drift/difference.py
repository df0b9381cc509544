"""One difference of two documents, and what it would do to a client of the provider that was tried on the emulator."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Direction = Literal["request", "response", "operation"]
Kind = Literal["missing", "extra", "changed", "lacks", "besides"]
"""Ours has it not, or it alone; a keyword's value; an alternative that ours has not, or it alone."""
Rank = Literal["breaking", "noticeable", "cosmetic", "by design"]
RANKS: tuple[Rank, ...] = ("breaking", "noticeable", "cosmetic", "by design")
"""From what fails a client, over what it can see, to what it never meets; ``by design`` is not counted as drift."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, where: ``operation`` is ``POST /v1/files``, ``place`` such as ``body.size``; none is all of it."""

    what: str
    kind: Kind
    place: str = ""
    keyword: str = ""
    ours: Any = None
    theirs: Any = None
    required: bool = False
    """Whether what only one has must be there."""
    operation: str = ""
    direction: Direction = field(default="operation")

    def below(self, place: str) -> "Difference":
        """Return it as seen from one level up."""
        return replace(self, place=place + self.place)

    def of(self, operation: str, direction: Direction) -> "Difference":
        """Return it as an operation's."""
        return replace(self, operation=operation, direction=direction)

    def __str__(self) -> str:
        where = f"{self.operation} {self.place}" if self.place else self.operation
        return f"{where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A difference with its rank and one clause on why it matters."""

    difference: Difference
    rank: Rank
    why: str


def ranked(difference: Difference) -> Ranked:
    """Return a difference with what it would do to a client."""
    if difference.place.startswith("path "):
        return Ranked(difference, "cosmetic", "a parameter of a path is known by its place in it")
    judge = {"operation": _of_operation, "request": _of_request, "response": _of_response}[difference.direction]
    rank, why = judge(difference)
    return Ranked(difference, rank, why)


def _of_operation(found: Difference) -> tuple[Rank, str]:
    if found.kind == "missing":
        return "breaking", "a call that the provider answers is a 404 here"
    return "noticeable", "a call that works here is unknown to the provider"


def _of_request(found: Difference) -> tuple[Rank, str]:
    if found.kind == "changed":
        return _changed_request(found)
    if found.keyword == "media type":
        return "breaking", "a body of this type is taken by one of the two only"
    return _PRESENCE[found.kind, found.required]


_PRESENCE: dict[tuple[Kind, bool], tuple[Rank, str]] = {
    ("missing", True): ("breaking", "the provider refuses a request without it, which passes here"),
    ("missing", False): ("noticeable", "what a client says by it is lost here"),
    ("extra", True): ("breaking", "a request without it is refused here, and passes there"),
    ("extra", False): ("noticeable", "it has an effect here, and none that the provider tells of"),
    ("lacks", False): ("breaking", "a form of it that the provider takes is refused here"),
    ("besides", False): ("noticeable", "a form of it that is taken here may be refused there"),
}
"""In a request: by the kind, and whether it must be there."""


def _changed_request(found: Difference) -> tuple[Rank, str]:
    match found.keyword:
        case "required":
            side = "there, and passes here" if found.theirs else "here, and passes there"
            return "breaking", f"a request without it is refused {side}"
        case "type" | "anyOf" | "oneOf" | "allOf":
            return _type(found, "a value that one takes the other refuses")
        case "enum":
            return _enum(found, sent=True)
        case "default":
            return "noticeable", "a client that leaves it out gets something else"
        case "readOnly" | "writeOnly":
            return "cosmetic", "it tells of answers, not of what is taken"
        case _:
            return "noticeable", "some values are taken by one and refused by the other"


def _of_response(found: Difference) -> tuple[Rank, str]:
    match found.kind:
        case "extra" if found.keyword == "status":
            return _further(found.place)
        case "missing":
            return "breaking", "a client that reads it finds nothing here"
        case "extra":
            return "noticeable", "a client that reads it here finds nothing there"
        case "lacks":
            return "breaking", "a form of it that the provider answers never comes here"
        case "besides":
            return "noticeable", "a form of it comes here that the provider does not tell of"
        case "changed":
            return _changed_response(found)


def _further(status: str) -> tuple[Rank, str]:
    """Judge a status that only ours answers: documents leave refusals out, but seldom a success."""
    if status.startswith(("4", "5")):
        return "cosmetic", "the provider's document does not tell of this refusal; few tell of all"
    return "noticeable", "a client that waits for it is never answered so there"


def _changed_response(found: Difference) -> tuple[Rank, str]:
    match found.keyword:
        case "type" | "anyOf" | "oneOf" | "allOf":
            return _type(found, "a client reads another type there than here")
        case "enum":
            return _enum(found, sent=False)
        case "nullable" if found.theirs:
            return "breaking", "it may be null there, and never is here"
        case "required" if not found.theirs:
            return "breaking", "it may be absent there, and never is here"
        case "nullable" | "required" | "format" | "discriminator" | "additionalProperties":
            return "noticeable", "a client meets less of it at one of the two"
        case _:
            return "cosmetic", "it says no more of an answer than its type does"


def _type(found: Difference, why: str) -> tuple[Rank, str]:
    """Judge two types; where one document says none it may mean the other's."""
    if found.ours is None or found.theirs is None:
        return "noticeable", "one of the two does not say of what type it is"
    return "breaking", why


def _enum(found: Difference, *, sent: bool) -> tuple[Rank, str]:
    """Judge two lists of values; none on one side means any value."""
    ours, theirs = _values(found.ours), _values(found.theirs)
    new = theirs is None or (ours is not None and any(value not in ours for value in theirs))
    gone = ours is None or (theirs is not None and any(value not in theirs for value in ours))
    if sent:
        return "breaking", "a value that the provider takes is refused here" if new else "a value passes here only"
    if new:
        return "breaking", "a client may receive a value there that it never meets here"
    return "noticeable" if gone else "cosmetic", "a value comes here that the provider does not tell of"


def _values(value: Any) -> Sequence[Any] | None:
    return value if isinstance(value, list) else None
