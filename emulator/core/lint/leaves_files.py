"""Uploads that stay when nothing needs them any more."""

from collections.abc import Iterator

from emulator.core.lint.asked import UPLOAD, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times


class LeavesFiles(Check):
    """An uploaded file is still there, and every job that the client made of it is known to have ended."""

    name = "leaves_files"
    severity = Severity.ADVICE
    about = "Uploaded files are not deleted although the jobs that used them have ended."
    do = "Delete what is not used again; who keeps them for the next job is right."

    def __init__(self) -> None:
        super().__init__()
        self._do = self.do

    def see(self, asked: Asked, client: Client) -> None:
        """Learn how a file is deleted: the client's uploads tell the rest."""
        if asked.name == UPLOAD:
            path = next((each.path for each in asked.advice.operations if each.name == "files.delete"), "")
            self._do = f"Delete what is not used again: DELETE {path}; who keeps them for the next job is right."

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell how many there are, and of how many bytes."""
        needed = {file for job in client.jobs.values() if not (job.ended or job.cancelled) for file in job.files}
        left = [upload for upload in client.uploads.values() if upload.id not in needed]
        if left:
            self.requests.add(*(upload.entry for upload in left))
            size = sum(upload.size for upload in left)
            what = f"{times(len(left), 'upload')} of {size:,} bytes in all, the first by entry {left[0].entry}"
            yield self.finding(what, do=self._do)
