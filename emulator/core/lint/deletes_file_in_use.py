"""Files that were deleted while a job was reading them."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times


class DeletesFileInUse(Check):
    """A job's file was deleted, and the last that the client saw of the job is that its files are validated."""

    name = "deletes_file_in_use"
    severity = Severity.WARNING
    about = "A file is deleted while a job that was made of it is still validating its files."
    do = "Delete a job's files once the job has ended."

    def __init__(self) -> None:
        super().__init__()
        self._first: tuple[str, str, str] | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Look for a job that reads what is deleted."""
        if asked.name != "files.delete" or not asked.is_done or asked.thing is None:
            return
        readers = (job for job in client.made if job.status in asked.advice.reading and not job.cancelled)
        for job in readers:
            if asked.thing in job.files:
                self.requests.add(asked.id)
                self._first = self._first or (job.id, job.status or "", asked.advice.deleted_in_use)

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first."""
        if self._first:
            job, status, source = self._first
            what = f"{times(self.requests.count, 'file')} deleted; {job} was last seen {status}"
            yield self.finding(what, source=source)
