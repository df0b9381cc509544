"""Uploads in parts over HTTP: announced, brought at once or in turns, put together in an order, or given up."""

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.openai.api import FILES, JOBS, UPLOADS, Api, Json, chats, ids

HOUR_S = 3600
WHOLE = chats(12)


def begin(api: Api, size: int = len(WHOLE), **more: Any) -> Json:
    body = {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": size, "mime_type": "text/jsonl", **more}
    return api.post(UPLOADS, body)


def add(api: Api, upload: str, data: bytes) -> str:
    told = api.call("POST", f"{UPLOADS}/{upload}/parts", files={"data": ("part", data)})
    assert (told["object"], told["upload_id"], re.fullmatch("part_[0-9a-f]{32}", told["id"]) is not None) == (
        *("upload.part", upload),
        True,
    )
    return str(told["id"])


def finish(api: Api, upload: str, parts: Sequence[str], **more: str) -> Json:
    return api.post(f"{UPLOADS}/{upload}/complete", {"part_ids": [*parts], **more})


def cut(data: bytes, *places: int) -> list[bytes]:
    ends = [*sorted(place % (len(data) + 1) for place in places), len(data)]
    starts = [0, *ends[:-1]]
    return [data[start:end] for start, end in zip(starts, ends, strict=True)]


def test_an_upload_is_pending_for_an_hour(api: Api) -> None:
    told = begin(api)

    assert re.fullmatch("upload_[0-9a-f]{32}", told["id"])
    assert told["id"].startswith(f"upload_{told['created_at']:08x}")
    assert (told["object"], told["status"], told["bytes"]) == ("upload", "pending", len(WHOLE))
    assert told["expires_at"] == told["created_at"] + HOUR_S
    assert "file" not in told


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, len(WHOLE)), max_size=4), order=st.randoms(use_true_random=False))
def test_the_parts_are_put_together_in_the_order_of_the_end_whatever_the_order_in_which_they_came(
    api: Api, places: list[int], order: Any
) -> None:
    upload, pieces = begin(api)["id"], cut(WHOLE, *places)
    turns = [*range(len(pieces))]
    order.shuffle(turns)
    brought = {turn: add(api, upload, pieces[turn]) for turn in turns}
    told = finish(api, upload, [brought[turn] for turn in range(len(pieces))])

    assert told["status"] == "completed"
    assert api.client.get(f"{FILES}/{told['file']['id']}/content").content == WHOLE


def test_parts_that_come_at_once_are_all_taken(api: Api) -> None:
    upload, pieces = begin(api)["id"], cut(WHOLE, *range(100, 900, 100))
    with ThreadPoolExecutor(8) as pool:
        parts = [*pool.map(lambda piece: add(api, upload, piece), pieces)]

    assert len({*parts}) == len(pieces)
    file = finish(api, upload, parts, md5=hashlib.md5(WHOLE, usedforsecurity=False).hexdigest())["file"]
    assert api.client.get(f"{FILES}/{file['id']}/content").content == WHOLE


def test_the_file_is_one_like_any_other_and_can_be_trained_on(api: Api) -> None:
    begun = begin(api, expires_after={"anchor": "created_at", "seconds": 7200})
    part = add(api, begun["id"], WHOLE)
    api.advance(5)
    file = finish(api, begun["id"], [part])["file"]

    assert file == api.get(f"{FILES}/{file['id']}")
    assert (file["created_at"], file["expires_at"]) == (begun["created_at"], begun["created_at"] + 7200)
    assert (file["purpose"], file["filename"], file["status"]) == ("fine-tune", "a.jsonl", "processed")
    assert api.done(training_file=file["id"])["status"] == "succeeded"


def test_an_upload_is_no_file_until_it_is_complete(api: Api) -> None:
    upload = begin(api)["id"]
    part = add(api, upload, WHOLE)

    assert ids(api.get(FILES)) == []
    for id_ in (upload, part):
        assert api.refused("POST", JOBS, json=api.asking(training_file=id_))["param"] == "training_file"
    assert [finish(api, upload, [part])["file"]["id"]] == ids(api.get(FILES))


@pytest.mark.parametrize("md5", ["0" * 32, hashlib.md5(b"x", usedforsecurity=False).hexdigest().upper()])
def test_a_checksum_that_is_not_that_of_the_parts_is_refused_and_the_upload_goes_on(api: Api, md5: str) -> None:
    upload = begin(api)["id"]
    part, right = add(api, upload, WHOLE), hashlib.md5(WHOLE, usedforsecurity=False).hexdigest()
    body = {"part_ids": [part], "md5": md5}

    assert "md5" in api.refused("POST", f"{UPLOADS}/{upload}/complete", json=body)["message"]
    assert ids(api.get(FILES)) == []
    assert finish(api, upload, [part], md5=right.upper())["status"] == "completed"


@pytest.mark.parametrize("pieces", [[WHOLE, b"x"], [WHOLE[:-1]], []])
def test_parts_that_are_more_or_less_than_was_announced_are_refused(api: Api, pieces: list[bytes]) -> None:
    upload = begin(api)["id"]
    parts = [add(api, upload, piece) for piece in pieces]
    told = api.refused("POST", f"{UPLOADS}/{upload}/complete", json={"part_ids": parts})

    assert str(len(WHOLE)) in told["message"]
    assert ids(api.get(FILES)) == []


def test_a_part_may_be_left_out_and_one_of_another_upload_is_unknown(api: Api) -> None:
    upload, other = begin(api)["id"], begin(api)["id"]
    wrong, right, strange = add(api, upload, b"oops"), add(api, upload, WHOLE), add(api, other, WHOLE)
    told = api.refused("POST", f"{UPLOADS}/{upload}/complete", json={"part_ids": [strange]})

    assert (told["message"], told["param"]) == (f"No such UploadPart object: {strange}", "part_ids")
    assert wrong != right
    assert finish(api, upload, [right])["file"]["bytes"] == len(WHOLE)


@pytest.mark.parametrize("end", ["cancel", "complete", "expire"])
def test_an_upload_that_is_over_takes_nothing_more(api: Api, end: str) -> None:
    upload = begin(api)["id"]
    part = add(api, upload, WHOLE)
    match end:
        case "cancel":
            assert api.post(f"{UPLOADS}/{upload}/cancel")["status"] == "cancelled"
        case "complete":
            finish(api, upload, [part])
        case _:
            api.advance(HOUR_S)
    api.refused("POST", f"{UPLOADS}/{upload}/parts", files={"data": ("part", b"x")})
    api.refused("POST", f"{UPLOADS}/{upload}/complete", json={"part_ids": [part]})
    api.refused("POST", f"{UPLOADS}/{upload}/cancel")

    assert len(ids(api.get(FILES))) == (end == "complete")


def test_an_upload_that_is_completed_twice_at_once_becomes_one_file(api: Api) -> None:
    for _ in range(5):
        upload, before = begin(api)["id"], len(ids(api.get(FILES)))
        ask = partial(api.client.post, json={"part_ids": [add(api, upload, WHOLE)]})
        with ThreadPoolExecutor(4) as pool:
            answers = [each.status_code for each in pool.map(ask, [f"{UPLOADS}/{upload}/complete"] * 4)]

        assert sorted(answers) == [200, 400, 400, 400]
        assert len(ids(api.get(FILES))) == before + 1


def test_until_its_last_second_an_upload_takes_parts(api: Api) -> None:
    upload = begin(api)["id"]
    part = add(api, upload, WHOLE[:100])
    api.advance(HOUR_S - 1)

    assert finish(api, upload, [part, add(api, upload, WHOLE[100:])])["status"] == "completed"


def test_an_upload_for_training_that_is_no_jsonl_is_refused_at_its_end(api: Api) -> None:
    data = b"hello, world\n"
    upload = begin(api, len(data))["id"]
    body = {"part_ids": [add(api, upload, data)]}

    assert "JSONL" in api.refused("POST", f"{UPLOADS}/{upload}/complete", json=body)["message"]
    other = begin(api, len(data), purpose="assistants")["id"]
    assert finish(api, other, [add(api, other, data)])["file"]["purpose"] == "assistants"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"filename": None}, "filename"),
        ({"purpose": "user_data"}, "purpose"),
        ({"bytes": -1}, "bytes"),
        ({"bytes": 8 * 1024**3 + 1}, "bytes"),
        ({"bytes": True}, "bytes"),
        ({"mime_type": 5}, "mime_type"),
        ({"expires_after": {"anchor": "created_at", "seconds": 1}}, "expires_after.seconds"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_an_announcement_that_makes_no_sense_is_refused(api: Api, change: Json, param: str) -> None:
    body = {"filename": "a", "purpose": "fine-tune", "bytes": 5, "mime_type": "text/jsonl", **change}

    assert api.refused("POST", UPLOADS, json=body)["param"] == param


def test_unknown_uploads_and_those_of_others_are_not_there(api: Api) -> None:
    for upload in ("upload_abc123", f"upload_{'0' * 32}", "x"):
        for method, path, sent in (
            ("POST", "parts", {"files": {"data": ("part", b"x")}}),
            ("POST", "complete", {"json": {"part_ids": []}}),
            ("POST", "cancel", {}),
        ):
            told = api.refused(method, f"{UPLOADS}/{upload}/{path}", 404, **sent)

            assert upload in told["message"]
