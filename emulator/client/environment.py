"""The variables in which the providers' clients look for a server, set for a while."""

import os
from collections.abc import Mapping
from typing import Self


class Environment:
    """Variables of this process that are set within a ``with`` block, and put back at its end as they were.

    Blocks may be nested; each puts back what it found. Threads of a process share its environment.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._found: list[dict[str, str | None]] = []

    def __enter__(self) -> Self:
        here = os.environ  # noqa: TID251 -- not read as settings: what other programs' clients read is set and put back
        self._found.append({name: here.get(name) for name in self._variables})
        here.update(self._variables)
        return self

    def __exit__(self, *_: object) -> None:
        here = os.environ  # noqa: TID251 -- as above
        for name, value in self._found.pop().items():
            if value is None:
                here.pop(name, None)
            else:
                here[name] = value
