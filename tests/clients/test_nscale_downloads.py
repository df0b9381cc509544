"""Who fetches Nscale's models and files: whatever follows a redirect, and whatever opens a link without a token."""

import csv
import io
import os
import shutil
import subprocess
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from emulator import service_token
from emulator.server import Emulator
from tests.clients import nscale
from tests.clients.installed import NODE_MAJOR_MIN, node_major, python_with
from tests.clients.walking import SCRIPTS, Walker

PANDAS = "2.3.3"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One server for all of them, on a poll clock."""
    with Emulator(port=0, quiet=True, dialect="nscale", clock="poll") as shared:
        yield shared


@dataclass(frozen=True)
class Made:
    """A completed job and its training file, and where its model is asked for."""

    client: httpx.Client
    job: str
    file: str

    @property
    def download(self) -> str:
        """Where the model is asked for."""
        return f"{str(self.client.base_url).rstrip('/')}/jobs/{self.job}/download"

    @property
    def bearer(self) -> str:
        """What goes with it."""
        return str(self.client.headers["authorization"])

    def model_link(self) -> str:
        """Return a signed link to the model."""
        return str(self.client.get(self.download, headers={"accept": "application/json"}).json()["download_url"])

    def file_link(self) -> str:
        """Return a signed link to the file."""
        return str(self.client.get(f"/files/{self.file}").json()["download_url"])


def uploaded(client: httpx.Client, content: bytes) -> str:
    answer = client.post("/files", files={"file": ("train.csv", content, "text/csv")})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def ordered(client: httpx.Client, file: str) -> httpx.Response:
    """Order a job of a file's questions and answers; return what is said."""
    dataset = client.post("/datasets", json={"name": "data", "training_file_id": file}).json()["id"]
    return client.post("/jobs", json=nscale.order(dataset))


@pytest.fixture
def client(emulator: Emulator, key: str) -> Iterator[httpx.Client]:
    """A client of the test's tenant and its organization."""
    bearer = {"authorization": f"Bearer {service_token(key)}"}
    with httpx.Client(base_url=nscale.base(emulator), headers=bearer, timeout=30) as plain:
        yield plain


@pytest.fixture
def made(client: httpx.Client) -> Made:
    """A completed job."""
    file = uploaded(client, nscale.table().encode())
    job = ordered(client, file).json()["job"]["id"]
    while client.get(f"/jobs/{job}").json()["status"] != "completed":
        pass  # the poll clock brings its end
    return Made(client, job, file)


def by_httpx(url: str, bearer: str | None) -> bytes:
    return httpx.get(url, headers={"authorization": bearer} if bearer else {}, follow_redirects=True).content


def by_urllib(url: str, bearer: str | None) -> bytes:
    asked = urllib.request.Request(url, headers={"Authorization": bearer} if bearer else {})  # noqa: S310 -- ours
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 -- ours
        content: bytes = answer.read()
    return content


def by_wget(url: str, bearer: str | None) -> bytes:
    if not shutil.which("wget"):
        pytest.skip("wget is not on this machine")
    header = ["--header", f"Authorization: {bearer}"] if bearer else []
    return subprocess.run(["wget", "-q", "-O", "-", *header, url], capture_output=True, check=True, timeout=60).stdout


CLIENTS: dict[str, Callable[[str, str | None], bytes]] = {"httpx": by_httpx, "urllib": by_urllib, "wget": by_wget}
"""Node is walked below."""


@pytest.mark.parametrize("name", CLIENTS)
def test_who_follows_the_redirect_with_its_bearer_and_who_opens_a_link_without_gets_the_same(
    made: Made, name: str
) -> None:
    fetch = CLIENTS[name]
    redirected, linked = fetch(made.download, made.bearer), fetch(made.model_link(), None)

    assert redirected == linked
    with tarfile.open(fileobj=io.BytesIO(redirected)) as archive:
        assert sorted(archive.getnames()) == nscale.ARCHIVED
    assert fetch(made.file_link(), None) == nscale.table().encode()


def test_who_brings_its_bearer_along_is_whoever_the_link_says(emulator: Emulator, made: Made, key: str) -> None:
    stranger = service_token("a stranger")
    assert by_httpx(made.model_link(), f"Bearer {stranger}") == by_httpx(made.model_link(), None)

    assert len(emulator.tenant(service_token(key)).journal.list(operation="jobs.content")) == 2
    assert emulator.tenant(stranger).journal.list() == []


def test_a_link_that_was_altered_opens_nothing_whoever_follows_it(made: Made) -> None:
    link = made.model_link()
    other = "0" if link[-1] != "0" else "1"
    for headers in ({}, {"authorization": made.bearer}):
        answer = httpx.get(f"{link[:-1]}{other}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_wget_goes_on_with_what_it_has(made: Made, tmp_path: Path) -> None:
    if not shutil.which("wget"):
        pytest.skip("wget is not on this machine")
    content, place = by_httpx(made.model_link(), None), tmp_path / "model.tar.gz"
    place.write_bytes(content[:30_000])
    command = ["wget", "-q", "-c", "-O", str(place), "--header", f"Authorization: {made.bearer}", made.download]
    subprocess.run(command, check=True, timeout=60)

    assert place.read_bytes() == content
    subprocess.run(command, check=True, timeout=60)  # 416: there is nothing to do
    assert place.read_bytes() == content


def test_node_walks_to_the_end_and_cleans_up(emulator: Emulator, tmp_path: Path, key: str) -> None:
    if node_major() < NODE_MAJOR_MIN:
        pytest.skip(f"Node {NODE_MAJOR_MIN} or later is not on this machine")
    data = tmp_path / "train.csv"
    data.write_text(nscale.table(), encoding="utf-8")
    own = {"NSCALE_API_TOKEN": service_token(key), "ORGANIZATION_ID": nscale.ORGANIZATION}
    walker = Walker(emulator.url, "no-key", data, tmp_path, own)
    seen = walker.seen("node", str(SCRIPTS / "nscale_fetch.mjs"), base="NSCALE_URL")

    assert [*dict.fromkeys(seen["statuses"])] == nscale.MOVES
    assert (seen["usage"]["cost"], seen["points"] > 0, seen["back"]) == (2, True, True)
    assert (seen["followed"], seen["kept"]) == ([200, True, "application/gzip"], [302, True])
    assert len(set(seen["archives"])) == 1
    assert (seen["cancelled"], seen["gone"]) == ("cancelled", [204, ""])
    assert (seen["missing"][0], seen["missing"][1]["code"]) == (404, "not_found")


TABLES = {
    "python's csv": nscale.table().replace("\n", "\r\n").encode(),
    "excel's": b"\xef\xbb\xbf" + nscale.table().encode(),
    "with an index": b",question,answer\n0,What?,That.\n1,Who?,She.\n",
    "without a last line's end": b"question,answer\nWhat?,That.\nWho?,She.",
    "all in quotes": b'"question","answer"\n"What?","That."\n"Who?","She."\n',
    "with gaps": b"question,answer\nWhat?,\n,She.\nWhy?,nan\n",
}


@pytest.mark.parametrize("writer", TABLES)
def test_a_table_is_read_as_python_reads_it_and_comes_back_to_the_byte(client: httpx.Client, writer: str) -> None:
    content = TABLES[writer]
    file = client.get(f"/files/{uploaded(client, content)}").json()
    rows = [*csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))]

    assert {column["name"]: column["values"] for column in file["columns"]} == {
        name: [row[name] for row in rows[:5]] for name in rows[0]
    }
    assert (file["bytes"], by_urllib(file["download_url"], None)) == (len(content), content)
    assert ordered(client, file["id"]).status_code == 200


MISTAKES = {
    "semicolons": (b"question;answer\nWhat?;That.\n", "has no column 'answer', it has 'question;answer'"),
    "a blank before a name": (b"question, answer\nWhat?, That.\n", "did you mean ' answer'?"),
    "packed": (bytes.fromhex("1f8b0800000000000003"), "the training file has no columns: "),
    "a workbook": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "the training file has no columns: "),
    "wide letters": (nscale.table().encode("utf-16"), "is not valid UTF-8"),
    "nothing": (b"", "the file has no rows, not even a header"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_no_table_of_commas_is_taken_and_named_where_a_job_wants_its_columns(
    client: httpx.Client, mistake: str
) -> None:
    content, said = MISTAKES[mistake]
    refused = ordered(client, uploaded(client, content))

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_argument")
    assert refused.json()["message"].startswith("dataset.answer_column: ")
    assert said in refused.json()["message"]


PANDAS_WALK = """
import sys
from importlib.metadata import version

import pandas

url, path = sys.argv[1:]
table = pandas.read_csv(url)
table.to_csv(path, index=False)
print(version("pandas"), *table.shape, *table.columns, table["answer"].isna().sum())
"""


@pytest.mark.full
def test_pandas_reads_a_link_and_what_it_writes_is_taken(client: httpx.Client, tmp_path: Path) -> None:
    file = client.get(f"/files/{uploaded(client, nscale.table().encode())}").json()
    written = tmp_path / "written.csv"
    python = python_with(f"pandas=={PANDAS}")
    command = [python, "-c", PANDAS_WALK, file["download_url"], str(written)]
    path = os.environ.get("PATH", os.defpath)  # noqa: TID251 -- no proxy of the machine's
    said = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=True, timeout=120).stdout

    assert said.split() == [PANDAS, str(nscale.ROWS), "2", "question", "answer", "0"]
    again = client.get(f"/files/{uploaded(client, written.read_bytes())}").json()
    assert again["columns"] == file["columns"]
    assert by_urllib(again["download_url"], None) == by_urllib(file["download_url"], None)
