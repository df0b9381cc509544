"""A recorded session as a folder: ``session.json``, and ``OPERATION/NNN-WHAT.json`` for each exchange in its order.

``fixtures/README.md`` describes the members. A file is written when its exchange is over, so that a recorder that is
killed leaves what it had; its index then has no end.
"""

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.types import Scope

from emulator.clock import Host
from emulator.operations import Operation, find
from emulator.recording.exchange import NOTHING, Exchange, one_of
from emulator.recording.privacy import Privacy
from emulator.recording.session import INDEX, SUCCESS, VERSION, Unreadable
from emulator.recording.upload import Form

OTHER = "other"
"""The folder of requests that are no operation of the dialect's."""
STRANGE = "no call of the dialect's: it may hold anything"
SAID = "what is said to models and graders is not kept"
PRIVATE = (".local", ".internal", ".lan", ".home", ".corp", ".localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is recorded: the service's host and the path before its own, and the dialect that names its calls.

    ``private``: those of its calls whose bodies are what people wrote. They are kept like those that nobody knows.
    """

    host: str
    prefix: str
    dialect: str
    operations: tuple[Operation, ...]
    private: tuple[Operation, ...] = ()

    @property
    def named(self) -> str:
        """The host as it is written down: a private one is not."""
        name = self.host.rpartition(":")[0] if re.search(r":\d+$", self.host) else self.host
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name if "." in name and not name.endswith(PRIVATE) else "a private host"
        return "a private host"


class Writer:
    """Writes a session down; raises Unreadable for a folder that holds one already."""

    def __init__(self, folder: Path, source: Source, *, host: Host, keep_data: bool = False) -> None:
        if (folder / INDEX).exists():
            raise Unreadable(f"{folder} holds a recording already; takes a new folder")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.count = folder, 0
        self._source, self._host, self._keep_data = source, host, keep_data
        self._began_s = host()
        self._privacy = Privacy(self._began_s)
        self._begun = 0
        self._results: set[str] = set()
        self._words = frozenset(part for each in (*source.operations, *source.private) for part in each.path.split("/"))
        self._index(ended=False)

    def begin(self, scope: Scope) -> Exchange:
        """Return the exchange that a request begins; it has the next number."""
        self._begun += 1
        return Exchange(
            number=self._begun,
            method=scope["method"],
            path=scope["raw_path"],
            plain_path=scope["path"],
            query=scope["query_string"],
            headers=[*scope["headers"]],
            at_s=self._host() - self._began_s,
            keep_data=self._keep_data,
        )

    def end(self, exchange: Exchange) -> None:
        """Write an exchange down; raise OSError where its file cannot be written."""
        asked, answer = exchange.asked.value, exchange.answer.value
        self._privacy.learn([*exchange.headers, *exchange.answered], exchange.query, asked, answer)
        self._results |= set(_results(answer))
        operation, parameters = find(self._source.operations, exchange.method, exchange.plain_path)
        self._privacy.within(parameters)
        name = operation.name if operation else None
        request = self._request(exchange, name)  # first: it knows the folders of an upload's name
        response = self._response(exchange, name, shows=self._shows(exchange, name, parameters))
        told = {
            "source": "observed",
            "from": self._source.named,
            "recorded_at": _second(self._began_s + exchange.at_s),
            "operation": name,
            "number": exchange.number,
            "at_s": round(exchange.at_s, 3),
            "took_s": round(exchange.took_s, 3),
            "request": request,
            "response": response,
        }
        folder = self.folder / (name or OTHER)
        folder.mkdir(exist_ok=True)
        _write(folder / f"{exchange.number:03}-{_slug(response)}.json", told)
        self.count += 1

    def close(self) -> None:
        """Write the index of a session that is over, and hide in its files what was known as a secret only later."""
        for path in self.folder.glob("*/*.json"):
            text = path.read_text(encoding="utf-8")
            if (hidden := self._privacy.hidden(text)) != text:
                path.write_text(hidden, encoding="utf-8")
        self._index(ended=True)

    def _index(self, *, ended: bool) -> None:
        told = {
            "version": VERSION,
            "upstream": self._source.named,
            "dialect": self._source.dialect,
            "started_at": _second(self._began_s),
            "ended_at": _second(self._host()) if ended else None,
            "emulator": version("fine-tuning-emulator"),
            "exchanges": self.count if ended else None,
        }
        _write(self.folder / INDEX, told)

    def _request(self, exchange: Exchange, operation: str | None) -> dict[str, Any]:
        privacy = self._privacy
        return {
            "method": exchange.method,
            "path": privacy.target(exchange.path, exchange.query, words=None if operation else self._words),
            "authorization": privacy.authorization(exchange.headers),
            "headers": privacy.asked(exchange.headers),
            **self._sent(exchange, operation),
        }

    def _sent(self, exchange: Exchange, operation: str | None) -> dict[str, Any]:
        """Return what is told of a request's body."""
        if not exchange.asked.bytes:
            return {}
        if operation is None:
            private, _ = find(self._source.private, exchange.method, exchange.plain_path)
            return {"bytes": exchange.asked.bytes, "left_out": SAID if private else STRANGE}
        if exchange.form:
            return self._uploaded(exchange.form, exchange.asked.bytes)
        value = exchange.asked.value
        if value is not NOTHING:
            return {"json": self._privacy.value(value, operation)}
        if "json" in exchange.header("content-type").lower():
            return {"bytes": exchange.asked.bytes, "left_out": exchange.asked.flaw}
        return {"bytes": exchange.asked.bytes, "left_out": "only JSON is kept"}

    def _uploaded(self, form: Form, size: int) -> dict[str, Any]:
        if form.wrong or len(form.files) > 1:
            return {"bytes": size, "left_out": form.wrong or "a form of several files"}
        fields = self._privacy.form(form.fields)
        if not form.files:
            return {"form": fields}
        [file] = form.files
        data = file.told()
        if "columns" in data:
            data["columns"] = self._privacy.columns(data["columns"], kept="kept" in data)
        if "kept" in data:
            data["kept"] = self._privacy.text(data["kept"])
        if file.name != "file":
            data["field"] = file.name
        return {"upload": self._privacy.filename(file.filename or ""), "form": fields, "data": data}

    def _shows(self, exchange: Exchange, operation: str | None, parameters: dict[str, str]) -> bool:
        """Say whether the body of an answer may be kept if it is JSON: what a user uploaded may be JSON too."""
        if exchange.status in SUCCESS and operation == "files.content":
            return parameters.get("file_id") in self._results
        if exchange.status in SUCCESS and operation is None:
            return False
        return "json" in one_of(exchange.answered, "content-type").lower()

    def _response(self, exchange: Exchange, operation: str | None, *, shows: bool) -> dict[str, Any]:
        told: dict[str, Any] = {"status": exchange.status, "headers": self._privacy.answered(exchange.answered)}
        value = exchange.answer.value if shows else NOTHING
        if value is not NOTHING and not exchange.broken:
            told["body"] = self._privacy.value(value, operation if operation != "files.content" else None)
        elif exchange.answer.bytes:
            told |= {"bytes": exchange.answer.bytes, "left_out": "no JSON that may be kept"}
        return {**told, "broken": exchange.broken} if exchange.broken else told


def _results(value: Any) -> Iterator[str]:
    """Yield the ids of result files in an answer."""
    if isinstance(value, list):
        for item in value:
            yield from _results(item)
    elif isinstance(value, dict):
        listed = value.get("result_files")
        yield from (each for each in listed if isinstance(each, str)) if isinstance(listed, list) else ()
        yield from _results(value.get("data"))


def _slug(response: dict[str, Any]) -> str:
    """Return a word for what an answer says: a job's status, or how it went."""
    if response["status"] is None:
        return "no-answer"
    body = response.get("body")
    status = body.get("status") if isinstance(body, dict) and response["status"] in SUCCESS else None
    if isinstance(status, str) and re.fullmatch(r"[a-z_]{3,30}", status):
        return status.replace("_", "-")
    return str(response["status"])


def _second(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(path: Path, told: dict[str, Any]) -> None:
    whole = path.with_suffix(".part")
    whole.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    whole.replace(path)
