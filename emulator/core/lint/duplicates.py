"""Jobs that were made twice because a lost answer was taken for a failure: what two findings are about."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.core.lint.asked import CREATE, LIST, RETRIEVE, Asked
from emulator.core.lint.client import Client

FAR_S = 600.0
"""Host seconds after which the same order is another one, and no repetition."""
REMEMBERED_MAX = 1000


@dataclass(slots=True)
class Lost:
    """A job that was made, and its client was told otherwise, or nothing."""

    entry: int
    job: str
    order: str
    ends_s: float
    looked: bool = False


@dataclass(slots=True)
class Pair:
    """A lost job, and the one that was made by the same order again; ``looked``: jobs were listed in between."""

    lost: Lost
    again: int
    job: str
    noticed: bool
    cancelled: bool = False


@dataclass(slots=True)
class Duplicates:
    """The lost jobs of a recording, and those of them that were made again."""

    pairs: list[Pair] = field(default_factory=list)
    count: int = 0
    unknown: int = 0
    _lost: list[Lost] = field(default_factory=list)

    def see(self, asked: Asked, client: Client) -> None:
        """Note a lost creation, a repetition, a look and a cancellation."""
        if asked.name == CREATE:
            self._create(asked)
        elif asked.name == LIST and asked.is_done:
            self._look()
        elif asked.name in {"jobs.cancel", RETRIEVE} and asked.is_done:
            self._touch(asked)

    def _create(self, asked: Asked) -> None:
        order = asked.ordered
        made = asked.entry.job
        if order is None:
            return
        if asked.is_lost and made is None and asked.status == 0:
            self.unknown += 1
        if made is None:
            return
        for lost in [each for each in self._lost if each.order == order]:
            if asked.follows(lost.ends_s) and asked.starts_s - lost.ends_s <= FAR_S:
                self._lost.remove(lost)
                self.pairs.append(Pair(lost, asked.id, made, noticed=lost.looked))
        if asked.is_lost:
            self._lost = [*self._lost[-REMEMBERED_MAX:], Lost(asked.id, made, order, asked.ends_s)]
        self.pairs = self.pairs[-REMEMBERED_MAX:]

    def _look(self) -> None:
        for lost in self._lost:
            lost.looked = True
        for pair in self.pairs:
            pair.noticed = True

    def _touch(self, asked: Asked) -> None:
        """Note that a lost job was found after all, or that one of the two was cancelled."""
        for pair in self.pairs:
            if asked.job == pair.lost.job:
                pair.noticed = True
            if asked.name == "jobs.cancel" and asked.job in {pair.lost.job, pair.job}:
                pair.cancelled = True

    @property
    def blind(self) -> Iterator[Pair]:
        """The pairs of which the client cannot know."""
        return (pair for pair in self.pairs if not pair.noticed)

    @property
    def going_on(self) -> Iterator[Pair]:
        """The pairs of which neither was cancelled."""
        return (pair for pair in self.pairs if not pair.cancelled)
