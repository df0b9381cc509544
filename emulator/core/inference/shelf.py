"""What was indexed, kept for the next who asks, by the digest of the data.

An index is a function of the bytes that its digest names, so all servers of a process share what is kept, and what is
not there is made again: no answer depends on it. Who may ask for a digest is for those to say who do.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from emulator.core.inference.index import WORDS_MAX, Index

HELD_WORDS_MAX = 2 * WORDS_MAX
HELD_MAX = 64
"""How many indexes are kept, of how many words together; the one that was longest not asked for goes first."""


class Shelf:
    """Indexes by digest. One is made at a time, which bounds the memory that making them takes."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Index] = OrderedDict()
        self._looking, self._making = Lock(), Lock()

    def get(self, digest: str, make: Callable[[], Index]) -> Index:
        """Return an index, made if it is not there; what ``make`` raises goes through. Not for the event loop's own."""
        index = self._look(digest)
        if index is None:
            with self._making:
                index = self._look(digest)  # somebody may have made it meanwhile
                if index is None:
                    index = make()
                    self._keep(digest, index)
        return index

    def _look(self, digest: str) -> Index | None:
        with self._looking:
            index = self._held.get(digest)
            if index is not None:
                self._held.move_to_end(digest)
            return index

    def _keep(self, digest: str, index: Index) -> None:
        with self._looking:
            self._held[digest] = index
            while len(self._held) > 1 and (
                len(self._held) > HELD_MAX or sum(each.words for each in self._held.values()) > HELD_WORDS_MAX
            ):
                self._held.popitem(last=False)


SHELF = Shelf()
