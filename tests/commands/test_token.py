"""``ftemu token``, and the other commands for a client of Nscale."""

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from emulator import Emulator, Tenant, service_token
from emulator.cli import main
from tests.commands.conftest import Command
from tests.state.nscale import create, path_of, put_together, upload


@pytest.fixture
def nscale(server: Emulator, key: str) -> Tenant:
    """A tenant with a token of the test's own."""
    return server.tenant(service_token(key), dialect="nscale")


@pytest.fixture
def job(nscale: Tenant) -> Iterator[str]:
    """A job of its client's."""
    at = path_of(nscale.organization)
    with httpx.Client(base_url=nscale.url, headers={"authorization": f"Bearer {nscale.api_key}"}) as client:
        yield create(client, at, put_together(client, at, upload(client, at)))


def test_a_token_is_one_line_that_a_shell_can_take(command: Command) -> None:
    assert command("token").out == f"{service_token()}\n"
    assert command("token", "team").out == f"{service_token('team')}\n"
    assert command("token", "ä\n").out == f"{service_token('ä' + chr(10))}\n"


@pytest.mark.parametrize("name", ["", "  "])
def test_a_name_that_is_an_unset_variable_is_refused(command: Command, name: str) -> None:
    told = command("token", name)

    assert (told.code, told.out) == (2, "")
    assert "takes a value; an empty one may be a variable that is not set" in told.err


def test_help_says_what_to_do_with_it(command: Command) -> None:
    assert "export NSCALE_API_TOKEN=$(ftemu token)" in command("token", "--help").out
    assert "a service token, for providers that take no other key" in command("--help").out


def test_a_token_is_made_without_what_takes_time() -> None:
    code = "import sys; from emulator.cli import main; main(['token']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "emulator.tokens" in loaded
    assert {"httpx", "pydantic", "fastapi", "emulator.server"}.isdisjoint(loaded)


def test_the_commands_act_on_the_key_that_a_client_of_the_provider_has(
    command: Command, nscale: Tenant, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NSCALE_API_TOKEN", nscale.api_key)
    url = nscale.base_url()
    listed = command("journal", "--operation", "jobs.create", "--url", url, "--json").json["data"]

    assert [entry["job"] for entry in listed] == [job]
    assert "The key in NSCALE_API_TOKEN starts anew" in command("reset", "--url", url).out
    assert command("journal", "--url", url, "--key", nscale.api_key, "--json").json["data"] == []
    assert nscale.api_key not in command("clock", "--url", url).out


def test_health_takes_a_clients_base_url(command: Command, nscale: Tenant) -> None:
    told = command("health", "--url", f"{nscale.base_url()}/organizations/{nscale.organization}/")

    assert told.json["clients"]["nscale"] == {"path": "/api/v1", "organization": True}


def test_an_openapi_document_is_told_of_each_dialect(capsys: pytest.CaptureFixture[str], server: Emulator) -> None:
    for dialect in server.server.places.paths:
        assert main(["openapi", dialect]) == 0
        assert json.loads(capsys.readouterr().out)["paths"]


@pytest.mark.parametrize("listed", [[], ["--api-key", "c4nary.a.b"]])
def test_a_server_says_what_a_client_of_the_provider_at_its_root_needs(listed: list[str]) -> None:
    words = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--quiet", "--dialect", "nscale", *listed]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().removeprefix("ftemu ready ").strip()
        process.terminate()
        _, told = process.communicate(timeout=10)
    exported = dict(word.split("=", 1) for word in told.split() if "=" in word)

    assert f"nscale at {url}/api/v1, clock real" in told
    assert exported["NSCALE_API_TOKEN"] == ("KEY-YOU-LISTED" if listed else service_token())
    assert len(exported["ORGANIZATION_ID"]) == 36
    assert "c4nary" not in told
