"""Words that a user chose: names of files, suffixes, what integrations and metadata say, parameters that nobody knows.

They may name a person, a customer or a project, so something stands in for each, the same throughout a session: a
replay asks with it, and what was listed by such a name is found by it again.
"""

import re
from typing import Any

from emulator.from_har.secrecy import LEFT_OUT
from emulator.recording.placeholders import Placeholders
from emulator.redaction import HIDDEN, is_secret

FOLDER = re.compile(r".*[/\\]", re.DOTALL)
PUBLIC_FILES = frozenset(
    {"adapter_model.safetensors", "adapter_config.json", "model.safetensors", "config.json", "generation_config.json"}
    | {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "README.md"}
)
"""What trainers call their results, at every user's."""
KNOWN_QUERY = frozenset({"limit", "after", "before", "purpose", "order", "verbose", "status", "pagination"})
KNOWN_FORM = frozenset({"purpose"})
PLAIN = re.compile(r"-?\d{1,9}(\.\d{1,9})?|true|false|null|", re.IGNORECASE)
"""Values that name nobody: numbers that are no ids, and yes and no."""
LONG = 40
"""Characters of a suffix from which on it may have been refused for its length."""
BEGINS = 2
"""Segments of the path of an unknown call that are kept: its version and its first word."""
_SERVICES = frozenset({"wandb", "hf", "mlflow", "metadata"})
"""Members whose own members are the user's."""
_CALLED = {
    "answer_column": "column",
    "prompt_column": "column",
    "huggingface_user_id": "login",
    "huggingface_repository_id": "repository",
}
"""Members of Nscale's whose values a user chose, and what they are."""
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}\Z")
_KIND = re.compile(r"[a-z_]{1,40}")


class Chosen:
    """The words that stand in for those that a user chose."""

    def __init__(self, names: Placeholders) -> None:
        self._names = names

    def filename(self, name: str) -> str:
        """Return what stands in for a file's name, such as ``file-1.jsonl``: its extension is kept, no folder is."""
        last = FOLDER.sub("", name)
        if not last or last in PUBLIC_FILES:
            return last
        found = _EXTENSION.search(last)
        return self._names.stand_in(last, "file", found[0].lower() if found else "")

    def suffix(self, value: str) -> str:
        """Return what stands in for the suffix of a job; one that may be too long stays as long."""
        if len({*value.strip()}) <= 1:
            return value  # one letter, however often, names nobody
        made = self._names.stand_in(value, "suffix")
        return "x" * len(value) if len(value) > LONG else made

    def column(self, value: str) -> str:
        """Return what stands in for the name of a table's column."""
        return self._names.stand_in(value, "column") if value else value

    def asked(self, name: str, value: str, known: frozenset[str]) -> str:
        """Return the value of a parameter or of a form's field as it may be kept; that of a known name as it is."""
        if name in known or PLAIN.fullmatch(value):
            return value
        return self._names.word("value", value)

    def segment(self, place: int, plain: str, words: frozenset[str]) -> str:
        """Return a segment of the path of an unknown call; ``words`` are those of the paths of known ones."""
        if place < BEGINS or not plain or plain in words or self._names.is_id(plain):
            return plain
        return self._names.word("path", plain)

    def value(self, value: Any, name: str = "", service: str = "") -> Any:
        """Return a JSON value with stand-ins; ``service`` is the member around it whose members are the user's."""
        match value:
            case {"name": str(column), "type": kind, "values": list(first)}:
                return {"name": self.column(column), "type": kind, "values": [LEFT_OUT] * len(first)}
            case dict():
                return self._members(value, service)
            case list():
                return [self.value(item, name, service) for item in value]
            case str() if value and value != HIDDEN and not is_secret(name):
                return self._text(value, name, service)
            case _:
                return value

    def _members(self, members: dict[str, Any], service: str) -> dict[str, Any]:
        inside = {key: service or (key if key in _SERVICES else "") for key in members}
        called = {key: key for key in members} | _CALLED
        called["name"] = "name" if service else _name_in(members)
        return {key: self.value(item, called[key], inside[key]) for key, item in members.items()}

    def _text(self, value: str, name: str, service: str) -> str:
        if service:
            kind = f"{service}_{name}"
            return self._names.word(kind if _KIND.fullmatch(kind) else service, value)
        if name == "filename":
            return self.filename(value)
        if name == "column":
            return self.column(value)
        if name == "login":
            return self._names.word("user", value)
        if name == "repository":
            return self._names.stand_in(value, "somebody/repository")
        return self.suffix(value) if name == "suffix" else value


def _name_in(members: dict[str, Any]) -> str:
    """Return what the ``name`` of an object is: that of a file, one that a user gave a dataset or a job, or a name."""
    if {"training_file_id", "base_model_id", "unset"} & members.keys():
        return "suffix"
    return "filename" if "bytes" in members else "name"
