"""Members of a create request that the provider does not know."""

from collections.abc import Iterator
from difflib import get_close_matches

from emulator.core.lint.advice import Advice, Path
from emulator.core.lint.asked import CREATE, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, short

NAMED = 5
REMEMBERED_MAX = 100
SHORT = 40
MEANT = {
    "lora_rank": "lora_r",
    "rank": "lora_r",
    "epochs": "n_epochs",
    "num_epochs": "n_epochs",
    "num_train_epochs": "n_epochs",
    "lr": "learning_rate",
    "learning_rate_multiplier": "learning_rate",
    "per_device_train_batch_size": "batch_size",
    "max_seq_length": "context_length",
    "max_length": "context_length",
    "validation_data": "validation_file",
    "name": "suffix",
    "base_model": "model",
}
"""What other services and trainers call a thing, where its letters are not near."""
Unknown = tuple[Path, str]


class UnknownMembers(Check):
    """A member that is dropped, or taken and without effect: the job trains with the default instead."""

    name = "unknown_members"
    severity = Severity.WARNING
    about = "A create request has members that the provider does not know: they are taken and do nothing."
    do = "Spell them as the provider does, or leave them out: the job is trained with the defaults."
    source = "observed: jobs with unknown hyperparameters were created, and nothing was said"

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[Unknown, str] = {}
        self._left_out = 0

    def see(self, asked: Asked, client: Client) -> None:
        """Look at the members of a create request that was taken."""
        if asked.name != CREATE:
            return
        self._left_out += asked.entry.request.left_out is not None
        for at, names in asked.advice.members.items():
            strange = [each for each in _inside(asked.sent, at) if each not in names]
            if strange:
                self.requests.add(asked.id)
            for name in strange[: REMEMBERED_MAX - len(self._seen)]:
                self._seen.setdefault((at, name), _hint(at, name, asked.advice))

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of each, with the nearest that is known."""
        if self._seen:
            told = [f"`{'.'.join((*at, _shown(name)))}`{hint}" for (at, name), hint in self._seen.items()]
            more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
            yield self.finding(", ".join(told[:NAMED]) + more)

    def unjudged(self, client: Client) -> Iterator[str]:
        """Tell of bodies that are not kept."""
        if self._left_out:
            yield f"{self._left_out} of the create requests had a body that is not kept"


def _inside(value: object, at: Path) -> list[str]:
    """Return the names of the members at a place of a body."""
    for name in at:
        value = value.get(name) if isinstance(value, dict) else None
    return [str(name) for name in value] if isinstance(value, dict) else []


def _hint(at: Path, name: str, advice: Advice) -> str:
    """Return what happens to a member, and what may have been meant."""
    known = advice.members[at]
    place = next((place for place, names in advice.members.items() if name in names and place != at), None)
    deeper = f"`{'.'.join((*place, name))}`" if place is not None else ""
    near = [MEANT[name]] if MEANT.get(name) in known else get_close_matches(name, known, n=1)
    meant = deeper or (f"`{near[0]}`" if near else "")
    fate = "taken, without effect" if at in advice.silent else "dropped"
    return f" ({fate}; did you mean {meant}?)" if meant else f" ({fate})"


def _shown(name: str) -> str:
    """Return a member's name as it may be told: anybody may have written anything there."""
    return short(name if name.replace("-", "_").isidentifier() else ascii(name)[1:-1], SHORT)
