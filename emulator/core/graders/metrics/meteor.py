"""METEOR, by NLTK: words between blanks, matched as they are and by their stems, with NLTK's default weights.

Synonyms are not matched: they would take WordNet, a corpus of its own.
"""

from emulator.core.graders.metrics.extra import extra


class _NoSynonyms:
    """A WordNet without a word in it."""

    def synsets(self, word: str) -> tuple[()]:
        """Return no meaning of a word."""
        return ()


def meteor(text: str, reference: str) -> float:
    """Return NLTK's ``single_meteor_score``; raise Refused without the library."""
    words, others = text.split(), reference.split()
    if not words or not others:
        return 0.0
    return float(extra("nltk.translate.meteor_score").single_meteor_score(others, words, wordnet=_NoSynonyms()))
