"""Lists without ``has_more`` of which one full page is read."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity
from emulator.core.lint.ignores_has_more import Pages, told


class ReadsOnePage(Check):
    """A full page of a list whose answer does not say whether there is more, and the client never asks on.

    As bad as ignoring ``has_more`` where something of the client's own is missing from the page; that is told there,
    in the same words.
    """

    name = "reads_one_page"
    severity = Severity.WARNING
    about = "A list without has_more filled its page, and the client reads no other."
    do = "Go on with `after=` the last id until a page is empty; SDKs do so where a list is iterated."

    def __init__(self) -> None:
        super().__init__()
        self._pages = Pages()

    def see(self, asked: Asked, client: Client) -> None:
        """Note a full page."""
        size = asked.advice.page_sizes.get(asked.name or "")
        full = size is not None and "has_more" not in asked.answer and len(asked.listed) >= size
        self._pages.see(asked, client, is_full=full)

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first page."""
        if pages := self._pages.left():
            source = "documented: the size of a page, and that the answer has no has_more"
            yield self.finding(told(pages, self.requests, "which is a full page"), source=source)
