"""How the facts of Token Factory are held of AI Studio: by the same tests, save those of what differed."""

from collections.abc import Collection
from types import ModuleType
from typing import Any


def shared(module: ModuleType, *, but: Collection[str] = ()) -> dict[str, Any]:
    """Return the tests of a module, with its fixtures and marks, but some; raise ValueError where there is no such.

    A module makes them its own by ``globals().update``, so that they belong to its folder's run.
    """
    if unknown := sorted(name for name in but if name not in vars(module)):
        raise ValueError(f"{module.__name__} has no {', '.join(unknown)}")
    return {name: value for name, value in vars(module).items() if not name.startswith("_") and name not in but}
