"""What a provider asks of its clients, and what must be known of it to judge them. Each dialect has one of these."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.operations import Operation

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What a provider asks of its clients.

    ``poll_s``: seconds between a look at a job and the next, by ``poll_source``. ``terminal``: statuses that nothing
    follows; ``reading``: those in which a job still reads its files. ``members``: what is taken at each place of a
    create request that is looked into; ``silent``: the places where anything else is taken and does nothing.
    ``page_sizes``: entries of a page where a request names no limit; ``oldest_first``: lists whose end is the news.
    ``last_words``: the messages of events with which a job has succeeded. ``secrets``: members of a create request
    below which secrets have their place. ``results``: what to do with what a job has made; ``deleted_in_use``: what
    comes of a job whose file is deleted while it is read, and who says so.
    """

    operations: tuple[Operation, ...]
    poll_s: float
    poll_source: str
    terminal: frozenset[str]
    reading: frozenset[str]
    members: Mapping[Path, tuple[str, ...]]
    silent: frozenset[Path]
    page_sizes: Mapping[str, int]
    oldest_first: frozenset[str]
    last_words: frozenset[str]
    secrets: frozenset[str]
    results: str = "Fetch the files that the checkpoints list, or have the job export them; a later program may do it."
    deleted_in_use: str = "our own: what the provider does then is not known; this emulator lets the job fail"
