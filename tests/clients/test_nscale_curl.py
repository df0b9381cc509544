"""Each command of Nscale's guide through the real curl, with nothing replaced but its host and its placeholders.

The page belongs to the provider and is no part of this project, so it is read where it lies beside the checkout. How an
answer went is said on standard error, by a ``.curlrc`` of the test's home.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emulator import service_token
from emulator.server import Emulator
from tests.clients import nscale

PAGE = Path(__file__).parents[3] / "shared" / "docs" / "nscale-fine-tuning.md"
HOST = "https://fine-tuning.api.nscale.com"
ARCHIVE = "fine_tuned_model.tar.gz"
PLACEHOLDERS = ("<Base_Model_ID>", "<Dataset_ID>", "<Your-Prompt-column-name>", "Your-Answer-column-name")
ROW = re.compile(r"^(.*)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})8192\(", re.MULTILINE)
"""A row of its table of models, whose columns run into one another: organization and name, id, context."""
POLLS_MAX = 20
"""More looks than the poll clock lets any job take."""

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
WITH_PAGE = pytest.mark.skipif(
    not PAGE.is_file(), reason="the guide's page is not here: shared/docs is not beside the checkout"
)


@dataclass
class Shell:
    """A shell in which commands are typed; ``code`` is the status of the last answer that curl got."""

    url: str
    folder: Path
    variables: dict[str, str]
    code: int = field(default=0, init=False)

    def type(self, command: str) -> bytes:
        """Run a command; return what it printed."""
        path = os.environ.get("PATH", os.defpath)  # noqa: TID251 -- where curl is
        done = subprocess.run(
            ["bash", "-c", command.replace(HOST, self.url)],
            cwd=self.folder,
            env={"PATH": path, "HOME": str(self.folder), "LANG": "C.UTF-8", **self.variables},
            capture_output=True,
            check=True,
            timeout=60,
        )
        self.code = int(done.stderr.splitlines()[-1])
        return done.stdout

    def told(self, command: str) -> Any:
        """Run a command and return the JSON that it printed; it must have been answered with 200."""
        answer = json.loads(self.type(command))
        assert self.code == 200, answer
        return answer

    def asked(self, path: str, options: str = "") -> Any:
        """Return what a call of the organization answers."""
        where = f'"{HOST}/api/v1/organizations/$ORGANIZATION_ID{path}"'
        return self.told(f'curl {where} -H "Authorization: Bearer $NSCALE_API_TOKEN" {options}')


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One server for all of them, on a poll clock."""
    with Emulator(port=0, quiet=True, dialect="nscale", clock="poll", weight_bytes=300_000) as shared:
        yield shared


@pytest.fixture(params=nscale.FACES)
def shell(emulator: Emulator, tmp_path: Path, key: str, request: pytest.FixtureRequest) -> Shell:
    """A shell with the guide's variables, in a folder with a table."""
    return shell_of(emulator, tmp_path, key, nscale.FACES[request.param])


def shell_of(emulator: Emulator, folder: Path, key: str, face: str = "") -> Shell:
    (folder / ".curlrc").write_text('silent\nshow-error\nwrite-out = "%{stderr}%{http_code}\\n"\n', encoding="ascii")
    (folder / "train.csv").write_text(nscale.table(), encoding="utf-8")
    told = {"NSCALE_API_TOKEN": service_token(key), "ORGANIZATION_ID": nscale.ORGANIZATION}
    return Shell(f"{emulator.url}{face}", folder, told)


def made(shell: Shell) -> str:
    """Return a dataset that curl made."""
    file = shell.asked("/files", "-F file=@train.csv")
    assert [column["name"] for column in file["columns"]] == ["question", "answer"]
    told = json.dumps({"name": "my data", "training_file_id": file["id"]})
    return str(shell.asked("/datasets", f"-H 'Content-Type: application/json' -d '{told}'")["id"])


@pytest.fixture
def ended(shell: Shell) -> Shell:
    """A shell whose ``$JOB_ID`` is a completed job's."""
    told = json.dumps(nscale.order(made(shell)))
    job = shell.asked("/jobs", f"-H 'Content-Type: application/json' -d '{told}'")["job"]
    statuses = (shell.asked(f"/jobs/{job['id']}")["status"] for _ in range(POLLS_MAX))
    assert "completed" in statuses
    shell.variables["JOB_ID"] = job["id"]
    return shell


def commands() -> list[str]:
    """Return the commands of the page, in order: each goes on while a line says so or a quotation is open."""
    found, rest = [], iter(PAGE.read_text(encoding="utf-8").splitlines())
    for line in rest:
        if line.startswith("curl "):
            command = line
            while command.endswith("\\") or command.count("'") % 2:
                command += f"\n{next(rest)}"
            found.append(command)
    return found


def filled(command: str, *values: str) -> str:
    """Return a command whose placeholders stand for values."""
    for placeholder, value in zip(PLACEHOLDERS, values, strict=True):
        assert command.count(placeholder) == 1
        command = command.replace(placeholder, value)
    return command


@WITH_PAGE
def test_every_command_of_the_guide_is_answered_as_the_page_says(shell: Shell) -> None:
    models, create, listed, metrics, push, download = commands()
    assert_offered(shell.told(models)["data"])

    created = shell.told(filled(create, nscale.MODEL, made(shell), "question", "answer"))
    job = created["job"]
    shell.variables["JOB_ID"] = job["id"]
    assert (created["dry_run"], created["estimated_usage"]["cost"], job["status"]) == (False, 2.0, "queued")
    assert json.loads(create.split("-d '")[1].rstrip("'"))["hyperparameters"].items() <= job["hyperparameters"].items()

    assert assert_listed(shell, listed) == nscale.MOVES
    assert {"step", "perplexity"} <= set(shell.told(metrics)["data"][-1])
    export = shell.told(push)
    assert (export["status"], export["huggingface_repository_id"]) == ("running", "your-hf-username/your-model-repo")

    assert (shell.type(download), shell.code) == (b"", 200)
    assert unpacked(shell) == nscale.ARCHIVED


def assert_offered(models: list[dict[str, Any]]) -> None:
    """Assert that the models are those of the page's table, in its order."""
    table = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(table) == 10
    assert [model["id"] for model in models] == [own_id for _, own_id in table]
    for model, (names, _) in zip(models, table, strict=True):
        assert names.rstrip("”") == f"{model['organization']}{model['name']}"


def assert_listed(shell: Shell, listed: str) -> list[str]:
    """Look at the list, as the page says, until the job is completed; return the statuses that it showed."""
    seen: list[str] = []
    for _ in range(POLLS_MAX):
        [job] = shell.told(listed)["data"]
        assert job["id"] == shell.variables["JOB_ID"]
        seen.append(job["status"])
        if job["status"] == "completed":
            break
    counts = {
        status: len(shell.told(listed.replace("/jobs", f"/jobs?status={status}"))["data"])
        for status in ("queued", "running", "completed", "failed")
    }
    assert counts == {"queued": 0, "running": 0, "completed": 1, "failed": 0}
    return [*dict.fromkeys(seen)]


def unpacked(shell: Shell, archive: str = ARCHIVE) -> list[str]:
    """Unpack an archive with tar; return the names of what it held."""
    place = shell.folder / f"unpacked-{archive}"
    place.mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", str(place)], cwd=shell.folder, check=True)
    return sorted(each.name for each in place.iterdir())


@WITH_PAGE
def test_the_numbers_that_the_guide_names_are_those_of_the_setting_list(serve: Any, tmp_path: Path, key: str) -> None:
    shell = shell_of(serve(dialect="nscale", clock="poll", metrics="list"), tmp_path, key)
    _, create, listed, metrics, *_ = commands()
    created = shell.told(filled(create, nscale.MODEL, made(shell), "question", "answer"))
    shell.variables["JOB_ID"] = created["job"]["id"]
    assert_listed(shell, listed)

    assert {"train_loss", "eval_loss", "perplexity"} <= set(shell.told(metrics)[-1])


@WITH_PAGE
def test_a_command_of_which_nothing_was_filled_in_is_told_what_is_wrong(shell: Shell) -> None:
    _, create, *_ = commands()
    refused = json.loads(shell.type(create))

    assert (shell.code, refused["code"]) == (400, "invalid_argument")
    assert refused["message"].startswith("base_model_id: there is no base model '<Base_Model_ID>'")


DOWNLOAD = (
    f'curl -L "{HOST}/api/v1/organizations/$ORGANIZATION_ID/jobs/$JOB_ID/download" '
    '-H "Authorization: Bearer $NSCALE_API_TOKEN"'
)


def whole(shell: Shell) -> bytes:
    """Return a model's archive, as the redirect leads to it."""
    content = shell.type(DOWNLOAD)
    assert shell.code == 200
    return content


def test_a_download_that_broke_off_goes_on_where_it_was(ended: Shell) -> None:
    content = whole(ended)
    (ended.folder / ARCHIVE).write_bytes(content[: len(content) // 3])
    ended.type(f"{DOWNLOAD} -C - -o {ARCHIVE}")

    assert ended.code == 206
    assert (ended.folder / ARCHIVE).read_bytes() == content
    assert unpacked(ended) == nscale.ARCHIVED


def test_a_range_of_the_archive_is_its_own_bytes(ended: Shell) -> None:
    content = whole(ended)

    for asked, cut in (("0-99", slice(100)), ("100000-150000", slice(100_000, 150_001)), ("-10", slice(-10, None))):
        assert (ended.type(f"{DOWNLOAD} --range {asked}"), ended.code) == (content[cut], 206)
    assert (ended.type(f"{DOWNLOAD} --range {len(content)}-"), ended.code) == (b"", 416)


def test_a_head_of_the_link_tells_the_length_and_the_name(ended: Shell) -> None:
    content = whole(ended)
    link = ended.asked(f"/jobs/{ended.variables['JOB_ID']}/download", "-H 'Accept: application/json'")["download_url"]
    head = ended.type(f"curl -I '{link}'").decode().lower().splitlines()

    assert ended.code == 200
    assert f"content-length: {len(content)}" in head
    assert f'content-disposition: attachment; filename="{ARCHIVE}"' in head
    assert {"content-type: application/gzip", "accept-ranges: bytes"} <= {*head}


def test_a_link_saves_under_the_name_that_the_server_gives(ended: Shell) -> None:
    link = ended.asked(f"/jobs/{ended.variables['JOB_ID']}/download", "-H 'Accept: application/json'")["download_url"]
    ended.type(f"curl -OJ '{link}'")

    assert (ended.code, unpacked(ended)) == (200, nscale.ARCHIVED)


def test_without_following_the_redirect_nothing_comes_but_where_it_leads(ended: Shell) -> None:
    told = "-w '%{stdout}%{redirect_url}%{stderr}%{http_code}\\n'"
    where = ended.type(f"{DOWNLOAD.replace('curl -L', 'curl')} {told}").decode()

    assert ended.code == 302
    assert where.startswith(f"{ended.url}/downloads/organizations/{nscale.ORGANIZATION}/jobs/")
    assert (ended.type(f"curl '{where}' -o {ARCHIVE}"), ended.code) == (b"", 200)
    assert unpacked(ended) == nscale.ARCHIVED
