"""The libraries of the optional extra ``graders``."""

from importlib import import_module
from typing import Any

from emulator.errors import Refused

EXTRA = "fine-tuning-emulator[graders]"


def extra(module: str) -> Any:
    """Return a module, imported when it is first needed; raise Refused where the extra is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise Refused(
            f"This metric is computed with the library '{module.partition('.')[0]}', which this emulator was installed"
            f" without. It comes with the extra 'graders': pip install '{EXTRA}'"
        ) from error
