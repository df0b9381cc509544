"""What went wrong with one request, as far as it shows in that request alone, and which effect is that."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal

from emulator.faults import EFFECTS
from emulator.faults.status import ADVICE
from emulator.from_har.exchange import Exchange
from emulator.from_har.forms import CONTENTS
from emulator.from_har.har import Entry

Say = Callable[[str], str]
LONG_S = 5.0
"""Without an answer for so long, a client gave up waiting; a dropped connection shows sooner."""
UNEXPLAINED_S = 1.0
"""Likewise where the recorder has no word on why, as Firefox and the emulator's own journal: patience is seconds."""
CLOSES_S_MAX = 60.0
OURS = {400, 401, 404, 405, 406, 410, 411, 413, 414, 415, 416, 422, 501}
"""What the emulator answers by itself to the same request, or what depends on more than the one request."""
LASTING = {402, 403}
"""What does not go away by asking again."""
WAITED = re.compile(r"time[d_]*[ _-]?out", re.IGNORECASE)
GAVE_UP = re.compile(r"abort|cancel", re.IGNORECASE)
LEFT = re.compile(r"client disconnect", re.IGNORECASE)
"""A proxy's word on a client that gave up; mitmproxy does not record when."""
BROKEN = re.compile(r"reset|closed|empty_response|disconnect|protocol|refused|eof|broken pipe", re.IGNORECASE)
HEADER = re.compile(r"[\w.,:;/= %+-]{1,100}", re.ASCII)
SIGNED = re.compile(r"[?&]([\w-]*signature)=", re.IGNORECASE)
"""A link that lets in whoever has it, for a while."""
PHRASES = {status.value: status.phrase for status in HTTPStatus}

Span = Literal["number", "lasting", "always"]


@dataclass(frozen=True)
class Fault:
    """What a rule is to do to one request. ``span``: for that number alone, from it on, or to every request."""

    exchange: Exchange
    effects: tuple[dict[str, Any], ...]
    seen: str
    """What the recording shows."""
    note: str = ""
    """What of it the emulator cannot do the same way."""
    latency_s: float = 0.0
    span: Span = "number"


@dataclass(frozen=True)
class Own:
    """What a client brought about by itself, or what no rule can do."""

    exchange: Exchange
    seen: str
    why: str = field(default="the emulator answers that by itself")


def effect(name: str, main: Any = None, **parameters: Any) -> dict[str, Any]:
    """Return an effect as an object of a rule; ``main`` is the parameter that its short form sets."""
    kind = EFFECTS[name]
    first = {} if main is None or kind.main is None else {kind.main: main}
    return {"effect": name, **first, **{key: value for key, value in parameters.items() if value is not None}}


def failure(exchange: Exchange, say: Say) -> Fault | Own | None:
    """Return what went wrong with a request; None: nothing, or nothing that shows in it alone."""
    entry = exchange.entry
    if entry.status == 0:
        return _silence(exchange, say)
    cut = _cut(exchange)
    if exchange.is_done:
        return cut or _spoilt(exchange, say)
    if entry.status < HTTPStatus.BAD_REQUEST or (entry.status in OURS and not _is_page(entry)):
        return cut
    if entry.status == HTTPStatus.FORBIDDEN and exchange.name in CONTENTS and SIGNED.search(entry.url):
        return Own(exchange, refused(exchange, say).seen, "a link that is over or forged is refused by itself")
    fault = refused(exchange, say)
    return replace(fault, effects=(*fault.effects, *cut.effects), seen=f"{fault.seen}; {cut.seen}") if cut else fault


def _silence(exchange: Exchange, say: Say) -> Fault | Own:
    """Return what an unanswered request met: nobody answered, or the connection broke."""
    entry = exchange.entry
    said = f" ({say(entry.error)})" if entry.error else ", and no word on why"
    seen = f"no answer after {entry.seconds:.1f} s{said}"
    gave_up = GAVE_UP.search(entry.error) is not None
    if gave_up and 0 < entry.seconds < LONG_S:
        return Own(exchange, seen, "the client gave it up at once")
    if gave_up or WAITED.search(entry.error) or LEFT.search(entry.error):
        return Fault(exchange, (effect("timeout"),), seen)
    if entry.seconds < (LONG_S if entry.error else UNEXPLAINED_S):
        return Fault(exchange, (effect("reset"),), seen)
    if BROKEN.search(entry.error):
        return Fault(exchange, (effect("timeout", min(round(entry.seconds), CLOSES_S_MAX)),), seen)
    return Fault(exchange, (effect("timeout"),), seen)


def _cut(exchange: Exchange) -> Fault | None:
    """Return how an answer's body fell short of what was announced."""
    entry = exchange.entry
    if exchange.entry.method == "HEAD":
        return None
    announced, received = entry.announced, entry.received
    if entry.error:
        seen = f"{entry.status}, then the connection broke after {received or 0} bytes of the body"
        if "reset" in entry.error.lower() or not received:
            return Fault(exchange, (effect("reset", received or "headers"),), seen)
        return Fault(exchange, (effect("truncate", max(1, (announced or 0) - received)),), seen)
    if announced is None or received is None or received >= announced:
        return None
    seen = f"{entry.status} with {received} of the {announced} bytes that its Content-Length announced"
    return Fault(exchange, (effect("truncate", announced - received),), seen)


def _spoilt(exchange: Exchange, say: Say) -> Fault | None:
    """Return what is wrong with the whole body of an answer that should be JSON."""
    entry = exchange.entry
    if exchange.name in CONTENTS or entry.method == "HEAD" or entry.status == HTTPStatus.NO_CONTENT:
        return None
    if entry.body == b"" or (entry.body is None and entry.announced == 0):
        known = entry.announced == 0 or entry.transferred == 0
        return Fault(exchange, (effect("empty_body"),), f"{entry.status} without a body") if known else None
    if entry.is_no_json:
        return _unreadable(exchange)
    if not entry.is_whole:
        return None
    return _misnamed(exchange, say) if entry.value is not None else _unreadable(exchange)


def _misnamed(exchange: Exchange, say: Say) -> Fault | None:
    kind = exchange.entry.media_type
    if not kind or "json" in kind.lower():
        return None
    called = kind if _is_plain(kind, say) else "text/plain"
    return Fault(exchange, (effect("wrong_content_type", called),), f"{exchange.entry.status}, JSON called {called}")


def _unreadable(exchange: Exchange) -> Fault:
    entry = exchange.entry
    if not _is_page(entry):
        return Fault(exchange, (effect("malformed_json"),), f"{entry.status} with JSON that does not parse")
    effects = (effect("status", entry.status), effect("wrong_content_type", "text/html; charset=utf-8"))
    return Fault(
        exchange, effects, f"{entry.status} with an HTML page instead of JSON", "the page itself is not given again"
    )


def _is_page(entry: Entry) -> bool:
    return "html" in entry.media_type.lower() or (entry.body or b"").lstrip()[:1] == b"<"


def refused(exchange: Exchange, say: Say, *, span: Span = "number") -> Fault:
    """Return the status that a request was refused with, in whose words, and with what advice."""
    entry = exchange.entry
    advice = advice_in(entry, say)
    span = "lasting" if entry.status in LASTING else span
    seen = f"{entry.status} {PHRASES.get(entry.status, '')}".strip()
    if _is_page(entry) and not advice:
        return Fault(exchange, (effect("html_error", entry.status),), f"{seen}, an HTML page", span=span)
    words = say(_message(entry))
    words = "" if words == PHRASES.get(entry.status) else words  # that is what the effect says by itself
    code = _code(entry, say)
    effects = [effect("status", entry.status, message=words or None, error_code=code, **advice)]
    if _is_page(entry):
        effects.append(effect("wrong_content_type", "text/html; charset=utf-8"))
    elif entry.body == b"" and entry.announced == 0:
        effects.append(effect("empty_body"))
    said = "".join(f", {key.replace('_', '-')} {value}" for key, value in advice.items() if key in ADVICE)
    coded = f", {code}" if code else ""
    return Fault(exchange, tuple(effects), f"{seen}{coded}{said}" + (f': "{words}"' if words else ""), span=span)


def advice_in(entry: Entry, say: Say) -> dict[str, Any]:
    """Return what the headers of a refusal advise, as parameters of the effect ``status``."""
    given = {field: entry.headers.get(header, "") for field, header in ADVICE.items()}
    advice: dict[str, Any] = {key: value for key, value in given.items() if _is_plain(value, say)}
    if "retry_after" in advice:
        advice["retry_after"] = _seconds(advice["retry_after"], entry)
    if "should_retry" in advice:
        advice["should_retry"] = advice["should_retry"].lower() == "true"
    limits = {
        name: value
        for name, value in entry.headers.items()
        if name.startswith("x-ratelimit-") and _is_plain(name, say) and _is_plain(value, say)
    }
    return {**advice, "headers": limits} if limits else advice


def _is_plain(text: str, say: Say) -> bool:
    """Say whether a header or a code may be given again: it is short, and holds nothing that must not be told."""
    return HEADER.fullmatch(text) is not None and say(text) == text


def _seconds(text: str, entry: Entry) -> str:
    """Return a ``retry-after`` in seconds: its date lies in the past of whoever plays it again."""
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return text
    try:
        left = until - parsedate_to_datetime(entry.headers.get("date", ""))
    except (ValueError, TypeError):
        left = timedelta(seconds=until.timestamp() - entry.ends_s)
    return str(max(0, round(left.total_seconds())))


def _message(entry: Entry) -> str:
    """Return what a refusal says, in whatever envelope."""
    found = entry.value
    if isinstance(found, dict):
        found = found.get("detail", found.get("error", found.get("message")))
    if isinstance(found, Mapping):
        found = found.get("message")
    if isinstance(found, list):
        found = "; ".join(str(item.get("msg")) for item in found if isinstance(item, dict))
    if isinstance(found, str):
        return found
    text = (entry.body or b"").decode(errors="replace").strip()
    is_text = entry.value is None and entry.is_whole and not text.startswith(("<", "{", "["))
    return text if is_text else ""


def _code(entry: Entry, say: Say) -> str | None:
    """Return the code by which programs know a refusal, where its envelope has one, as OpenAI's has."""
    value = entry.value if isinstance(entry.value, dict) else {}
    error = value.get("error", value)
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _is_plain(code, say) else None
