"""How OpenAI writes its ids and names its models.

Files have 22 letters of base 58 since about November 2024, jobs, events and checkpoints 24 of base 62, uploads and
their parts 32 hexadecimal digits whose first 8 are the time (observed). Permissions look like the documented example.
"""

import re
import string

from emulator.core.ids import Letters, Shapes, TimedHex, draw
from emulator.storage.jobs import TAGS, StoredJob
from emulator.timeline.history import Checkpoint

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BASE58 = "".join(letter for letter in BASE62 if letter not in "0OIl")
TAG_LETTERS = 5
OWN_LETTERS = 3
PLAIN = re.compile(r"[^A-Za-z0-9_.-]")
"""Letters of a suffix that a name does not take, so that it has five parts and no slash (unverified)."""
NAME = re.compile(r"ft:.+:(?P<tag>[0-9A-Za-z]{5})[0-9A-Za-z]{3}(:ckpt-step-\d+)?", re.DOTALL)


class Names:
    """``ft:<base>:<organization>:<suffix or nothing>:<8 letters>``, and ``:ckpt-step-<n>`` but for the last checkpoint.

    The first five letters are the job's, the last three the checkpoint's own (observed of recorded jobs).
    """

    def write(self, job: StoredJob, made: Checkpoint, *, final: bool, organization: str) -> str:
        """Return the name of a checkpoint's model."""
        own = draw(job.handle, made.ordinal, "model", bits=32) % len(BASE62) ** OWN_LETTERS
        letters = _letters(job.tag, TAG_LETTERS) + _letters(own, OWN_LETTERS)
        name = f"ft:{base_of(job.model)}:{organization}:{PLAIN.sub('-', job.suffix or '')}:{letters}"
        return name if final else f"{name}:ckpt-step-{made.step}"

    def tag(self, name: str) -> int | None:
        """Return the tag of the job whose model may have this name, or None."""
        found = NAME.fullmatch(name)
        if not found:
            return None
        tag = 0
        for letter in found["tag"]:
            tag = tag * len(BASE62) + BASE62.index(letter)
        return tag if tag < TAGS else None


def _letters(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, digit = divmod(number, len(BASE62))
        letters = BASE62[digit] + letters
    return letters


def base_of(model: str) -> str:
    """Return the base of a model that may itself be tuned."""
    return model.split(":")[1] if model.startswith("ft:") and ":" in model[3:] else model


SHAPES = Shapes(
    file=Letters("file-", BASE58, 22),
    job=Letters("ftjob-", BASE62, 24),
    event=Letters("ftevent-", BASE62, 24),
    checkpoint=Letters("ftckpt_", BASE62, 24),
    model=Names(),
    upload=TimedHex("upload_"),
    part=TimedHex("part_"),
    permission=Letters("cp_", BASE62, 24),
    webhook=TimedHex("whe_"),
)
