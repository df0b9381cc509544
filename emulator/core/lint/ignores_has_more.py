"""Lists of which one page is read although the answer says that there is more."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.core.lint.asked import LIST, Asked, text
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Requests, Severity

PAGES_MAX = 5000
"""Lists that are remembered at a time; of the oldest nothing is told then."""
Key = tuple[str, str]


@dataclass(slots=True)
class Page:
    """A page after which there was more: the ids on it, and whether what it lacks is the client's own.

    ``more``: the parameter that would have brought the rest.
    """

    entry: int
    ids: frozenset[str]
    lacks: int
    has_own: bool
    more: str


@dataclass(slots=True)
class Pages:
    """Pages of lists that nobody went on with, by operation and job; ``known``: operations that were paged through."""

    open: dict[Key, Page] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def see(self, asked: Asked, client: Client, *, is_full: bool) -> None:
        """Note a page; ``is_full`` says that more follows it."""
        name, more = asked.name or "", asked.advice.form.more
        if more in asked.entry.query:
            self.known.add(name)
        self._find(asked)
        if is_full and name not in self.known and _is_meant_whole(asked):
            own = {job.id for job in client.made} if name == LIST else set(client.uploads)
            ids = frozenset(filter(None, (text(each.get("id")) for each in asked.listed)))
            lacks = len(own - ids) if name in {LIST, "files.list"} else 0
            self.open[name, asked.job or ""] = Page(asked.id, ids, lacks, bool(own & ids), more)
            if len(self.open) > PAGES_MAX:
                self.open.pop(next(iter(self.open)))

    def _find(self, asked: Asked) -> None:
        """Forget the pages on which something was found: a search may stop there."""
        if asked.thing is None or not self.open:
            return
        for key in [(LIST, ""), ("files.list", "")]:
            page = self.open.get(key)
            if page and asked.thing in page.ids and not page.lacks:
                del self.open[key]

    def left(self) -> list[tuple[Key, Page]]:
        """Return the pages with which nobody went on, and which lack something as far as is known."""
        pages = [(key, page) for key, page in self.open.items() if key[0] not in self.known]
        return [(key, page) for key, page in pages if page.lacks or not page.has_own]


def _is_meant_whole(asked: Asked) -> bool:
    """Say whether a client that asks so wants all: one that names a number may want the newest so many."""
    return "limit" not in asked.entry.query or asked.name in asked.advice.oldest_first


def told(pages: list[tuple[Key, Page]], requests: Requests, sign: str) -> str:
    """Return what was seen of the first page, noting the requests of all."""
    requests.add(*(page.entry for _, page in pages))
    (name, job), page = pages[0]
    lacks = f", and {page.lacks} of the client's own are not on it" if page.lacks else ""
    of = f" of {job}" if job else ""
    sent = f"`{page.more}` was never sent"
    return f"{name}{of} answered {len(page.ids)} entries {sign} (entry {page.entry}){lacks}; {sent}"


class IgnoresHasMore(Check):
    """An answer says ``has_more``, and the client never asks on with ``after``: it does not in this whole recording.

    Not told where something on the page is used next (it searched), where all that the client made is on it, and where
    it named a limit of a list that begins with the newest.
    """

    name = "ignores_has_more"
    severity = Severity.WARNING
    about = "A list's answer says has_more, and the client reads one page of it."
    do = "Go on with `after=` the last id of the page until has_more is false; SDKs do so where a list is iterated."

    def __init__(self) -> None:
        super().__init__()
        self._pages = Pages()

    def see(self, asked: Asked, client: Client) -> None:
        """Note a page with more behind it."""
        self._pages.see(asked, client, is_full=asked.answer.get("has_more") is True and bool(asked.listed))

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first page."""
        if pages := self._pages.left():
            yield self.finding(told(pages, self.requests, "and has_more"), source="documented: the lists' has_more")
