"""One file: what is told of it, the signed link to its bytes, and its deletion."""

import re
from urllib.parse import urlsplit

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nscale.conftest import upload
from contract_tests.nscale.envelope import missing, refused
from contract_tests.nscale.orders import TRAINING
from contract_tests.nscale.provider import FILES, PAGE

pytestmark = free
SMALL = b"a,b\n1,2\n"


@pytest.fixture(scope="module")
def alone(line: Line, training_file: Obj) -> Obj:
    """The training file on its own."""
    return line.get(f"{FILES}/{training_file['id']}").ok()


@pytest.fixture(scope="module")
def url(alone: Obj) -> str:
    """The link to its bytes."""
    return str(alone["download_url"])


@pytest.fixture(scope="module")
def content(anonymous: Line, url: str) -> Answer:
    """What the link leads to."""
    return anonymous.get(url)


@fact("files.retrieve", "answers a file as its schema says", known="unverified")
def test_a_file_is_as_published(alone: Obj, schema: Schema) -> None:
    schema.holds("DownloadableFile", alone)


@fact("files.retrieve", "answers what its upload did, and a link", known="observed")
def test_a_file_is_what_was_uploaded(alone: Obj, training_file: Obj) -> None:
    assert alone == training_file | {"download_url": alone["download_url"]}


@fact("files.retrieve", "gives an absolute link, which needs no base URL", known="observed")
def test_the_link_is_absolute(url: str) -> None:
    assert urlsplit(url).scheme in ("http", "https")
    assert urlsplit(url).netloc


@fact("files.content", "needs no token where the link is signed", known="documented")
def test_the_link_needs_no_token(content: Answer) -> None:
    assert content.status == 200


@fact("files.content", "is the bytes as they were uploaded", known="documented")
def test_the_bytes_are_those_that_were_uploaded(content: Answer) -> None:
    assert content.content == TRAINING


@fact("files.content", "bears a token that comes with the link", known="observed")
def test_a_token_beside_the_link_does_no_harm(line: Line, url: str) -> None:
    assert line.get(url).content == TRAINING


@fact("files.content", "bears any token that comes with the link", known="unverified")
def test_a_wrong_token_beside_the_link_does_no_harm(anonymous: Line, url: str) -> None:
    answer = anonymous.send("GET", url, headers={"authorization": "Bearer contract-tests-wrong"})

    assert (answer.status, answer.content) == (200, TRAINING)


@fact("files.content", "is told as text/csv", known="unverified")
def test_the_bytes_are_csv(content: Answer) -> None:
    assert content.media_type == "text/csv"


@fact("files.content", "tells its length", known="unverified")
def test_the_length_is_told(content: Answer) -> None:
    assert content.headers.get("content-length") == str(len(TRAINING))


@fact("files.content", "is to be saved under the file's name", known="unverified")
def test_the_name_is_told(content: Answer, training_file: Obj) -> None:
    assert content.headers.get("content-disposition") == f'attachment; filename="{training_file["name"]}"'


@fact("files.content", "can be read a second time", known="unverified")
def test_a_link_may_be_followed_twice(anonymous: Line, url: str, content: Answer) -> None:
    assert anonymous.get(url).content == content.content


@fact("files.content", "can be read from a link that is given again", known="unverified")
def test_the_next_link_is_good_as_well(line: Line, anonymous: Line, training_file: Obj) -> None:
    again = line.get(f"{FILES}/{training_file['id']}").ok()["download_url"]

    assert anonymous.get(str(again)).content == TRAINING


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            asked,
            expected,
            marks=fact("files.content", f"answers the range {asked} alone", known="unverified"),
            id=asked,
        )
        for asked, expected in (
            ("bytes=0-7", slice(0, 8)),
            ("bytes=10-", slice(10, None)),
            ("bytes=-5", slice(-5, None)),
            ("bytes=5-5", slice(5, 6)),
        )
    ],
)
def test_a_range_is_answered_alone(anonymous: Line, url: str, asked: str, expected: slice) -> None:
    answer = anonymous.send("GET", url, headers={"range": asked})
    part = TRAINING[expected]
    start = expected.indices(len(TRAINING))[0]

    assert (answer.status, answer.content) == (206, part)
    assert answer.headers.get("content-range") == f"bytes {start}-{start + len(part) - 1}/{len(TRAINING)}"


@fact("files.content", "says that it takes ranges", known="unverified")
def test_ranges_are_offered(content: Answer) -> None:
    assert content.headers.get("accept-ranges") == "bytes"


@fact("files.content", "has no range beyond its end", known="unverified")
def test_a_range_beyond_the_end_is_a_416(anonymous: Line, url: str) -> None:
    answer = anonymous.send("GET", url, headers={"range": "bytes=99999999-"})

    assert answer.status == 416
    assert answer.headers.get("content-range") == f"bytes */{len(TRAINING)}"


@fact("files.content", "can be looked at without its bytes", known="unverified")
def test_the_head_has_no_bytes(anonymous: Line, url: str) -> None:
    answer = anonymous.send("HEAD", url)

    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers.get("content-length") == str(len(TRAINING))


def forged(anonymous: Line, url: str) -> str:
    """Follow a link that is not as it was signed."""
    return refused(anonymous.get(url), 403, "permission_denied")


@fact("files.content", "under another signature is a 403", known="unverified")
@pytest.mark.usefixtures("content")  # who has the link itself is let in
def test_another_signature_is_refused(anonymous: Line, url: str) -> None:
    forged(anonymous, re.sub(r"signature=(.)", lambda found: f"signature={'1' if found[1] != '1' else '2'}", url))


@fact("files.content", "under a cut signature is a 403", known="unverified")
@pytest.mark.usefixtures("content")  # who has the link itself is let in
def test_a_cut_signature_is_refused(anonymous: Line, url: str) -> None:
    assert "signature=" in url

    forged(anonymous, re.sub(r"(signature=\w+)\w", r"\1", url))


@fact("files.content", "at a later end than was signed is a 403", known="unverified")
@pytest.mark.usefixtures("content")  # who has the link itself is let in
def test_a_later_end_is_refused(anonymous: Line, url: str) -> None:
    later = re.sub(r"expires=(\d+)", lambda found: f"expires={int(found[1]) + 1000}", url)
    assert later != url

    forged(anonymous, later)


@fact("files.content", "of another file than was signed is a 403", known="unverified")
@pytest.mark.usefixtures("content")  # who has the link itself is let in
def test_another_files_bytes_are_not_behind_the_link(
    anonymous: Line, url: str, training_file: Obj, validation_file: Obj
) -> None:
    other = url.replace(training_file["id"], validation_file["id"])
    assert other != url

    forged(anonymous, other)


@fact("files.content", "without a signature is a 403", known="unverified")
@pytest.mark.usefixtures("content")  # who has the link itself is let in
def test_a_link_without_its_query_is_refused(anonymous: Line, url: str) -> None:
    refused(anonymous.get(url.partition("?")[0]), 403, "permission_denied")


@fact("files.content", "without a signature is a 403 under a token too", known="unverified")
@pytest.mark.usefixtures("content")  # who has the link itself is let in
def test_a_token_is_no_signature(line: Line, url: str) -> None:
    refused(line.get(url.partition("?")[0]), 403, "permission_denied")


@fact("files.content", "without a part of the signature's query is a 403", known="unverified")
@pytest.mark.usefixtures("content")  # who has the link itself is let in
def test_a_link_without_its_end_is_refused(anonymous: Line, url: str) -> None:
    assert "expires=" in url

    forged(anonymous, re.sub(r"expires=\d+&?", "", url))


@fact("files.content", "cannot be written to", known="unverified")
def test_a_link_is_for_reading(anonymous: Line, url: str) -> None:
    refused(anonymous.send("POST", url), 405, "unimplemented")


@fact("files.content", "keeps bytes that are no text", known="unverified")
def test_bytes_that_are_no_text_are_kept(run: Run, line: Line, anonymous: Line) -> None:
    data = bytes(range(256)) * 3
    file = upload(run, data).ok()

    assert anonymous.get(str(line.get(f"{FILES}/{file['id']}").ok()["download_url"])).content == data


@pytest.fixture(scope="module")
def deletion(run: Run, line: Line) -> tuple[Obj, str, Answer]:
    """A file, the link to it, and the answer to its deletion."""
    file = upload(run, SMALL).ok()
    link = str(line.get(f"{FILES}/{file['id']}").ok()["download_url"])
    return file, link, line.delete(f"{FILES}/{file['id']}")


@fact("files.delete", "answers 204 and no body", known="unverified")
def test_a_deletion_answers_204(deletion: tuple[Obj, str, Answer]) -> None:
    assert (deletion[2].status, deletion[2].content) == (204, b"")


@fact("files.delete", "leaves nothing to retrieve", known="documented")
def test_a_deleted_file_is_gone(line: Line, deletion: tuple[Obj, str, Answer]) -> None:
    assert deletion[0]["id"] in missing(line.get(f"{FILES}/{deletion[0]['id']}"))


@fact("files.delete", "leaves nothing to list", known="documented")
def test_a_deleted_file_is_not_listed(line: Line, deletion: tuple[Obj, str, Answer]) -> None:
    assert deletion[0]["id"] not in [file["id"] for file in line.get(FILES, limit=PAGE).rows()]


@fact("files.delete", "leaves nothing behind a link", known="unverified")
def test_a_deleted_files_link_leads_nowhere(anonymous: Line, deletion: tuple[Obj, str, Answer]) -> None:
    missing(anonymous.get(deletion[1]))


@fact("files.delete", "cannot be done twice", known="unverified")
def test_a_file_is_deleted_once(line: Line, deletion: tuple[Obj, str, Answer]) -> None:
    missing(line.delete(f"{FILES}/{deletion[0]['id']}"))


@fact("files.delete", "leaves other files as they are", known="documented")
@pytest.mark.usefixtures("deletion")
def test_a_deletion_is_of_one_file(line: Line, training_file: Obj) -> None:
    assert line.get(f"{FILES}/{training_file['id']}").ok()["id"] == training_file["id"]


@fact("files.delete", "takes a deletion that calls its empty body JSON", known="observed")
def test_a_deletion_may_be_called_json(run: Run, line: Line) -> None:
    file = upload(run, SMALL).ok()
    answer = line.send("DELETE", f"{FILES}/{file['id']}", headers={"content-type": "application/json"})

    assert answer.status == 204
    missing(line.get(f"{FILES}/{file['id']}"))
