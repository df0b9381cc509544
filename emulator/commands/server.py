"""A running server, as a command asks it: the control API over HTTP, for one tenant."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Self

import httpx

from emulator import settings
from emulator.settings import BadSetting, Settings

CONNECT_S = 5.0
"""Host seconds until a server counts as away; its answer may take as long as it takes."""


class Unanswered(Exception):
    """A call did not get what it asked for; the text is a sentence for people."""


class Unreachable(Unanswered):
    """No server answers there."""


class Server:
    """The control API of a server. ``whose`` says in words whose state the calls act on, without the key."""

    def __init__(
        self, *, url: str | None = None, key: str | None = None, tenant: str | None = None, token: str | None = None
    ) -> None:
        own = Settings(**settings.from_environment())
        self.named = url is not None
        self.url = (url or f"http://127.0.0.1:{own.port}").rstrip("/").removesuffix("/v1")
        self.whose, self._headers, self._query = _whose(key, tenant)
        if token := token or own.control_token:
            self._headers["X-Emulator-Token"] = _sendable("control token", token)

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """Return the server that a command's options name; raise BadSetting."""
        return cls(**{name: asked.get(name) for name in ("url", "key", "tenant", "token")})

    def ask(self, method: str, path: str, *, body: Any = None, raw: bytes | None = None, **query: Any) -> Any:
        """Return what a control call answers; raise Unanswered. ``raw`` is a body that is JSON as it stands."""
        content = raw if body is None else json.dumps(body).encode()
        with self._calling() as client:
            return self._value(client.request(method, path, params=_given(query), content=content))

    def save(self, path: str, out: BinaryIO, **query: Any) -> int:
        """Write what a control call answers, as it comes; return how many bytes that was. Raise Unanswered."""
        with self._calling() as client, client.stream("GET", path, params=_given(query)) as answer:
            if not answer.is_success:
                answer.read()
                self._value(answer)
            return sum(out.write(piece) for piece in answer.iter_bytes())

    @contextmanager
    def _calling(self) -> Iterator[httpx.Client]:
        """Give a client of the control API; make a sentence of what goes wrong below HTTP."""
        timeout = httpx.Timeout(None, connect=CONNECT_S)
        try:
            with httpx.Client(
                base_url=f"{self.url}/_emulator", headers=self._headers, params=self._query, timeout=timeout
            ) as client:
                yield client
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            reason = f"{str(error).rstrip('.')}; takes a URL like http://127.0.0.1:8080"
            raise Unreachable(f"no emulator answers at {self.url}: {reason}") from None
        except httpx.HTTPError as error:
            raise Unanswered(f"{self.url} did not answer to the end: {str(error) or type(error).__name__}") from None

    def _value(self, answer: httpx.Response) -> Any:
        """Return the JSON of an answer; raise Unanswered with the server's own sentence."""
        try:
            value = answer.json()
        except ValueError:
            value = None
        if answer.is_success and value is not None:
            return value
        if isinstance(value, dict) and isinstance(value.get("error"), str):
            raise Unanswered(value["error"])
        raise Unanswered(f"{self.url} answered {answer.status_code}, and not as a control API does; is it an emulator?")


def _whose(key: str | None, tenant: str | None) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return in words whose state is meant, and the headers and the query that say so to a server."""
    if tenant is not None:
        return f"the tenant {tenant}", {}, {"tenant": tenant}
    found, variable = (key, "--key") if key else settings.client_key()
    words = f"the key in {variable}" if variable else f"the key {found!r}"
    return words, {"Authorization": f"Bearer {_sendable('API key', found)}"}, {}


def _sendable(what: str, secret: str) -> str:
    """Return a secret as a header takes it; raise BadSetting, without it, for one that no header takes."""
    if not secret.strip().isascii() or not secret.strip().isprintable():
        raise BadSetting(f"the {what} has characters that no header takes: it takes printable ASCII")
    return secret.strip()


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}
