"""Exports: a model that is on its way to Hugging Face, and there after a while. Nothing is sent."""

import re
from contextlib import closing
from typing import Any

import pytest

from emulator.server import Emulator
from tests.dialects.nscale.api import NOBODY, UUID, Api, Json, ids

TOKEN = "hf_the-token-of-somebody"
BODY: Json = {
    "huggingface_user_id": "somebody",
    "huggingface_access_token": TOKEN,
    "huggingface_repository_id": "somebody/model-1.0",
}


def push(api: Api, job: str, **changes: Any) -> Json:
    return api.post(f"/jobs/{job}/exports/hugging-face", {**BODY, **changes})


@pytest.fixture
def job(api: Api) -> str:
    """A job that is completed."""
    return str(api.done()["id"])


def test_an_export_is_running_and_after_a_while_completed(api: Api, job: str) -> None:
    made = push(api, job)
    path = f"/jobs/{job}/exports/{made['id']}"
    assert api.get(path) == made == api.listed(f"/jobs/{job}/exports")[0]
    api.advance(0.59)
    assert api.get(path) == made
    api.advance(0.01)
    over = api.get(path)

    assert re.fullmatch(UUID, made["id"])
    assert {**made, "id": "", "created_at": ""} == {
        "id": "",
        "type": "hugging-face",
        "job_id": job,
        "status": "running",
        "huggingface_user_id": "somebody",
        "huggingface_repository_id": "somebody/model-1.0",
        "created_at": "",
        "completed_at": None,
    }
    assert over == {**made, "status": "completed", "completed_at": over["completed_at"]}
    assert over["completed_at"] > made["created_at"]
    api.advance(10**6)
    assert api.get(path) == over


def test_skipping_comes_to_the_end_of_an_export(api: Api, job: str) -> None:
    made = push(api, job)
    api.skip()

    assert api.get(f"/jobs/{job}/exports/{made['id']}")["status"] == "completed"


@pytest.mark.parametrize("tail", ["", "/{}"])
def test_a_poll_clock_goes_on_to_the_end_of_an_export_that_was_shown(server: Emulator, key: str, tail: str) -> None:
    with closing(Api(server, key)) as api:
        job = api.done()["id"]
        api.tick("poll")
        made = push(api, job)
        before = api.now()
        api.get(f"/jobs/{job}/exports{tail}".format(made["id"]))
        between = api.now()
        told: Any = api.get(f"/jobs/{job}/exports{tail}".format(made["id"]))

        assert before < between == api.now()
        assert (told if tail else told["data"][0])["status"] == "completed"


def test_exports_are_listed_by_their_job_the_newest_first(api: Api, job: str) -> None:
    other = api.done()["id"]
    made = [push(api, job, huggingface_repository_id=f"a/{n}") for n in range(3)][::-1]
    theirs = push(api, other)
    path = f"/jobs/{job}/exports"

    assert api.listed(path) == made
    assert api.listed(path, limit=2) == made[:2]
    assert ids(api.listed(f"/jobs/{other}/exports")) == [theirs["id"]]
    said = api.refused("GET", f"{path}/{theirs['id']}", 404)
    assert said == f"the export {theirs['id']!r} does not exist"
    assert api.refused("GET", f"{path}/{NOBODY}", 404)


def test_a_model_can_be_exported_once_its_job_is_completed(api: Api) -> None:
    waiting = api.order()["id"]
    path = f"/jobs/{waiting}/exports"
    said = api.call("POST", f"{path}/hugging-face", 400, json=BODY)

    assert said == {
        "code": "failed_precondition",
        "message": f"the job {waiting!r} is queued; its model can be exported once it is completed",
    }
    assert api.listed(path) == []
    assert api.refused("POST", f"/jobs/{NOBODY}/exports/hugging-face", 404, json=BODY)
    api.scenario("no_checkpoints")
    empty = api.done()["id"]
    api.refused("POST", f"/jobs/{empty}/exports/hugging-face", 404, json=BODY)


NO_REPOSITORIES: list[Any] = ["", "model", "/model", "a/", "a/b/c", "https://huggingface.co/a/b", "a b/c", "a/b\n", 5]


@pytest.mark.parametrize("value", NO_REPOSITORIES)
def test_what_is_no_repository_is_refused_by_the_member(api: Api, job: str, value: Any) -> None:
    body = {**BODY, "huggingface_repository_id": value}
    said = api.refused("POST", f"/jobs/{job}/exports/hugging-face", json=body)

    assert said.startswith("huggingface_repository_id: ")
    assert TOKEN not in said


@pytest.mark.parametrize("member", BODY)
@pytest.mark.parametrize("value", ["", None, 5, [TOKEN]])
def test_each_member_is_required_and_a_text(api: Api, job: str, member: str, value: Any) -> None:
    path = f"/jobs/{job}/exports/hugging-face"
    lacking = {name: each for name, each in BODY.items() if name != member}

    assert api.refused("POST", path, json={**BODY, member: value}).startswith(f"{member}: ")
    assert api.refused("POST", path, json=lacking).startswith(f"{member}: ")
    assert api.listed(f"/jobs/{job}/exports") == []
