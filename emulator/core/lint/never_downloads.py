"""Jobs whose results nobody fetched."""

from collections.abc import Iterator

from emulator.core.lint.asked import CREATE, Asked, text
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

SAYS = frozenset({"chat.create", "completions.create"})


class NeverDownloads(Check):
    """A job that the client made has succeeded and exports nothing; none of its files was fetched, nor its model asked.

    What to do instead is the provider's: ``Advice.results``.
    """

    name = "never_downloads"
    severity = Severity.ADVICE
    about = "A job has succeeded, and none of its result files is fetched."
    do = "Fetch what the job has made; a later program may do it."

    def __init__(self) -> None:
        super().__init__()
        self._do: dict[str, str] = {}
        self._succeeded: set[str] = set()
        self._models: dict[str, str] = {}
        self._asked: set[str] = set()

    def see(self, asked: Asked, client: Client) -> None:
        """Note what the provider of each job advises, the job's model, and whether that is asked anything."""
        for shown in asked.shown:
            if client.job(shown["id"]) or asked.name == CREATE:
                self._do[shown["id"]] = asked.advice.results
                if shown["status"] == asked.advice.form.succeeded:
                    self._succeeded.add(shown["id"])
                if model := text(shown.get("fine_tuned_model")):
                    self._models[model] = shown["id"]
        if asked.name in SAYS and asked.is_done:
            self._asked |= {self._models[model] for model in [asked.sent.get("model")] if model in self._models}

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first such job."""
        done = [job for job in client.made if job.id in self._succeeded and not job.exported]
        left = [job for job in done if not job.fetched and job.id not in self._asked]
        if left and not client.strangers and not client.forgets:
            self.requests.add(*(job.seen for job in left))
            first = left[0]
            what = f"{times(len(left), 'job')} of {len(done)} that succeeded; {first.id} did by entry {first.seen}"
            yield self.finding(what, do=self._do[first.id])
