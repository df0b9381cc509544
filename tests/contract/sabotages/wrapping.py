"""How an emulator is sabotaged: its application wrapped by a filter, or a part of it put out of order.

A filter sees each request whole, sends it on (changed, several times or not at all) and gives an answer. Whether it
really changed anything is counted here for all of them: a sabotage that never acted proves nothing about who caught it.
Not here: what is sabotaged.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any
from unittest.mock import patch

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import emulator.server
from emulator import dialects
from emulator.app import create_app
from emulator.operations import find
from emulator.server import Emulator
from emulator.settings import Settings

Headers = tuple[tuple[str, str], ...]
OPERATIONS = {dialect.name: dialect.operations for dialect in dialects.ALL}
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def _with(headers: Headers, name: str, value: str | None) -> Headers:
    kept = tuple(each for each in headers if each[0] != name)
    return kept if value is None else (*kept, (name, value))


def _written(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _says(body: bytes, written: bytes) -> bool:
    """Say whether a body is JSON that would be written so."""
    try:
        return _written(json.loads(body)) == written
    except (ValueError, RecursionError):
        return False


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, whole."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    dialect: str = "nebius"

    @property
    def operation(self) -> str:
        """The name of what it asks for; empty where it is no operation of the provider."""
        found, _ = find(OPERATIONS[self.dialect], self.method, self.path)
        return found.name if found else ""

    @property
    def ids(self) -> dict[str, str]:
        """The ids that its path names, such as ``job_id``."""
        return find(OPERATIONS[self.dialect], self.method, self.path)[1]

    @property
    def key(self) -> str:
        """The header that says whose request it is."""
        return self.header("authorization")

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return dict(self.headers).get(name, "")

    def json(self) -> Any:
        """Return what the body says, or None where it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def with_header(self, name: str, value: str | None) -> "Ask":
        """Return it with another value of a header; None: without the header."""
        return replace(self, headers=_with(self.headers, name, value))

    def with_body(self, body: bytes) -> "Ask":
        """Return it with another body, and the length that belongs to it."""
        sized = self.with_header("content-length", str(len(body))) if self.header("content-length") else self
        return replace(sized, body=body)

    def with_json(self, value: Any) -> "Ask":
        """Return it with other JSON for its body; as it is where the JSON is the same, however it is written."""
        body = _written(value)
        return self if _says(self.body, body) else self.with_body(body)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return dict(self.headers).get(name, "")

    def json(self) -> Any:
        """Return what the body says."""
        return json.loads(self.body)

    def with_header(self, name: str, value: str | None) -> "Answer":
        """Return it with another value of a header; None: without the header."""
        return replace(self, headers=_with(self.headers, name, value))

    def with_body(self, body: bytes, kind: str = "") -> "Answer":
        """Return it with another body, its length, and another content type if one is given."""
        typed = self.with_header("content-type", kind) if kind else self
        return replace(typed.with_header("content-length", str(len(body))), body=body)

    def with_json(self, value: Any) -> "Answer":
        """Return it with other JSON for its body; as it is where the JSON is the same, however it is written."""
        if _says(self.body, _written(value)):
            return self
        indented = b"\n  " in self.body
        return self.with_body(json.dumps(value, ensure_ascii=False, indent=2).encode() if indented else _written(value))


def json_answer(status: int, value: Any) -> Answer:
    """Return an answer of a sabotage's own."""
    return Answer(status, (("content-type", "application/json"),), b"").with_json(value)


Forward = Callable[[Ask], Awaitable[Answer]]
Filter = Callable[[Ask, Forward], Awaitable[Answer]]


@dataclass(slots=True)
class Acts:
    """How often a sabotage changed something."""

    count: int = 0

    def note(self) -> None:
        """Count one more."""
        self.count += 1


@dataclass(frozen=True, slots=True)
class Part:
    """A function of the emulator that is put out of order: ``broken`` gets the honest one, and what counts an act."""

    module: ModuleType
    name: str
    broken: Callable[[Callable[..., Any], Acts], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Sabotage:
    """One behaviour that is broken. ``begin`` makes the filter of a new server, with a memory of its own."""

    name: str
    broken: str
    begin: Callable[[], Filter] | None = None
    parts: tuple[Part, ...] = field(default=())
    dialect: str = "nebius"
    """The provider at whose base URL, and at the root as well, the server is sabotaged."""


class Sabotaged:
    """The application behind a filter."""

    def __init__(self, app: ASGIApp, filter_: Filter, acts: Acts, dialect: str) -> None:
        self._app, self._filter, self._acts, self._dialect = app, filter_, acts, dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ask = await _read(scope, receive, self._dialect)
        passed: list[tuple[Ask, Answer]] = []

        async def forward(each: Ask) -> Answer:
            answer = await _answer(self._app, scope, each, receive)
            passed.append((each, answer))
            return answer

        answer = await self._filter(ask, forward)
        if _is_act(ask, answer, passed):
            self._acts.note()
        await _send(answer, send)


def _is_act(ask: Ask, answer: Answer, passed: list[tuple[Ask, Answer]]) -> bool:
    """Say whether a client, or the state behind it, was served otherwise than honestly."""
    changing = [each for each, _ in passed if each.method not in READING]
    honest = [ask] if ask.method not in READING else []
    return (ask, answer) not in passed or changing != honest


async def _read(scope: Scope, receive: Receive, dialect: str) -> Ask:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    path = scope["path"].removeprefix(f"/{dialect}")
    return Ask(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body, dialect)


async def _answer(app: ASGIApp, scope: Scope, ask: Ask, receive: Receive) -> Answer:
    """Return what the application answers to a request, which may be another than the one that came."""
    inner = {
        **scope,
        "method": ask.method,
        "path": ask.path,
        "raw_path": ask.path.encode(),
        "query_string": ask.query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in ask.headers],
        "state": {**scope.get("state", {})},
    }
    bodies = [ask.body]
    told: list[Message] = []

    async def received() -> Message:
        return {"type": "http.request", "body": bodies.pop()} if bodies else await receive()

    async def sent(message: Message) -> None:
        told.append(message)

    await app(inner, received, sent)
    head, *rest = told
    named = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in head["headers"])
    return Answer(head["status"], named, b"".join(each.get("body", b"") for each in rest))


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def honest(ask: Ask, forward: Forward) -> Answer:
    """Change nothing."""
    return await forward(ask)


@contextmanager
def sabotaged(sabotage: Sabotage, **settings: Any) -> Iterator[tuple[Emulator, Acts]]:
    """Give a running server with one behaviour broken, and the count of its acts.

    Parts of the emulator are out of order in the whole process meanwhile, so one at a time.
    """
    acts = Acts()
    filter_ = sabotage.begin() if sabotage.begin else honest

    def wrapped(*given: Any) -> ASGIApp:
        return Sabotaged(create_app(*given), filter_, acts, sabotage.dialect)

    with ExitStack() as stack:
        stack.enter_context(patch.object(emulator.server, "create_app", wrapped))
        for part in sabotage.parts:
            instead = part.broken(getattr(part.module, part.name), acts)
            stack.enter_context(patch.object(part.module, part.name, instead))
        told = {"port": 0, "quiet": True, "dialect": sabotage.dialect, **settings}
        yield stack.enter_context(Emulator(Settings(**told))), acts


def named(table: Mapping[str, tuple[str, Any]], *, dialect: str = "nebius") -> tuple[Sabotage, ...]:
    """Return the sabotages of a table: name, and what is broken with how, a filter's beginning or parts."""
    return tuple(
        replace(Sabotage(name, broken, dialect=dialect), **{"parts" if isinstance(how, tuple) else "begin": how})
        for name, (broken, how) in table.items()
    )
