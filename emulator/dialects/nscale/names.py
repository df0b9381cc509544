"""Nscale's tuned models have no names: they are fetched from their jobs, and served nowhere (documented)."""

from emulator.storage.jobs import StoredJob
from emulator.timeline.history import Checkpoint


class Nameless:
    """Names for models that nobody asks for by name."""

    def write(self, job: StoredJob, made: Checkpoint, *, final: bool, organization: str) -> str:
        """Return what a model is called where something must be said: its job and its step."""
        return f"{job.id}:{made.step}"

    def tag(self, name: str) -> int | None:
        """Return None: no name leads to a job."""
        return None
