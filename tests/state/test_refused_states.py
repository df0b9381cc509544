"""A document that is no state is refused in a sentence that says where, and changes nothing."""

import base64
import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.server import Emulator
from emulator.settings import Settings
from emulator.timeline.plan import VERSION as PLAN_VERSION
from tests.conftest import client_of
from tests.state.looks import FILES, STATE, answered, everything, exported, lived

Document = dict[str, Any]
Change = Callable[[Document], Any]
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.fixture(scope="module")
def still() -> Iterator[Emulator]:
    """A server whose clocks stand still."""
    with Emulator(Settings(port=0, quiet=True, clock="manual")) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def client(still: Emulator) -> Iterator[httpx.Client]:
    """A client whose tenant has something of everything."""
    with client_of(still, "of-this-module") as client:
        lived(client)
        yield client


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> Document:
    """The tenant's own state."""
    state: Document = answered(client.get(STATE))
    return state


def put(*path: str | int, value: Any) -> Change:
    """Return a change that sets a member."""

    def change(document: Document) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    """Return a change that removes a member."""

    def change(document: Document) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


def twice(member: str) -> Change:
    return lambda document: document[member].append(copy.deepcopy(document[member][0]))


def blob(content: bytes, *, named: str | None = None) -> Change:
    digest = named or hashlib.sha256(content).hexdigest()
    return lambda document: document["blobs"].update({digest: base64.b64encode(content).decode()})


LATER = "2026-06-01T00:00:00Z"
WRONG: dict[str, tuple[Change, str]] = {
    "another version": (put("version", value=2), "version: got 2, this emulator reads 1"),
    "a version that is a text": (put("version", value="1"), "version: got 1, this emulator reads 1"),
    "a version that is true": (put("version", value=True), "version: got True, this emulator reads 1"),
    "no version": (drop("version"), "version: got None"),
    "another schema": (put("schema", value=99), "schema: got 99, this emulator reads"),
    "a misspelled member": (put("file", value=[]), "there is no member 'file'; did you mean files?"),
    "a misspelled column": (
        put("jobs", 1, "modle", value=1),
        "jobs[1]: there is no member 'modle'; did you mean model?",
    ),
    "a misspelled clock": (put("clock", "rat", value=1), "clock: there is no member 'rat'; did you mean rate?"),
    "no files": (drop("files"), "missing required field `files`"),
    "no id": (drop("files", 0, "id"), "missing required field `id`"),
    "an empty id": (put("files", 0, "id", value=""), "files[0].id: got '', takes what a path can hold"),
    "an id that is a step up": (put("files", 0, "id", value=".."), "files[0].id: got '..', takes what a path can hold"),
    "an id of a job with a slash": (put("jobs", 0, "id", value="a/b"), "jobs[0].id: got 'a/b', takes what a path"),
    "files that are an object": (put("files", value={}), "files: Expected `array`, got `object`"),
    "a name that is a number": (put("files", 0, "name", value=5), "files[0].name: Expected `str`, got `int`"),
    "a number past all bounds": (put("counter", value=10**400), "counter: "),
    "a number past SQLite's": (put("jobs", 0, "weight_bytes", value=2**63), "jobs[0].weight_bytes: "),
    "a number that is true": (put("counter", value=True), "counter: Expected `int`, got `bool`"),
    "a counter below what was made": (put("counter", value=1), "counter: got 1, takes 8 or more"),
    "a clock of no mode": (put("clock", "mode", value="slow"), "clock.mode: Invalid enum value 'slow'"),
    "a clock that goes back": (put("clock", "rate", value=-1), "clock.rate: "),
    "a clock past its end": (put("clock", "now", value="9999-01-01T00:00:00Z"), "clock.now: got 9999"),
    "a clock before its start": (put("clock", "now", value="1969-01-01T00:00:00Z"), "clock.now: got 1969"),
    "an instant without a zone": (put("jobs", 0, "created_at", value="2026-01-01T00:00:00"), "jobs[0].created_at: "),
    "an instant before 1970": (
        put("jobs", 0, "created_at", value="1960-01-01T00:00:00Z"),
        "jobs[0].created_at: got 1960",
    ),
    "an instant of a file before 1970": (
        put("files", 1, "created_at", value="0001-01-01T00:00:00Z"),
        "files[1].created_at",
    ),
    "a job that is still to come": (put("jobs", 1, "created_at", value=LATER), "jobs[1].created_at: got 2026-06-01"),
    "a file that is still to come": (put("files", 0, "created_at", value=LATER), "files[0].created_at: got 2026-06-01"),
    "a file without an instant": (put("files", 0, "created_at", value=None), "files[0]: it cannot be shown"),
    "an unknown provider": (
        put("jobs", 0, "provider", value="nebus"),
        "jobs[0].provider: there is no provider 'nebus'; did",
    ),
    "a file of an unknown provider": (
        put("files", 0, "provider", value="x"),
        "files[0].provider: there is no provider",
    ),
    "an unknown purpose": (
        put("files", 0, "purpose", value="fine-tun"),
        "files[0].purpose: there is no purpose 'fine-tun'; did",
    ),
    "a file twice": (twice("files"), "is there twice"),
    "a job twice": (twice("jobs"), "jobs[4].handle: "),
    "a deletion twice": (twice("tombstones"), "is there twice"),
    "a rule twice": (twice("rules"), "rules[1].id: 'slow' is there twice"),
    "two jobs of one handle": (
        lambda document: document["jobs"][1].update(handle=document["jobs"][0]["handle"]),
        "jobs[1].handle: ",
    ),
    "two files in one place": (
        lambda document: document["files"][1].update(seq=document["files"][0]["seq"]),
        "files[1].seq: ",
    ),
    "a file in no place": (put("files", 0, "seq", value=None), "files[0].seq: got null"),
    "a handle too long": (put("jobs", 0, "handle", value=2**48), "jobs[0].handle: got 281474976710656, takes 0 to"),
    "weights beyond bounds": (put("jobs", 0, "weight_bytes", value=10**15), "jobs[0].weight_bytes: got 10000000"),
    "a digest of other bytes": (
        blob(b"other", named="0" * 64),
        f"blobs.{'0' * 64}: the SHA-256 of these bytes is {OTHER}",
    ),
    "a digest that is a path": (
        blob(b"other", named="../../escaped"),
        "blobs.../../escaped: the SHA-256 of these bytes is",
    ),
    "bytes of no file": (blob(b"other"), f"blobs.{OTHER}: nothing has these bytes"),
    "bytes that are not base64": (put("blobs", OTHER, value="*"), "blobs[...]: Invalid base64"),
    "no bytes": (put("blobs", value={}), "files[0].blob: got"),
    "a size that is another": (put("files", 0, "bytes", value=3), "files[0].bytes: got 3, its blob has 360"),
    "data that cannot be": (
        put("files", 0, "dataset", "tokens", value=10**12),
        "files[0].dataset.tokens: got 1000000000000",
    ),
    "data of another form": (put("files", 0, "dataset", value=[1]), "files[0]: it cannot be shown"),
    "a plan of another version": (
        put("jobs", 2, "plan", "version", value=99),
        f"jobs[2].plan.version: got 99, this emulator reads 1 to {PLAN_VERSION}",
    ),
    "a plan without a version": (drop("jobs", 2, "plan", "version"), "jobs[2]: it cannot be shown"),
    "a plan without phases": (put("jobs", 3, "plan", "phases", value=[]), "jobs[3]: it cannot be shown"),
    "a plan of no steps": (put("jobs", 0, "plan", "training", "steps", value=0), "jobs[0]: it cannot be shown"),
    "a plan that is a list": (put("jobs", 0, "plan", value=[]), "jobs[0]: it cannot be shown"),
    "no plan": (put("jobs", 0, "plan", value=None), "jobs[0].plan: takes a value"),
    "a request that holds what is no part of it": (
        put("jobs", 0, "request", "id", value="x"),
        "jobs[0]: it cannot be shown",
    ),
    "a request that is a text": (put("jobs", 0, "request", value="x"), "jobs[0]: it cannot be shown"),
    "a request of another shape": (put("jobs", 3, "request", "seed", value=[]), "jobs[3]: it cannot be shown: seed"),
    "a deed that nobody does": (put("jobs", 1, "actions", 0, "deed", value="explode"), "jobs[1]: it cannot be shown"),
    "an action without a deed": (drop("jobs", 1, "actions", 0, "deed"), "missing required field `deed`"),
    "a next scenario of unknown knobs": (
        put("upcoming", value={"name": "x", "knobs": 5, "left": 1}),
        "upcoming: it cannot",
    ),
    "a next scenario for no job": (
        put("upcoming", value={"name": "x", "knobs": {}, "left": 0}),
        "upcoming.left: got 0",
    ),
    "a next scenario out of bounds": (
        put("upcoming", value={"name": "x", "knobs": {"pace": -5}, "left": 1}),
        "upcoming: it cannot be shown",
    ),
    "a scenario of all jobs that is out of bounds": (
        put("upcoming", value={"name": "x", "knobs": {}, "left": 1, "then": {"name": "y", "knobs": {"pace": -5}}}),
        "upcoming: it cannot be shown",
    ),
    "a rule of an unknown effect": (
        put("rules", 0, "rule", "effects", value=["latncy=1"]),
        "rules[0].rule: it cannot be",
    ),
    "a rule of another id": (
        put("rules", 0, "rule", "id", value="quick"),
        "rules[0].rule.id: got 'quick', its row has 'slow'",
    ),
    "a rule that matches nothing": (put("rules", 0, "rule", "match", value="jobs.cancl"), "rules[0].rule"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_document_is_refused_by_its_place_and_changes_nothing(
    client: httpx.Client, document: Document, what: str
) -> None:
    change, said = WRONG[what]
    before, wrong = exported(client), copy.deepcopy(document)
    change(wrong)
    error = answered(client.put(STATE, json=wrong), 422)["error"]

    assert said in error
    assert "\n" not in error
    assert len(error) < 600
    assert exported(client) == before


def test_the_document_that_the_wrong_ones_are_made_of_is_taken(client: httpx.Client, document: Document) -> None:
    answered(client.put(STATE, json=document))
    before = everything(client)
    answered(client.put(STATE, json=document))

    assert everything(client) == before


BROKEN = {
    "nothing": b"",
    "no JSON": b"not json",
    "a list": b"[]",
    "a text": b'"state"',
    "deep nesting": b"[" * 100_000 + b"]" * 100_000,
    "deep nesting within": b'{"version":1,"schema":2,"upcoming":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "half a character": b'{"version":1,"schema":2,"upcoming":"\xff"}',
    "a lone surrogate": b'{"version":1,"schema":2,"upcoming":"\\ud800"}',
    "a number of many digits": b'{"version":' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_document_at_all_is_refused(client: httpx.Client, what: str) -> None:
    before = exported(client)
    error = answered(client.put(STATE, content=BROKEN[what]), 422)["error"]

    assert len(error) < 300
    assert exported(client) == before


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True))
def test_a_document_that_is_cut_anywhere_is_refused_and_changes_nothing(
    client: httpx.Client, document: Document, share: float
) -> None:
    text = json.dumps(document).encode()
    answered(client.put(STATE, content=text[: int(len(text) * share)]), 422)

    assert answered(client.get(FILES))["data"]


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield every place in a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield (*path, key)
        yield from places(item, (*path, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([[], {}, [[]], {"version": 1}, 10**400, "9999-12-31T23:59:59Z", "P9999999D"]),
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # else it hides what went wrong
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), junk=JUNK)
def test_junk_anywhere_in_a_document_is_refused_or_can_be_shown(
    still: Emulator, document: Document, where: float, junk: Any
) -> None:
    paths = [*places({**document, "blobs": {}})]
    wrong = copy.deepcopy(document)
    put(*paths[int(where * len(paths))], value=junk)(wrong)
    with client_of(still, "junk") as client:
        answer = client.put(STATE, json=wrong)

        assert answer.status_code in {200, 422}, answer.text
        for seconds in (0, 0.5, 10**6) if answer.status_code == 200 else ():
            answered(client.post("/_emulator/clock/advance", json={"seconds": seconds}))
            assert {status for status, _ in everything(client).values()} <= {200, 404}
