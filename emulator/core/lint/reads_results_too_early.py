"""Results that were looked for while the job had none yet, and not again."""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.core.lint.asked import CHECKPOINTS, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

FRUITLESS = frozenset({"failed", "cancelled"})
NOT_YET = frozenset({400, 404, 409, 425})
"""How a provider answers who asks for what is not there yet."""


@dataclass(slots=True)
class Early:
    """A look at the results of a job that had none."""

    entry: int
    status: str
    what: str


class ReadsResultsTooEarly(Check):
    """Results were asked for before the job had ended, there were none, and that was the only time.

    Checkpoints of a running job are there to be read; what is wrong is to take none for the result.
    """

    name = "reads_results_too_early"
    severity = Severity.WARNING
    about = "Checkpoints or the model are asked for once, before there are any, and not again after the job's success."
    do = "Read checkpoints, result files and models once the status says that the job has succeeded."

    def __init__(self) -> None:
        super().__init__()
        self._early: dict[str, Early] = {}

    def see(self, asked: Asked, client: Client) -> None:
        """Note an empty list, or that there is no result; any later one settles it."""
        job, is_none = client.job(asked.job), _says_none(asked)
        if job is None or not (is_none or _shows_some(asked)):
            return
        self._early.pop(job.id, None)
        if is_none and job.status and not job.ended:
            what = "the checkpoints" if asked.name == CHECKPOINTS else "the model"
            self._early[job.id] = Early(asked.id, job.status, what)

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of jobs whose results were not read later in any way."""
        left = {}
        for id_, early in self._early.items():
            job = client.jobs[id_]
            if not (job.fetched or client.strangers or job.status in FRUITLESS):
                left[id_] = early
        if left:
            self.requests.add(*(each.entry for each in left.values()))
            id_, early = next(iter(left.items()))
            what = f"{times(len(left), 'job')}: {early.what} of {id_} were asked for while it was {early.status}, "
            yield self.finding(f"{what}when it had none (entry {early.entry}), and never again")


def _says_none(asked: Asked) -> bool:
    """Say whether an answer tells that there is no result by now."""
    if asked.name == CHECKPOINTS:
        return "data" in asked.answer and not asked.listed and "after" not in asked.entry.query
    return asked.name in asked.advice.form.fetches and asked.status in NOT_YET


def _shows_some(asked: Asked) -> bool:
    return asked.is_fetch or (asked.name == CHECKPOINTS and asked.is_done)
