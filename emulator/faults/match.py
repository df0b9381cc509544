"""Which requests a rule is about."""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from emulator.faults.header import HeaderName
from emulator.faults.paths import shares
from emulator.operations import Operation
from emulator.redaction import is_secret
from emulator.shorthand import unknown
from emulator.timeline.job import Status

JSON_BODY_MAX = 2**20
"""Bytes of a JSON body that matches on members and models look into; a longer one has none."""
SECRET = {"authorization", "proxy-authorization", "cookie", "api-key", "x-api-key", "x-emulator-token"}
MODEL = ("model", "base_model_id")
"""Members of a request that name its model; the second is Nscale's, and holds an id."""
BODIED = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose requests have a body."""
DIGEST_LENGTH = 32
VALUE_MAX = 2000


class Part(BaseModel):
    """A part of a rule: what is misspelled in it is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    what: ClassVar[str]
    """What a person calls it."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_right(cls, value: Any) -> Any:
        if not isinstance(value, dict | cls):
            raise ValueError(f"a {cls.what} is an object, got {str(value)[:100]!r}")  # noqa: TRY004 -- pydantic reads it
        for name in value if isinstance(value, dict) else ():
            if name not in cls.model_fields:
                raise ValueError(unknown(f"member of a {cls.what}", str(name), cls.model_fields))
        return value


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _public(name: str) -> str:
    if name.lower() in SECRET:
        raise ValueError(f"{name} holds a secret, which is not kept; tenant takes the digest of an API key")
    return name


def _not_secret(name: str) -> str:
    if any(is_secret(each) for each in name.split(".")):
        raise ValueError(f"{name} holds a secret, which is not kept")
    return name


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > VALUE_MAX or not value.isprintable():
            raise ValueError(f"takes a text of up to {VALUE_MAX} printable characters")
    elif value is not None and not (isinstance(value, int | float) and math.isfinite(value)):
        raise ValueError("takes a text, a number, true, false or null; a dot in the name leads into an object")
    return value


def _digest(value: str) -> str:
    if len(value) != DIGEST_LENGTH or not set(value) <= set("0123456789abcdef"):
        raise ValueError(f"takes the {DIGEST_LENGTH} hex digits of an API key's digest, got {value[:100]!r}")
    return value


Text = Annotated[str, Field(max_length=200)]
Pattern = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[
    tuple[Pattern, ...], Field(max_length=50), BeforeValidator(_many, json_schema_input_type=str | list[str])
]
Statuses = Annotated[
    tuple[Status, ...], Field(max_length=50), BeforeValidator(_many, json_schema_input_type=Status | list[Status])
]
Value = Annotated[Any, BeforeValidator(_scalar, json_schema_input_type=str | float | bool | None)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as rules look at it. ``body`` is a JSON body's value; the job is the one that it asks for."""

    operation: Operation | None
    method: str
    path: str
    tenant: str
    headers: Mapping[str, str]
    body: Any = None
    job_model: str | None = None
    job_status: Status | None = None

    @property
    def model(self) -> str | None:
        """The model that the request names, or that the job that it names has."""
        body = self.body if isinstance(self.body, dict) else {}
        named = (each for name in MODEL if isinstance(each := body.get(name), str))
        return next(named, self.job_model)


class Match(Part):
    """Which requests: those that fit every member that is given. Without any, all.

    In names, paths, models and headers `*` stands for anything and `?` for any one character.
    """

    what: ClassVar[str] = "match"

    operation: Names = ()
    """Names such as `jobs.create`; `jobs.*` is all of jobs."""
    method: Text | None = None
    """The HTTP method."""
    path: Pattern | None = None
    """The path below the provider's base, such as `/v1/files/*`."""
    tenant: Annotated[str, AfterValidator(_digest)] | None = None
    """The digest of an API key."""
    model: Pattern | None = None
    """The model that the request or its job names (a request of Nscale's names its id)."""
    status: Statuses = ()
    """The statuses of which the job has one at that moment."""
    header: Annotated[dict[Annotated[HeaderName, AfterValidator(_public)], Text], Field(max_length=50)] = {}
    """Headers and their values."""
    body: Annotated[dict[Annotated[Pattern, AfterValidator(_not_secret)], Value], Field(max_length=50)] = {}
    """Members of a JSON body and their values, as `hyperparameters.n_epochs: 3`."""

    def fits(self, asked: Asked) -> bool:
        """Say whether a request is one of these."""
        name = asked.operation.name if asked.operation else None
        return (
            (not self.operation or any(_like(name, pattern) for pattern in self.operation))
            and (self.method is None or self.method.upper() == asked.method)
            and (self.path is None or _like(asked.path, self.path))
            and self.tenant in {None, asked.tenant}
            and (self.model is None or _like(asked.model, self.model))
            and (not self.status or asked.job_status in self.status)
            and all(_like(asked.headers.get(key.lower()), value) for key, value in self.header.items())
            and all(_same(_member(asked.body, path.split(".")), value) for path, value in self.body.items())
        )

    def looks_into_the_body(self) -> bool:
        """Say whether the body must be read to know."""
        return bool(self.body) or self.model is not None

    def looks_at_the_job(self) -> bool:
        """Say whether the job must be read to know."""
        return bool(self.status) or self.model is not None

    def misses(self, operations: Iterable[Operation]) -> str | None:
        """Return why this can match none of these operations, or None: it can."""
        known = [*operations]
        for pattern in self.operation:
            if not any(_like(each.name, pattern) for each in known):
                return unknown("operation", pattern, sorted({each.name for each in known}))
        left = [each for each in known if not self.operation or any(_like(each.name, one) for one in self.operation)]
        if self.method is not None and not (left := [each for each in left if _has(each, self.method.upper())]):
            return f"no such operation has the method {self.method!r}"
        if self.path is not None and not (left := [each for each in left if shares(each.path, self.path)]):
            return f"no such operation has a path like {self.path!r}; {_near(self.path, known)}"
        return self._asks_too_much(left)

    def _asks_too_much(self, left: Iterable[Operation]) -> str | None:
        has_body, of_a_job = (any(each.method in BODIED for each in left), any(each.is_of_a_job for each in left))
        if self.status and not of_a_job:
            return "no such operation is about one job, so none has a job's status; jobs.retrieve is one that has"
        if self.body and not has_body:
            return "no such operation has a body; jobs.create is one that has"
        if self.model is not None and not has_body and not of_a_job:
            return "no such operation names a model or a job; jobs.create is one that does"
        return None


def _near(path: str, operations: Iterable[Operation]) -> str:
    paths = sorted({each.path for each in operations})
    near = difflib.get_close_matches(path, paths, n=1, cutoff=0.4)
    return f"did you mean {near[0]}?" if near else f"the paths are {', '.join(paths)}"


def _has(operation: Operation, method: str) -> bool:
    return method == operation.method or (method == "HEAD" and operation.method == "GET")


def _like(text: str | None, pattern: str) -> bool:
    """Say whether there is a text and it fits a pattern; brackets mean themselves."""
    return text is not None and fnmatchcase(text, pattern.replace("[", "[[]"))


def _same(got: Any, asked: Any) -> bool:
    """Say whether two JSON values are equal; to Python, true is 1."""
    return bool(got == asked) and isinstance(got, bool) is isinstance(asked, bool)


def _member(body: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(body, dict) or name not in body:
            return ...
        body = body[name]
    return body
