"""Whom the tests ask, and whether that is somebody else's service, which costs money and patience."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from contract_tests.harness.secret import Key

PORTS = {"http": 80, "https": 443}
USUAL = "v1"
"""The part of a base URL's path that says nothing of the target."""


class BadTarget(ValueError):
    """A target that cannot be asked; the message says what is taken."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A service to ask: its base URL (``https://…/v1``, no slash at the end), its keys, and whether it is foreign."""

    url: str
    dialect: str
    key: Key
    second_key: Key | None
    foreign: bool
    own: bool
    """Started by this run, so its keys are the only ones and its time is short."""

    @property
    def may_take_every_key(self) -> bool:
        """Whether a wrong key that is taken is no finding: an emulator may run on this machine without listed keys.

        Under foreign rules a second account's key says that its keys are listed.
        """
        return not self.own and not is_foreign(self.url) and not (self.foreign and self.second_key)


def checked(url: str) -> str:
    """Return a base URL without its last slash; raise BadTarget where it is none."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadTarget(f"{error}; it takes a base URL such as https://api.tokenfactory.nebius.com/v1") from None
    if parts.scheme not in PORTS or not host:
        raise BadTarget(f"got {url!r}; it takes a base URL such as https://api.tokenfactory.nebius.com/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadTarget("takes a base URL without user, password, query or fragment; the key goes by --api-key-env")
    if not parts.path.rstrip("/"):
        raise BadTarget(f"got {url!r}, which has no path; it takes a base URL such as {url.rstrip('/')}/v1")
    return url.rstrip("/")


def is_foreign(url: str) -> bool:
    """Say whether a URL's host is anything but this machine's loopback; a private address is foreign too."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return False
    try:
        address = ip_address(host)
    except ValueError:
        return True
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_loopback


def slug(url: str) -> str:
    """Return a file name for a target: ``api.example.com``, ``127.0.0.1-8080-openai``, ``ip6-__1-8080``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = f"ip6-{host}" if ":" in host else host
    port = f"-{parts.port}" if parts.port and parts.port != PORTS[parts.scheme] else ""
    below = "".join(f"-{part.lower()}" for part in parts.path.split("/") if part and part != USUAL)
    return re.sub(r"[^a-z0-9.-]", "_", name + port + below)
