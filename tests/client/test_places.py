"""Where a tenant's clients connect, by the dialect: the base URL, the organization beside it, the variables."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import httpx
import pytest

from emulator import Emulator, Tenant, Unanswered, service_token
from emulator.client import Running
from emulator.core.clocks import tenant_of
from emulator.core.organizations import organization_of
from emulator.settings import BadSetting, client_key
from tests.conftest import Serve
from tests.state.test_seed_file import SEEDS

EXAMPLE = SEEDS / "nscale.yaml"
PATHS = {"nebius": "/v1", "nebius-studio": "/v1", "openai": "/v1", "nscale": "/api/v1"}
HEADERS = {"authorization": f"Bearer {service_token()}"}


def files(tenant: Tenant, dialect: str | None = None) -> int:
    """Ask for the files of a tenant as a client of its dialect does; return the status."""
    organized = tenant.server.has_organizations(dialect)
    path = f"/organizations/{tenant.organization}/files" if organized else "/files"
    headers = {"authorization": f"Bearer {tenant.api_key}"}
    return httpx.get(f"{tenant.base_url(dialect)}{path}", headers=headers).status_code


@pytest.mark.parametrize("root", PATHS)
def test_whatever_is_at_the_root_its_clients_find_it_and_those_of_the_others(serve: Serve, root: str) -> None:
    emulator = serve(dialect=root)
    tenant = emulator.tenant(service_token())

    assert emulator.base_url() == f"{emulator.url}{PATHS[root]}"
    assert emulator.has_organization == (root == "nscale")
    assert files(emulator) == files(tenant) == 200
    for dialect, path in PATHS.items():
        assert emulator.base_url(dialect) == f"{emulator.url}/{dialect}{path}"
        assert files(tenant, dialect) == 200


@pytest.mark.parametrize("root", PATHS)
def test_a_server_that_is_asked_tells_the_same_of_itself(serve: Serve, root: str) -> None:
    emulator = serve(dialect=root)
    server = Running(emulator.url)

    assert server.places == emulator.server.places
    server.close()


def test_health_tells_where_clients_connect_beside_what_it_has_always_told(serve: Serve) -> None:
    told = httpx.get(f"{serve(dialect='nscale').url}/_emulator/health").json()

    assert (told["status"], told["dialects"], told["root"]) == ("ok", [*PATHS], "nscale")
    assert told["clients"] == {name: {"path": path, "organization": name == "nscale"} for name, path in PATHS.items()}
    assert told["version"]


@pytest.mark.parametrize("path", ["", "/v1", "/nebius/v1/", "/nscale/api/v1", "/nscale/api/v1/organizations/x"])
def test_any_url_of_a_server_is_taken_for_it(still: Emulator, path: str) -> None:
    server = Running(f"{still.url}{path}")

    assert Tenant(server, service_token(), dialect="nscale").base_url() == f"{still.url}/nscale/api/v1"
    server.close()


def test_an_organization_is_the_keys_own_and_the_same_each_time(still: Emulator) -> None:
    one, again, other = still.tenant("a"), still.tenant(" a "), still.tenant("b")

    assert one.organization == again.organization == organization_of(tenant_of("a"))
    assert one.organization != other.organization
    assert UUID(one.organization).version == 4
    assert one.organization != str(UUID(tenant_of("a")))


def test_an_organization_does_not_change_from_one_version_to_the_next() -> None:
    assert organization_of(tenant_of("any-key")) == "622c0004-b7fa-4df5-9bad-1ee16ef43223"


SEED = {"dialect": "nscale", "files": [{"name": "a.csv", "content": "q,a\none,two\n"}]}
SEEDED = "a7467a9d-90d4-4976-8a08-cc5bd358b56e"


def listed(tenant: Tenant) -> list[str]:
    """Return the names of a tenant's files, as a client that is told its organization sees them."""
    url = f"{tenant.base_url('nscale')}/organizations/{tenant.organization}/files"
    told = httpx.get(url, headers={"authorization": f"Bearer {tenant.api_key}"}).raise_for_status().json()
    return [file["name"] for file in told["data"]]


def test_an_organization_is_that_of_the_seed_until_another_one_or_none_is_there(still: Emulator, key: str) -> None:
    tenant = still.tenant(service_token(key), dialect="nscale")
    own = tenant.organization
    tenant.seed({**SEED, "organization": SEEDED})
    assert (tenant.organization, listed(tenant)) == (SEEDED, ["a.csv"])
    with tenant.env:
        assert os.environ["ORGANIZATION_ID"] == SEEDED  # noqa: TID251 -- what is tested
    tenant.reset()
    assert (tenant.organization, listed(tenant)) == (SEEDED, ["a.csv"])
    assert still.tenant(tenant.api_key).organization == own

    tenant.seed(SEED)
    assert (tenant.organization, listed(tenant)) == (own, ["a.csv"])
    tenant.seed({**SEED, "organization": SEEDED})
    tenant.forget()
    assert (tenant.organization, listed(tenant)) == (own, [])


def test_a_seed_that_is_refused_changes_no_organization(still: Emulator, key: str) -> None:
    tenant = still.tenant(service_token(key), dialect="nscale")
    tenant.seed({**SEED, "organization": SEEDED})
    with pytest.raises(Unanswered):
        tenant.seed({**SEED, "organization": "a/b"})

    assert (tenant.organization, listed(tenant)) == (SEEDED, ["a.csv"])


def test_an_emulator_of_ones_own_follows_its_seed_file(serve: Serve) -> None:
    emulator = serve(dialect="nscale")
    emulator.seed(EXAMPLE)

    assert emulator.organization == SEEDED
    assert "train.csv" in listed(emulator)


def test_clients_that_are_told_nothing_find_it_by_the_variables_that_each_reads(
    still: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("NSCALE_API_TOKEN", "NSCALE_TOKEN", "ORGANIZATION_ID", "NEBIUS_API_KEY", "OPENAI_API_KEY")
    for name in (*names, "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    tenant = still.tenant(service_token("a"), dialect="nscale")
    with tenant.env:
        found = {name: os.environ.get(name) for name in names}  # noqa: TID251 -- what is tested
        assert os.environ["OPENAI_BASE_URL"] == tenant.base_url()  # noqa: TID251 -- as above

    keys = dict.fromkeys(set(names) - {"ORGANIZATION_ID"}, tenant.api_key)
    assert found == {**keys, "ORGANIZATION_ID": tenant.organization}
    assert not {*names} & {*os.environ}  # noqa: TID251 -- as above


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"NSCALE_TOKEN": "n"}, ("n", "NSCALE_TOKEN")),
        ({"NSCALE_TOKEN": "n", "NSCALE_API_TOKEN": "m"}, ("m", "NSCALE_API_TOKEN")),
        ({"NSCALE_API_TOKEN": "m", "OPENAI_API_KEY": "o"}, ("o", "OPENAI_API_KEY")),
        ({"NSCALE_API_TOKEN": " "}, ("any-key", None)),
    ],
)
def test_the_command_looks_for_a_key_where_clients_do(environ: dict[str, str], found: Any) -> None:
    assert client_key(environ) == found


def test_an_emulator_of_listed_keys_is_the_tenant_of_the_first(serve: Serve) -> None:
    emulator = serve(dialect="nscale", api_key=("not.a-jwt", "b"))

    assert emulator.api_key == "not.a-jwt"
    assert files(emulator) == 200


def test_an_unknown_dialect_is_refused_with_the_nearest(still: Emulator) -> None:
    with pytest.raises(BadSetting, match="there is no dialect 'nscal'; did you mean nscale"):
        still.base_url("nscal")


class Older(BaseHTTPRequestHandler):
    """A server of before, which does not tell where clients connect."""

    def do_GET(self) -> None:
        told = b'{"status":"ok","version":"0.0.9","dialects":["nebius"]}'
        self.send_response(200)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def older() -> Iterator[str]:
    """Where one answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Older) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_of_an_earlier_server_it_is_said_that_it_is_one(older: str) -> None:
    server = Running(older)
    with pytest.raises(Unanswered, match=r"an emulator of an earlier version, 0\.0\.9"):
        server.base_url()

    server.close()
