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
    "x-next": f"https://example.com/?expires=1&signature={SECRET}",
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
    client.get(f"{JOBS}?api_key={SECRET}&token={SECRET}&signature={SECRET}&x={KEY}&{KEY}=1&limit=abc")
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
        "x-next",
        "idempotency-key",
    }
    assert headers["x-note"] == f"my key is {HIDDEN}"
    assert headers["x-next"] == f"https://example.com/?expires=1&signature={HIDDEN}"
    assert headers["idempotency-key"] == "not-a-secret"


@given(raw=st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20))), query=st.binary(max_size=50))
def test_whatever_headers_and_queries_are_they_can_be_kept(raw: list[tuple[bytes, bytes]], query: bytes) -> None:
    kept = {"headers": shown_headers(raw, "a-key-of-the-test"), "query": shown_query(query, "a-key-of-the-test")}

    assert json.loads(json.dumps(kept, ensure_ascii=False).encode()) == kept
    assert answerable(kept) == kept


LINK = f"http://127.0.0.1:8080/files/1?tenant=ab&expires=1&signature={SECRET}"


def test_no_signature_of_a_link_that_was_given_is_in_the_journal(server: Emulator) -> None:
    with client_of(server, KEY) as client:
        given = client.get(JOBS, headers={"x-emulator-fault": f'status=500,message="{LINK}"'})
        moved = client.get(f"/openai{JOBS}/?signature={SECRET}", follow_redirects=False)
        told = client.get(JOURNAL).json()["data"]
        archive = client.get(JOURNAL, params={"format": "har"})

    assert SECRET in given.text
    assert SECRET in moved.headers["location"]
    assert leaks(json.dumps(told), archive.content) == []
    assert told[-2]["response"]["body"] == json.loads(given.text.replace(SECRET, HIDDEN))
    assert told[-1]["response"]["headers"]["location"] == moved.headers["location"].replace(SECRET, HIDDEN)
    assert archive.json()["log"]["entries"][-1]["response"]["redirectURL"].endswith(f"signature={HIDDEN}")


@given(before=st.text(st.characters(exclude_characters=":=@"), max_size=9), name=st.sampled_from(["s", "X-Amz-S"]))
def test_the_rest_of_a_signed_url_stays_in_any_text(before: str, name: str) -> None:
    text = f"{before}http://h/a?x=1&{name}ignature=0a1%2Fb#there, and {before}"
    shown = answerable(before)

    assert answerable(text) == f"{shown}http://h/a?x=1&{name}ignature={HIDDEN}#there, and {shown}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"signature": "0a1b", "x": 1}', f'{{"signature": "{HIDDEN}", "x": 1}}'),
        ('"{\\"signature\\":\\"0a1b\\"}"', f'"{{\\"signature\\":\\"{HIDDEN}\\"}}"'),
        ("https://h/?to=%2Fa%3Fsignature%3D0a1b", f"https://h/?to=%2Fa%3Fsignature%3D{HIDDEN}"),
        ("a signature is missing: none", "a signature is missing: none"),
    ],
)
def test_a_signature_is_known_however_it_is_written(text: str, kept: str) -> None:
    assert answerable(text) == kept
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


@pytest.mark.parametrize("name", ["token", "api_key", "signature", "x" * 5000 + "_token", "pass-word", "K_E_Y"])
def test_names_of_secrets_are_known_however_they_are_written(name: str) -> None:
    assert answerable({name: 1}) == {answerable(name): HIDDEN}
