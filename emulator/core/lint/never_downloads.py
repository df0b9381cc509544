"""Jobs whose results nobody fetched."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times


class NeverDownloads(Check):
    """A job that the client made has succeeded, it exports nothing, and none of its files was fetched."""

    name = "never_downloads"
    severity = Severity.ADVICE
    about = "A job has succeeded, and none of its result files is fetched."
    do = "Fetch the files that the checkpoints list, or have the job export them; a later program may do it."

    def see(self, asked: Asked, client: Client) -> None:
        """See nothing: the client's jobs tell it all."""

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first such job."""
        done = [job for job in client.made if job.status == "succeeded" and not job.exported]
        left = [job for job in done if not job.fetched]
        if left and not client.strangers and not client.forgets:
            self.requests.add(*(job.seen for job in left))
            first = left[0]
            yield self.finding(
                f"{times(len(left), 'job')} of {len(done)} that succeeded; {first.id} did by entry {first.seen}"
            )
