"""Which requests a rule is about."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from emulator.operations import Operation
from emulator.shorthand import unknown
from emulator.timeline.job import Status

JSON_BODY_MAX = 2**20
"""Bytes of a JSON body that matches on members and models look into; a longer one has none."""


class Part(BaseModel):
    """A part of a rule: what is misspelled in it is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


def _many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_many)]


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
        named = self.body.get("model") if isinstance(self.body, dict) else None
        return named if isinstance(named, str) else self.job_model


class Match(Part):
    """Which requests: those that fit every member that is given. Without any, all."""

    operation: Names = ()
    """Names such as `jobs.create`; `jobs.*` is all of jobs."""
    method: str | None = None
    """The HTTP method."""
    path: str | None = None
    """The path below the provider's base, such as `/v1/files/*`; `*` stands for anything."""
    tenant: str | None = None
    """The digest of an API key."""
    model: str | None = None
    """The model that the request or its job names; `*` stands for anything."""
    status: Annotated[tuple[Status, ...], BeforeValidator(_many)] = ()
    """The statuses of which the job has one at that moment."""
    header: dict[str, str] = {}
    """Headers and their values; `*` stands for anything."""
    body: dict[str, Any] = {}
    """Members of a JSON body and their values, as `hyperparameters.n_epochs: 3`."""

    def fits(self, asked: Asked) -> bool:
        """Say whether a request is one of these."""
        name = asked.operation.name if asked.operation else ""
        return (
            (not self.operation or any(fnmatchcase(name, pattern) for pattern in self.operation))
            and (self.method is None or self.method.upper() == asked.method)
            and (self.path is None or fnmatchcase(asked.path, self.path))
            and self.tenant in {None, asked.tenant}
            and (self.model is None or fnmatchcase(asked.model or "", self.model))
            and (not self.status or asked.job_status in self.status)
            and all(fnmatchcase(asked.headers.get(key.lower(), "\n"), value) for key, value in self.header.items())
            and all(_member(asked.body, path.split(".")) == value for path, value in self.body.items())
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
            if not any(fnmatchcase(each.name, pattern) for each in known):
                return unknown("operation", pattern, sorted({each.name for each in known}))
        left = [
            each for each in known if not self.operation or any(fnmatchcase(each.name, one) for one in self.operation)
        ]
        if self.method is not None and not (left := [each for each in left if _has(each, self.method.upper())]):
            return f"no such operation has the method {self.method!r}"
        if self.path is not None and not (left := [each for each in left if _reaches(self.path, each)]):
            paths = sorted({each.path for each in known})
            near = difflib.get_close_matches(self.path, paths, n=1, cutoff=0.4)
            return f"no such operation has a path like {self.path!r}; " + (
                f"did you mean {near[0]}?" if near else f"the paths are {', '.join(paths)}"
            )
        if self.status and not any(each.is_of_a_job for each in left):
            return "no such operation is about one job, so none has a job's status; jobs.retrieve is one that has"
        if self.body and not any(each.method == "POST" for each in left):
            return "no such operation has a body; jobs.create is one that has"
        return None


def _has(operation: Operation, method: str) -> bool:
    return method == operation.method or (method == "HEAD" and operation.method == "GET")


def _reaches(pattern: str, operation: Operation) -> bool:
    """Say whether a pattern of paths can match any path of an operation."""
    return fnmatchcase(operation.path, pattern) or operation.pattern.fullmatch(pattern) is not None


def _member(body: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(body, dict) or name not in body:
            return ...
        body = body[name]
    return body
