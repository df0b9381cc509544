"""``ftemu state``, ``ftemu snapshot`` and ``ftemu reset``."""

from pathlib import Path

import httpx
import pytest

from emulator.server import Emulator
from tests.commands.conftest import Command, start_job
from tests.conftest import client_of

JOBS = "/v1/fine_tuning/jobs"


def test_a_state_goes_into_a_file_and_to_another_key(
    command: Command, server: Emulator, key: str, tmp_path: Path
) -> None:
    one, other = ((*("--url", server.url, "--key", whose),) for whose in (key, f"{key} of another"))
    command("clock", "set", "--mode", "manual", *one)
    file = tmp_path / "state.json"
    with client_of(server, one[-1]) as client, client_of(server, other[-1]) as others:
        job = start_job(client)

        exported = command("state", "export", str(file), *one)
        imported = command("state", "import", str(file), *other)

        assert others.get(f"{JOBS}/{job}").json() == client.get(f"{JOBS}/{job}").json()
    assert exported.out == f"{file} has what belongs to the key in --key: {file.stat().st_size:,} bytes\n"
    assert "has the state of the file, its clock included" in imported.out


def test_a_state_goes_to_standard_output_where_no_verb_is_named(ftemu: Command, client: httpx.Client) -> None:
    job = start_job(client)

    assert [each["id"] for each in ftemu("state").json["jobs"]] == [job]


def test_what_is_no_state_is_refused_and_changes_nothing(ftemu: Command, client: httpx.Client, tmp_path: Path) -> None:
    job, file = start_job(client), tmp_path / "state.json"
    file.write_text('{"version": 1}')

    told = ftemu("state", "import", str(file))

    assert told.code == 1
    assert told.err.startswith("ftemu: ")
    assert client.get(f"{JOBS}/{job}").status_code == 200
    assert ftemu("state", "import", str(tmp_path / "nowhere")).err.endswith("nowhere: No such file or directory\n")


def test_a_snapshot_is_saved_listed_loaded_and_removed(ftemu: Command, client: httpx.Client) -> None:
    assert ftemu("snapshot").out.startswith("There is no snapshot of the key in --key. This saves one: ")
    job = start_job(client)

    saved = ftemu("snapshot", "save", "one.job")
    ftemu("reset")
    gone = client.get(f"{JOBS}/{job}").status_code
    loaded = ftemu("snapshot", "load", "one.job")

    assert saved.out.splitlines()[0].split() == ["NAME", "SAVED", "AT", "(HOST", "TIME)", "FILES", "JOBS"]
    assert saved.out.splitlines()[1].split()[::3] == ["one.job", "1"]
    assert (gone, client.get(f"{JOBS}/{job}").status_code) == (404, 200)
    assert "has the state of the snapshot" in loaded.out
    assert [each["name"] for each in ftemu("snapshot", "list", "--json").json["snapshots"]] == ["one.job"]
    assert ftemu("snapshot", "remove", "one.job", "--json").json == {"snapshots": []}


@pytest.mark.parametrize("verb", ["load", "remove"])
def test_an_unknown_snapshot_is_refused_with_the_nearest(ftemu: Command, verb: str) -> None:
    ftemu("snapshot", "save", "before")

    told = ftemu("snapshot", verb, "befor")

    assert told.code == 1
    assert "there is no snapshot 'befor'; did you mean before?" in told.err


def test_a_name_that_no_snapshot_has_is_refused(ftemu: Command) -> None:
    assert ftemu("snapshot", "save", "a b/c").code == 1
    assert ftemu("snapshot", "--json").json == {"snapshots": []}


def test_a_reset_says_whose_state_is_gone(ftemu: Command, client: httpx.Client) -> None:
    job = start_job(client)

    told = ftemu("reset")

    assert told.out.startswith("The key in --key starts anew (tenant ")
    assert client.get(f"{JOBS}/{job}").status_code == 404
