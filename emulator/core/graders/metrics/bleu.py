"""BLEU, by NLTK: words between blanks, n-grams of 1 to 4 words of equal weight, no smoothing.

So a text that shares no four words in a row with its reference has 0.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from emulator.core.graders.metrics.extra import extra


class _NoOverlap(Exception):
    """The n-grams of some length have nothing in common."""


def bleu(text: str, reference: str) -> float:
    """Return NLTK's ``sentence_bleu``; raise Refused without the library."""
    try:
        return float(
            extra("nltk.translate.bleu_score").sentence_bleu(
                [reference.split()], text.split(), smoothing_function=_unsmoothed
            )
        )
    except _NoOverlap:
        return 0.0


def _unsmoothed(precisions: Sequence[Fraction], *_: Any, **__: Any) -> list[float]:
    """Return precisions as they are; NLTK's own way warns where one is 0, and then answers nearly 0."""
    if not all(precision.numerator for precision in precisions):
        raise _NoOverlap
    return [float(precision) for precision in precisions]
