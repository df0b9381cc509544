"""A server that is not on this machine: certificates are checked, and a proxy may be on the way."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from emulator.client import Running, Unanswered
from emulator.client.running import Whose


class Answering(BaseHTTPRequestHandler):
    """Something that answers, and is no emulator."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[ThreadingHTTPServer]:
    """A server on loopback that is not ours."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_certificate_that_nobody_vouches_for_is_not_taken(other: ThreadingHTTPServer, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    made = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"), "-subj", "/CN=localhost"]
    subprocess.run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made], capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    other.socket = context.wrap_socket(other.socket, server_side=True)
    server = Running(f"https://127.0.0.1:{other.server_port}")
    with pytest.raises(Unanswered, match=r"(?i)certificate"):
        server.ask("GET", "/health", Whose())

    server.close()


def test_a_server_that_is_no_emulator_is_said_to_be_none(other: ThreadingHTTPServer) -> None:
    server = Running(f"http://127.0.0.1:{other.server_port}/v1/")
    with pytest.raises(Unanswered, match="answered 200, and not as a control API does; is it an emulator") as refused:
        server.ask("GET", "/health", Whose())

    assert refused.value.status == 200
    server.close()


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080/v1", True),
        ("http://[::1]:8080", True),
        ("https://localhost:8080", False),
        ("http://emulator:8080", False),
        ("http://127.0.0.1.example.org", False),
        ("http://[", False),
    ],
)
def test_only_plain_http_on_this_machine_has_neither_certificate_nor_proxy(url: str, *, near: bool) -> None:
    assert Running(url).is_near is near


def test_what_is_near_is_asked_without_a_proxy(other: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server = Running(f"http://127.0.0.1:{other.server_port}")
    with pytest.raises(Unanswered, match="answered 200"):
        server.ask("GET", "/health", Whose())

    server.close()
