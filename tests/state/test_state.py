"""A tenant's state goes out as one document and comes in again, here or elsewhere, and nobody can tell."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import openai
import pytest

from emulator.control import call as control
from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.state.looks import (
    ALL,
    FILES,
    JOBS,
    SNAPSHOTS,
    STATE,
    advance,
    answered,
    create,
    everything,
    exported,
    lived,
    upload,
)

Clients = Callable[..., httpx.Client]


@pytest.fixture
def still(serve: Serve) -> Emulator:
    """A server whose clocks stand still."""
    return serve(clock="manual")


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Give clients of servers."""
    with ExitStack() as stack:
        yield lambda emulator, key="a-key": stack.enter_context(client_of(emulator, key))


def test_what_is_imported_elsewhere_gives_the_same_answers_and_the_same_export(
    still: Emulator, clients: Clients
) -> None:
    one, other = clients(still), clients(still, "another")
    lived(one)
    before, document = everything(one), one.get(STATE).content
    answered(other.put(STATE, content=document))

    assert everything(other) == before
    assert exported(other) == exported(one)
    assert len(before) > 30


def test_an_import_by_a_server_of_another_seed_pace_and_clock_keeps_jobs_as_they_are(
    serve: Serve, clients: Clients
) -> None:
    one = clients(serve(clock="manual"))
    other = clients(serve(clock="poll", seed="another", pace=5.0, weight_bytes=10**6, lifecycle="observed"))
    lived(one)
    answered(other.put(STATE, content=one.get(STATE).content))

    assert everything(other) == everything(one)


def test_a_document_of_the_version_before_is_taken_and_shown_as_it_was(still: Emulator, clients: Clients) -> None:
    one, other = clients(still), clients(still, "another")
    lived(one)
    document = one.get(STATE).json()
    document["schema"] = 3
    for later in ("pairs", "pushes"):
        assert document.pop(later) == []
    answered(other.put(STATE, json=document))

    assert everything(other) == everything(one)


def test_a_document_of_the_earliest_version_is_taken_and_shown_as_it_was(still: Emulator, clients: Clients) -> None:
    one, other = clients(still), clients(still, "another")
    lived(one)
    document = one.get(STATE).json()
    document["schema"] = 2
    for later in ("uploads", "parts", "models", "permissions", "webhooks", "deliveries", "pairs", "pushes"):
        assert document.pop(later) == []
    for member, names in {"files": ["expires_at"], "jobs": ["metadata", "blob"], "tombstones": ["created_at"]}.items():
        for row in document[member]:
            for name in names:
                row.pop(name)
    named = {file["blob"] for file in document["files"]}  # the bytes that only a job still names were none of it
    document["blobs"] = {digest: content for digest, content in document["blobs"].items() if digest in named}
    answered(other.put(STATE, json=document))

    assert everything(other) == everything(one)


def test_jobs_go_on_after_an_import_as_they_would_have(still: Emulator, clients: Clients) -> None:
    one, other = clients(still), clients(still, "another")
    ids = lived(one)
    answered(other.put(STATE, content=one.get(STATE).content))
    for client in (one, other):
        advance(client, 0.2)
        answered(client.post(f"{JOBS}/{ids['running']}/cancel"))
        advance(client, 100)

    assert everything(other) == everything(one)
    assert answered(other.get(f"{JOBS}/{ids['running']}"))["status"] == "cancelled"


def test_what_was_deleted_stays_so_and_still_serves_as_a_cursor(still: Emulator, clients: Clients) -> None:
    one, other = clients(still), clients(still, "another")
    ids = lived(one)
    newest = upload(one, b"last", "last.jsonl")
    answered(one.delete(f"{FILES}/{newest}"))
    upload(clients(still, "third"))
    answered(other.put(STATE, content=one.get(STATE).content))
    added = upload(other, b"later", "later.jsonl")

    for client in (one, other):
        assert (
            client.get(f"{FILES}/{ids['gone']}").status_code
            == client.get(f"{FILES}/{ids['derived']}").status_code
            == 404
        )
        after = answered(client.get(FILES, params={"after": ids["gone"]}))["data"]
        assert [file["id"] for file in after] == [ids["first"]]
        after = answered(client.get(FILES, params={"after": newest}))["data"]
        assert [file["id"] for file in after] == [ids["batch"], ids["first"]]
    assert answered(other.get(FILES))["data"][0]["id"] == added


def test_what_is_made_after_an_import_has_ids_of_its_own(still: Emulator, clients: Clients) -> None:
    one, other = clients(still), clients(still, "another")
    ids = lived(one)
    answered(other.put(STATE, content=one.get(STATE).content))
    made = [upload(other), upload(other), create(other, ids["first"])]
    answered(one.put(STATE, content=one.get(STATE).content))
    made += [upload(one), create(one, ids["first"])]

    assert len({*made, *ids.values()}) == 5 + len(ids)


def test_an_import_takes_the_place_of_what_was_there_with_its_bytes(
    tmp_path: Path, serve: Serve, clients: Clients
) -> None:
    emulator = serve(clock="manual", data_dir=tmp_path)
    one, other = clients(emulator), clients(emulator, "another")
    old, content = upload(one, b"old"), b"new"
    upload(other, content)
    answered(one.post("/_emulator/faults", json={"effects": "status=500", "match": "jobs.create"}))
    answered(one.put(STATE, content=other.get(STATE).content))

    assert one.get(f"{FILES}/{old}").status_code == 404
    assert answered(one.get("/_emulator/faults"))["rules"] == []
    assert {path.name for path in (tmp_path / "blobs").iterdir()} == {hashlib.sha256(content).hexdigest()}


def test_an_export_and_an_import_leave_other_tenants_alone(still: Emulator, clients: Clients) -> None:
    one, other, third = clients(still), clients(still, "another"), clients(still, "third")
    lived(one)
    lived(third)
    before = everything(third)
    answered(other.put(STATE, content=one.get(STATE).content))
    answered(one.put(STATE, content=other.get(STATE).content))

    assert everything(third) == before


def test_an_import_sets_the_clock_back_and_forth(still: Emulator, clients: Clients) -> None:
    client = clients(still)
    early = client.get(STATE).content
    answered(client.put("/_emulator/clock", json={"mode": "poll", "rate": 2.5}))
    advance(client, 10**6)
    late = client.get(STATE).content
    answered(client.put(STATE, content=early))
    assert answered(client.get("/_emulator/clock")) == {"mode": "manual", "rate": 0, "now": "2026-01-01T00:00:00Z"}
    answered(client.put(STATE, content=late))

    clock = json.loads(late)["clock"]
    assert (clock["mode"], clock["rate"]) == ("poll", 2.5)
    now = datetime.fromisoformat(answered(client.get("/_emulator/clock"))["now"])
    assert now >= datetime.fromisoformat(clock["now"]) >= datetime.fromisoformat("2026-01-12T13:46:40Z")


def test_a_real_clock_goes_on_from_where_it_was_exported(serve: Serve, clients: Clients) -> None:
    one, other = clients(serve(clock="real")), clients(serve(clock="manual"))
    advance(one, 10**8)
    document = answered(one.get(STATE))
    answered(other.put(STATE, json=document))

    clock = answered(other.get("/_emulator/clock"))
    gone = datetime.fromisoformat(clock["now"]) - datetime.fromisoformat(document["clock"]["now"])
    assert clock["mode"] == "real"
    assert timedelta(0) < gone < timedelta(days=1)


def test_what_a_poll_clock_owed_before_an_import_is_not_paid_after_it(serve: Serve, clients: Clients) -> None:
    emulator = serve(clock="poll")
    client = clients(emulator)
    early = client.get(STATE).content
    create(client, upload(client))
    answered(client.get(JOBS))
    tenant = answered(client.put(STATE, content=client.get(STATE).content))["tenant"]
    answered(client.get(JOBS))
    # Without a key of its own, so that the call itself is no look of the tenant's.
    answered(httpx.put(f"{emulator.url}{STATE}?tenant={tenant}", content=early))

    assert answered(client.get("/_emulator/clock"))["now"] == "2026-01-01T00:00:00Z"


def test_an_export_tells_every_file_once_and_its_bytes_by_their_digest(still: Emulator, clients: Clients) -> None:
    client = clients(still)
    contents = [b"", b"x", b"xy", b"xyz" * 400_000, b"x"]
    files = [upload(client, content) for content in contents]
    document = exported(client)

    assert [file["id"] for file in document["files"]] == files
    assert {digest: base64.b64decode(text) for digest, text in document["blobs"].items()} == {
        hashlib.sha256(content).hexdigest(): content for content in contents
    }


def test_an_export_names_no_key_and_an_empty_tenant_has_one_too(still: Emulator, clients: Clients) -> None:
    key = "sk-c4nary-key"
    client = clients(still, key)
    empty = client.get(STATE).text
    lived(client)

    assert key not in empty + client.get(STATE).text
    assert json.loads(empty)["files"] == json.loads(empty)["jobs"] == []


def test_bytes_that_are_deleted_while_they_are_being_exported_are_told_all_the_same(
    tmp_path: Path, serve: Serve, clients: Clients
) -> None:
    client = clients(serve(clock="manual", data_dir=tmp_path))
    content = bytes(range(256)) * 60_000
    file = upload(client, content, "big.bin", "batch")
    with client.stream("GET", STATE) as answer:
        pieces = answer.iter_bytes()
        begun = next(pieces)
        answered(client.delete(f"{FILES}/{file}"))
        assert [*(tmp_path / "blobs").iterdir()]
        document = json.loads(begun + b"".join(pieces))
    # The next call of the tenant comes after the end of the export, and so after its bytes were let go.
    answered(client.get(SNAPSHOTS))

    assert [base64.b64decode(text) for text in document["blobs"].values()] == [content]
    answered(client.put(f"{SNAPSHOTS}/settled"))
    assert [*(tmp_path / "blobs").iterdir()] == []


def test_an_export_that_nobody_reads_to_its_end_holds_no_bytes_forever(
    tmp_path: Path, serve: Serve, clients: Clients
) -> None:
    emulator = serve(clock="manual", data_dir=tmp_path)
    client = clients(emulator)
    file = upload(client, bytes(20_000_000), "big.bin", "batch")
    with client_of(emulator) as leaving, leaving.stream("GET", STATE) as answer:
        next(answer.iter_raw())
    answered(client.delete(f"{FILES}/{file}"))
    for _ in range(1000):
        answered(client.put(f"{SNAPSHOTS}/a-write-after-another"))
        if not [*(tmp_path / "blobs").iterdir()]:
            break

    assert [*(tmp_path / "blobs").iterdir()] == []


def test_the_official_sdk_goes_on_with_what_was_imported(still: Emulator, clients: Clients) -> None:
    one, other = clients(still), clients(still, "another")
    ids = lived(one)
    answered(other.put(STATE, content=one.get(STATE).content))
    with openai.OpenAI(base_url=still.base_url(), api_key="another", max_retries=0) as sdk:
        job = sdk.fine_tuning.jobs.retrieve(ids["done"])
        names = [sdk.files.retrieve(file).filename for file in job.result_files[1:]]
        listed = [each.id for each in sdk.fine_tuning.jobs.list(limit=2)]

        assert job.status == "succeeded"
        assert all(name.startswith("ftckpt_") for name in names)
        assert listed == [ids["running"], ids["orphan"], ids["cancelled"], ids["done"]]
        assert sdk.files.content(ids["result"]).read() == one.get(f"{FILES}/{ids['result']}/content").content


def test_a_longer_document_than_is_taken_is_refused_with_a_sentence(
    still: Emulator, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = clients(still)
    ids = lived(client)
    document = client.get(STATE).content
    monkeypatch.setattr(control, "BYTES_MAX", len(document) - 1)
    said = answered(client.put(STATE, content=document), 413)["error"]

    assert said == f"got a document of more than {len(document) - 1} bytes, takes up to that"
    assert answered(client.get(FILES, params=ALL))["data"][0]["id"] == ids["batch"]


def test_an_export_of_a_tenant_at_work_is_of_one_instant(serve: Serve, clients: Clients) -> None:
    one, other = clients(serve(clock="real")), clients(serve(clock="manual"))
    file = upload(one)
    for _ in range(5):
        create(one, file)
        document = answered(one.get(STATE))
        answered(other.put(STATE, json=document))
        now = datetime.fromisoformat(document["clock"]["now"])

        assert all(datetime.fromisoformat(job["created_at"]) <= now for job in document["jobs"])
        assert len(answered(other.get(JOBS))["data"]) == len(document["jobs"])
