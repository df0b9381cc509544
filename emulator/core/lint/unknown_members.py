"""Members of a create request that the provider does not know."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from emulator.core.lint.advice import Advice, Path
from emulator.core.lint.asked import CREATE, Asked, at
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, short

NAMED = 5
REMEMBERED_MAX = 100
SHORT = 40
MEANT: Mapping[str, tuple[str, ...]] = {
    "lora_rank": ("lora_r", "r"),
    "rank": ("lora_r", "r"),
    "lora_r": ("r",),
    "lora_alpha": ("alpha",),
    "lora_dropout": ("dropout",),
    "target_modules": ("trainable_modules",),
    "lora_trainable_modules": ("trainable_modules",),
    "epochs": ("n_epochs",),
    "num_epochs": ("n_epochs",),
    "num_train_epochs": ("n_epochs",),
    "n_checkpoints": ("n_evals",),
    "lr": ("learning_rate",),
    "learning_rate_multiplier": ("learning_rate",),
    "per_device_train_batch_size": ("batch_size",),
    "max_seq_length": ("context_length",),
    "max_length": ("context_length",),
    "validation_data": ("validation_file",),
    "name": ("suffix",),
    "suffix": ("name",),
    "model": ("base_model_id",),
    "base_model": ("model", "base_model_id"),
    "training_file": ("dataset",),
    "train_on_inputs": ("mask_prompt_labels",),
}
"""What other services and trainers call a thing, where its letters are not near."""
Unknown = tuple[Path, str]


class UnknownMembers(Check):
    """A member that is dropped, or taken and without effect: the job trains with the default instead."""

    name = "unknown_members"
    severity = Severity.WARNING
    about = "A create request has members that the provider does not know: they are taken and do nothing."
    do = "Spell them as the provider does, or leave them out: the job is trained with the defaults."

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[Unknown, str] = {}
        self._left_out = 0
        self._source = self.source

    def see(self, asked: Asked, client: Client) -> None:
        """Look at the members of a create request that was taken."""
        if asked.name != CREATE:
            return
        self._left_out += asked.entry.request.left_out is not None
        for place, names in asked.advice.members.items():
            strange = [each for each in _inside(asked.sent, place) if each not in names]
            if strange:
                self.requests.add(asked.id)
                self._source = asked.advice.unknown
            for name in strange[: REMEMBERED_MAX - len(self._seen)]:
                self._seen.setdefault((place, name), _hint(place, name, asked.advice))

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of each, with the nearest that is known."""
        if self._seen:
            told = [f"`{'.'.join((*place, _shown(name)))}`{hint}" for (place, name), hint in self._seen.items()]
            more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
            yield self.finding(", ".join(told[:NAMED]) + more, source=self._source)

    def unjudged(self, client: Client) -> Iterator[str]:
        """Tell of bodies that are not kept."""
        if self._left_out:
            yield f"{self._left_out} of the create requests had a body that is not kept"


def _inside(value: object, place: Path) -> list[str]:
    """Return the names of the members at a place of a body."""
    found = at(value, place)
    return [str(name) for name in found] if isinstance(found, dict) else []


def _hint(place: Path, name: str, advice: Advice) -> str:
    """Return what happens to a member, and what may have been meant."""
    meant = _meant(place, name, advice)
    fate = "taken, without effect" if place in advice.silent else "dropped"
    return f" ({fate}; did you mean `{meant}`?)" if meant else f" ({fate})"


def _meant(place: Path, name: str, advice: Advice) -> str:
    """Return the member that may have been meant: the same elsewhere, what others call so, or one of like letters."""
    if elsewhere := _path(name, advice, besides=place):
        return elsewhere
    known = advice.members[place]
    called = MEANT.get(name, ())
    near = [each for each in called if each in known] or [path for each in called if (path := _path(each, advice))]
    return (near or get_close_matches(name, known, n=1) or [""])[0]


def _path(name: str, advice: Advice, besides: Path | None = None) -> str:
    """Return where a member of this name is taken, or nothing."""
    place = next((place for place, names in advice.members.items() if name in names and place != besides), None)
    return "" if place is None else ".".join((*place, name))


def _shown(name: str) -> str:
    """Return a member's name as it may be told: anybody may have written anything there."""
    return short(name if name.replace("-", "_").isidentifier() else ascii(name)[1:-1], SHORT)
