"""Names for ids: throughout a session the same id is the same ``{file:1}``, so that a replay can put its own there."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

PLACEHOLDER = re.compile(r"\{([a-z_]+):(\d+)\}")
WORD_MIN = 6
"""Characters of the shortest word of a user's that is replaced in whatever text it stands, not in its place only."""
_ORDINARY = frozenset(
    {"validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled", "error", "string", "object"}
    | {"starting", "completed", "dataset", "answer_column", "prompt_column"}
    | {"training", "validation", "supervised", "fine-tune", "fine_tuning", "fine_tuning.job", "model", "default"}
    | {"suffix", "events", "checkpoints", "content", "cancel", "integrations", "metadata", "hyperparameters"}
)
"""Words that mean something to the API: one who chose such a word is not known by it."""
_TOKEN = re.compile(r"[\w+=-]{6,}")
# The looks of ids at the providers, with the kind of thing each is of; a bare uuid or digest may be of anything.
_LOOKS = re.compile(
    r"(?P<file>file[-_][0-9A-Za-z][0-9A-Za-z-]{7,})"
    r"|(?P<job>ft-?job[-_][0-9A-Za-z][0-9A-Za-z-]{7,})"
    r"|(?P<checkpoint>ftckpt[-_][0-9A-Za-z][0-9A-Za-z-]{7,})"
    r"|(?P<organization>org(?:anization)?[-_](?=[\w-]*\d)[0-9A-Za-z]{8,})"
    r"|(?P<project>(?:ai-?)?proj(?:ect)?[-_](?=[\w-]*\d)[0-9A-Za-z]{8,})"
    r"|(?P<user>(?:user|tenant|account)[-_]?(?:id)?[-_](?=[\w-]*\d)[0-9A-Za-z]{8,})"
    r"|(?P<id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?<![0-9A-Za-z])[0-9a-f]{24,64}(?![0-9A-Za-z]))"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Placeholders:
    """The names of the ids that a session has met; a name is given once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._phrases: list[str] = []
        self._given = Counter[str]()
        self._words: dict[tuple[str, str], str] = {}

    def name(self, kind: str, value: str) -> str:
        """Return the placeholder of an id, a new one where it is met first; ``{id:1}`` is of an unknown kind."""
        if value not in self._names:
            self._given[kind] += 1
            self._keep(value, f"{{{kind}:{self._given[kind]}}}")
        return self._names[value]

    def keep(self, value: str) -> None:
        """Remember that an id or a word is nobody's own, and stays; one that was replaced by now is not one."""
        self._names.setdefault(value, value)

    def word(self, kind: str, value: str) -> str:
        """Return the placeholder of a word that a user chose; it may be short, or a word of the API's."""
        if PLACEHOLDER.fullmatch(value) or value in self._names:
            return self._names.get(value, value)
        if len(value) >= WORD_MIN and value not in _ORDINARY:
            return self.name(kind, value)
        return self._made(kind, value, "{%s:%d}")

    def stand_in(self, value: str, kind: str, ending: str = "") -> str:
        """Return a name of the kind for one that a user chose: ``file-1.jsonl``; one that stays is its own."""
        if self._names.get(value) == value:
            return value
        made = self._made(f"{kind}-", value, "%s%d" + ending)
        if value != made and value not in self._names and len(value) >= WORD_MIN and value not in _ORDINARY:
            self._keep(value, made)
        return made

    def _made(self, kind: str, value: str, form: str) -> str:
        """Return the word that was made for this one, a new one where it is met first."""
        if value in self._words.values():
            return value  # it stands in for another already
        if (kind, value) not in self._words:
            self._given[kind] += 1
            self._words[kind, value] = form % (kind, self._given[kind])
        return self._words[kind, value]

    def _keep(self, value: str, shown: str) -> None:
        """Remember what stands for a value wherever it stands."""
        self._names[value] = shown
        if not _TOKEN.fullmatch(value):
            self._phrases = sorted([*self._phrases, value], key=len, reverse=True)

    def replaced(self, text: str) -> str:
        """Return a text with every id in it replaced: those that were met, and what looks like one."""
        if text in self._names:
            return self._names[text]
        for phrase in self._phrases:
            text = text.replace(phrase, self._names[phrase])
        text = _TOKEN.sub(lambda found: self._names.get(found[0], found[0]), text)
        text = _LOOKS.sub(lambda found: self.name(str(found.lastgroup), found[0]), text)
        return _EMAIL.sub(lambda found: self.name("email", found[0]), text)

    def is_id(self, text: str) -> bool:
        """Say whether a text is an id that was met, or looks like one from end to end."""
        return text in self._names or _LOOKS.fullmatch(text) is not None


def names_in(texts: Iterable[str]) -> list[str]:
    """Return the placeholders that stand in texts, in order."""
    return [found[0] for text in texts for found in PLACEHOLDER.finditer(text)]


def filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text with placeholders replaced by what they stand for; an unknown one becomes nobody's id."""
    return PLACEHOLDER.sub(lambda found: known.get(found[0], f"{found[1]}-unknown-{found[2]}"), text)
