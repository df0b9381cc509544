"""The model of a completed job: a link to it, as JSON or as a redirect, and the archive that it leads to."""

import io
import json
import re
import tarfile
from urllib.parse import urlsplit

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nscale.conftest import Cancellation, where_to
from contract_tests.nscale.envelope import refused
from contract_tests.nscale.provider import JOBS

pytestmark = spends


@pytest.fixture
def path(link: str, walk: Walk) -> str:
    """The call that gives the link."""
    assert link
    return f"{JOBS}/{walk.created['id']}/download"


def asked(line: Line, path: str, **headers: str) -> Answer:
    return line.send("GET", path, headers={"accept": "*/*", **headers})


@fact("jobs.download", "answers JSON to who says that JSON is sent, as the provider's client does", known="observed")
def test_a_client_that_calls_its_request_json_gets_json(line: Line, path: str) -> None:
    found = asked(line, path, **{"content-type": "application/json"}).ok()

    assert list(found) == ["download_url"]


@fact("jobs.download", "answers JSON to who takes JSON", known="unverified")
def test_a_client_that_takes_json_gets_json(line: Line, path: str, schema: Schema) -> None:
    schema.holds("Download", asked(line, path, accept="application/json").ok())


@fact("jobs.download", "redirects others, as curl", known="documented")
def test_others_are_redirected(line: Line, path: str) -> None:
    answer = asked(line, path)

    assert answer.status == 302
    assert answer.headers.get("location")


@fact("jobs.download", "gives an absolute link, which needs no base URL", known="observed")
def test_the_link_is_absolute(link: str) -> None:
    assert urlsplit(link).scheme in ("http", "https")
    assert urlsplit(link).netloc


@fact("jobs.content", "is the same at the end of both ways", known="unverified")
def test_both_ways_lead_to_the_same(line: Line, anonymous: Line, path: str, archive: Answer) -> None:
    assert anonymous.get(asked(line, path).headers.get("location", "")).content == archive.content


@fact("jobs.content", "needs no token where the link is signed", known="documented")
def test_the_link_needs_no_token(archive: Answer) -> None:
    assert archive.status == 200


@fact("jobs.content", "bears a token that comes with the link", known="observed")
def test_a_token_beside_the_link_does_no_harm(line: Line, link: str, archive: Answer) -> None:
    assert line.get(link).content == archive.content


@fact("jobs.content", "is told as gzip", known="unverified")
def test_the_archive_is_gzip(archive: Answer) -> None:
    assert archive.media_type == "application/gzip"
    assert archive.content[:2] == b"\x1f\x8b"


@fact("jobs.content", "tells its length", known="unverified")
def test_the_length_is_told(archive: Answer) -> None:
    assert archive.headers.get("content-length") == str(len(archive.content))


@fact("jobs.content", "is not compressed a second time", known="unverified")
def test_the_archive_is_not_encoded(archive: Answer) -> None:
    assert "content-encoding" not in archive.headers


@fact("jobs.content", "is to be saved as fine_tuned_model.tar.gz", known="unverified")
def test_the_name_is_told(archive: Answer) -> None:
    assert archive.headers.get("content-disposition") == 'attachment; filename="fine_tuned_model.tar.gz"'


def unpacked(archive: Answer) -> dict[str, bytes]:
    """Return the files of the archive."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive.content), mode="r:gz") as packed:
            found = {member.name: packed.extractfile(member) for member in packed.getmembers() if member.isfile()}
            return {name: file.read() for name, file in found.items() if file}
    except (tarfile.TarError, EOFError, OSError) as error:
        raise AssertionError(f"an archive was expected of {archive!r}: {error}") from None


@fact("jobs.content", "is a tar archive of weights and configuration", known="documented")
def test_the_archive_has_weights_and_configuration(archive: Answer) -> None:
    names = set(unpacked(archive))

    assert [name for name in names if name.endswith(".safetensors")]
    assert [name for name in names if name.endswith("config.json")]


@fact("jobs.content", "has an adapter that is as was asked", known="documented")
def test_the_adapter_is_as_was_asked(archive: Answer) -> None:
    told = json.loads(unpacked(archive)["adapter_config.json"])

    assert (told["peft_type"], told["r"], told["lora_alpha"]) == ("LORA", 16, 32)


@fact("jobs.content", "has no paths that lead elsewhere", known="unverified")
def test_names_stay_within_the_archive(archive: Answer) -> None:
    names = list(unpacked(archive))
    assert names

    assert [name for name in names if name.startswith("/") or ".." in name.split("/")] == []


@fact("jobs.content", "is the same from the next link", known="unverified")
def test_the_archive_stays(line: Line, anonymous: Line, walk: Walk, archive: Answer) -> None:
    assert anonymous.get(where_to(line, walk.created["id"])).content == archive.content


@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        pytest.param(
            range_,
            expected,
            marks=fact("jobs.content", f"answers the range {range_} alone", known="unverified"),
            id=range_,
        )
        for range_, expected in (
            ("bytes=0-9", slice(0, 10)),
            ("bytes=1000-", slice(1000, None)),
            ("bytes=-7", slice(-7, None)),
        )
    ],
)
def test_a_range_is_answered_alone(anonymous: Line, link: str, archive: Answer, range_: str, expected: slice) -> None:
    answer = anonymous.send("GET", link, headers={"range": range_})
    start, size = expected.indices(len(archive.content))[0], len(archive.content)
    part = archive.content[expected]

    assert (answer.status, answer.content) == (206, part)
    assert answer.headers.get("content-range") == f"bytes {start}-{start + len(part) - 1}/{size}"


@fact("jobs.content", "has no range beyond its end", known="unverified")
def test_a_range_beyond_the_end_is_a_416(anonymous: Line, link: str) -> None:
    assert anonymous.send("GET", link, headers={"range": "bytes=9999999999-"}).status == 416


@fact("jobs.content", "can be looked at without its bytes", known="unverified")
def test_the_head_has_no_bytes(anonymous: Line, link: str, archive: Answer) -> None:
    answer = anonymous.send("HEAD", link)

    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers.get("content-length") == str(len(archive.content))


@fact("jobs.content", "under another signature is a 403", known="unverified")
@pytest.mark.usefixtures("archive")  # who has the link itself is let in
def test_another_signature_is_refused(anonymous: Line, link: str) -> None:
    other = re.sub(r"signature=(.)", lambda found: f"signature={'1' if found[1] != '1' else '2'}", link)
    assert other != link

    refused(anonymous.get(other), 403, "permission_denied")


@fact("jobs.content", "at a later end than was signed is a 403", known="unverified")
@pytest.mark.usefixtures("archive")  # who has the link itself is let in
def test_a_later_end_is_refused(anonymous: Line, link: str) -> None:
    later = re.sub(r"expires=(\d+)", lambda found: f"expires={int(found[1]) + 1000}", link)
    assert later != link

    refused(anonymous.get(later), 403, "permission_denied")


@fact("jobs.content", "of another job than was signed is a 403", known="unverified")
@pytest.mark.usefixtures("archive")  # who has the link itself is let in
def test_another_jobs_model_is_not_behind_the_link(
    anonymous: Line, link: str, cancellation: Cancellation, walk: Walk
) -> None:
    other = link.replace(walk.created["id"], cancellation.created["id"])
    assert other != link

    refused(anonymous.get(other), 403, "permission_denied")


@fact("jobs.content", "of a file that the link was not for is a 403", known="unverified")
@pytest.mark.usefixtures("archive")  # who has the link itself is let in
def test_a_file_is_not_behind_a_models_link(anonymous: Line, link: str, walk: Walk, dataset: dict[str, str]) -> None:
    other = re.sub(rf"/jobs/{walk.created['id']}/[^?]+", f"/files/{dataset['training_file_id']}", link)
    assert other != link

    refused(anonymous.get(other), 403, "permission_denied")


@fact("jobs.content", "without a signature is a 403", known="unverified")
@pytest.mark.usefixtures("archive")  # who has the link itself is let in
def test_a_link_without_its_query_is_refused(anonymous: Line, link: str) -> None:
    refused(anonymous.get(link.partition("?")[0]), 403, "permission_denied")


@fact("jobs.content", "without a signature is a 403 under a token too", known="unverified")
@pytest.mark.usefixtures("archive")  # who has the link itself is let in
def test_a_token_is_no_signature(line: Line, link: str) -> None:
    refused(line.get(link.partition("?")[0]), 403, "permission_denied")
