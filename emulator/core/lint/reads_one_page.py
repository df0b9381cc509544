"""Lists without ``has_more`` of which one full page is read."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times
from emulator.core.lint.ignores_has_more import Pages, told


class ReadsOnePage(Check):
    """A full page of a list whose answer does not say whether there is more, and the client never asks on.

    As bad as ignoring ``has_more`` where something of the client's own is missing from the page; that is told there,
    in the same words.
    """

    name = "reads_one_page"
    severity = Severity.WARNING
    about = "A list without has_more filled its page, and the client reads no other."
    do = "Ask for the rest."

    def __init__(self) -> None:
        super().__init__()
        self._pages = Pages()
        self._told: dict[str, str] = {}
        self._unseen: list[int] = []

    def see(self, asked: Asked, client: Client) -> None:
        """Note a full page."""
        size = asked.advice.page_sizes.get(asked.name or "")
        full = size is not None and "has_more" not in asked.answer and len(asked.listed) >= size
        self._pages.see(asked, client, is_full=full)
        if size is not None and asked.is_unseen and not {"limit", asked.advice.form.more} & {*asked.entry.query}:
            self._unseen.append(asked.id)
        if full:
            self._told = {"do": asked.advice.onwards, "source": asked.advice.page_source}

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first page."""
        if pages := self._pages.left():
            yield self.finding(told(pages, self.requests, "which is a full page"), **self._told)

    def unjudged(self, client: Client) -> Iterator[str]:
        """Tell of answers that are not kept."""
        if self._unseen:
            yield f"{times(len(self._unseen), 'list')} whose answer is not kept, the first is entry {self._unseen[0]}"
