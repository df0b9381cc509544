"""One request of the client that is judged: what it asked for, what it was shown, and when."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any

from emulator.core.lint.advice import Advice, Path
from emulator.operations import Operation
from emulator.storage.journal import Entry

Json = dict[str, Any]
CREATE, UPLOAD, LIST, RETRIEVE, CANCEL = "jobs.create", "files.create", "jobs.list", "jobs.retrieve", "jobs.cancel"
CONTENT, EVENTS, CHECKPOINTS = "files.content", "jobs.events", "jobs.checkpoints"
METRICS = "jobs.metrics"
WHOSE = "organization_id"
"""A parameter of paths that says in whose name something is asked, and not what for."""
ROUNDED_S = 0.002
"""How much a recorded time may be off: HARs have whole milliseconds."""
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, eq=False)
class Asked:
    """A request, as an entry of the journal has it, and what the provider asks of its clients."""

    entry: Entry
    advice: Advice

    @property
    def id(self) -> int:
        """The entry's number."""
        return self.entry.id

    @property
    def name(self) -> str | None:
        """The operation."""
        return self.entry.operation

    @cached_property
    def starts_s(self) -> float:
        """When it came, in host seconds since 1970."""
        return self.entry.started_at.timestamp()

    @property
    def ends_s(self) -> float:
        """When it was over, in host seconds since 1970."""
        return self.starts_s + self.entry.duration_ms / 1000

    def follows(self, ends_s: float) -> bool:
        """Say whether it came after something had ended, at this host time."""
        return self.starts_s >= ends_s - ROUNDED_S

    @property
    def status(self) -> int:
        """The answer's status; 0: there was none."""
        return self.entry.status or 0

    @property
    def is_done(self) -> bool:
        """Say whether it was answered with success, to the end."""
        return 200 <= self.status < 300 and self.entry.response.complete  # noqa: PLR2004 -- HTTP's class of success

    @property
    def is_lost(self) -> bool:
        """Say whether a client cannot know from the answer if it was carried out."""
        return self.status == 0 or self.status >= 500 or not self.entry.response.complete  # noqa: PLR2004 -- HTTP's class

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of its path, such as ``job_id``; nothing for what is no operation."""
        pattern = _patterns(self.advice.operations).get(self.name or "")
        found = pattern.fullmatch(self.entry.path) if pattern else None
        return found.groupdict() if found else {}

    @property
    def thing(self) -> str | None:
        """The id of what it asks for: the last one of its path."""
        return next((self.parameters[name] for name in reversed([*self.parameters]) if name != WHOSE), None)

    @property
    def job(self) -> str | None:
        """The job that it asks for."""
        return self.parameters.get("job_id")

    @cached_property
    def sent(self) -> Json:
        """The members of a JSON body that was sent and kept."""
        body = self.entry.request.body
        return body if isinstance(body, dict) else {}

    @cached_property
    def answer(self) -> Json:
        """The members of a JSON answer, where it was a success that the client got wholly and the journal kept.

        Of an answer that has what was made below a member, those of that.
        """
        body = self.entry.response.body if self.is_done else None
        within = self.advice.form.within.get(self.name or "")
        found = body.get(within) if within and isinstance(body, dict) else body
        return found if isinstance(found, dict) else {}

    @property
    def is_unseen(self) -> bool:
        """Say whether its answer showed something that is not kept."""
        return self.is_done and not self.answer and self.entry.response.left_out is not None

    @property
    def is_fetch(self) -> bool:
        """Say whether it fetched the result of the job that it names, or was told where that lies."""
        told = 200 <= self.status < 400  # noqa: PLR2004 -- HTTP's classes of success and of redirects
        return told and self.name in self.advice.form.fetches

    @cached_property
    def listed(self) -> list[Json]:
        """The entries of an answer that is a list."""
        data = self.answer.get("data")
        return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []

    @cached_property
    def shown(self) -> list[Json]:
        """The jobs that its answer shows, each with an id and a status."""
        if not (self.name or "").startswith("jobs."):
            return []
        found = self.listed if self.name == LIST else [self.answer]
        return [each for each in found if isinstance(each.get("id"), str) and isinstance(each.get("status"), str)]

    @cached_property
    def same(self) -> str | None:
        """What requests have in common that ask for the same; None: its body is not known."""
        request = self.entry.request
        body: Any = request.body
        if body is None:
            # Of a form only the length is known; two of the same length to a byte are taken for one another.
            body = request.headers.get("content-length", "" if self.entry.method in WRITES else "0")
            if body == "" or (request.left_out and "json" in self.content_type):
                return None
        return _digest([self.entry.method, self.entry.path, self.entry.query, body])

    @property
    def content_type(self) -> str:
        """What the client calls its body, in lower case, without parameters."""
        return self.entry.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def ordered(self) -> str | None:
        """What create requests have in common that order the same; None: it is none, or its body is not known."""
        return _digest(self.sent) if self.name == CREATE and self.sent else None


@lru_cache(maxsize=8)
def _patterns(operations: Iterable[Operation]) -> dict[str, re.Pattern[str]]:
    """Return the paths of operations by name, with whatever stands before them: a provider's mount, a proxy's root."""
    return {each.name: re.compile(".*?" + each.pattern.pattern) for each in operations}


def _digest(value: Any) -> str:
    """Return what stands for a JSON value: it is kept for long, and the value may be long."""
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=16).hexdigest()


def text(value: Any) -> str | None:
    """Return a value that is a text, or None."""
    return value if isinstance(value, str) else None


def at(body: Any, path: Path) -> Any:
    """Return what lies at a place of a body, or None."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body
