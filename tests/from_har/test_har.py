import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.from_har.har import NotHar, read
from tests.from_har.made import BEGINS_S, entry, har


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is not JSON"),
        ("<html>", "it is not JSON"),
        ("[]", "it holds a JSON list, takes an object with log.entries"),
        ('{"entries": []}', "it holds an object with entries, takes an object with log.entries"),
        ('{"log": {"version": "1.2"}}', "its log has version, takes log.entries"),
        ('{"log": {"entries": [{}, 3, {"request": {}}]}}', "none of its log.entries has a request"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_har_is_refused_with_what_was_got_and_what_is_taken(text: str, says: str) -> None:
    with pytest.raises(NotHar, match=says):
        read(text)


def test_a_recording_of_nothing_is_a_har() -> None:
    assert read('{"log": {"entries": []}}').entries == []


def test_a_byte_order_mark_before_a_har_is_no_part_of_it() -> None:
    assert len(read("\ufeff" + har(entry("GET", "/v1/files"))).entries) == 1


def test_entries_stand_in_the_order_in_which_they_began_and_keep_the_number_of_their_place() -> None:
    read_again = read(har(entry("GET", "/b", at=9.0), entry("GET", "/a", at=1.0)))

    assert [(each.number, each.url[-2:]) for each in read_again.entries] == [(2, "/a"), (1, "/b")]


@pytest.mark.parametrize(
    "instant",
    ["2026-05-04T12:00:00Z", "2026-05-04T14:00:00.000+02:00", "2026-05-04T12:00:00.0000000Z", "2026-05-04T12:00:00"],
)
def test_the_instants_of_all_recorders_are_read(instant: str) -> None:
    log = {"entries": [{"startedDateTime": instant, "request": {"method": "GET", "url": "/"}}]}

    assert read(json.dumps({"log": log})).entries[0].at_s == BEGINS_S


def test_what_was_not_recorded_is_not_known_rather_than_empty() -> None:
    bare = read('{"log": {"entries": [{"request": {"method": "get", "url": "/"}}]}}').entries[0]

    assert (bare.method, bare.status, bare.body, bare.size, bare.received, bare.wait_s) == (
        "GET",
        0,
        None,
        None,
        None,
        None,
    )


def test_a_body_in_base64_is_its_bytes_and_a_broken_one_is_not_known() -> None:
    whole = read(har(entry("GET", "/", answer=b"\x00\xff"))).entries[0]
    broken = json.loads(har(entry("GET", "/", answer=b"\x00\xff")))
    broken["log"]["entries"][0]["response"]["content"]["text"] = "a"

    assert whole.body == b"\x00\xff"
    assert read(json.dumps(broken)).entries[0].body is None


def test_a_body_that_the_recorder_cut_is_not_taken_for_one_that_came_so() -> None:
    cut = read(har(entry("GET", "/", answer='{"a": [1, 2', size=4000))).entries[0]

    assert (cut.is_whole, cut.received) == (False, 4000)


def test_headers_are_read_by_their_lower_case_names_without_those_of_http_2_itself() -> None:
    seen = read(har(entry("GET", "/", answer={}, headers={":status": "200", "Retry-After": "2"}))).entries[0]

    assert dict(seen.headers) == {"content-type": "application/json", "retry-after": "2"}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(
    members=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["request", "response", "timings", "time", "_error"], JSON)
    )
)
def test_an_entry_of_any_shape_is_read_or_left_out_and_breaks_nothing(members: dict[str, Any]) -> None:
    text = json.dumps({"log": {"entries": [{"request": {"method": "GET", "url": "/"}, **members}]}})

    with contextlib.suppress(NotHar):
        for each in read(text).entries:
            assert (each.received or 0) >= 0
            assert each.value is None or each.body
