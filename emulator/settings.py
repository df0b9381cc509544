"""Every setting, once: the field is the flag, the variable ``FTEMU_<FIELD>`` and the row in REFERENCE.md.

This module is the only reader of the environment.
"""

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PREFIX = "FTEMU_"
CLIENT_KEYS = ("NEBIUS_API_KEY", "OPENAI_API_KEY", "NSCALE_API_TOKEN", "NSCALE_TOKEN")
"""Variables in which the providers' clients look for their key, the default dialect's first."""
ANY_KEY = "any-key"
"""The key that the README's clients send."""
WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


CONTEXT_MAX = 10**8
"""Tokens of a model's context."""


class BadSetting(ValueError):
    """A setting got a value that it does not take; the message says what it takes."""


def _text(text: str) -> str:
    if not text.strip():
        raise BadSetting("takes a value; an empty one may be a variable that is not set")
    return text


def _folder(text: str) -> Path:
    return Path(_text(text))


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().lstrip("-").isdecimal() or not low <= int(text) <= high:
            raise BadSetting(f"takes a whole number from {low} to {high}")
        return int(text)

    return read


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise BadSetting(f"takes a number from {low:g} to {high:g}")
        return value

    return read


def _one_of(*names: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            near = difflib.get_close_matches(text, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise BadSetting(f"takes one of {', '.join(names)}{hint}")
        return text

    return read


def _flag(text: str) -> bool:
    if text.lower() not in WORDS:
        raise BadSetting("takes true or false")
    return WORDS[text.lower()]


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadSetting("takes an ISO 8601 instant such as 2026-01-01T00:00:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _path(text: str) -> str:
    if text and (not text.startswith("/") or text.endswith("/")):
        raise BadSetting("takes a path such as /emulator: a slash before it and none after")
    return text


def _host(text: str) -> str:
    if not text.strip() or any(each in text for each in "/@ "):
        raise BadSetting("takes the name or the address of a host, without scheme and port")
    return text.lower()


def _model(text: str) -> str:
    name, _, tokens = _text(text).partition("=")[2].rpartition("@")
    if text.startswith("=") or text.endswith("=") or ("@" in text.partition("=")[2] and not _is_context(name, tokens)):
        raise BadSetting("takes an id, or for Nscale ID=NAME or ID=NAME@TOKENS with the tokens of the model's context")
    return text


def _is_context(name: str, tokens: str) -> bool:
    return bool(name) and tokens.isdecimal() and 0 < int(tokens[:12]) <= CONTEXT_MAX


def _setting(default: Any, read: Callable[[str], Any], text: str, *, metavar: str = "", many: bool = False) -> Any:
    """Describe one setting: how its text is read, what it is for; ``many`` takes it repeatedly, comma-separated."""
    return field(
        default=default,
        metadata={"read": read, "help": text, "metavar": metavar, "many": many, "flag": read is _flag},
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that a server can be told. Immutable: a server keeps what it started with."""

    host: str = _setting("127.0.0.1", _text, "Address to listen on.", metavar="ADDRESS")
    port: int = _setting(8080, _whole(0, 65535), "Port to listen on; 0 takes a free one.")
    dialect: str = _setting(
        "nebius", _one_of("nebius", "nebius-studio", "openai", "nscale"), "The provider that answers at the root."
    )
    data_dir: Path | None = _setting(
        None, _folder, "Folder that keeps the state; without it the state goes with the process.", metavar="DIR"
    )
    seed: str = _setting("0", _text, "Any text: the seed of ids, losses, durations and bytes.")
    pace: float = _setting(0.01, _number(0, 1000), "Factor on realistic durations of new jobs.")
    clock: str = _setting(
        "real",
        _one_of("real", "manual", "poll"),
        "What makes time go: `real`, `manual` or `poll`; a tenant may change its own.",
    )
    epoch: datetime = _setting(
        datetime(2026, 1, 1, tzinfo=UTC), _instant, "Where a manual or poll clock starts.", metavar="INSTANT"
    )
    lifecycle: str = _setting(
        "documented",
        _one_of("documented", "observed"),
        "The states of new jobs: as `documented`, or as `observed` in recordings.",
    )
    api_key: tuple[str, ...] = _setting(
        (), _text, "A key to accept; without any, every key is.", metavar="K", many=True
    )
    control_token: str = _setting("", _text, "Token that control calls must bring in `X-Emulator-Token`.", metavar="T")
    model: tuple[str, ...] = _setting(
        (),
        _model,
        "A further base model to offer, for Nscale as `ID=NAME@TOKENS`; `*` takes any.",
        metavar="ID",
        many=True,
    )
    upload_bytes_max: int = _setting(5 * 10**9, _whole(1, 10**15), "Largest file taken.", metavar="BYTES")
    line_bytes_max: int = _setting(
        64 * 2**20,
        _whole(1, 2**31),
        "Longest line of a dataset, or record of a table; it bounds the memory of an upload.",
        metavar="BYTES",
    )
    weight_bytes: int = _setting(
        65536, _whole(1024, 10**12), "About how large a checkpoint's weights are.", metavar="BYTES"
    )
    synchronous: str = _setting(
        "normal",
        _one_of("normal", "full"),
        "What an answer survives: the death of the process (`normal`), or of the machine too (`full`).",
    )
    scenario: str = _setting(
        "succeeds", _text, "How jobs go that nobody asked otherwise of, such as `fails_at_step=40`.", metavar="NAME"
    )
    scenarios: Path | None = _setting(
        None, _folder, "Your own scenarios: a folder of YAML files, beside those that ship.", metavar="DIR"
    )
    organization: str = _setting(
        "personal", _text, "The organization's part of the names of OpenAI's tuned models.", metavar="SLUG"
    )
    result_file: str = _setting(
        "base64",
        _one_of("base64", "plain"),
        "How OpenAI's table of steps is sent: in `base64`, as it is today, or `plain`, as some clients expect.",
    )
    download: str = _setting(
        "auto",
        _one_of("auto", "json", "redirect"),
        "How Nscale answers who wants a model: as `json`, by a `redirect`, or `auto`, as the request asks.",
    )
    metrics: str = _setting(
        "reference",
        _one_of("reference", "list"),
        "How Nscale tells of metrics: as its `reference` has it, or as the `list` that its own client reads.",
    )
    quirks: str = _setting(
        "strict",
        _one_of("strict", "faithful"),
        "Where a provider breaks its own schema: `strict` keeps to it, `faithful` answers as the provider does.",
    )
    webhook_host: tuple[str, ...] = _setting(
        (), _host, "A host besides loopback that webhooks may be delivered to.", metavar="HOST", many=True
    )
    max_running: int = _setting(
        0,
        _whole(0, 10**6),
        "Jobs of a tenant that run at once; further ones wait in the queue. 0: any number.",
        metavar="JOBS",
    )
    faults: str = _setting(
        "", _text, "Faults to start with: the name of a preset, or a YAML file of rules.", metavar="NAME|FILE"
    )
    journal: int = _setting(
        10_000, _whole(0, 10**7), "Requests of each tenant that the journal keeps; 0 keeps none.", metavar="REQUESTS"
    )
    seed_file: Path | None = _setting(
        None, _folder, "Files and jobs that tenants start with and are reset to: YAML or JSON.", metavar="FILE"
    )
    root_path: str = _setting("", _path, "Path under which a proxy serves this server.", metavar="PATH")
    cors: tuple[str, ...] = _setting(
        (), _text, "A browser origin to allow; `*` allows all.", metavar="ORIGIN", many=True
    )
    log: str = _setting(
        "text",
        _one_of("text", "json"),
        "Form of the line that each request leaves on standard error: `text` or `json`.",
    )
    quiet: bool = _setting(False, _flag, "Leave no line for a request.")  # noqa: FBT003 -- a default

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of the further base models, without what else the setting ``model`` says of them."""
        return tuple(text.partition("=")[0] for text in self.model)

    def url(self, port: int = 0) -> str:
        """Return where a server with these settings answers on its own machine, by default at their port.

        Without the root path: that is a proxy's, which takes it off. Raise BadSetting where the server chooses its
        port.
        """
        port = port or self.port
        if not port:
            raise BadSetting("the server chose its port, as FTEMU_PORT is 0; --url says where it answers")
        # Who listens at all addresses listens at this machine's own.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 -- compared, not bound
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def read(name: str, text: str) -> Any:
    """Return a setting's value from its text; raise BadSetting with what was got and what is taken."""
    described = described_fields()[name].metadata
    try:
        if described["many"]:
            return tuple(described["read"](part.strip()) for part in text.split(","))
        return described["read"](text)
    except BadSetting as error:
        raise BadSetting(f"got {text!r}, {error}") from None


def described_fields() -> dict[str, Field[Any]]:
    """Return the settings by name, in the order in which they are documented."""
    return {each.name: each for each in fields(Settings)}


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:  # noqa: TID251 -- the one reader
    """Return the settings that the environment gives; raise BadSetting for an unknown FTEMU_ variable or value."""
    known = {f"{PREFIX}{name.upper()}": name for name in described_fields()}
    values = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        if variable not in known:
            near = difflib.get_close_matches(variable, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the variables are {', '.join(known)}"
            raise BadSetting(f"unknown variable {variable}; {hint}")
        try:
            values[known[variable]] = read(known[variable], text)
        except BadSetting as error:
            raise BadSetting(f"{variable}: {error}") from None
    return values


def client_key(environ: Mapping[str, str] = os.environ) -> tuple[str, str | None]:  # noqa: TID251 -- the one reader
    """Return the API key that a client here sends, and the variable that it is from; ANY_KEY and None without one."""
    variable = next((name for name in CLIENT_KEYS if environ.get(name, "").strip()), None)
    return (environ[variable], variable) if variable else (ANY_KEY, None)
