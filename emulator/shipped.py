"""Where the data files lie that ship with the package: catalogues, scenarios, preset faults and the sample dataset."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "shipped"
_FIXTURES = Path(__file__).parent.parent / "fixtures"


def shipped(name: str) -> Path:
    """Return the path of a shipped file: inside an installed package, or in the checkout it is developed in."""
    if _INSTALLED.is_dir():
        return _INSTALLED / name
    return _FIXTURES / name if (_FIXTURES / name).exists() else _FIXTURES / "shipped" / name
