"""Where a server answers, by whatever URL of it somebody has at hand."""

import pytest

from emulator.addresses import server_url
from emulator.dialects import ALL, Dialect

SERVERS = [
    "http://127.0.0.1:8080",
    "http://localhost:8080/emulator",
    "https://emulator.example",
    "http://[::1]:8080",
    "http://nscale",
    "http://openai:8080",
    "https://ci.example/a/b",
    "http://nebius/nebius-emulator",
    "http://host/apis",
]
"""Servers: of a host that is called as a dialect is, and below a proxy's path."""


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("end", ["", "/", "//"])
def test_a_servers_own_url_is_where_it_answers(server: str, end: str) -> None:
    assert server_url(server + end) == server


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)
def test_what_a_client_takes_as_its_base_url_leads_to_the_server(server: str, end: str, dialect: Dialect) -> None:
    path, mount = dialect.client_path, dialect.base_path
    for organization in ("", "/organizations/a7467a9d-90d4-4976-8a08-cc5bd358b56e"):
        assert server_url(f"{server}{path}{organization}{end}") == server
        assert server_url(f"{server}{mount}{path}{organization}{end}") == server


@pytest.mark.parametrize("url", ["nonsense", "", "http://[", "http://x/v2", "http://x/nebius", "http://x/v1/files"])
def test_what_is_neither_stays_as_it_is(url: str) -> None:
    assert server_url(url) == url
