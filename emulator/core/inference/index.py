"""Which example of a training file is most like what was asked.

Alike are the last texts of the user's, by the words that they share. A word weighs the more the rarer it is among the
examples: as many as the binary digits of (examples / examples that have it). The similarity is Jaccard's with these
weights: shared / (of the one + of the other - shared). Of equals the first in the file is taken, and without a shared
word the first of all. Whole numbers and one division, so that every machine takes the same.

A conversation that went on after the user's last text (a function was called and has answered) is compared with those
examples that went on as long, or nearly: a client that calls what it is told to gets further, and not in a circle.

Of a large file the beginning is looked at: 32 MiB, 50,000 examples, a million words. An index holds numbers and no
texts: some 200 bytes an example and 8 a word, so at most about 20 MB. The reply is read from the file again.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from emulator.core.inference.conversation import Heard, words
from emulator.core.inference.examples import Example, examples

BYTES_MAX = 32 * 2**20
EXAMPLES_MAX = 50_000
WORDS_MAX = 1_000_000
VISITS_MAX = 50_000
"""How many entries a search looks at, the rarest words first: what is beyond stands in nearly every example."""

_LOW = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where an example is: its line's first byte and length, and its number among the line's examples."""

    start: int
    length: int
    number: int


class Index:
    """The examples of a file, to be searched; made from its lines, from the first on, each with its end."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._places = (array("Q"), array("Q"), array("Q"))
        self._same: dict[bytes, int] = {}
        self._groups: dict[int, _Group] = {}
        self.words = 0
        for place, example in islice(_placed(lines), EXAMPLES_MAX):
            self._add(place, example.heard)
            if self.words >= WORDS_MAX:
                break
        weights = [0] * len(self)
        for group in self._groups.values():
            group.close(weights)

    def __len__(self) -> int:
        return len(self._places[0])

    def find(self, heard: Heard) -> Place | None:
        """Return the example of the same conversation, or the most similar; None: there is none to answer from."""
        example = self._same.get(heard.digest)
        if example is None:
            group = self._group(heard.since)
            example = group.nearest(words(heard.question)) if group else None
        return None if example is None else Place(*(column[example] for column in self._places))

    def _add(self, place: Place, heard: Heard) -> None:
        example, spoken = len(self), words(heard.question)
        for column, value in zip(self._places, (place.start, place.length, place.number), strict=True):
            column.append(value)
        self._same.setdefault(heard.digest, example)
        self._groups.setdefault(heard.since, _Group(example)).add(example, spoken)
        self.words += len(spoken)

    def _group(self, since: int) -> "_Group | None":
        """Return the examples that went on as long after the user's last text, or nearly; none where one has not."""
        if not since:
            return self._groups.get(0)
        lengths = (length for length in self._groups if length)
        nearest = min(lengths, key=lambda length: (abs(length - since), length), default=0)
        return self._groups[nearest] if nearest else None


class _Group:
    """Examples that went on as long: add to it, then close it, then ask it."""

    def __init__(self, first: int) -> None:
        self._first, self._weights = first, list[int]()
        self._entries = array("Q")  # a word in the upper 32 bits, an example in the lower; in order once closed
        self._size = 0

    def add(self, example: int, spoken: set[int]) -> None:
        self._size += 1
        self._entries.extend(word << 32 | example for word in spoken)

    def close(self, weights: list[int]) -> None:
        """Take no more examples; ``weights`` gets, and holds, those of all words of an example together."""
        self._entries, self._weights = array("Q", sorted(self._entries)), weights
        for start, stop in self._runs():
            weight = self._weight(stop - start)
            for entry in self._entries[start:stop]:
                weights[entry & _LOW] += weight

    def nearest(self, asked: set[int]) -> int:
        """Return the example whose words are most like these."""
        runs = sorted((stop - start, start) for start, stop in map(self._run, sorted(asked)))
        mine = sum(self._weight(length) for length, _ in runs)
        shared: dict[int, int] = {}
        left = VISITS_MAX
        for length, start in runs:
            weight = self._weight(length)
            for entry in self._entries[start : start + min(length, left)]:
                example = entry & _LOW
                shared[example] = shared.get(example, 0) + weight
            left -= min(length, left)
        alike = ((both / (mine + self._weights[example] - both), -example) for example, both in shared.items())
        return -max(alike, default=(0.0, -self._first))[1]

    def _weight(self, having: int) -> int:
        return (self._size // max(1, having)).bit_length()

    def _run(self, word: int) -> tuple[int, int]:
        """Return where the entries of a word start and stop."""
        return bisect_left(self._entries, word << 32), bisect_left(self._entries, (word + 1) << 32)

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Yield where the entries of each word start and stop."""
        start = 0
        while start < len(self._entries):
            stop = bisect_left(self._entries, ((self._entries[start] >> 32) + 1) << 32, start)
            yield start, stop
            start = stop


def _placed(lines: Iterable[bytes]) -> Iterator[tuple[Place, Example]]:
    start = 0
    for line in lines:
        for number, example in enumerate(examples(line)):
            yield Place(start, len(line), number), example
        start += len(line)
