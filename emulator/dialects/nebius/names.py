"""How Nebius names the models of checkpoints: the documented sample's form, its last placeholder made unique.

That what is unique stands there, and that such a name answers, is unverified.
"""

import re

from emulator.storage.jobs import TAGS, StoredJob
from emulator.timeline.history import Checkpoint

NAME = re.compile(r"ft:.+-\d{4}-\d\d-\d\d:org_placeholder:.*:([0-9a-f]{8}):ckpt-step-\d+", re.DOTALL)


class Names:
    """``ft:<base>-<day>:org_placeholder:<suffix>:<unique>:ckpt-step-<step>``."""

    def write(self, job: StoredJob, made: Checkpoint, *, final: bool, organization: str) -> str:
        """Return the name of a checkpoint's model; the last one's is like any other, and so is every organization's."""
        unique = f"{job.tag:08x}"
        return f"ft:{job.model}-{made.at:%Y-%m-%d}:org_placeholder:{job.suffix or ''}:{unique}:ckpt-step-{made.step}"

    def tag(self, name: str) -> int | None:
        """Return the tag of the job whose checkpoint may have this name, or None."""
        found = NAME.fullmatch(name)
        tag = int(found[1], 16) if found else TAGS
        return tag if tag < TAGS else None
