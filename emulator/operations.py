"""The names of a provider's calls, the same at every provider that has them: ``files.create``, ``jobs.retrieve``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Operation:
    """One call: its name, its method, and its path below the provider's base, with parameters as ``{job_id}``."""

    name: str
    method: str
    path: str

    @property
    def is_of_a_job(self) -> bool:
        """Say whether it is about one job that is there."""
        return "{job_id}" in self.path

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression whose groups are its parameters."""
        return re.compile(re.sub(r"\{(\w+)(:path)?\}", _group, self.path))


def _group(parameter: re.Match[str]) -> str:
    return f"(?P<{parameter[1]}>{'.+' if parameter[2] else '[^/]+'})"


def find(operations: Iterable[Operation], method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
    """Return the operation that a request asks for and its parameters, or None: it is none of them."""
    asked = "GET" if method == "HEAD" else method
    for operation in operations:
        if operation.method == asked and (found := operation.pattern.fullmatch(path)):
            return operation, found.groupdict()
    return None, {}
