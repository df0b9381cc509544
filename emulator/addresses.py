"""Where a server answers, by whatever URL of it somebody has at hand."""

import re

from emulator.settings import BadSetting, read

CLIENT_PATH = re.compile(r"(?:/api)?/v1(?:/organizations/[^/]+)?$")
"""How the base URLs end that clients of the providers take."""


def server_url(url: str) -> str:
    """Return where a server answers: of its own URL, or of one that a client of a dialect takes as its base URL."""
    whole = url.rstrip("/")
    above = CLIENT_PATH.sub("", whole)
    rest, _, name = above.rpartition("/")
    is_mount = above != whole and not rest.endswith("/") and _is_dialect(name)  # a host may be called as a dialect is
    return rest if is_mount else above


def _is_dialect(name: str) -> bool:
    try:
        return bool(read("dialect", name))
    except BadSetting:
        return False
