"""ROUGE, "as defined by the rouge python library" (documented by Azure's guide to the same service).

Computed here, to the figures of ``rouge`` 1.0.1: that library counts what is different and not how often it occurs,
cuts sentences at full stops and words at blanks, and knows n-grams of 1 to 5 words, as the provider does. It has had no
release since 2021 and cannot take a sentence of some hundred words. Of what it returns the F1 score is taken
(unverified).
"""

from array import array
from collections.abc import Callable, Sequence

Words = Sequence[str]


def rouge_n(size: int) -> Callable[[str, str], float]:
    """Return the metric of n-grams of that many words."""

    def metric(text: str, reference: str) -> float:
        """Return the F1 score of the different n-grams that both texts have."""
        ours, theirs = _ngrams(text, size), _ngrams(reference, size)
        return _f1(len(ours & theirs), len(ours), len(theirs))

    return metric


def rouge_l(text: str, reference: str) -> float:
    """Return the F1 score of the different words in the longest common subsequences of both texts' sentences."""
    ours, theirs = _sentences(text), _sentences(reference)
    common = {word for there in theirs for here in ours for word in _longest_common(there, here)}
    return _f1(len(common), *(len({word for words in each for word in words}) for each in (ours, theirs)))


def _sentences(text: str) -> list[Words]:
    return [piece.split() or [""] for piece in text.split(".") if piece]


def _ngrams(text: str, size: int) -> set[tuple[str, ...]]:
    words = [word for words in _sentences(text) for word in words]
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


def _f1(common: int, ours: int, theirs: int) -> float:
    return 2 * common / (ours + theirs) if common else 0.0


def _longest_common(ours: Words, theirs: Words) -> list[str]:
    """Return a longest common subsequence, found from the ends on."""
    lengths = _lengths(ours, theirs)
    found: list[str] = []
    row, column = len(ours), len(theirs)
    while row and column:
        if ours[row - 1] == theirs[column - 1]:
            row, column = row - 1, column - 1
            found.append(ours[row])
        elif lengths[row - 1][column] > lengths[row][column - 1]:
            row -= 1
        else:
            column -= 1
    return found


def _lengths(ours: Words, theirs: Words) -> "list[array[int]]":  # in quotes: Python 3.11 cannot read it
    """Return how long the longest is of the first so many words of each."""
    rows = [array("H", bytes(2 * len(theirs) + 2))]
    for word in ours:
        above, row = rows[-1], array("H", [0])
        for column, other in enumerate(theirs):
            row.append(above[column] + 1 if word == other else max(above[column + 1], row[column]))
        rows.append(row)
    return rows
