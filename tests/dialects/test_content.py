"""Bytes out: an archive that is made while it is sent, whole and in ranges, as any other file is."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.responses import Response

from emulator.clock import host_clock
from emulator.core import world
from emulator.core.file import File
from emulator.dialects import content
from emulator.settings import Settings
from emulator.timeline.artifacts import Archive, Artifact, archive, checkpoint_files
from emulator.timeline.job import Lora
from tests.timeline.test_artifacts import HUGE, a_source

AT = datetime(2026, 1, 1, tzinfo=UTC)
SMALL = archive("job-1.tar.gz", checkpoint_files(a_source(weight_bytes=150_000)), folder="job-1", created_at=0)
LARGE = archive("job-1.tar.gz", checkpoint_files(a_source(weight_bytes=HUGE)), folder="job-1", created_at=0)
WHOLE = b"".join(SMALL.read())


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A service that gives two archives and a table."""
    app, kinds = FastAPI(), {"csv": "text/csv", "small": "application/gzip", "large": "application/gzip"}
    table = checkpoint_files(a_source())[0]
    sources: dict[str, Artifact | Archive] = {"csv": table, "small": SMALL, "large": LARGE}

    with world.opened(Settings(quiet=True), host_clock()) as here:

        @app.api_route("/{name}", methods=["GET", "HEAD"])
        async def give(name: str, request: Request) -> Response:
            source = sources[name]
            file = File(f"id-of-{name}", source.size, AT, source.name, "model", source)
            head = request.method == "HEAD"
            return content.answer(here, file, request.headers, head=head, media_type=kinds[name])

        with TestClient(app) as made:
            yield made


def ask(client: TestClient, name: str = "small", method: str = "GET", **headers: str) -> Any:
    return client.request(method, f"/{name}", headers={"accept-encoding": "gzip", **headers})


def test_an_archive_is_given_whole(client: TestClient) -> None:
    answer = ask(client)

    assert (answer.status_code, answer.content) == (200, WHOLE)
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-length"] == str(SMALL.size)
    assert answer.headers["content-disposition"] == 'attachment; filename="job-1.tar.gz"'
    assert answer.headers["etag"] == f'"{SMALL.tag}"'
    assert "content-encoding" not in answer.headers  # a client would unpack what it is to keep


RANGES = {
    "bytes=0-0": (0, 1),
    "bytes=0-": (0, SMALL.size),
    "bytes=9-16": (9, 17),
    "bytes=65540-65551": (65540, 65552),
    "bytes=-8": (SMALL.size - 8, SMALL.size),
    "bytes=70000-99999999": (70000, SMALL.size),
}


@pytest.mark.parametrize("asked", RANGES)
def test_a_range_of_an_archive_is_that_slice_of_it(client: TestClient, asked: str) -> None:
    start, stop = RANGES[asked]
    answer, head = ask(client, range=asked), ask(client, method="HEAD", range=asked)

    assert (answer.status_code, answer.content) == (206, WHOLE[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SMALL.size}"
    assert answer.headers["content-type"] == "application/gzip"
    assert (head.status_code, head.content, head.headers) == (206, b"", answer.headers)


@pytest.mark.parametrize("asked", [f"bytes={SMALL.size}-", "bytes=5-3", "bytes=-0"])
def test_a_range_that_is_not_there_is_a_416(client: TestClient, asked: str) -> None:
    answer = ask(client, range=asked)

    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{SMALL.size}"


@pytest.mark.parametrize("headers", [{"range": "bytes=0-1,4-5"}, {"range": "bytes=0-1", "if-range": '"another"'}])
def test_several_ranges_or_those_of_another_archive_are_answered_whole(
    client: TestClient, headers: dict[str, str]
) -> None:
    assert ask(client, **headers).content == WHOLE


def test_an_interrupted_download_goes_on_where_it_was(client: TestClient) -> None:
    etag = ask(client).headers["etag"]
    rest = ask(client, **{"range": "bytes=100000-", "if-range": etag})

    assert WHOLE[:100_000] + rest.content == WHOLE


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("asked", ["{}", "W/{}", '"a", {}', '"a",W/{} , "b"', "*", " * "])
def test_who_has_the_bytes_is_told_so_and_gets_none(client: TestClient, method: str, asked: str) -> None:
    etag = ask(client).headers["etag"]
    for more in ({}, {"range": "bytes=0-9"}, {"range": f"bytes={SMALL.size}-"}):
        answer = ask(client, method=method, **{"if-none-match": asked.format(etag)}, **more)

        assert (answer.status_code, answer.content, answer.headers) == (304, b"", {"etag": etag})


def test_a_tag_is_found_in_a_second_header_too(client: TestClient) -> None:
    headers = [("if-none-match", '"a"'), ("if-none-match", ask(client).headers["etag"])]
    assert client.get("/small", headers=headers).status_code == 304


@pytest.mark.parametrize("asked", ["", '"another"', f'W/"{SMALL.tag}x"', SMALL.tag, f'"{SMALL.tag.upper()}"', "**"])
def test_who_has_other_bytes_gets_these(client: TestClient, asked: str) -> None:
    whole = ask(client, **{"if-none-match": asked})
    part = ask(client, **{"if-none-match": asked, "range": "bytes=5-9"})

    assert (whole.status_code, whole.content) == (200, WHOLE)
    assert (part.status_code, part.content) == (206, WHOLE[5:10])


OTHERS: dict[str, dict[str, Any]] = {
    "seed": {"seed": "other"},
    "step": {"step": 2},
    "loss": {"train_loss": 1.5},
    "adapter": {"lora": Lora(16, 64, 0.05)},
    "size": {"weight_bytes": 160_000},
    "context": {"context_length": 8192},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_an_archive_of_other_bytes_has_another_tag(changes: dict[str, Any]) -> None:
    files = checkpoint_files(a_source(**{"weight_bytes": 150_000, **changes}))
    other = archive("job-1.tar.gz", files, folder="job-1", created_at=0)

    assert b"".join(other.read()) != WHOLE
    assert other.tag != SMALL.tag


def test_a_tag_is_of_the_members_the_folder_and_the_time_and_the_same_everywhere() -> None:
    files = checkpoint_files(a_source(weight_bytes=150_000))
    made = [
        archive("job-1.tar.gz", files, folder="job-1", created_at=0),
        archive("job-1.tar.gz", files[1:], folder="job-1", created_at=0),
        archive("job-1.tar.gz", files, folder="job-2", created_at=0),
        archive("job-1.tar.gz", files, folder="job-1", created_at=1),
    ]

    assert made[0].tag == SMALL.tag == "1eb344e0e79098ebe666f834130e3ce7"
    assert len({each.tag for each in made}) == len(made)


def test_files_of_a_checkpoint_have_tags_of_their_own_without_their_bytes_being_read() -> None:
    files = [*checkpoint_files(a_source(weight_bytes=HUGE)), *checkpoint_files(a_source(lora=None, weight_bytes=HUGE))]
    distinct = {each.tag: b"".join(each.read(0, 100)) for each in files}

    assert len(distinct) == len({each.name for each in files})
    assert all(re.fullmatch("[0-9a-f]{32}", tag) for tag in distinct)


def test_50_gb_can_be_asked_for_their_size_and_for_any_part(client: TestClient) -> None:
    head = ask(client, "large", "HEAD")
    part = ask(client, "large", range="bytes=30000000000-30000000099")

    assert head.headers["content-length"] == str(LARGE.size)
    assert LARGE.size > HUGE * 0.99
    assert part.content == b"".join(LARGE.read(30_000_000_000, 30_000_000_100))


def test_the_media_type_is_sent_as_it_is_given(client: TestClient) -> None:
    assert ask(client, "csv").headers["content-type"] == "text/csv"
