"""Requests that no well-behaved client sends: each is answered in the provider's envelope, and none leaves a trace.

Bodies of jobs are test_random_bodies.py's.
"""

import hashlib
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.core.clocks import tenant_of
from emulator.dialects.nebius import catalogue
from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.test_random_bodies import strictly

FILES, JOBS, CLOCK = "/v1/files", "/v1/fine_tuning/jobs", "/_emulator/clock"
KIND = "multipart/form-data; boundary=B"
LINE = b'{"text": "hello"}\n'
PLAIN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def part(disposition: bytes, content: bytes = LINE, *, more: bytes = b"") -> bytes:
    return b"--B\r\nContent-Disposition: form-data; " + disposition + b"\r\n" + more + b"\r\n" + content + b"\r\n"


PURPOSE, END = part(b'name="purpose"', b"fine-tune"), b"--B--\r\n"
FILE = part(b'name="file"; filename="a.jsonl"')


def send(client: httpx.Client, body: bytes | Iterator[bytes], kind: str = KIND) -> httpx.Response:
    """Send a raw form; fail on anything but success or a refusal in the provider's envelope."""
    answer = client.post(FILES, content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert isinstance(strictly(answer)["detail"], str | list)
    return answer


def listed(client: httpx.Client, path: str = FILES) -> list[str]:
    return [each["id"] for each in strictly(client.get(path, params={"limit": 10_000}))["data"]]


def content(client: httpx.Client, file_id: str, **headers: str) -> httpx.Response:
    return client.get(f"{FILES}/{file_id}/content", headers=headers)


def trained(client: httpx.Client) -> tuple[str, str]:
    """Return a file and a job of a client's."""
    file_id = send(client, PURPOSE + FILE + END).json()["id"]
    body = {"model": catalogue.base_models()[0], "training_file": file_id}
    return file_id, client.post(JOBS, json=body).json()["id"]


def named(name: bytes, **more: bytes) -> bytes:
    return PURPOSE + part(b'name="file"; ' + name, **more) + END


TAKEN: dict[str, tuple[bytes, str]] = {
    "the purpose first": (PURPOSE + FILE + END, "a.jsonl"),
    "the file first": (FILE + PURPOSE + END, "a.jsonl"),
    "a path": (named(b'filename="../../etc/passwd"'), "../../etc/passwd"),
    "UTF-8": (named('filename="日本.jsonl"'.encode()), "日本.jsonl"),
    "RFC 5987": (named(b"filename*=UTF-8''%e2%82%ac.jsonl"), "€.jsonl"),
    "quotes": (named(b'filename="a\\"b"'), 'a"b'),
    "control characters": (named(b'filename="a\x01\tb"'), "a\x01\tb"),
    "percent-encoded newlines, as browsers send them": (named(b'filename="a%0D%0Ab"'), "a%0D%0Ab"),
    "no name": (named(b'filename=""'), ""),
    "an empty content type": (named(b'filename="a"', more=b"Content-Type: \r\n"), "a"),
    "further fields": (part(b'name="x"') + PURPOSE + FILE + END, "a.jsonl"),
    "no line after the end": (PURPOSE + FILE + b"--B--", "a.jsonl"),
    "an epilogue": (PURPOSE + FILE + END + b"goodbye", "a.jsonl"),
}


@pytest.mark.parametrize("case", TAKEN)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_form_that_some_client_sends_is_taken(client: httpx.Client, case: str, *, chunked: bool) -> None:
    body, name = TAKEN[case]
    file = send(client, iter([body[:30], body[30:]]) if chunked else body).json()

    assert (file["filename"], file["bytes"]) == (name, len(LINE))
    assert content(client, file["id"]).content == LINE


def test_an_empty_file_is_taken(client: httpx.Client) -> None:
    assert send(client, PURPOSE + part(b'name="file"; filename="a"', b"") + END).json()["bytes"] == 0


REFUSED: dict[str, tuple[bytes, str, set[int]]] = {
    "no boundary": (PURPOSE + FILE + END, "multipart/form-data", {400}),
    "another boundary": (PURPOSE + FILE + END, "multipart/form-data; boundary=C", {400}),
    "a boundary of 5000 letters": (PURPOSE + FILE + END, f"multipart/form-data; boundary={'B' * 5000}", {400}),
    "no closing boundary": (PURPOSE + FILE, KIND, {400}),
    "half a closing boundary": (PURPOSE + FILE + b"--B", KIND, {400}),
    "half a header": (PURPOSE + b"--B\r\nContent-Disp", KIND, {400}),
    "nothing": (b"", KIND, {400}),
    "an empty form": (END, KIND, {422}),
    "two files": (PURPOSE + FILE + FILE + END, KIND, {400, 422}),
    "a file and a field of its name": (PURPOSE + FILE + part(b'name="file"') + END, KIND, {400, 422}),
    "a field instead of a file": (PURPOSE + part(b'name="file"') + END, KIND, {422}),
    "a part without a name": (PURPOSE + part(b'filename="a"') + FILE + END, KIND, {400}),
    "1000 parts": (PURPOSE + part(b'name="x"') * 1000 + FILE + END, KIND, {400}),
    "100000 parts": (PURPOSE + part(b'name="x"') * 100_000 + FILE + END, KIND, {400}),
    "headers without an end": (PURPOSE + b"--B\r\n" + b"A: b\r\n" * 100_000, KIND, {400}),
    "a header of a megabyte": (named(b'filename="a"', more=b"A: " + b"x" * 2**20 + b"\r\n"), KIND, {400}),
    "a name of 10 kB": (named(b'filename="' + b"n" * 10_000 + b'"'), KIND, {400}),
    "a name in an unknown encoding": (named(b"filename*=idna''abc"), KIND, {200, 400, 422}),
    "half a pair in a name": (named(b"filename*=utf-7''+2AA-"), KIND, {200, 400, 422}),
    "NUL in an encoding's name": (named(b"filename*=utf-8\x00''a"), KIND, {200, 400, 422}),
    "no purpose": (FILE + END, KIND, {422}),
    "an empty purpose": (part(b'name="purpose"', b"") + FILE + END, KIND, {422}),
    "an unknown purpose": (part(b'name="purpose"', b"fine-tune\0") + FILE + END, KIND, {422}),
    "a purpose of 100 kB": (part(b'name="purpose"', b"x" * 100_000) + FILE + END, KIND, {400, 422}),
    "no file": (PURPOSE + END, KIND, {422}),
    "JSON": (b'{"purpose": "fine-tune"}', "application/json", {422}),
    "a urlencoded form": (b"purpose=fine-tune&file=x", "application/x-www-form-urlencoded", {422}),
    "no content type": (PURPOSE + FILE + END, "", {422}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_form_that_makes_no_sense_is_refused_and_leaves_nothing(client: httpx.Client, case: str) -> None:
    body, kind, statuses = REFUSED[case]
    answer = send(client, body, kind)

    assert answer.status_code in statuses, answer.text
    assert len(listed(client)) == (answer.status_code == 200)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_that_is_too_large_is_refused_readably(serve: Serve, tmp_path: Path, *, chunked: bool) -> None:
    with client_of(serve(upload_bytes_max=1000, data_dir=tmp_path)) as client:
        body = PURPOSE + part(b'name="file"; filename="a"', b"x" * 3_000_000) + END
        answer = send(client, iter([body]) if chunked else body)

        assert answer.status_code == 413
        assert answer.json() == {"detail": "The file is larger than the maximum of 1000 bytes."}
        assert send(client, PURPOSE + part(b'name="file"; filename="a"', b"x" * 1000) + END).status_code == 200
        assert len(kept(tmp_path)) == len(listed(client)) == 1


def kept(data_dir: Path) -> set[str]:
    return {path.name for path in (data_dir / "blobs").iterdir()}


def test_an_upload_whose_connection_is_cut_leaves_nothing(serve: Serve, tmp_path: Path) -> None:
    emulator = serve(data_dir=tmp_path)
    head = f"POST {FILES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-key\r\nContent-Type: {KIND}\r\n"
    with client_of(emulator) as client:
        with socket.create_connection(("127.0.0.1", urlsplit(emulator.url).port or 0)) as cut:
            cut.sendall(f"{head}Content-Length: 9000000\r\n\r\n".encode() + PURPOSE + FILE[:-2] + b"x" * 2**20)
            # Each answer gives the server a turn in which to go on.
            assert any(listed(client) == [] and kept(tmp_path) for _ in range(1000))
        assert any(listed(client) == [] and not kept(tmp_path) for _ in range(1000))


PIECES = st.sampled_from(
    [PURPOSE, FILE, END, b"--B\r\n", b"--B", b"\r\n", b"\r\n\r\n", b"Content-Disposition: form-data", b'; name="file"']
)
NAMED = st.builds(lambda name: part(b'name="file"; filename="' + name + b'"'), st.binary(max_size=12))
FORMS = st.lists(PIECES | PIECES | NAMED | st.binary(max_size=30), max_size=8).map(b"".join)


@pytest.fixture
def stored(serve: Serve, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server whose folder is the test's."""
    with client_of(serve(data_dir=tmp_path)) as client:
        yield client


@PLAIN
@given(body=FORMS, ended=st.booleans(), chunked=st.booleans())
def test_whatever_is_sent_as_a_form_is_stored_whole_or_not_at_all(
    stored: httpx.Client, tmp_path: Path, body: bytes, *, ended: bool, chunked: bool
) -> None:
    before = listed(stored)
    body += END * ended
    answer = send(stored, iter([body[:9], body[9:]]) if chunked and body else body)
    new = [each for each in listed(stored) if each not in before]

    assert new == ([strictly(answer)["id"]] if answer.status_code == 200 else [])
    assert kept(tmp_path) == {hashlib.sha256(content(stored, each).content).hexdigest() for each in listed(stored)}


WHOLE = bytes(range(256)) * 4
NUMBERS = st.integers(0, 2000).map(str) | st.sampled_from(["", "0", "1023", "1024", "9" * 19, "9" * 400, "-1", "x"])
ONE = st.builds("{}-{}".format, NUMBERS, NUMBERS)
RANGES = st.lists(ONE, min_size=1, max_size=3).map(lambda several: "bytes=" + ",".join(several))
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@PLAIN
@given(asked=RANGES | RANGES | TEXTS | TEXTS.map(lambda text: f"bytes={text}"))
def test_any_range_is_answered_with_that_part_the_whole_or_a_416(client: httpx.Client, asked: str) -> None:
    files = listed(client)
    file_id = files[0] if files else send(client, named(b'filename="a"').replace(LINE, WHOLE)).json()["id"]
    answer = content(client, file_id, range=asked)
    head = client.head(f"{FILES}/{file_id}/content", headers={"range": asked})
    headers = {name: value for name, value in answer.headers.items() if name != "date"}

    assert (answer.status_code, answer.content, headers.get("content-range")) == expected(asked)
    assert (head.status_code, head.content) == (answer.status_code, b"")
    assert {name: value for name, value in head.headers.items() if name != "date"} == headers


def expected(asked: str) -> tuple[int, bytes, str | None]:
    """Return what a range of WHOLE is answered with: the whole where several are asked for, or nonsense (RFC 9110)."""
    match = re.fullmatch(r"bytes=([0-9]{0,19})-([0-9]{0,19})", asked)
    if not match or asked == "bytes=-":
        return 200, WHOLE, None
    size = len(WHOLE)
    first = int(match[1]) if match[1] else max(0, size - int(match[2]))
    last = min(size - 1, int(match[2])) if match[1] and match[2] else size - 1
    if first > last:
        return 416, b"", f"bytes */{size}"
    return 206, WHOLE[first : last + 1], f"bytes {first}-{last}/{size}"


def test_a_range_goes_by_the_file_that_the_client_has(client: httpx.Client) -> None:
    file_id = send(client, PURPOSE + FILE + END).json()["id"]
    etag = content(client, file_id).headers["etag"]

    assert content(client, file_id, **{"range": "bytes=1-2", "if-range": etag}).content == LINE[1:3]
    assert content(client, file_id, **{"range": "bytes=1-2", "if-range": '"another"'}).content == LINE


QUERIES = {
    **dict.fromkeys(["limit=-1", "limit=0", "limit=abc", "limit=", f"limit={'9' * 5000}"], 422),
    **dict.fromkeys(["after=", "after=None", "after=%00", "after=%ff", "after=%F0%9F%98%80", "after=a%2Fb"], 404),
    f"after={'x' * 20_000}": 404,
    f"limit={10**30}": 200,
    "limit=1&limit=2": 200,
    "%ff=%00": 200,
}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:20])
def test_odd_queries_are_answered_by_every_list(client: httpx.Client, query: str) -> None:
    file_id, job_id = trained(client)
    for path in (FILES, JOBS, f"{JOBS}/{job_id}/events", f"{JOBS}/{job_id}/checkpoints"):
        answer = client.get(f"{path}?{query}")

        assert (answer.status_code, len(answer.content) < 30_000) == (QUERIES[query], True), answer.text
        assert strictly(answer).keys() == {"detail"} or "data" in strictly(answer)
    assert client.get(FILES, params={"after": job_id}).status_code == 404
    assert client.get(JOBS, params={"after": file_id}).status_code == 404
    assert client.get(FILES, params={"purpose": "bad"}).status_code == 422


IDS = ["None", "x", "%00", "%ff", "a%2Fb", "a%20b", "%F0%9F%98%80", "x" * 20_000, "file-", "ftjob-" + "0" * 32]
IDS += ["%7B%7D", "%0a", "x%0Ay", "file-ffffffff-ffff-7fff-bfff-ffffffffffff", "ftckpt_" + "0" * 32]


@pytest.mark.parametrize("id_", IDS, ids=lambda id_: id_[:20])
def test_what_is_no_id_is_not_found(client: httpx.Client, id_: str) -> None:
    _, job_id = trained(client)
    calls = [("GET", FILES, ""), ("GET", FILES, "/content"), ("DELETE", FILES, ""), ("POST", JOBS, "/cancel")]
    calls += [("GET", JOBS, tail) for tail in ("", "/events", "/checkpoints")]
    for method, path, tail in [*calls, ("GET", f"{JOBS}/{job_id}/checkpoints", ""), ("GET", "/v1/models", "")]:
        answer = client.request(method, f"{path}/{id_}{tail}")

        assert (answer.status_code, list(strictly(answer))) == (404, ["detail"]), f"{method} {path}: {answer.text}"


def test_methods_and_routes_that_are_not_there_are_told_as_the_provider_tells_them(client: httpx.Client) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB"):
        answer = client.request(method, JOBS)
        assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
    for path in ("/", "/v1", "/v2/files", "//v1/files", "/nebius", "/V1/files", "/%00"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    for method, path in (("GET", "/v0/dedicated_endpoints"), ("POST", "/v1/embeddings"), ("POST", "/v1/batches")):
        answer = client.request(method, path)
        assert (answer.status_code, method in answer.json()["detail"]) == (501, True)


@pytest.mark.parametrize("given", [None, b"", b"Basic YTpi", b"Bearer", b"Token x", b"\xff\xfe", b"Bearerx"])
def test_a_request_without_a_key_is_refused(server: Emulator, given: bytes | None) -> None:
    answer = httpx.get(server.url + FILES, headers={b"authorization": given} if given is not None else {})

    assert (answer.status_code, answer.json()["detail"]) == (401, "Couldn't authenticate. Reason: token is not present")


def test_keys_of_any_bytes_are_keys_and_where_keys_are_listed_only_those(server: Emulator, serve: Serve) -> None:
    for odd in (b"\xff\xfe", b"k" * 50_000, b"a b", b"'--"):
        assert httpx.get(server.url + FILES, headers={b"authorization": b"Bearer " + odd}).json()["data"] == []
    # What is longer than the server reads of headers may be refused, and must be answered.
    assert httpx.get(server.url + FILES, headers={b"authorization": b"Bearer " + b"k" * 100_000}).status_code < 500
    closed = serve(api_key=("k1",))
    for key, status in (("k1", 200), ("k2", 401), ("K1", 401), ("k1k1", 401), ("k", 401)):
        with client_of(closed, key) as client:
            assert (client.get(FILES).status_code, client.get(CLOCK).status_code) == (status, status)


def test_another_key_sees_and_touches_nothing(server: Emulator, client: httpx.Client, key: str) -> None:
    file_id, job_id = trained(client)
    events, checkpoints = f"{JOBS}/{job_id}/events", f"{JOBS}/{job_id}/checkpoints"
    for _ in range(9):
        client.get(f"{JOBS}/{job_id}")
    checkpoint = client.get(checkpoints).json()["data"][0]
    result = checkpoint["result_files"][0]
    calls = [("GET", f"{FILES}/{each}{tail}") for each in (file_id, result) for tail in ("", "/content")]
    calls += [("DELETE", f"{FILES}/{each}") for each in (file_id, result)] + [("POST", f"{JOBS}/{job_id}/cancel")]
    calls += [("GET", each) for each in (f"{JOBS}/{job_id}", events, checkpoints, f"{checkpoints}/{checkpoint['id']}")]
    calls += [("GET", f"{FILES}?after={file_id}"), ("GET", f"{JOBS}?after={job_id}")]
    with client_of(server, f"{key} stranger") as stranger:
        assert [call for call in calls if stranger.request(*call).status_code != 404] == []
        body = {"model": catalogue.base_models()[0], "training_file": file_id}
        assert stranger.post(JOBS, json=body).status_code == 404
        assert (listed(stranger), listed(stranger, JOBS)) == ([], [])
        own = trained(stranger)[1]
        for path in (f"{JOBS}/{own}/events?after=", f"{JOBS}/{own}/checkpoints?after="):
            cursor = checkpoint["id"] if "checkpoints" in path else client.get(events).json()["data"][0]["id"]
            assert stranger.get(path + cursor).status_code == 404

    assert (listed(client), listed(client, JOBS)) == ([file_id], [job_id])
    assert content(client, result).status_code == 200


def test_a_project_is_a_part_of_what_a_key_sees(client: httpx.Client) -> None:
    file_id, odd = trained(client)[0], "p\0 1'é"
    client.post(FILES, content=PURPOSE + FILE + END, headers={"content-type": KIND}, params={"ai_project_id": odd})
    body = {"model": catalogue.base_models()[0], "training_file": file_id}
    client.post(JOBS, json=body, params={"ai_project_id": odd})

    for path in (FILES, JOBS):
        found = [client.get(path, params={"ai_project_id": each}).json()["data"] for each in (odd, "p", "")]
        assert [len(each) for each in found] == [1, 0, 0]
        assert len(listed(client, path)) == 2


BAD_CLOCKS: list[tuple[str, bytes, str, str]] = [
    ("/advance", b'{"seconds": -1}', "-1", "greater than or equal to 0"),
    ("/advance", b'{"seconds": NaN}', "nan", "finite"),
    ("/advance", b'{"seconds": 1e400}', "inf", "finite"),
    ("/advance", b'{"seconds": 1e12}', "1000000000000", "100000000000"),
    ("/advance", b'{"secs": 1}', "secs", "seconds"),
    ("", b'{"mode": "fast"}', "fast", "'real', 'manual' or 'poll'"),
    ("", b'{"rate": -0.5}', "-0.5", "greater than or equal to 0"),
    ("", b'{"now": "2026-01-02T00:00:00"}', "2026-01-02T00:00:00", "timezone"),
    ("", b'{"now": "1999-01-01T00:00:00Z"}', "1999-01-01", "does not go back"),
]


@pytest.mark.parametrize(("call", "body", "got", "takes"), BAD_CLOCKS)
def test_a_clock_is_told_what_was_got_and_what_is_taken(
    client: httpx.Client, call: str, body: bytes, got: str, takes: str
) -> None:
    before = client.get(CLOCK).json()
    method = "POST" if call else "PUT"
    answer = client.request(method, CLOCK + call, content=body, headers={"content-type": "application/json"})

    assert answer.status_code in {409, 422}
    assert takes in strictly(answer)["error"]
    assert got.lower() in strictly(answer)["error"].lower()
    assert client.get(CLOCK).json() == before


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{", b'{"seconds": ' + b"9" * 5000 + b"}", b'"\\ud800"'])
def test_a_body_that_cannot_be_read_moves_no_clock(client: httpx.Client, body: bytes) -> None:
    answer = client.post(f"{CLOCK}/advance", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code in {400, 422}, list(strictly(answer))) == (True, ["error"])


def test_a_tenant_is_named_by_digest_and_a_control_token_is_asked_for(serve: Serve) -> None:
    with client_of(serve(clock="manual", control_token="t"), "k") as client:
        for given, status in ({}, 401), ({"x-emulator-token": b"\xff"}, 401), ({"x-emulator-token": b"t"}, 200):
            headers: Any = given
            assert client.get(CLOCK, headers=headers).status_code == status
        token = {"x-emulator-token": "t"}
        client.post(f"{CLOCK}/advance", json={"seconds": 60}, headers=token)
        theirs = httpx.get(client.base_url.join(f"{CLOCK}?tenant={tenant_of('k')}"), headers=token).json()
        assert theirs["now"] == "2026-01-01T00:01:00Z"
        for odd in ("", "x", "%00", "0" * 31, "G" * 32, "..%2F"):
            assert client.get(f"{CLOCK}?tenant={odd}", headers=token).status_code == 422


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "http://127.0.0.1:1"])
def test_control_calls_of_another_sites_page_are_refused(client: httpx.Client, origin: str) -> None:
    assert client.post("/_emulator/reset", headers={"origin": origin}).status_code == 403
    assert client.post("/_emulator/reset", headers={"origin": str(client.base_url).rstrip("/")}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "[", ""])
def test_control_calls_to_another_name_of_this_server_are_refused_to_pages(client: httpx.Client, host: str) -> None:
    there = {"origin": f"http://{host}", "host": host}

    assert client.post("/_emulator/reset", headers=there).status_code == 403
