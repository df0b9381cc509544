"""The stand-in for a model that grades: no model is asked, and its verdict is scripted or drawn from the request.

A script is a word in the grader's input, in what is filled in there (so that each row of a dataset can have its own),
or in the grader's name; the input goes before the name and the first before the others:

    emulator:score=0.7        the score that the model answers; also anything that is no number
    emulator:label=positive   the label that it answers
    emulator:fails=refusal    it refuses; or ``parse``, it answers no score; or ``server``, it cannot be asked

Without one the verdict comes from a hash of the model, its input and the output that is graded: it looks like any
other, and is the same each time.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from emulator.core.datasets.tokens import estimate_tokens
from emulator.core.graders.grade import Failed, Kind, Usage
from emulator.core.graders.templates import CHARACTERS_MAX, Scope, dead_ends, render, too_long
from emulator.errors import ApiError, Flaw, Refused
from emulator.shorthand import unknown

FAILURES = {
    "refusal": (Kind.REFUSAL, "The grading model refused to answer"),
    "parse": (Kind.PARSE, "The grading model's answer holds no score"),
    "server": (Kind.SERVER, "The grading model could not be asked"),
}
SECONDS_PER_TOKEN = 4.365238428115845 / 134
"""Of the provider's example of an answer (documented): seconds of its execution over its completion's tokens."""

_SCRIPTS = {kind: re.compile(rf"emulator:({kind}|fails)=([^\r\n]*)") for kind in ("score", "label")}


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the grading model: its texts, and what leads to images and audio; all may have variables."""

    role: str
    texts: tuple[str, ...]
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a grading model is asked, its variables filled in, and what a script has it answer."""

    text: str
    messages: int
    script: str | None
    chance: float
    """From 0 up to 1, drawn from the request."""

    def usage(self, answer: str) -> Usage:
        """Estimate the tokens of the question and of an answer."""
        read = estimate_tokens(text_bytes=_size(self.text), messages=self.messages)
        return Usage(read, estimate_tokens(text_bytes=_size(answer)))


def hear(
    wanted: Literal["score", "label"], name: str, model: str, messages: Sequence[Message], scope: Scope
) -> Hearing:
    """Return what the model is asked; raise Failed for a variable that is not there, or where a script says so."""
    text = "\n".join(_rendered(messages, scope))
    script = _SCRIPTS[wanted].search(text) or _SCRIPTS[wanted].search(name)
    if script and script[1] == "fails":
        raise _failed(script[2])
    said = script[2].strip() if script else None
    return Hearing(text, len(messages), said, _chance(model, text, str(scope.sample["output_text"])))


def _failed(said: str) -> ApiError | Failed:
    """Return the failure that a script begins with; a misspelled one would go without a word."""
    word = "".join(re.findall(r"\A\s*([a-z]{0,20})", said))
    return Failed(*FAILURES[word]) if word in FAILURES else Refused(unknown("emulator:fails", word, FAILURES))


def asking_in_vain(messages: Sequence[Message]) -> Iterator[Flaw]:
    """Yield the variables of messages that cannot be."""
    for place, message in enumerate(messages):
        for template in (*message.texts, *message.media):
            yield from dead_ends(template, "input", place, "content")


def _rendered(messages: Sequence[Message], scope: Scope) -> list[str]:
    texts: list[str] = []
    left = CHARACTERS_MAX
    for message in messages:
        left -= sum(len(render(place, scope)) for place in message.media)
        for template in message.texts:
            texts.append(render(template, scope))
            left -= len(texts[-1])
        if left < 0:
            raise too_long()
    return texts


def _chance(*parts: str) -> float:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
