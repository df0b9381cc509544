"""The state of a tenant of Nscale: its organizations with their files, datasets, jobs and exports."""

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Emulator, service_token
from tests.conftest import Serve, client_of
from tests.state.looks import SNAPSHOTS, STATE, advance, answered, exported
from tests.state.nscale import ORGANIZATION, create, everything, lived, path_of, put_together, upload
from tests.state.test_refused_states import JUNK, Change, Document, drop, places, put, twice

OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e"
ODD = ["Ä ö", "..", "%", "a\nb", "\x00", "?#", "x" * 300, "日本", '"', "nscale"]
"""Organizations that no service gives out, and that a path can name."""


@pytest.fixture(scope="module")
def still() -> Iterator[Emulator]:
    """A server whose clocks stand still."""
    with Emulator(clock="manual") as emulator:
        yield emulator


@pytest.fixture
def one(still: Emulator, key: str) -> Iterator[httpx.Client]:
    """A client with a token of the test's own."""
    with client_of(still, service_token(key)) as client:
        yield client


@pytest.fixture
def other(still: Emulator, key: str) -> Iterator[httpx.Client]:
    """A client with another token."""
    with client_of(still, service_token(f"{key} other")) as client:
        yield client


@pytest.fixture(scope="module")
def document(still: Emulator) -> Document:
    """A state with something of everything."""
    with client_of(still, service_token("of this module")) as client:
        lived(client)
        state: Document = answered(client.get(STATE))
        return state


def test_what_is_imported_elsewhere_gives_the_same_answers_and_the_same_export(
    one: httpx.Client, other: httpx.Client
) -> None:
    lived(one)
    create(one, path_of(OTHER), put_together(one, path_of(OTHER), upload(one, path_of(OTHER))))
    before = everything(one), everything(one, OTHER)
    answered(other.put(STATE, content=one.get(STATE).content))

    assert (everything(other), everything(other, OTHER)) == before
    assert exported(other) == exported(one)
    assert [len(each) > least for each, least in zip(before, (30, 10), strict=True)] == [True, True]
    assert {status for status, _ in before[0].values()} == {200, 400}  # of jobs without a model to be downloaded


def test_jobs_and_exports_go_on_after_an_import_as_they_would_have(one: httpx.Client, other: httpx.Client) -> None:
    ids = lived(one)
    answered(other.put(STATE, content=one.get(STATE).content))
    for client in (one, other):
        export = f"{path_of(ORGANIZATION)}/jobs/{ids['done']}/exports/{ids['sending']}"
        assert answered(client.get(export))["status"] == "running"
        advance(client, 1000)
        assert answered(client.get(export))["status"] == "completed"
        assert answered(client.get(f"{path_of(ORGANIZATION)}/jobs/{ids['running']}"))["status"] == "completed"

    assert everything(other) == everything(one)


def test_what_is_made_after_an_import_has_ids_of_its_own(one: httpx.Client, other: httpx.Client) -> None:
    ids, at = lived(one), path_of(ORGANIZATION)
    answered(other.put(STATE, content=one.get(STATE).content))
    file = upload(other, at)
    dataset = put_together(other, at, file)
    made = [file, dataset, create(other, at, dataset)]

    assert len({*made, *ids.values()}) == len(made) + len(ids)
    assert answered(other.get(f"{at}/datasets"))["data"][0]["id"] == dataset


def test_organizations_of_odd_letters_are_kept_apart_and_taken_along(one: httpx.Client, other: httpx.Client) -> None:
    for number, odd in enumerate(ODD):
        put_together(one, path_of(odd), upload(one, path_of(odd)), name=str(number))
    answered(other.put(STATE, content=one.get(STATE).content))

    for number, odd in enumerate(ODD):
        [dataset] = answered(other.get(f"{path_of(odd)}/datasets"))["data"]
        assert dataset["name"] == str(number)
    assert exported(other) == exported(one)


@pytest.mark.parametrize("content", [b"", b"a", b"a\n", b"a,b\n,\n,\n", b"a\n1\n", b"a\n" + b"x" * 9000, b"\xff", b'"'])
def test_tables_of_any_kind_are_taken_along(one: httpx.Client, other: httpx.Client, content: bytes) -> None:
    upload(one, path_of(ORGANIZATION), content)
    answered(other.put(STATE, content=one.get(STATE).content))

    assert everything(other) == everything(one)


def test_a_snapshot_brings_back_datasets_and_exports(one: httpx.Client) -> None:
    ids, at = lived(one), path_of(ORGANIZATION)
    before = everything(one)
    answered(one.put(f"{SNAPSHOTS}/lived"))
    assert one.delete(f"{at}/datasets/{ids['whole']}").status_code == httpx.codes.NO_CONTENT
    advance(one, 1000)
    answered(one.post(f"{SNAPSHOTS}/lived/load"))

    assert everything(one) == before


@pytest.mark.parametrize("how", ["reset", "forgotten"])
def test_nothing_is_left_of_who_starts_anew(one: httpx.Client, how: str) -> None:
    lived(one)
    answered(one.post("/_emulator/reset") if how == "reset" else one.delete(STATE))
    state = exported(one)

    assert {member: rows for member, rows in state.items() if isinstance(rows, list) and rows} == {}
    assert answered(one.get(f"{path_of(ORGANIZATION)}/datasets"))["data"] == []


def test_no_token_of_anybody_is_in_a_state(one: httpx.Client, key: str) -> None:
    lived(one)
    told = one.get(STATE).text

    assert "hf_c4nary" not in told
    assert service_token(key) not in told


def provider(member: str, value: str) -> Change:
    return put(member, 0, "provider", value=value)


WRONG: dict[str, tuple[Change, str]] = {
    "no organization": (provider("jobs", "nscale"), "jobs[0].provider: got 'nscale', takes nscale/ORGANIZATION"),
    "an empty organization": (provider("pairs", "nscale/"), "pairs[0].provider: got 'nscale/', takes nscale/ORG"),
    "a step up": (provider("files", "nscale/../x"), "files[0].provider: got 'nscale/../x', takes nscale/ORG"),
    "two organizations": (provider("pushes", "nscale/a/b"), "pushes[0].provider: got 'nscale/a/b', takes nscale/ORG"),
    "an organization elsewhere": (provider("files", "nebius/x"), "files[0].provider: got 'nebius/x', takes nebius,"),
    "an unknown provider": (
        provider("pairs", "nscal/x"),
        "pairs[0].provider: there is no provider 'nscal'; did you mean nscale?",
    ),
    "a dataset elsewhere": (provider("pairs", "openai"), "pairs[0].provider: it has no pairs"),
    "an export elsewhere": (provider("pushes", "nebius"), "pushes[0].provider: it has no pushes"),
    "an export of another's job": (provider("pushes", "nscale/x"), "pushes[0].job: there is no job"),
    "an export of no job": (put("pushes", 0, "job", value="x"), "pushes[0].job: there is no job 'x' whose model it is"),
    "a dataset twice": (twice("pairs"), "is there twice"),
    "an export twice": (twice("pushes"), "is there twice"),
    "an id with a slash": (put("pairs", 0, "id", value="a/b"), "pairs[0].id: got 'a/b', takes what a path can hold"),
    "a dataset to come": (put("pairs", 0, "created_at", value="2027-01-01T00:00:00Z"), "pairs[0].created_at: got 2027"),
    "a change to come": (put("pairs", 0, "updated_at", value="2027-01-01T00:00:00Z"), "pairs[0].updated_at: got 2027"),
    "a change before": (put("pairs", 0, "updated_at", value="2025-01-01T00:00:00Z"), "pairs[0].updated_at: got 2025"),
    "a change of no time": (put("pairs", 0, "updated_at", value=None), "pairs[0]: it cannot be shown"),
    "fewer bytes than none": (put("pairs", 0, "bytes", value=-1), "pairs[0].bytes: got -1, takes 0 to"),
    "an export to come": (put("pushes", 0, "created_at", value="2027-01-01T00:00:00Z"), "pushes[0].created_at: got"),
    "an end before": (put("pushes", 0, "ends_at", value="2025-01-01T00:00:00Z"), "pushes[0].ends_at: got 2025"),
    "a misspelled column": (put("pushes", 0, "plac", value=1), "there is no member 'plac'; did you mean place?"),
    "no training file": (drop("pairs", 0, "training_file"), "missing required field `training_file`"),
    "columns of no form": (put("files", 0, "dataset", "columns", value=[{"nam": 1}]), "files[0]: it cannot be shown"),
    "a counter below what was made": (put("counter", value=12), "counter: got 12, takes 13 or more"),
    "a stage that shows no status": (
        put("jobs", 0, "plan", "phases", 0, "status", value="strange"),
        "jobs[0]: it cannot be shown",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_document_is_refused_by_its_place_and_changes_nothing(
    one: httpx.Client, document: Document, what: str
) -> None:
    change, said = WRONG[what]
    wrong = copy.deepcopy(document)
    change(wrong)
    error = answered(one.put(STATE, json=wrong), 422)["error"]

    assert said in error
    assert "\n" not in error
    assert exported(one)["files"] == []


def junk_is_refused_or_shown(still: Emulator, document: Document, where: float, junk: Any) -> None:
    paths = [*places({**document, "blobs": {}})]
    wrong = copy.deepcopy(document)
    put(*paths[int(where * len(paths))], value=junk)(wrong)
    with client_of(still, service_token("junk")) as client:
        answer = client.put(STATE, json=wrong)

        assert answer.status_code in {200, 422}, answer.text
        for seconds in (0, 10**6) if answer.status_code == 200 else ():
            answered(client.post("/_emulator/clock/advance", json={"seconds": seconds}))
            assert {status for status, _ in everything(client).values()} <= {200, 400, 404}


ANY_PLACE = given(where=st.floats(0, 1, exclude_max=True), junk=JUNK)
SHARED = [HealthCheck.function_scoped_fixture]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # else it hides what went wrong
@settings(max_examples=30, suppress_health_check=SHARED)
@ANY_PLACE
def test_junk_anywhere_in_a_document_is_refused_or_can_be_shown(
    still: Emulator, document: Document, where: float, junk: Any
) -> None:
    junk_is_refused_or_shown(still, document, where, junk)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=600, suppress_health_check=SHARED)
@ANY_PLACE
def test_much_junk_is_refused_or_can_be_shown(still: Emulator, document: Document, where: float, junk: Any) -> None:
    junk_is_refused_or_shown(still, document, where, junk)


def test_a_data_directory_keeps_them(serve: Serve, tmp_path: Any) -> None:
    with Emulator(clock="manual", data_dir=tmp_path) as before, client_of(before, service_token()) as client:
        lived(client)
        seen = everything(client)
    with client_of(serve(clock="manual", data_dir=tmp_path), service_token()) as client:
        assert everything(client) == seen
