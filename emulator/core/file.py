"""A file as it is shown."""

from dataclasses import dataclass
from datetime import datetime

from emulator.storage.files import StoredFile
from emulator.timeline.artifacts import Archive, Artifact


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is shown, and where its bytes come from."""

    id: str
    bytes: int
    created_at: datetime
    name: str
    purpose: str
    source: StoredFile | Artifact | Archive
    expires_at: datetime | None = None
