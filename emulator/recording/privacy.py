"""What of an exchange may be kept: no secret, no account's, project's or person's name, no host, no absolute time.

Secrets are known by the names of their members and headers and then hidden wherever else they stand. The ids of what
belongs to a user become placeholders, and so do the words that a user chose (``chosen``). What is needed to ask the
same again stays: the model, the hyperparameters, the extension of a file's name.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from emulator.from_har.secrecy import KEY_LIKE, LEFT_OUT, URL, inside
from emulator.recording.chosen import FOLDER, KNOWN_FORM, KNOWN_QUERY, Chosen
from emulator.recording.placeholders import PLACEHOLDER, Placeholders
from emulator.redaction import HIDDEN, KEY_CHARACTERS_MIN, answerable, is_secret

Headers = Iterable[tuple[bytes, bytes]]
KEPT_ASKED = frozenset(
    {"accept", "content-type", "range", "if-none-match", "if-match", "if-range", "expect", "x-stainless-retry-count"}
)
KEPT_ANSWERED = frozenset(
    {"content-type", "content-length", "content-range", "content-disposition", "content-encoding", "accept-ranges"}
    | {"etag", "location", "allow", "www-authenticate", "retry-after", "retry-after-ms", "x-should-retry"}
    | {"cache-control"}
)
LIMITS = ("x-ratelimit-", "ratelimit-")
"""Beginnings of the names of headers that are kept too."""
SCHEMES = {"bearer": "Bearer", "basic": "Basic", "token": "Token"}
SECONDS = (1e9, 1e11)
"""Between these a number of a member such as ``created_at`` is an instant in seconds since 1970."""

ID_MIN = 6
"""Characters of the shortest id or name that is replaced; shorter ones are words that a client made up."""

# Members whose value names somebody or something of a user's, and members that hold an id, by the kind of it.
_MEMBERS = {
    **dict.fromkeys(("organization", "organization_id", "org", "org_id", "openai-organization"), "organization"),
    **dict.fromkeys(("project", "project_id", "ai_project_id", "openai-project"), "project"),
    **dict.fromkeys(("user", "user_id", "username", "login", "owner", "owner_id", "created_by", "entity"), "user"),
    **dict.fromkeys(("account", "account_id", "tenant", "tenant_id", "subject", "subject_id"), "account"),
    **dict.fromkeys(("email", "mail"), "email"),
    **dict.fromkeys(("training_file", "validation_file", "file_id", "input_file_id", "result_files"), "file"),
    **dict.fromkeys(("training_file_id", "validation_file_id"), "file"),
    **dict.fromkeys(("workspace", "workspace_id"), "workspace"),
    **dict.fromkeys(("fine_tuning_job_id", "job_uuid", "job_id"), "job"),
    **dict.fromkeys(("checkpoint_id",), "checkpoint"),
    **dict.fromkeys(("fine_tuned_model",), "tuned_model"),
    **dict.fromkeys(("fine_tuned_model_checkpoint",), "tuned_checkpoint"),
    **dict.fromkeys(("request_id", "trace_id"), "request"),
}
_PUBLIC = frozenset({"base_model_id"})
"""Members that hold the id of a public model."""
_INSIDE = {"job": "job", "dataset": "dataset", "training_file": "file", "validation_file": "file"}
"""Members that hold an object with an ``id``, by the kind of it."""
_MODELS = _PUBLIC | frozenset({"model", "base_model", "base_model_name", "root", "parent", "base_model_name_or_path"})
"""Members that name a public model: such a name may be long enough to look like a key."""
_OBJECTS = (("checkpoint", "checkpoint"), ("event", "event"), ("job", "job"), ("file", "file"))
_OPERATIONS = {
    "files": "file",
    "jobs": "job",
    "jobs.events": "event",
    "jobs.checkpoints": "checkpoint",
    "datasets": "dataset",
    "exports": "export",
}
_NAMED = re.compile(r"(filename\*?=(?:[\w-]*'[\w-]*')?)(\"?)([^\";]+)\"?")
"""The name in a Content-Disposition."""
_BARE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b")
_SIGNED = re.compile(r"sk-[\w*-]+|Bearer\s+[^\s,;]+", re.IGNORECASE)


class Privacy:
    """Says again what a session's exchanges say, as it may be kept. Times count from ``began_s``."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s
        self._names = Placeholders()
        self._chosen = Chosen(self._names)
        self._keys: dict[str, int] = {}
        self._secrets: list[str] = []
        self._folders: set[str] = set()

    def learn(self, headers: Headers, query: bytes, *values: Any) -> None:
        """Take in what must not be said again of an exchange, before anything of it is."""
        found: set[str] = set()
        for name, value in _texts(headers):
            if is_secret(name):
                found |= {value, value.partition(" ")[2], *(part.partition("=")[2] for part in value.split(";"))}
            elif len(value) >= ID_MIN and (kind := _MEMBERS.get(name)):
                self._names.name(kind, value)
        for name, value in parse_qsl(query.decode("latin-1")):
            found |= {value} if is_secret(name) else set()
        for each in values:
            found.update(inside(each))
        new = {secret.strip() for secret in found if len(secret.strip()) >= KEY_CHARACTERS_MIN} - {*self._secrets}
        if new:
            self._secrets = sorted([*self._secrets, *new], key=len, reverse=True)

    def within(self, parameters: Mapping[str, str]) -> None:
        """Give a name to the organization in whose path a request asks."""
        for name, value in parameters.items():
            if _MEMBERS.get(name) == "organization" and len(value) >= ID_MIN:
                self._names.name("organization", value)

    def columns(self, named: list[str], *, kept: bool) -> list[str]:
        """Return the names of a table's columns as they may be kept: as they are where the table is kept itself."""
        for each in named if kept else ():
            self._names.keep(each)
        return [self._chosen.column(each) for each in named]

    def hidden(self, written: str) -> str:
        """Return written JSON without the secrets that are known by now."""
        for secret in self._secrets:
            written = written.replace(json.dumps(secret, ensure_ascii=False)[1:-1], HIDDEN)
        return written

    def text(self, text: str, *, is_model: bool = False) -> str:
        """Return a text as it may be kept; the name of a public model is not taken for a key."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for folder in self._folders:
            text = text.replace(folder, "")
        text = self._names.replaced(URL.sub("(a URL)", text))
        text = _ADDRESS.sub("(an address)", text)
        return (_SIGNED if is_model else KEY_LIKE).sub(LEFT_OUT, text)

    def value(self, value: Any, operation: str | None) -> Any:
        """Return a JSON value as it may be kept; ``operation`` tells what an ``id`` in it is of."""
        area = (operation or "").partition(".")[0]
        kind = _OPERATIONS.get(operation or "") or _OPERATIONS.get(area)
        if area == "models":
            self._publish(value)
        clean = self._chosen.value(answerable(value))
        self._meet(clean, kind)
        return self._said(clean, "", _MODELS | {"id"} if area == "models" else _MODELS)

    def _publish(self, listed: Any) -> None:
        """Remember which bare ids are those of public models: a list of them has no other."""
        found = listed.get("data") if isinstance(listed, dict) else None
        for model in found if isinstance(found, list) else [listed]:
            if isinstance(model, dict) and _BARE.fullmatch(str(model.get("id"))):
                self._names.keep(model["id"])

    def _meet(self, value: Any, kind: str | None) -> None:
        """Give names to the ids in a value."""
        if isinstance(value, list):
            for item in value:
                self._meet(item, kind)
        elif isinstance(value, dict):
            for name, item in value.items():
                if name in _PUBLIC and isinstance(item, str):
                    self._names.keep(item)
                of = _kind_of(value, kind) if name == "id" else _MEMBERS.get(name)
                for text in item if isinstance(item, list) else [item]:
                    if of and isinstance(text, str) and len(text) >= ID_MIN and not _stands_in(text):
                        self._names.name(of, text)
                self._meet(item, _INSIDE.get(name, kind))

    def _said(self, value: Any, name: str, models: frozenset[str]) -> Any:
        """Return the value of a member; ``models`` are the members that name a public model."""
        match value:
            case str() if _is_time(name):
                return self._instant(value)
            case str():
                return self.text(value, is_model=name in models)
            case list():
                return [self._said(item, name, models) for item in value]
            case dict():
                return {self.text(key): self._said(item, key, models) for key, item in value.items()}
            case int() | float() if _is_time(name) and SECONDS[0] < value < SECONDS[1]:
                return type(value)(value - int(self._began_s))
            case _:
                return value

    def _instant(self, text: str) -> str:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return self.text(text)
        return f"{{time:{at.timestamp() - self._began_s:+.0f}}}" if at.tzinfo else LEFT_OUT

    def form(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Return the fields of a form as they may be kept."""
        said = {
            name: value if is_secret(name) else self._chosen.asked(name, value, KNOWN_FORM)
            for name, value in fields.items()
        }
        kept: dict[str, Any] = self.value(said, None)
        return kept

    def target(self, path: bytes, query: bytes, *, words: frozenset[str] | None = None) -> str:
        """Return a request's path and query as they may be kept, percent-encoded as they came.

        ``words`` are those of the paths of known calls, where this one is none.
        """
        parts = path.decode("latin-1").split("/")
        if words is not None:
            parts = self._strange(parts, words)
        parts = [self._part(part) for part in parts]
        asked = query.decode("latin-1")
        kept = "&".join(self._pair(pair) for pair in asked.split("&")) if asked else ""
        return "/".join(parts) + (f"?{kept}" if kept else "")

    def _strange(self, parts: list[str], words: frozenset[str]) -> list[str]:
        """Return the segments of the path of an unknown call; the first is what stands before its first slash."""
        plain = [unquote(part) for part in parts]
        said = [self._chosen.segment(place - 1, each, words) for place, each in enumerate(plain)]
        return [part if one == other else other for part, one, other in zip(parts, plain, said, strict=True)]

    def _part(self, part: str) -> str:
        plain = unquote(part)
        return part if self.text(plain, is_model=True) == plain else self.text(plain, is_model=True)

    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        plain = unquote(value.replace("+", " "))
        if is_secret(unquote(name)):
            return f"{self.text(name)}={HIDDEN}"
        if len(plain) >= ID_MIN and (kind := _MEMBERS.get(name)):
            self._names.name(kind, plain)
        elif self._names.replaced(plain) == plain:
            word = self._chosen.asked(unquote(name), plain, KNOWN_QUERY)
            value, plain = (value if word == plain else word), word
        said = self.text(plain, is_model=True)
        return f"{self.text(name)}{equals}{value if said == plain else said}"

    def authorization(self, headers: Headers) -> str:
        """Return a request's credentials as they may be kept: which of the session's keys it brought, or none."""
        value = dict(_texts(headers)).get("authorization", "")
        if not value.strip():
            return ""
        scheme, _, key = value.strip().partition(" ")
        known = SCHEMES.get(scheme.lower())
        if known and not key:
            return known
        number = self._keys.setdefault((key if known else value).strip(), len(self._keys) + 1)
        return f"{known} {{key:{number}}}" if known else f"{{key:{number}}}"

    def asked(self, headers: Headers) -> dict[str, str]:
        """Return the headers of a request that are kept: those that an answer depends on."""
        return {name: self._header(name, value) for name, value in _texts(headers) if name in KEPT_ASKED}

    def answered(self, headers: Headers) -> dict[str, str]:
        """Return the headers of an answer that are kept: those that a client acts on."""
        kept = ((name, value) for name, value in _texts(headers) if name in KEPT_ANSWERED or name.startswith(LIMITS))
        return {name: self._header(name, value) for name, value in kept}

    def _header(self, name: str, value: str) -> str:
        if name in {"etag", "if-none-match", "if-match"} and value not in {"", "*"}:
            return self._names.name("etag", value)
        if name == "content-type":
            return re.sub(r"boundary=[^;]+", "boundary=…", self.text(value))
        if name == "location" and value.startswith("/"):
            path, _, query = value.partition("?")
            return self.target(path.encode("latin-1", "replace"), query.encode("latin-1", "replace"))
        if name == "content-disposition":
            return self.text(_NAMED.sub(lambda found: f'{found[1]}"{self.filename(unquote(found[3]))}"', value))
        return self.text(value)

    def filename(self, name: str) -> str:
        """Return what stands in for the name of a file, without the folders that some clients send with it."""
        folder = FOLDER.match(name)
        self._folders |= {folder[0]} if folder and len(folder[0]) >= ID_MIN else set()
        return self._chosen.filename(name)


def _kind_of(members: Mapping[str, Any], otherwise: str | None) -> str | None:
    """Return what an object's id is of: as its ``object`` says, or else as its operation does."""
    said = members.get("object")
    if not isinstance(said, str):
        return otherwise
    return next((kind for part, kind in _OBJECTS if part in said), None)


def _stands_in(text: str) -> bool:
    return text == HIDDEN or PLACEHOLDER.fullmatch(text) is not None


def _is_time(name: str) -> bool:
    return name.endswith("_at") or name in {"created", "estimated_finish"}


def _texts(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
