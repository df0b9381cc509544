"""Signed links: what opens one, and that nothing else does."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from emulator.clock import LATEST, host_clock
from emulator.core import links, world
from emulator.core.links import Link, check
from emulator.core.world import World
from emulator.errors import Unauthenticated, Unsigned
from emulator.settings import Settings
from emulator.storage.accounts import Account

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = ("k1", "k2")
ANNA = Account("0123456789abcdef" * 2, "nscale/org-1")
PATH = "/api/v1/organizations/org-1/files/1/content"
PLAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

Pairs = list[tuple[str, str]]
# What a server can be sent: it reads percent-encoded bytes that are no UTF-8 as U+FFFD.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
paths = texts.map(lambda text: f"/{text}")


@pytest.fixture(scope="module")
def here() -> Iterator[World]:
    """A server's state."""
    with world.opened(Settings(quiet=True), host_clock()) as made:
        yield made


def sent(url: str) -> tuple[str, Pairs]:
    """Return the path and the pairs that a server makes of a link."""
    parts = urlsplit(f"http://h{url}")
    return unquote(parts.path), parse_qsl(parts.query, keep_blank_values=True)


def signed(here: World, path: str = PATH, *, at: datetime = AT, lasts_s: int = 3600) -> tuple[str, Pairs]:
    return sent(links.signed(here, ANNA, path, at=at, lasts_s=lasts_s))


def refused(here: World, path: str, pairs: Pairs) -> bool:
    try:
        links.opened(here, path, pairs)
    except Unsigned as error:
        return not error.expired
    return False


@PLAIN
@given(path=paths, lasts_s=st.integers(0, 10**9))
@example(path="/a b/ü%2F?x=1&y#z\0\n;+/😀", lasts_s=1)
def test_a_link_opens_its_path_until_its_end(here: World, path: str, lasts_s: int) -> None:
    url = links.signed(here, ANNA, path, at=AT, lasts_s=lasts_s)

    assert re.fullmatch(r"[!-~]+\?tenant=[0-9a-f]{32}&expires=[0-9]+&signature=[0-9a-f]{64}", url)
    assert sent(url)[0] == path
    assert links.opened(here, *sent(url)) == Link(ANNA.tenant, path, AT + timedelta(seconds=lasts_s))


def test_half_a_surrogate_pair_in_a_name_is_replaced_by_what_can_be_sent(here: World) -> None:
    assert links.opened(here, *signed(here, "/a\ud800.csv")).path == "/a?.csv"


def test_a_link_ends_on_a_whole_second_and_never_too_early(here: World) -> None:
    found = links.opened(here, *signed(here, at=AT + timedelta(microseconds=1), lasts_s=10))

    assert found.expires_at == AT + timedelta(seconds=11)


@pytest.mark.parametrize("at", [datetime(1969, 7, 20, tzinfo=UTC), LATEST])
def test_a_link_can_be_made_at_any_virtual_time(here: World, at: datetime) -> None:
    assert links.opened(here, *signed(here, at=at)).expires_at == at + timedelta(hours=1)


def test_a_link_is_over_at_its_end_and_not_before() -> None:
    link = Link("t", "/", AT)
    check(link, AT - timedelta(microseconds=1))

    for late in (AT, AT + timedelta(days=1)):
        with pytest.raises(Unsigned) as raised:
            check(link, late)
        assert raised.value.expired


@PLAIN
@given(which=st.integers(0, 3), place=st.integers(0, 100), letter=st.characters(exclude_categories=["Cs"]))
def test_any_changed_letter_of_path_tenant_end_or_signature_is_refused(
    here: World, which: int, place: int, letter: str
) -> None:
    path, pairs = signed(here)
    texts = [path, *(value for _, value in pairs)]
    text = texts[which]
    at = place % len(text)
    assume(text[at] != letter)
    texts[which] = text[:at] + letter + text[at + 1 :]

    assert refused(here, texts[0], list(zip(links.MEMBERS, texts[1:], strict=True)))


@PLAIN
@given(which=st.integers(0, 3), cut=st.integers(0, 100), more=texts)
def test_any_text_that_is_shorter_or_longer_is_refused(here: World, which: int, cut: int, more: str) -> None:
    path, pairs = signed(here)
    texts = [path, *(value for _, value in pairs)]
    text = texts[which]
    texts[which] = text[: cut % (len(text) + 1)] + more
    assume(texts[which] != text)

    assert refused(here, texts[0], list(zip(links.MEMBERS, texts[1:], strict=True)))


def test_no_letter_moves_from_one_part_into_another(here: World) -> None:
    path, [(_, tenant), (_, expires), signature] = signed(here)

    assert refused(here, path + tenant[0], [("tenant", tenant[1:]), ("expires", expires), signature])
    assert refused(here, path, [("tenant", tenant + expires[0]), ("expires", expires[1:]), signature])
    assert refused(here, path, [("tenant", tenant.upper()), ("expires", expires), signature])
    assert refused(here, path, [("tenant", tenant), ("expires", expires), ("signature", signature[1].upper())])


junk = st.sampled_from(["", "0", "-1", "9" * 12, "9" * 5000, "١٢٣", "1e9", " 1", "\0", "é", "\ud800", "x"]) | st.text()


@PLAIN
@given(path=paths | st.text(), pairs=st.lists(st.tuples(st.sampled_from([*links.MEMBERS, "else"]), junk), max_size=5))
def test_no_junk_is_a_link_and_none_breaks_it(here: World, path: str, pairs: Pairs) -> None:
    if any(name in links.MEMBERS for name, _ in pairs):
        assert refused(here, path, pairs)
    else:
        with pytest.raises(Unauthenticated):
            links.opened(here, path, pairs)


@pytest.mark.parametrize("expires", ["9" * 12, "9" * 5000, "1e9", "١٢٣", "", "nan", "12 "])
def test_even_who_knows_the_secret_signs_no_end_that_is_none(here: World, expires: str) -> None:
    signature = links._signature(here.settings, PATH, ANNA.tenant, expires)

    assert refused(here, PATH, [("tenant", ANNA.tenant), ("expires", expires), ("signature", signature)])


@pytest.mark.parametrize("which", range(4))
def test_even_a_text_that_cannot_be_sent_is_no_link(here: World, which: int) -> None:
    path, pairs = signed(here)
    texts = [path, *(value for _, value in pairs)]
    texts[which] += "\ud800"

    assert refused(here, texts[0], list(zip(links.MEMBERS, texts[1:], strict=True)))


@pytest.mark.parametrize("name", links.MEMBERS)
def test_a_link_without_one_of_its_parameters_or_with_one_twice_is_refused(here: World, name: str) -> None:
    path, pairs = signed(here)

    assert refused(here, path, [pair for pair in pairs if pair[0] != name])
    assert refused(here, path, [*pairs, *(pair for pair in pairs if pair[0] == name)])
    assert refused(here, path, [*pairs, (name, "")])


def test_parameters_of_other_names_say_nothing(here: World) -> None:
    path, pairs = signed(here)

    assert links.opened(here, path, [("x", "1"), *pairs, ("x", "2")]).tenant == ANNA.tenant
    with pytest.raises(Unauthenticated):
        links.opened(here, path, [("x", "1")])


@pytest.mark.parametrize("theirs", [Settings(seed="another", api_key=KEYS), Settings(api_key=KEYS[:1]), Settings()])
def test_a_server_of_another_seed_or_of_other_keys_takes_no_link_of_this_one(here: World, theirs: Settings) -> None:
    ours = replace(here, settings=Settings(api_key=KEYS))

    assert refused(replace(here, settings=theirs), *signed(ours))


def test_a_server_of_the_same_seed_and_keys_takes_the_links_of_before(here: World) -> None:
    before = replace(here, settings=Settings(api_key=KEYS))
    after = replace(here, settings=Settings(api_key=KEYS[::-1]))

    assert links.opened(after, *signed(before)).tenant == ANNA.tenant
    assert signed(after) == signed(before)
