"""A running server, as a command asks it: the control API over HTTP, for one tenant."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Self

from emulator import settings
from emulator.client.running import Calls, Running, Unanswered, Unreachable, Whose
from emulator.settings import Settings

__all__ = ["Server", "Unanswered", "Unreachable"]


class Server:
    """The control API of a server. ``whose`` says in words whose state the calls act on, without the key."""

    def __init__(
        self, *, url: str | None = None, key: str | None = None, tenant: str | None = None, token: str | None = None
    ) -> None:
        own = Settings(**settings.from_environment())
        self.named = url is not None
        self.url = url or own.url()
        self.whose, self._whose = _whose(key, tenant)
        self._token = token or own.control_token
        self._server()  # a token that no header takes is refused before anything is asked

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """Return the server that a command's options name; raise BadSetting."""
        return cls(**{name: asked.get(name) for name in ("url", "key", "tenant", "token")})

    def ask(self, method: str, path: str, *, body: Any = None, raw: bytes | None = None, **query: Any) -> Any:
        """Return what a control call answers; raise Unanswered. ``raw`` is a body that is JSON as it stands."""
        with self._calling() as calls:
            return calls.ask(method, path, raw if body is None else body, **query)

    def save(self, path: str, out: BinaryIO, **query: Any) -> int:
        """Write what a control call answers, as it comes; return how many bytes that was. Raise Unanswered."""
        with self._calling() as calls:
            return calls.save(path, out, **query)

    @contextmanager
    def _calling(self) -> Iterator[Calls]:
        """Give the control calls, over connections that are closed when a command has its answer."""
        server = self._server()
        try:
            yield Calls(server, self._whose)
        finally:
            server.close()

    def _server(self) -> Running:
        # An answer may take as long as it takes: a person sees that nothing comes, and may stop waiting.
        return Running(self.url, token=self._token, patience_s=None)


def _whose(key: str | None, tenant: str | None) -> tuple[str, Whose]:
    """Return in words whose state is meant, and what says so to a server."""
    if tenant is not None:
        return f"the tenant {tenant}", Whose.of_digest(tenant)
    found, variable = (key, "--key") if key else settings.client_key()
    return f"the key in {variable}" if variable else f"the key {found!r}", Whose.of_key(found)
