"""What the tests of graders grade."""

from collections.abc import Mapping
from typing import Any

from emulator.core.graders.templates import Scope, scope_of

OUTPUT = '{"answer": "Paris", "steps": [{"text": "capital"}], "sure": true, "at": 1.0}'


def scope(output: str = OUTPUT, item: Mapping[str, Any] | None = None) -> Scope:
    return scope_of(output, {"city": "Paris", "year": 1900} if item is None else item)
