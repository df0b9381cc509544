"""Where the data files lie that ship with the package: catalogues and the sample dataset."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "shipped"
_CHECKOUT = Path(__file__).parent.parent / "fixtures" / "shipped"


def shipped(name: str) -> Path:
    """Return the path of a shipped file: inside an installed package, or in the checkout it is developed in."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / name
