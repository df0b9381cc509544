"""GLEU, Google's BLEU for single sentences, by NLTK: words between blanks, n-grams of 1 to 4 words."""

from emulator.core.graders.metrics.extra import extra


def gleu(text: str, reference: str) -> float:
    """Return NLTK's ``sentence_gleu``; raise Refused without the library."""
    words, others = text.split(), reference.split()
    if not words or not others:
        return 0.0
    return float(extra("nltk.translate.gleu_score").sentence_gleu([others], words))
