"""``ftemu clock``."""

from argparse import ArgumentTypeError
from datetime import datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.commands.clock import UNITS_S, duration
from tests.commands.conftest import Command, start_job


def test_a_clock_is_shown_where_no_verb_is_named(ftemu: Command) -> None:
    ftemu("clock", "set", "--mode", "manual", "--now", "2031-02-03T04:05:06Z")

    told = ftemu("clock")

    assert told.code == 0
    assert told.out.splitlines() == [
        "now   2031-02-03T04:05:06Z",
        "mode  manual",
        "rate  0 virtual seconds a host second",
    ]
    assert ftemu("clock", "show", "--json").json == {"mode": "manual", "rate": 0, "now": "2031-02-03T04:05:06Z"}


def test_a_clock_is_advanced_by_what_people_write(ftemu: Command) -> None:
    ftemu("clock", "set", "--mode", "manual", "--now", "2031-01-01")

    assert ftemu("clock", "advance", "1h30m", "--json").json["now"] == "2031-01-01T01:30:00Z"
    assert ftemu("clock", "advance", "1d", "--json").json["now"] == "2031-01-02T01:30:00Z"
    assert ftemu("clock", "advance", "30", "--json").json["now"] == "2031-01-02T01:30:30Z"


def test_a_rate_is_set(ftemu: Command) -> None:
    assert "60 virtual seconds a host second" in ftemu("clock", "set", "--mode", "real", "--rate", "60").out


def test_time_that_would_go_back_is_refused_in_the_servers_words(ftemu: Command) -> None:
    told = ftemu("clock", "set", "--now", "2020-01-01T00:00:00Z")

    assert told.code == 1
    assert told.out == ""
    assert told.err.startswith("ftemu: time does not go back: got now 2020-01-01T00:00:00+00:00")


def test_a_skip_says_where_nothing_is_to_come(ftemu: Command, client: httpx.Client) -> None:
    ftemu("clock", "set", "--mode", "manual")

    assert "has anything to come; the clock stays." in ftemu("clock", "skip").out
    before = datetime.fromisoformat(ftemu("clock", "--json").json["now"])
    start_job(client)
    told = ftemu("clock", "skip")
    assert "stays" not in told.out
    assert datetime.fromisoformat(ftemu("clock", "--json").json["now"]) > before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("advance", "2x"), "got '2x', takes seconds, or a time such as 90s, 1h30m or 2d"),
        (("advance",), "the following arguments are required: TIME"),
        (("set", "--mode", "pol"), "got 'pol', takes one of real, manual, poll; did you mean poll?"),
        (("set", "--now", "noon"), "got 'noon', takes an ISO 8601 instant"),
        (("set",), "takes at least one of --mode, --rate and --now"),
    ],
)
def test_what_is_no_time_is_refused(ftemu: Command, words: tuple[str, ...], said: str) -> None:
    told = ftemu("clock", *words)

    assert told.code == 2
    assert said in told.err


@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([unit for unit in UNITS_S if unit])), min_size=1))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    written = "".join(f"{number}{unit}" for number, unit in parts)

    assert duration(written) == pytest.approx(sum(number * UNITS_S[unit] for number, unit in parts))


@pytest.mark.parametrize("written", ["", " ", "h", "-1", "1h 30m", "1h30", "1e3", "nan", "inf", "1,5h", "1.5.h"])
def test_a_duration_that_could_mean_two_things_is_refused(written: str) -> None:
    with pytest.raises(ArgumentTypeError, match="takes seconds, or a time such as"):
        duration(written)
