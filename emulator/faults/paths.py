"""Whether a pattern of paths can ever match a path of an operation: a rule that never could is a mistake."""

import re

Piece = tuple[str, bool]
"""A character, or what stands for some of them; and whether it stands for any number of them."""

ANY, NO_SLASH = "any", "no slash"


def shares(path: str, pattern: str) -> bool:
    """Say whether a path with parameters as ``{job_id}`` has a value that fits a pattern of ``*`` and ``?``."""
    return _common(_of_path(path), _of_pattern(pattern))


def _of_path(path: str) -> list[Piece]:
    """Return the pieces of a path: a parameter is one character or more, without a slash if it is no ``:path``."""
    pieces: list[Piece] = []
    for literal, parameter in re.findall(r"([^{])|\{\w+((?::path)?)\}", path):
        kind = ANY if parameter else NO_SLASH
        pieces += [(literal, False)] if literal else [(kind, False), (kind, True)]
    return pieces


def _of_pattern(pattern: str) -> list[Piece]:
    return [(ANY, each == "*") if each in "*?" else (each, False) for each in pattern]


def _common(mine: list[Piece], theirs: list[Piece]) -> bool:
    """Say whether two lists of pieces have a text in common: walk both at once, over every pair of places."""
    ahead, seen = [(0, 0)], {(0, 0)}
    while ahead:
        here, there = ahead.pop()
        if (here, there) == (len(mine), len(theirs)):
            return True
        new = {*_steps(mine[here : here + 1], theirs[there : there + 1])}
        places = {(here + step, there + other) for step, other in new} - seen
        seen |= places
        ahead += places
    return False


def _steps(mine: list[Piece], theirs: list[Piece]) -> list[tuple[int, int]]:
    """Return how far one may go in each: past what stands for any number, or past a character that both have."""
    past = [(1, 0)] * any(many for _, many in mine) + [(0, 1)] * any(many for _, many in theirs)
    both = [(int(not many), int(not more)) for one, many in mine for other, more in theirs if _overlap(one, other)]
    return past + both


def _overlap(one: str, other: str) -> bool:
    if ANY in (one, other) or one == other:
        return True
    return NO_SLASH in (one, other) and "/" not in (one, other)
