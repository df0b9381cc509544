"""Where deliveries may go: to this machine's loopback, and to the hosts that the setting ``webhook_host`` lists.

The real service sends to public https URLs alone (documented). The emulator takes http as well, and nothing public
unless it is told to: whoever can create an endpoint could otherwise have it send requests into the network around it.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = "localhost"
SCHEMES = ("http", "https")
LONGEST = 2048


def misplaced(url: str, listed: Sequence[str]) -> str | None:
    """Return why nothing may be sent to a URL, as words; None: it may, as far as its text tells."""
    if len(url) > LONGEST:
        return f"got a URL of {len(url)} characters, takes up to {LONGEST}"
    host = host_of(url)
    if host is None:
        return "it takes an http:// or https:// URL with a host, and with no login, space or fragment in it"
    if host in listed or host == LOCAL or is_loopback(host):
        return None
    return (
        f"this emulator delivers webhooks to loopback addresses only, and {host[:100]} is none; its setting"
        " webhook_host (--webhook-host, FTEMU_WEBHOOK_HOST) lists further hosts"
    )


def host_of(url: str) -> str | None:
    """Return the host of a URL in lower case; None: it is no URL that is taken."""
    if not url.isascii() or not url.isprintable() or any(each in url for each in ' \\#"<>^`{|}'):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    return host if parts.scheme in SCHEMES and host and "@" not in parts.netloc else None


def is_loopback(address: str) -> bool:
    """Say whether a text is an address of this machine alone: of 127.0.0.0/8, or ::1."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
