"""The recorder as a proxy: what goes through it, and what it says itself."""

import socket
from pathlib import Path

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.recording.conftest import Record
from tests.recording.upstreams import OK, exchanged, resets, says, stays_silent, then_closes, upstream

MANY = 50_000_000
LINE = b'{"text": "%s"}\n' % (b"a" * 9_988)


def lines_of(head: bytes) -> set[bytes]:
    return {line.lower() for line in head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]}


@pytest.mark.parametrize(
    "target",
    [
        "/v1/files/a%2Fb",
        "//v1//files",
        "/v1/../v1/files?a=%20&a=b+c",
        "/v1/models/Qwen%2FQwen3-4B?",
        "/v1/files?x=%zz&y='<>",
        "/v1/%E8%A8%93",
    ],
)
def test_a_path_arrives_as_it_was_sent(target: str, record: Record) -> None:
    with upstream(says(OK)) as service:
        url = record(service.url + "/v1").url
        exchanged(url, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert [got.split(b" ")[1].decode() for got in service.got] == [target.removesuffix("?")]


def test_headers_go_along_but_for_those_of_the_connection(record: Record) -> None:
    answer = OK.replace(
        b"\r\n\r\n", b"\r\nX-Odd: 1\r\nX-Odd: 2\r\nDate: now\r\nKeep-Alive: a\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n"
    )
    with upstream(says(answer)) as service:
        url = record(service.url).url
        sent = b"GET /v1/files HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nX-A: b\r\n"
        sent += b"TE: trailers\r\nConnection: close, X-B\r\nX-B: c\r\n\r\n"
        got = exchanged(url, sent)
        [asked] = service.got
    assert lines_of(asked) == {
        f"host: {service.url[7:]}".encode(),
        b"accept-encoding: identity",
        b"x-a: b",
    }
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"\r\n\r\n{}")
    assert lines_of(got) == {
        b"content-length: 2",
        b"content-type: application/json",
        b"x-odd: 1",
        b"x-odd: 2",
        b"date: now",
        b"connection: close",
    }


def test_a_chunked_upload_goes_on_in_chunks_and_one_of_a_known_length_as_that(record: Record) -> None:
    with upstream(says(OK)) as service, httpx.Client(base_url=record(service.url).url) as client:
        client.post("/v1/x", content=iter([b"abc", b"def"]))
        client.post("/v1/x", content=b"abcdef")
        client.post("/v1/x")
    chunked, known, empty = service.got
    assert b"transfer-encoding: chunked" in chunked.lower()
    assert (b"abc" in chunked, b"def" in chunked) == (True, True)
    assert known.endswith(b"\r\n\r\nabcdef")
    assert b"content-length: 6" in known.lower()
    assert b"content-length: 0" in empty.lower()


def test_a_client_that_expects_100_continue_gets_it(record: Record) -> None:
    with upstream(says(OK)) as service:
        host, _, port = record(service.url).url[7:].partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as line:
            line.sendall(
                b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
                b"Connection: close\r\n\r\n"
            )
            assert line.recv(100).startswith(b"HTTP/1.1 100 ")
            line.sendall(b"hi")
            assert b"200 OK" in line.recv(1000)
    assert service.got[0].endswith(b"hi")


@pytest.mark.parametrize("status", [201, 204, 302, 304, 405, 418, 500, 503])
def test_any_status_is_passed_on_and_no_redirect_is_followed(status: int, record: Record) -> None:
    body = b"" if status in {204, 304} else b"content-length: 1\r\n"
    raw = b"HTTP/1.1 %d X\r\nlocation: /elsewhere\r\n%s\r\n%s" % (status, body, b"!" if body else b"")
    with upstream(says(raw)) as service, httpx.Client(base_url=record(service.url).url) as client:
        got = client.get("/v1/files")
        assert (got.status_code, got.content) == (status, b"!" if body else b"")
        assert got.headers["location"] == "/elsewhere"
        assert len(service.got) == 1


def test_a_compressed_answer_is_passed_on_as_it_is_and_not_kept(record: Record) -> None:
    raw = OK.replace(b"2\r\n", b"4\r\ncontent-encoding: br\r\n").replace(b"{}", b"\x8b\x00\x80{")
    with upstream(says(raw)) as service:
        recording = record(service.url)
        got = exchanged(recording.url, b"GET /v1/files HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert got.endswith(b"\r\n\r\n\x8b\x00\x80{")
        [kept] = recording.exchanges()
    assert (kept["response"]["bytes"], "body" in kept["response"]) == (4, False)


def test_a_service_that_is_away_breaks_off_or_stays_silent_is_a_502_or_504_of_the_recorder(record: Record) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        away = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with upstream(resets) as broken, upstream(stays_silent) as silent:
        recordings = [record(away), record(broken.url), record(silent.url, "--timeout", "0.2")]
        answers = [httpx.get(f"{each.url}/v1/files", timeout=30) for each in recordings]
        assert [each.status_code for each in answers] == [502, 502, 504]
        assert [each.headers["content-type"] for each in answers] == ["application/json"] * 3
        told = [each.json()["error"] for each in answers]
        assert ["the recorder's answer, not the service's" in each for each in told] == [True] * 3
        kept = [each.exchanges()[0]["response"] for each in recordings]
    assert [each["status"] for each in kept] == [None] * 3
    assert "ReadTimeout" in kept[2]["broken"]


def test_an_answer_that_breaks_off_does_so_for_the_client_and_is_kept_as_broken(record: Record) -> None:
    cut = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
    with upstream(then_closes(cut)) as service:
        recording = record(service.url)
        got = exchanged(recording.url, b"GET /v1/files HTTP/1.1\r\nHost: x\r\n\r\n")
        assert got.endswith(b"\r\n\r\n{")
        [kept] = recording.exchanges()
    assert (kept["response"]["status"], kept["response"]["bytes"]) == (200, 1)
    assert kept["response"]["broken"] == "the service broke off: RemoteProtocolError"
    assert recording.stop() == 0
    assert "Traceback" not in recording.err


def test_a_client_that_goes_away_ends_the_asking(record: Record) -> None:
    gone: list[bytes] = []

    def waits(line: socket.socket, request: bytes) -> None:
        stays_silent(line, request)
        gone.append(request)

    with upstream(waits) as service:
        recording = record(service.url)
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{recording.url}/v1/files", timeout=0.3)
        service.close()
    assert len(gone) == 1
    assert recording.stop() == 0
    assert [each["response"]["broken"] for each in recording.exchanges()] == [
        "the client went away before its answer was whole"
    ]
    assert "Traceback" not in recording.err


def test_a_connection_is_kept_alive_on_both_sides(server: Emulator, record: Record, key: str) -> None:
    recording = record(server.url)
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {key}"}) as client:
        answers = [client.get("/v1/models") for _ in range(3)]
        lines = {each.extensions["network_stream"].get_extra_info("client_addr") for each in answers}
    assert len(lines) == 1
    assert [each.status_code for each in answers] == [200] * 3


def test_head_range_and_unknown_routes_are_answered_as_without_a_recorder(
    server: Emulator, record: Record, key: str
) -> None:
    recording = record(server.url)
    asked = {"authorization": f"Bearer {key}"}
    with (
        httpx.Client(base_url=server.url, headers=asked) as plain,
        httpx.Client(base_url=recording.url, headers=asked) as through,
    ):
        made = plain.post("/v1/files", files={"file": ("a.jsonl", b"0123456789")}, data={"purpose": "fine-tune"}).json()
        at = f"/v1/files/{made['id']}/content"
        asks = [
            ("HEAD", at, {}),
            ("GET", at, {"range": "bytes=2-4"}),
            ("GET", at, {"range": "bytes=90-"}),
            ("PUT", "/v1/files", {}),
            ("GET", "/v1/none", {}),
            ("PATCH", at, {}),
            ("GET", "/v1/files/a%2Fb", {}),
            ("OPTIONS", "/v1/files", {}),
            ("GET", "/v1/datasets", {}),
            ("GET", "//v1/files", {}),
        ]
        for method, path, headers in asks:
            one, other = (each.request(method, path, headers=headers) for each in (plain, through))
            assert (other.status_code, other.content) == (one.status_code, one.content), path
            assert {*other.headers.items()} - {*one.headers.items()} <= {("date", other.headers.get("date", ""))}
            assert one.headers.keys() == other.headers.keys()


def _peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_50_megabytes_go_up_and_down_in_constant_memory(
    server: Emulator, record: Record, key: str, tmp_path: Path
) -> None:
    recording = record(server.url)
    big = tmp_path / "big.jsonl"
    with big.open("wb") as out:
        out.writelines([LINE] * (MANY // len(LINE)))
    with openai.OpenAI(base_url=f"{recording.url}/v1", api_key=key, max_retries=0) as sdk:
        sdk.models.list()
        before = _peak_bytes(recording.process.pid)
        with big.open("rb") as data:
            made = sdk.files.create(file=data, purpose="fine-tune")
        with sdk.files.with_streaming_response.content(made.id) as answer:
            came = sum(map(len, answer.iter_bytes()))
    assert came == big.stat().st_size
    assert _peak_bytes(recording.process.pid) - before < 20_000_000
    kept = recording.exchanges()
    told = {"bytes": big.stat().st_size, "lines": MANY // len(LINE), "form": "text"}
    assert kept[1]["request"]["data"].items() >= told.items()
    assert kept[2]["response"]["bytes"] == big.stat().st_size


def test_a_slow_body_comes_as_slowly(server: Emulator, record: Record, key: str) -> None:
    recording = record(server.url)
    headers = {"authorization": f"Bearer {key}", "x-emulator-fault": "slow_body=2000"}
    with httpx.stream("GET", f"{recording.url}/v1/models", headers=headers, timeout=30) as answer:
        pieces = [len(piece) for piece in answer.iter_raw()]
    assert len(pieces) > 3
    assert recording.exchanges()[0]["response"]["status"] == 200
