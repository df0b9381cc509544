"""The short way to write a scenario or a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.shorthand import Spelled, Unreadable, spelled, unknown

names = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)
values = st.text("abc019 .,;=:/-", max_size=12).map(str.strip)


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("succeeds", [Spelled("succeeds", None, {})]),
        ("fails_at_step=40", [Spelled("fails_at_step", "40", {})]),
        ("status=429, retry_after=2", [Spelled("status", "429", {"retry_after": "2"})]),
        ("latency=2; status=500", [Spelled("latency", "2", {}), Spelled("status", "500", {})]),
        ('x,error_message="a, b; c"', [Spelled("x", None, {"error_message": "a, b; c"})]),
    ],
)
def test_a_name_its_value_and_its_parameters_are_read(text: str, things: list[Spelled]) -> None:
    assert spelled(text) == things


@given(st.lists(st.builds(Spelled, names, st.none() | values, st.dictionaries(names, values, max_size=3)), min_size=1))
def test_what_is_written_out_is_read_back(things: list[Spelled]) -> None:
    texts = []
    for thing in things:
        parts = [(thing.name, thing.value), *thing.parameters.items()]
        texts.append(",".join(key if value is None else f'{key}="{value}"' for key, value in parts))

    assert spelled("; ".join(texts)) == things


@pytest.mark.parametrize("text", ["", "  ", "=3", 'a=b=c"', "a,,b", "a,b", '"', "a;;b"])
def test_what_is_not_written_this_way_is_refused_with_what_is_taken(text: str) -> None:
    with pytest.raises(Unreadable, match="takes"):
        spelled(text)


def test_an_unknown_name_is_answered_with_the_nearest_or_with_all() -> None:
    assert unknown("fault", "latncy", ["latency", "status"]) == "there is no fault 'latncy'; did you mean latency?"
    assert unknown("fault", "x", ["latency", "status"]) == "there is no fault 'x'; takes one of latency, status"
