"""A secret that a client sends is not in its journal: not in the answers, not in an archive, not on disk."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.journal import shown_headers, shown_query
from emulator.redaction import HIDDEN, answerable, without_key
from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import client_of
from tests.journal.looking import JOBS, JOURNAL, entries, verify
from tests.test_secrets import BODY, CANARY, REFUSED, TAKEN, leaks

KEY = CANARY["api_key"]
SECRET = CANARY["unknown"]
HEADERS = {
    "cookie": f"session={SECRET}",
    "proxy-authorization": f"Basic {SECRET}",
    "x-api-key": SECRET,
    "x-emulator-token": SECRET,
    "x-auth-token": SECRET,
    "x-note": f"my key is {KEY}",
    "referer": f"https://example.com/?token={SECRET}",
    "user-agent": f"script api_key={SECRET}",
    "idempotency-key": "not-a-secret",
}


def ask(client: httpx.Client) -> None:
    """Plant every canary at every place where a request has room for it."""
    form = {"file": ("a.jsonl", json.dumps({"text": SECRET}).encode())}
    file_id = client.post("/v1/files", files=form, data={"purpose": "fine-tune", "api_key": SECRET}).json()["id"]
    for body in (*TAKEN, *REFUSED.values()):
        written = json.dumps(body).replace("the-training-file", file_id)
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            client.post(JOBS, content=written.encode(), headers={"content-type": kind})
    client.post(JOBS, content=json.dumps(BODY)[:-1].encode(), headers={"content-type": "application/json"})
    client.post(JOBS, content=json.dumps({"model": KEY, "a": [KEY]}), headers={"content-type": "application/json"})
    client.get(JOBS, headers=HEADERS)
    client.get(f"{JOBS}?api_key={SECRET}&token={SECRET}&x={KEY}&{KEY}=1&limit=abc")
    client.get(f"{JOBS}/{KEY}")
    client.get(f"/v1/{KEY}/none")
    client.get(JOBS, headers={"x-emulator-fault": f'status=500,message="your key is {KEY}"'})


def told(client: httpx.Client) -> Iterator[bytes]:
    """Yield all that the journal tells."""
    found = entries(client)
    assert len(found) > 3 * len(REFUSED)
    yield json.dumps(found).encode()
    yield client.get(JOURNAL, params={"format": "har"}).content
    yield client.get(f"{JOURNAL}/2").content
    yield json.dumps(verify(client, {"status": 200, "match": {"body.api_key": SECRET}})).encode()


def test_no_secret_is_in_the_journal(tmp_path: Path) -> None:
    with Emulator(Settings(port=0, quiet=True, data_dir=tmp_path)) as emulator, client_of(emulator, KEY) as client:
        ask(client)
        answers = [*told(client)]
        live = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "blobs"]
        headers = next(each for each in entries(client) if "cookie" in each["request"]["headers"])["request"]["headers"]
    closed = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "blobs"]

    assert leaks(*answers) == []
    assert leaks(*live, *closed) == []
    assert {name for name, value in headers.items() if value == HIDDEN} == {*HEADERS, "authorization"} - {
        "x-note",
        "idempotency-key",
    }
    assert headers["x-note"] == f"my key is {HIDDEN}"
    assert headers["idempotency-key"] == "not-a-secret"


@given(raw=st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20))), query=st.binary(max_size=50))
def test_whatever_headers_and_queries_are_they_can_be_kept(raw: list[tuple[bytes, bytes]], query: bytes) -> None:
    kept = {"headers": shown_headers(raw, "a-key-of-the-test"), "query": shown_query(query, "a-key-of-the-test")}

    assert json.loads(json.dumps(kept, ensure_ascii=False).encode()) == kept
    assert answerable(kept) == kept


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(value=json_values, name=st.sampled_from(["api_key", "Password", "hf_token", "x-secret", "certificate_file"]))
def test_a_secret_member_is_hidden_at_any_depth_and_the_rest_stays(value: Any, name: str) -> None:
    clean = answerable(value)

    assert answerable(clean) == clean
    assert answerable({"a": [{name: value, "b": clean}]}) == {"a": [{name: HIDDEN, "b": clean}]}


@given(before=st.binary(max_size=30), after=st.binary(max_size=30))
def test_a_key_is_hidden_wherever_it_stands_if_it_is_long_enough_to_be_one(before: bytes, after: bytes) -> None:
    key = "a-key-of-the-test"
    hidden = without_key(before + key.encode() + after, key)

    assert key.encode() not in hidden
    assert without_key(b"a key of a test", "key") == b"a key of a test"
    assert without_key(before, None) == before


@pytest.mark.parametrize("name", ["token", "api_key", "x" * 5000 + "_token", "pass-word", "K_E_Y", "Set-Cookie"])
def test_names_of_secrets_are_known_however_they_are_written(name: str) -> None:
    assert answerable({name: 1}) == {answerable(name): HIDDEN}
