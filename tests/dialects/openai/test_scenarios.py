"""Scenarios as OpenAI shows them: what of a job's model and table is told where it ends otherwise."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from emulator.server import Emulator
from tests.dialects.openai.api import FILES, JOBS, UPLOADS, Api, ids, lines

MADE = "New fine-tuned model created"


def messages(api: Api, job_id: str) -> list[str]:
    return [event["message"] for event in api.pages(f"{JOBS}/{job_id}/events", 50)]


@pytest.mark.parametrize("scenario", ["loss_diverges", "succeeds,fails_at=saving", "no_checkpoints"])
def test_a_job_that_makes_no_model_tells_of_none(api: Api, scenario: str) -> None:
    job = api.done(suffix=f"emu:{scenario}")

    assert job["fine_tuned_model"] is None
    assert not [said for said in messages(api, job["id"]) if MADE in said or "Checkpoint" in said]
    assert api.get(f"{JOBS}/{job['id']}/checkpoints")["data"] == []


def test_a_job_that_succeeds_tells_of_its_model_once(api: Api) -> None:
    job = api.done()

    assert [said for said in messages(api, job["id"]) if MADE in said] == [f"{MADE}: {job['fine_tuned_model']}"]


@pytest.mark.parametrize(("missing", "status"), [("step_metrics.csv", 404), ("*", 404), ("*.safetensors", 200)])
def test_the_table_of_steps_can_be_listed_and_not_found(api: Api, missing: str, status: int) -> None:
    [table] = api.done(suffix=f"emu:missing_checkpoint_file={missing}")["result_files"]

    assert table in ids(api.get(FILES))
    assert api.client.get(f"{FILES}/{table}/content").status_code == status


def test_no_training_is_given_any_more(api: Api) -> None:
    told = api.refused("POST", JOBS, 403, json=api.asking(suffix="emu:training_not_available"))

    assert told["code"] == "training_not_available"
    assert api.get(JOBS)["data"] == []


def test_a_models_name_has_five_parts_and_no_slash_whatever_its_suffix(api: Api) -> None:
    job = api.done(suffix="emu:succeeds")
    other = api.done(suffix="a/b c:日")

    assert job["fine_tuned_model"].split(":")[:4] == ["ft", "gpt-4o-mini-2024-07-18", "personal", "emu-succeeds"]
    assert other["fine_tuned_model"].split(":")[3] == "a-b-c--"
    assert other["user_provided_suffix"] == "a/b c:日"
    assert api.get(f"/v1/models/{other['fine_tuned_model']}")["id"] == other["fine_tuned_model"]


def test_an_organizations_key_gives_what_a_projects_key_has_made_and_another_projects_does_not(
    api: Api, server: Emulator, key: str
) -> None:
    model = api.done()["fine_tuned_model"]
    path = f"/v1/fine_tuning/checkpoints/{model}/permissions"
    with closing(Api(server, f"sk-admin-{key}")) as admin, closing(Api(server, f"{key}-other")) as stranger:
        stranger.refused("POST", path, 404, json={"project_ids": ["proj_a"]})
        given = admin.post(path, {"project_ids": ["proj_a"]})["data"]
        admin.refused("GET", f"{JOBS}/nobodys", 404)

        assert admin.get(path)["data"] == given == api.get(path)["data"]
        assert admin.call("DELETE", f"{path}/{given[0]['id']}")["deleted"] is True
    assert api.get(path)["data"] == []


def test_rows_of_prompts_are_for_the_models_that_take_them(api: Api) -> None:
    rows = lines({"prompt": f"{n}?", "completion": f"{n}!"} for n in range(10))

    assert api.done(model="babbage-002", training_file=api.upload(rows))["status"] == "succeeded"
    assert api.done(model="gpt-4o-mini", training_file=api.upload(rows))["status"] == "failed"


def test_parts_of_an_upload_that_is_given_up_leave_no_bytes(api_of: Callable[..., Api], tmp_path: Path) -> None:
    api = api_of(data_dir=tmp_path)
    about = {"filename": "a", "purpose": "batch", "bytes": 3, "mime_type": "text/plain"}
    upload = api.post(UPLOADS, about)["id"]
    api.call("POST", f"{UPLOADS}/{upload}/parts", files={"data": ("a", b"abc")})
    blobs = tmp_path / "blobs"

    assert len([*blobs.iterdir()]) == 1
    assert api.post(f"{UPLOADS}/{upload}/cancel")["status"] == "cancelled"
    assert [*blobs.iterdir()] == []


def test_an_imported_upload_is_in_a_state_that_there_is(api: Api) -> None:
    api.post(UPLOADS, {"filename": "a", "purpose": "batch", "bytes": 3, "mime_type": "text/plain"})
    document = api.control.get("/_emulator/state").json()
    document["uploads"][0]["state"] = "pendin"
    refused = api.control.put("/_emulator/state", json=document)

    assert refused.status_code == 422
    assert "uploads[0].state: there is no state 'pendin'; did you mean pending?" in refused.json()["error"]
