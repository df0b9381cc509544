"""Cosine similarity, of how often each word occurs: a stand-in, for the provider's is of embeddings (documented).

No model is asked here, so that texts of one meaning in different words are not alike.
"""

import math
import re
from collections import Counter

_WORD = re.compile(r"\w+")


def cosine(text: str, reference: str) -> float:
    """Return the cosine of the angle between both texts' counts of words, whatever their case."""
    counts, others = Counter(_WORD.findall(text.casefold())), Counter(_WORD.findall(reference.casefold()))
    product = sum(count * others[word] for word, count in counts.items())
    lengths = math.sqrt(counts_squared(counts) * counts_squared(others))
    return product / lengths if lengths else float(counts == others)


def counts_squared(counts: Counter[str]) -> int:
    """Return the square of the length of a vector of counts."""
    return sum(count * count for count in counts.values())
