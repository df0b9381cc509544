"""A recorded session's requests sent again, in their order, to an emulator.

Ids that the emulator gives take the places of those that the service gave. Nothing waits: the tenants' clocks stand
still, and before a look at a job time is moved on until the job is as far as it was when it was recorded. What came by
itself, a 429 or a 5xx, is brought about as a fault; a job that failed is made to fail.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx

from emulator.from_har.forms import job_in
from emulator.recording.exchange import NO_JSON, NO_UTF_8, NOTHING, TOO_DEEP
from emulator.recording.placeholders import PLACEHOLDER, filled, names_in
from emulator.recording.session import SUCCESS, Recorded, Session
from emulator.recording.upload import write_like
from emulator.recording.verdict import Answer, Deviation, deviations
from emulator.redaction import HIDDEN

REFUSED = (401, 403)
BY_ITSELF = frozenset({402, 429, *range(500, 600)}) - {501}
"""Statuses that a request gets for no reason of its own."""
UNBUILT = 501
MADE = frozenset(
    {"file", "job", "checkpoint", "event", "id", "etag", "tuned_model", "tuned_checkpoint", "dataset", "export"}
)
"""Kinds of ids that only an answer gives; the others are names, and any will do."""
ENDED = 4
PHASES = {
    "validating_files": 0,
    "queued": 1,
    "starting": 2,
    "running": 3,
    "paused": 3,
    **dict.fromkeys(("succeeded", "completed", "failed", "cancelled"), ENDED),
}
SIGNED = f"signature={HIDDEN}"
FAILS = (("running", "fails_at_step"), ("starting", "out_of_memory"))
"""What makes a job fail once it was seen in a status."""
MOMENTS_MAX = 1000
"""More moments than a look is behind; a job that is stuck has no next one."""
FAULT = "x-emulator-fault"
SKIPPED_HEADERS = frozenset({"expect"})
STANDINS = {NO_JSON: b'{"', NO_UTF_8: b'"\xff"', TOO_DEEP: b"[" * 10_000}
"""What is sent for a body that was not kept, by why it was not: as wrong in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one exchange: ``skipped`` says why it was not sent or not compared."""

    recorded: Recorded
    deviations: list[Deviation] = field(default_factory=list)
    skipped: str = ""


class NotReplayed(Exception):
    """An exchange that cannot be asked again; the text says why."""


class Replay:
    """A session on its way to an emulator. ``keys`` are the API keys to send, by the placeholder of each."""

    def __init__(self, session: Session, client: httpx.Client, keys: Mapping[str, str], token: str = "") -> None:
        self._session, self._client, self._keys = session, client, keys
        self._token = {"x-emulator-token": token} if token else {}
        self._known: dict[str, str] = {}
        self._story = _story(session)

    def run(self, told: Callable[[Outcome], None] = lambda outcome: None) -> list[Outcome]:
        """Send all; return what came of each exchange, in order. Raise httpx.HTTPError where there is no answer."""
        outcomes = []
        for key in {self._keys[name] for name in keys_of(self._session)[0]}:
            self._control(key, "PUT", "clock", {"mode": "manual"})
        for recorded in self._session.exchanges:
            outcomes.append(self._outcome(recorded))
            told(outcomes[-1])
        return outcomes

    def _outcome(self, recorded: Recorded) -> Outcome:
        try:
            self._check(recorded)
            self._prepare(recorded)
            got = self._asked(recorded)
        except NotReplayed as error:
            return Outcome(recorded=recorded, skipped=str(error))
        self._bind(recorded, got)
        if got.status == UNBUILT != recorded.status:
            return Outcome(recorded=recorded, skipped="not emulated, by design: answered 501")
        return Outcome(recorded=recorded, deviations=deviations(recorded, got))

    def _check(self, recorded: Recorded) -> None:
        """Raise NotReplayed for what cannot be asked again."""
        request = recorded.request
        if recorded.status is None:
            raise NotReplayed("no answer was recorded")
        if request.get("left_out", NO_JSON) not in STANDINS:
            raise NotReplayed(f"its body was not kept: {request['left_out']}")
        if (key := PLACEHOLDER.search(str(request.get("authorization", "")))) and key[0] not in self._keys:
            raise NotReplayed("it was refused for its key, and this server may take any")
        if SIGNED in request["path"]:
            raise NotReplayed("it followed a signed link, whose signature is not kept")
        if recorded.status in SUCCESS:
            asks = names_in([request["path"], json.dumps(request.get("json"))])
            unknown = [name for name in asks if name not in self._known and name[1:].partition(":")[0] in MADE]
            if unknown:
                raise NotReplayed(f"it asks for {unknown[0]}, which was there before the recording")

    def _prepare(self, recorded: Recorded) -> None:
        """Say how a job that is about to be made goes, where it failed when it was recorded."""
        body = recorded.body
        if recorded.operation != "jobs.create" or recorded.status not in SUCCESS or not isinstance(body, dict):
            return
        statuses = [status for _, status in self._story.get(str(job_in(body).get("id")), [])]
        if statuses and statuses[-1] == "failed":
            scenario = next((name for status, name in FAILS if status in statuses), "fails_at_validation")
            self._control(self._key(recorded), "PUT", "scenarios/next", {"scenario": scenario})

    def _asked(self, recorded: Recorded) -> Answer:
        """Return the answer to a request; a look at a job is taken again until the job is as far as it was."""
        got = self._send(recorded)
        for _ in range(MOMENTS_MAX):
            if not self._is_behind(recorded, got):
                break
            if not self._control(self._key(recorded), "POST", "clock/skip")["moved"]:
                break
            got = self._send(recorded)
        return got

    def _is_behind(self, recorded: Recorded, got: Answer) -> bool:
        expected, value = recorded.body, got.value
        if recorded.request["method"] != "GET" or got.status != recorded.status or expected is NOTHING:
            return False
        pairs = zip(_statuses(expected), _statuses(value), strict=False)
        if any(PHASES.get(then, 0) > PHASES.get(now, ENDED) for then, now in pairs):
            return True
        return self._has_ended_by(recorded) and _count(value) < _count(expected)

    def _has_ended_by(self, recorded: Recorded) -> bool:
        """Say whether the job whose events or checkpoints are listed had ended, as far as the recording tells."""
        if recorded.operation not in {"jobs.events", "jobs.checkpoints", "jobs.metrics"}:
            return False
        story = self._story.get(next(iter(names_in([recorded.request["path"]])), ""), [])
        later = [status for number, status in story if number > recorded.number]
        seen = (later or [status for _, status in story[-1:]])[:1]
        return any(PHASES.get(status) == ENDED for status in seen)

    def _send(self, recorded: Recorded) -> Answer:
        with ExitStack() as stack:
            request = self._request(recorded, stack)
            answer = self._client.send(request)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(status=answer.status_code, headers=headers, content=answer.content)

    def _request(self, recorded: Recorded, stack: ExitStack) -> httpx.Request:
        asked = recorded.request
        target = self._filled(asked["path"])
        body = self._body(asked, stack)
        dropped = SKIPPED_HEADERS | ({"content-type"} if "files" in body else set())
        headers = {name: self._filled(value) for name, value in (asked.get("headers") or {}).items()}
        headers = {name: value for name, value in headers.items() if name not in dropped}
        if credentials := asked.get("authorization", ""):
            headers["authorization"] = PLACEHOLDER.sub(lambda found: self._keys[found[0]], credentials)
        if recorded.status in BY_ITSELF:
            after = str((recorded.response.get("headers") or {}).get("retry-after", ""))
            headers[FAULT] = f"status={recorded.status}" + (f",retry_after={after}" if after.isdecimal() else "")
        url = self._client.base_url
        extensions = {"target": url.raw_path.rstrip(b"/") + target.encode("latin-1", "replace")}
        timeout = {"timeout": self._client.timeout.as_dict()}
        return httpx.Request(asked["method"], url, headers=headers, extensions={**extensions, **timeout}, **body)

    def _body(self, asked: Mapping[str, Any], stack: ExitStack) -> dict[str, Any]:
        """Return a request's body as httpx takes it; a file is made in the likeness of the one that was sent."""
        if "json" in asked:
            return {"content": json.dumps(self._filled(asked["json"])).encode()}
        if "upload" in asked:
            data = asked["data"]
            file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 -- the stack is the context
            write_like(data, file)
            file.seek(0)
            part = (asked["upload"], file, data.get("content_type", "application/octet-stream"))
            return {"data": self._filled(asked.get("form", {})), "files": {data.get("field", "file"): part}}
        if "form" in asked:
            return {"files": {name: (None, self._filled(value)) for name, value in asked["form"].items()}}
        return {"content": STANDINS[asked["left_out"]]} if "left_out" in asked else {}

    def _filled(self, value: Any) -> Any:
        match value:
            case str():
                return filled(value, self._known)
            case dict():
                return {name: self._filled(each) for name, each in value.items()}
            case list():
                return [self._filled(each) for each in value]
            case _:
                return value

    def _bind(self, recorded: Recorded, got: Answer) -> None:
        """Take the ids of an answer for those that the recorded one has in their places."""
        if got.status == recorded.status:
            for name, value in _pairs(recorded.body, got.value):
                self._known.setdefault(name, value)
            for name, value in _pairs((recorded.response.get("headers") or {}).get("etag"), got.headers.get("etag")):
                self._known.setdefault(name, value)

    def _key(self, recorded: Recorded) -> str:
        found = PLACEHOLDER.search(str(recorded.request.get("authorization", "")))
        return self._keys.get(found[0], "") if found else ""

    def _control(self, key: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {key}", **self._token}
        answer = self._client.request(method, f"/_emulator/{path}", json=body, headers=headers)
        return answer.raise_for_status().json()


def keys_of(session: Session) -> tuple[list[str], list[str]]:
    """Return the placeholders of a session's keys: those that were let in, and those that were refused."""
    let_in, met = dict[str, None](), dict[str, None]()
    for recorded in session.exchanges:
        for name in names_in([str(recorded.request.get("authorization", ""))]):
            met[name] = None
            if recorded.status is not None and recorded.status not in REFUSED:
                let_in[name] = None
    return [*let_in], [name for name in met if name not in let_in]


def _story(session: Session) -> dict[str, list[tuple[int, str]]]:
    """Return the statuses in which each job was seen, with the number of the exchange that showed it."""
    story: dict[str, list[tuple[int, str]]] = {}
    for recorded in session.exchanges:
        body = recorded.body if recorded.status in SUCCESS else None
        listed = body.get("data") if isinstance(body, dict) else None
        own = job_in(body) if isinstance(body, dict) else body
        for shown in [own, *(listed if isinstance(listed, list) else [])]:
            if isinstance(shown, dict) and shown.get("status") in PHASES:
                story.setdefault(str(shown.get("id")), []).append((recorded.number, shown["status"]))
    return story


def _statuses(value: Any) -> Iterator[str]:
    """Yield the statuses of the jobs that an answer shows."""
    listed = value.get("data") if isinstance(value, dict) else None
    for shown in listed if isinstance(listed, list) else [value]:
        if isinstance(shown, dict) and shown.get("status") in PHASES:
            yield shown["status"]


def _count(value: Any) -> int:
    listed = value.get("data") if isinstance(value, dict) else None
    return len(listed) if isinstance(listed, list) else 0


def _pairs(recorded: Any, got: Any) -> Iterator[tuple[str, str]]:
    """Yield placeholders with what stands in their places; lists of different lengths have no such places."""
    match recorded, got:
        case str(), str() if PLACEHOLDER.fullmatch(recorded):
            yield recorded, got
        case dict(), dict():
            for name in recorded.keys() & got.keys():
                yield from _pairs(recorded[name], got[name])
        case list(), list() if len(recorded) == len(got):
            for one, other in zip(recorded, got, strict=True):
                yield from _pairs(one, other)
