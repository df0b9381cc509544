"""How alike two texts are, one file a metric: each takes a text and its reference and returns from 0 to 1.

Names, and which library some are computed with, are documented. How the provider cuts texts into words, and how it has
its libraries set, is not: each file says what was chosen (all unverified).

Three libraries, of the optional extra ``graders``, are imported when a metric first needs one.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from emulator.core.graders.metrics.bleu import bleu
from emulator.core.graders.metrics.cosine import cosine
from emulator.core.graders.metrics.fuzzy_match import fuzzy_match
from emulator.core.graders.metrics.gleu import gleu
from emulator.core.graders.metrics.meteor import meteor
from emulator.core.graders.metrics.rouge import rouge_l, rouge_n
from emulator.errors import Refused

WORDS_MAX = 2_000
CHARACTERS_MAX = 20_000
FUZZY_CHARACTERS_MAX = 5_000
"""Texts that are longer are refused, for they would take more than a second; no bound is documented.

Most metrics take time by the product of both texts' lengths, the fuzzy match by the cube of them."""

METRICS: Mapping[str, Callable[[str, str], float]] = MappingProxyType(
    {
        "cosine": cosine,
        "fuzzy_match": fuzzy_match,
        "bleu": bleu,
        "gleu": gleu,
        "meteor": meteor,
        "rouge_1": rouge_n(1),
        "rouge_2": rouge_n(2),
        "rouge_3": rouge_n(3),
        "rouge_4": rouge_n(4),
        "rouge_5": rouge_n(5),
        "rouge_l": rouge_l,
    }
)


def similarity(metric: str, text: str, reference: str) -> float:
    """Return a metric of two texts; raise Refused for texts that are too long, or a library that is not there."""
    longest = FUZZY_CHARACTERS_MAX if metric == "fuzzy_match" else CHARACTERS_MAX
    if any(len(each) > longest or len(each.split()) > WORDS_MAX for each in (text, reference)):
        raise Refused(f"The metric {metric} takes texts of up to {longest} characters and {WORDS_MAX} words here.")
    return min(max(METRICS[metric](text, reference), 0.0), 1.0)
