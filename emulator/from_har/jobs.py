"""What a recording shows of each job: its states as they were told, its events, its checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from emulator.from_har.exchange import Exchange, Recording
from emulator.from_har.forms import data_of, instant_s, job_in
from emulator.from_har.twice import clocks_apart_s, untold_jobs

LISTS = {
    "jobs.events": "events",
    "jobs.checkpoints": "checkpoints",
    "jobs.metrics": "metrics",
    "jobs.cancel": "cancels",
}
"""Calls about one job that tell something besides it, and where a story keeps them."""


@dataclass(frozen=True, slots=True)
class Told:
    """A job as an answer told it."""

    exchange: Exchange
    job: dict[str, Any]

    @property
    def status(self) -> str:
        """Its status, as the provider names it."""
        found = self.job.get("status")
        return found if isinstance(found, str) else ""

    @property
    def steps(self) -> int:
        """How many steps it had made."""
        found = self.job.get("trained_steps")
        return found if isinstance(found, int) and not isinstance(found, bool) else 0


@dataclass(slots=True)
class Story:
    """One job, as far as it was seen."""

    id: str
    told: list[Told] = field(default_factory=list)
    events: list[Exchange] = field(default_factory=list)
    checkpoints: list[Exchange] = field(default_factory=list)
    metrics: list[Exchange] = field(default_factory=list)
    downloads: list[Exchange] = field(default_factory=list)
    cancels: list[Exchange] = field(default_factory=list)
    is_asked_for: bool = False
    """Whether it was made in the recording or asked for by its id: others only stood in a list."""

    @property
    def last(self) -> Told:
        """It as it was told last."""
        return self.told[-1]

    @property
    def created_at(self) -> float:
        """When it was made, by the provider's clock."""
        found = instant_s(self.last.job.get("created_at"))
        return self.told[0].exchange.entry.at_s if found is None else found

    @property
    def begins(self) -> Told | None:
        """It as it was told when it was made."""
        return next((told for told in self.told if told.exchange.name == "jobs.create"), None)


def stories(recording: Recording) -> list[Story]:
    """Return the jobs that somebody made or asked for, oldest first.

    A job's own time has whole seconds: which of two was first is told by the requests that made them.
    """
    found: dict[str, Story] = {}
    for each in recording.exchanges:
        if each.name == "jobs.download" and each.thing in found:
            found[each.thing].downloads.append(each)
        if not each.is_done:
            continue
        for job in _jobs(each):
            story = found.setdefault(job["id"], Story(job["id"]))
            story.told.append(Told(each, job))
            story.is_asked_for |= each.name != "jobs.list"
        _beside(each, found)
    kept = [story for story in found.values() if story.told and (story.is_asked_for or _is_new(story, recording))]
    makers, ahead_s = untold_jobs(recording), clocks_apart_s(recording)

    def made_s(story: Story) -> float:
        maker = story.begins.exchange if story.begins else makers.get(story.id)
        return maker.entry.at_s if maker else story.created_at - ahead_s

    return sorted(kept, key=lambda story: (made_s(story), story.told[0].exchange.place))


def _jobs(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Return the jobs that an answer tells of."""
    if exchange.name == "jobs.list":
        yield from (job for job in exchange.listed if isinstance(job.get("id"), str))
    elif exchange.name in {"jobs.create", "jobs.retrieve", "jobs.cancel"} and exchange.made:
        yield job_in(exchange.answer)


def _beside(exchange: Exchange, found: dict[str, Story]) -> None:
    """Keep what an answer tells about a job without telling it."""
    if exchange.name in LISTS:
        id_ = exchange.parameters["job_id"]
        story = found.setdefault(id_, Story(id_))
        story.is_asked_for = True
        getattr(story, LISTS[exchange.name]).append(exchange)


def _is_new(story: Story, recording: Recording) -> bool:
    """Say whether a job that only stood in lists was made while the recording ran, as a duplicate is."""
    data = data_of(story.last.job)
    return any(
        data_of(each.entry.asked) == data and each.place < story.told[0].exchange.place
        for each in recording.of("jobs.create")
    )
