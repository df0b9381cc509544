"""The contract tests are tested: each emulator with one behaviour broken is caught by the test that is named for it.

Here each sabotage meets its own test only: every eighth of Nebius's, every 24th of OpenAI's, every 64th of Nscale's and
every fifth of AI Studio's in each run, the others with ``pytest -m full``. With ``python -m tests.contract.sabotages``
each meets all of its provider's.
"""

from collections.abc import Callable, Sequence

import pytest

from tests.contract.sabotages import ALL, GROUPS, Sabotage
from tests.contract.sabotages.matrix import kept, why_not
from tests.contract.sabotages.trial import CAN_FORK, HONEST, TRIAL_S_MAX, Outcome, Trial, trials
from tests.contract.tally import KEY

NAMES = kept()
EVERY = {"nebius": 12, "openai": 36, "nebius-studio": 7, "nscale": 64}
"""One in so many is tried in each run: what that takes, not how many there are, is what a change waits for."""
AT_LEAST = {"nebius": 300, "openai": 300, "nebius-studio": 20, "nscale": 500}
"""How many there are; AI Studio has its own only, the others being those of Nebius."""

forking = pytest.mark.skipif(not CAN_FORK, reason="trials are forked, which this system cannot")


def trial_of(name: str, *tests: str) -> Trial:
    """Try one sabotage."""
    with trials({name: tests}) as running:
        return running[name].result(TRIAL_S_MAX)


def test_every_sabotage_has_a_contract_test_and_a_name_of_its_own() -> None:
    assert [*NAMES] == [each.name for each in ALL]
    assert {dialect: sum(each.dialect == dialect for each in ALL) > least for dialect, least in AT_LEAST.items()} == (
        dict.fromkeys(EVERY, True)
    )


def test_every_sabotage_says_in_a_sentence_what_is_broken() -> None:
    sentences = [each.broken for each in ALL]

    assert [each for each in sentences if not each.endswith(".") or not each[0].isupper()] == []
    assert len({*sentences}) == len(sentences)


@forking
@pytest.mark.parametrize(
    "dialect",
    # CI runs the suites themselves; one of them is enough to see that trials are as honest.
    [pytest.param(dialect, marks=() if dialect == "nebius" else pytest.mark.full) for dialect in HONEST],
)
def test_no_sabotage_is_caught_by_a_test_that_fails_on_the_honest_emulator_too(dialect: str) -> None:
    named = {NAMES[each.name] for each in ALL if each.dialect == dialect}
    honest = trial_of(HONEST[dialect].name, *sorted(named))
    outcomes = {test: honest.outcomes.get(test) for test in named}

    assert {test: each for test, each in outcomes.items() if each is None or each.word != "passed"} == {}
    assert honest.acts == 0


Note = Callable[[str, object], None]


def hold_caught(sabotages: Sequence[Sabotage], note: Note) -> None:
    """Hold that each sabotage is caught by its own contract test; note how many are."""
    wanted = {each.name: (NAMES[each.name],) for each in sabotages}
    with trials(wanted) as running:
        reasons = {name: why_not(running[name].result(TRIAL_S_MAX), tests) for name, tests in wanted.items()}
    missed = {name: reason for name, reason in reasons.items() if reason}
    note(KEY, (len(reasons) - len(missed), len(reasons)))

    assert missed == {}


@forking
@pytest.mark.parametrize("group", GROUPS)
def test_the_named_contract_tests_catch_some_sabotages_of_each_kind(group: str, record_property: Note) -> None:
    hold_caught([each for at, each in enumerate(GROUPS[group]) if at % EVERY[each.dialect] == 0], record_property)


@forking
@pytest.mark.full
@pytest.mark.parametrize("group", GROUPS)
def test_the_named_contract_tests_catch_the_other_sabotages(group: str, record_property: Note) -> None:
    hold_caught([each for at, each in enumerate(GROUPS[group]) if at % EVERY[each.dialect]], record_property)


@forking
def test_a_sabotage_that_never_acts_is_not_caught_whatever_fails() -> None:
    test = NAMES["events_reversed"]
    idle = trial_of(HONEST["nebius"].name, test)
    fallen = Trial(idle.name, 0, trial_of("events_reversed", test).outcomes, 0)

    assert why_not(fallen, [test]).startswith("it never acted")


@forking
def test_a_contract_test_that_passes_does_not_catch() -> None:
    other = NAMES["models_first_twice"]

    assert why_not(trial_of("models_owner_missing", other), [other]) == f"{other} passed"


@pytest.mark.parametrize("crash", ["KeyError: 'id'", "TimeoutError: the test did not end", "httpx.ReadError"])
def test_a_contract_test_that_stumbles_does_not_catch(crash: str) -> None:
    trial = Trial("events_reversed", 1, {"test": Outcome("failed", crash)}, 0)

    assert why_not(trial, ["test"]) == f"test failed {crash}"
