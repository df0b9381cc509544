"""Which contract tests catch which sabotages: the names that are kept of it, and the whole table."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.contract.sabotages.trial import HONEST, NAMED, Trial

KEPT = Path(__file__).with_name("caught_by.json")
"""The contract test that is named for each sabotage: the one that holds what it breaks, and little else."""


WORD = 5
"""Letters by which words are told apart, so that `listed` is `lists`."""


def kept() -> dict[str, str]:
    """Return the contract test that is named for each sabotage."""
    names: dict[str, str] = json.loads(KEPT.read_text(encoding="utf-8"))
    return names


def keep(names: Mapping[str, str]) -> None:
    """Write down the contract test that is named for each sabotage."""
    KEPT.write_text(json.dumps(names, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def why_not(trial: Trial, tests: Sequence[str]) -> str:
    """Return why a sabotage does not count as caught by tests; empty where it does."""
    if not trial.acts:
        return "it never acted, so that nothing that failed says anything"
    for test in tests:
        outcome = trial.outcomes.get(test)
        if outcome is None:
            return f"there is no contract test {test}; pytest said: {trial.said[-300:]}"
        if not outcome.catches:
            return f"{test} {outcome.word} {outcome.crash}".strip()
    return "" if tests else "no contract test is named for it"


def honest(name: str) -> str:
    """Return the name of the honest emulator that a sabotaged one is held against."""
    return HONEST[NAMED[name].dialect].name


def catches(trials: Mapping[str, Trial]) -> Counter[str]:
    """Return how many sabotages each contract test catches."""
    return Counter(test for trial in trials.values() for test in trial.caught_by)


def chosen(trials: Mapping[str, Trial], before: Mapping[str, str]) -> dict[str, str]:
    """Return the test to name for each sabotage: the one named before, else the one that says most of the same words.

    None that fails on the honest emulator; one that fails itself rather than in its preparation, and of several the
    one that catches the fewest.
    """
    counted, names = catches(trials), {}
    for name, trial in trials.items():
        usual = trials[honest(name)].outcomes
        found = [test for test in trial.caught_by if test in usual and usual[test].word == "passed"]
        ranked = {
            test: (trial.outcomes[test].word == "error", -_akin(name, test), counted[test], test) for test in found
        }
        if found:
            names[name] = before[name] if before.get(name) in found else min(found, key=ranked.__getitem__)
    return names


def _akin(name: str, test: str) -> int:
    """Return how many words a sabotage has in common with the name of a test, whatever their endings."""
    words = [
        {word[:WORD] for word in re.findall(r"[a-z]{3,}", text.lower())}
        for text in (f"{name}_{NAMED[name].broken}".replace("_", " "), test.replace("_", " "))
    ]
    return len(words[0] & words[1])


def table(trials: Mapping[str, Trial], names: Mapping[str, str]) -> Iterator[str]:
    """Yield what the trials say, a line a sabotage, then the tests that stumble, and those that catch nothing."""
    broken = {name: trial for name, trial in trials.items() if name != honest(name)}
    for name, trial in broken.items():
        more = len(trial.caught_by) - 1
        by = f"{names[name]} and {more} more" if name in names else f"NOTHING ({len(trial.stumbled)} stumble)"
        yield f"{name}: {by}" if trial.acts else f"{name}: NEVER ACTED"
    stumbles = Counter(test for trial in broken.values() for test in trial.stumbled)
    yield from (f"stumbles over {count}: {test}" for test, count in stumbles.most_common())
    counted = catches(broken)
    all_tests = [test for name, trial in trials.items() if name == honest(name) for test in trial.outcomes]
    yield from (f"catches nothing: {test}" for test in all_tests if not counted[test])
    caught = sum(name in names and trial.acts > 0 for name, trial in broken.items())
    yield f"{caught}/{len(broken)} sabotages caught"
