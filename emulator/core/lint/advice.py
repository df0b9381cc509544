"""What a provider asks of its clients, and what must be known of it to judge them. Each dialect has one of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.operations import Operation

Path = tuple[str, ...]
BASE = "/v1"
INPUTS: tuple[Path, ...] = (("training_file",), ("validation_file",))


@dataclass(frozen=True, slots=True)
class Form:
    """Where a provider's paths and JSON have what the findings look for; by default as the official SDK knows them.

    ``base``: what stands before the nouns of paths. ``within``: the member of an answer below which is what was made,
    by operation. ``inputs``: places of a create request that name its files, or sets of files; ``sets``: the members of
    such a set that name them. ``ids``: places of requests that name what is there, by operation. ``filename``: the
    member with a file's name. ``more``: the parameter that brings what a page lacks. ``succeeded``: the status of a job
    that has a result; ``fetches``: the calls about a job that fetch it or send it on, where it is no file of its own.
    """

    base: str = BASE
    within: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Path, ...] = INPUTS
    sets: tuple[str, ...] = ()
    ids: Mapping[str, tuple[Path, ...]] = field(default_factory=lambda: {"jobs.create": (("model",), *INPUTS)})
    filename: str = "filename"
    more: str = "after"
    succeeded: str = "succeeded"
    fetches: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Advice:
    """What a provider asks of its clients.

    ``poll_s``: seconds between a look at a job and the next, by ``poll_source``. ``terminal``: statuses that nothing
    follows; ``reading``: those in which a job still reads its files. ``members``: what is taken at each place of a
    create request that is looked into; ``silent``: the places where anything else is taken and does nothing.
    ``page_sizes``: entries of a page where a request names no limit, as ``page_source`` says, and ``onwards`` how to
    have the rest; ``oldest_first``: lists whose end is the news.
    ``last_words``: the messages of events with which a job has succeeded. ``secrets``: members of a create request
    below which secrets have their place. ``results``: what to do with what a job has made; ``deleted_in_use``: what
    comes of a job whose file is deleted while it is read, and who says so. ``unknown``: who says what comes of members
    that the provider does not know; ``empty``: who says which ids of its answers are empty. ``form``: where its JSON
    has what.
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
    page_source: str = "documented: the size of a page, and that the answer has no has_more"
    onwards: str = "Go on with `after=` the last id until a page is empty; SDKs do so where a list is iterated."
    unknown: str = "observed: jobs with unknown hyperparameters were created, and nothing was said"
    empty: str = "our own"
    form: Form = field(default_factory=Form)
