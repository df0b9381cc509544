"""A running server, as those see it who ask it: over connections that are kept, for one tenant at a call."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, Self
from urllib.parse import urlsplit

from emulator.addresses import server_url
from emulator.settings import BadSetting
from emulator.shorthand import unknown

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]
"""An object as the control API answers it."""

CONNECT_S = 5.0
"""Host seconds until a server counts as away."""
PATIENCE_S = 60.0
"""Host seconds until a server that says nothing counts as stuck."""
IDLE_S = 2.0
"""Host seconds that an idle connection is kept: less than the server does (5), so that it never closes one first."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Unanswered(Exception):
    """A call did not get what it asked for; the text is a sentence for people.

    ``status`` is that of the answer, None where there was none.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Unreachable(Unanswered):
    """No server answers there."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a server's clients connect: below each dialect's name and at the root, which is one of them as well.

    ``paths`` end the base URLs, by dialect; ``organized`` are those whose clients are told an organization besides.
    """

    root: str
    paths: Mapping[str, str]
    organized: frozenset[str]


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose state a call is about, as a request says it."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_key(cls, key: str) -> Self:
        """Return the tenant of an API key; raise BadSetting, without the key, for one that no header takes."""
        return cls(headers={"Authorization": f"Bearer {_sendable('API key', key)}"})

    @classmethod
    def of_digest(cls, digest: str) -> Self:
        """Return the tenant of a key's digest."""
        return cls(query={"tenant": digest})


def _sendable(what: str, secret: str) -> str:
    """Return a secret as a header takes it; raise BadSetting, without it, for one that no header takes."""
    if not secret.strip().isascii() or not secret.strip().isprintable():
        raise BadSetting(f"the {what} has characters that no header takes: it takes printable ASCII")
    return secret.strip()


class Running:
    """A running server: where it answers, its control token if it has one, and connections to it that are kept.

    ``url`` is the server's, or what a client takes as its base URL. Threads may share it. ``patience_s``: host seconds
    to wait for the next bytes of an answer; None: for ever. ``places``: where clients connect, if that is known; the
    server is asked for it otherwise.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        patience_s: float | None = PATIENCE_S,
        places: Places | None = None,
    ) -> None:
        self.url = server_url(url)
        self._headers = {"X-Emulator-Token": _sendable("control token", token)} if token else {}
        self._patience_s = patience_s
        self._opening = Lock()
        self._pool: httpx.Client | None = None
        self._places = places

    def ask(self, method: str, path: str, whose: Whose, *, content: bytes | None = None, **query: Any) -> Any:
        """Return what a control call answers; raise Unanswered."""
        with self._calling() as client:
            params = {**whose.query, **_given(query)}
            headers = {**self._headers, **whose.headers}
            return self._value(client.request(method, path, params=params, headers=headers, content=content))

    def save(self, path: str, whose: Whose, out: BinaryIO, **query: Any) -> int:
        """Write what a control call answers, as it comes; return how many bytes that was. Raise Unanswered."""
        params, headers = {**whose.query, **_given(query)}, {**self._headers, **whose.headers}
        with self._calling() as client, client.stream("GET", path, params=params, headers=headers) as answer:
            if not answer.is_success:
                answer.read()
                self._value(answer)
            return sum(out.write(piece) for piece in answer.iter_bytes())

    @property
    def places(self) -> Places:
        """Where clients connect; the server is asked once. Raise Unanswered."""
        if self._places is None:
            health = self.ask("GET", "/health", Whose())
            if "clients" not in health:
                said = f"{self.url} does not say where clients connect: it is an emulator of an earlier version"
                raise Unanswered(f"{said}, {health.get('version')}")
            self._places = _places(health)
        return self._places

    def check_dialect(self, name: str) -> None:
        """Raise BadSetting for a dialect that the server does not speak."""
        if name not in self.places.paths:
            raise BadSetting(unknown("dialect", name, self.places.paths))

    def base_url(self, dialect: str | None = None) -> str:
        """Return what a client of a dialect takes as its base URL, None: of the one at the root; raise BadSetting."""
        if dialect is None:
            return self.url + self.places.paths[self.places.root]
        self.check_dialect(dialect)
        return f"{self.url}/{dialect}{self.places.paths[dialect]}"

    def has_organizations(self, dialect: str | None = None) -> bool:
        """Say whether a client of a dialect, None: of the one at the root, is told an organization besides."""
        return (dialect or self.places.root) in self.places.organized

    @property
    def is_near(self) -> bool:
        """Whether it is plain HTTP on this machine: with no proxy and no certificate on the way."""
        try:
            return self.url.startswith("http://") and urlsplit(self.url).hostname in LOOPBACK
        except ValueError:  # no URL at all, as the first call says
            return False

    def close(self) -> None:
        """Close the connections; asking again opens new ones."""
        with self._opening:
            pool, self._pool = self._pool, None
        if pool:
            pool.close()

    @contextmanager
    def _calling(self) -> Iterator["httpx.Client"]:
        """Give a client of the control API; make a sentence of what goes wrong below HTTP."""
        import httpx  # noqa: PLC0415 -- it takes a sixth of a second, which only those wait who ask

        try:
            yield self._client()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            reason = f"{str(error).rstrip('.')}; takes a URL like http://127.0.0.1:8080"
            raise Unreachable(f"no emulator answers at {self.url}: {reason}") from None
        except httpx.HTTPError as error:
            raise Unanswered(f"{self.url} did not answer to the end: {str(error) or type(error).__name__}") from None

    def _client(self) -> "httpx.Client":
        import httpx  # noqa: PLC0415 -- as above

        with self._opening:
            if self._pool is None:
                far = not self.is_near  # to load the certificates takes 25 ms
                self._pool = httpx.Client(
                    base_url=f"{self.url}/_emulator",
                    timeout=httpx.Timeout(self._patience_s, connect=CONNECT_S),
                    limits=httpx.Limits(keepalive_expiry=IDLE_S),
                    verify=far,
                    trust_env=far,
                )
            return self._pool

    def _value(self, answer: "httpx.Response") -> Any:
        """Return the JSON of an answer; raise Unanswered with the server's own sentence."""
        try:
            value = answer.json()
        except ValueError:
            value = None
        if answer.is_success and value is not None:
            return value
        status = answer.status_code
        if isinstance(value, dict) and isinstance(value.get("error"), str):
            raise Unanswered(value["error"], status=status)
        said = f"{self.url} answered {status}, and not as a control API does; is it an emulator?"
        raise Unanswered(said, status=status)


def _places(health: Json) -> Places:
    """Return where clients connect, as a server tells of it."""
    clients = health["clients"]
    paths = {name: place["path"] for name, place in clients.items()}
    return Places(health["root"], paths, frozenset(name for name, place in clients.items() if place["organization"]))


def _given(query: Mapping[str, Any]) -> Json:
    return {name: value for name, value in query.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Calls:
    """The control calls of a running server, for one tenant."""

    server: Running
    whose: Whose

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return what a call answers; raise Unanswered. ``body`` is JSON, bytes are JSON as they stand."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self.server.ask(method, path, self.whose, content=content, **query)

    def save(self, path: str, out: BinaryIO, **query: Any) -> int:
        """Write what a call answers, as it comes; return how many bytes that was. Raise Unanswered."""
        return self.server.save(path, self.whose, out, **query)
