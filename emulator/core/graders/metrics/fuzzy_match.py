"""Fuzzy match, by RapidFuzz (documented): its default scorer, the weighted ratio, of the texts as they are."""

from emulator.core.graders.metrics.extra import extra


def fuzzy_match(text: str, reference: str) -> float:
    """Return RapidFuzz's ``WRatio`` over 100; raise Refused without the library."""
    return float(extra("rapidfuzz.fuzz").WRatio(text, reference)) / 100
