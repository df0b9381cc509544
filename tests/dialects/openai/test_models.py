"""Models over HTTP: the base models, those that jobs have made, and who may use a checkpoint."""

from collections.abc import Iterator
from urllib.parse import quote

import openai
import pytest

from emulator.server import Emulator
from tests.dialects.openai.api import FILES, JOBS, MODELS, Api, Json, ids

BASE = "gpt-4o-mini-2024-07-18"


def permissions(name: str) -> str:
    return f"/v1/fine_tuning/checkpoints/{name}/permissions"


@pytest.fixture
def made(api: Api) -> tuple[Api, Json, list[str]]:
    """A tenant, a job that succeeded, and the names of its models, the last checkpoint's first."""
    job = api.done(suffix="mine")
    checkpoints = api.get(f"{JOBS}/{job['id']}/checkpoints")["data"]
    return api, job, [each["fine_tuned_model_checkpoint"] for each in checkpoints]


def test_the_base_models_and_their_aliases_are_there_for_everybody(api: Api) -> None:
    told = api.get(MODELS)

    assert [*told] == ["object", "data"]
    assert {"gpt-4o-mini", BASE, "gpt-3.5-turbo", "gpt-3.5-turbo-0125", "babbage-002", "o4-mini"} <= {*ids(told)}
    for model in told["data"]:
        assert [*model][:4] == ["id", "object", "created", "owned_by"]
        assert api.get(f"{MODELS}/{model['id']}") == model


def test_a_job_makes_three_models_and_each_name_leads_back_to_one(made: tuple[Api, Json, list[str]]) -> None:
    api, job, names = made

    assert len({*names}) == 3
    assert names[0] == job["fine_tuned_model"]
    assert [each for each in ids(api.get(MODELS)) if each.startswith("ft:")] == names
    for name in names:
        for spelled in (name, quote(name, safe="")):
            model = api.get(f"{MODELS}/{spelled}")
            assert (model["id"], model["object"], model["owned_by"]) == (name, "model", "personal")
            assert model["created"] >= job["finished_at"]


def test_a_model_is_there_when_its_job_has_succeeded_and_not_before(api: Api) -> None:
    job = api.order(hyperparameters={"n_epochs": 1})["id"]
    while (seen := api.job(job))["status"] != "succeeded":
        assert not any(name.startswith("ft:") for name in ids(api.get(MODELS)))
        api.skip()

    assert api.get(f"{MODELS}/{seen['fine_tuned_model']}")["id"] == seen["fine_tuned_model"]


def test_a_name_that_is_nearly_one_is_not_there(made: tuple[Api, Json, list[str]]) -> None:
    api, _, names = made
    final, tail = names[0], names[1].rpartition(":")[2]
    letter = "a" if final[-1] != "a" else "b"
    for name in (
        f"{final}:{tail}",
        final[:-1] + letter,
        final.replace("personal", "other"),
        names[1][:-1],
        "ft:x",
        "ft:",
    ):
        told = api.refused("GET", f"{MODELS}/{name}", 404)

        assert (told["message"], told["code"]) == (f"The model '{name}' does not exist", "model_not_found")
        assert api.refused("DELETE", f"{MODELS}/{name}", 404) == told


def test_a_deleted_model_is_gone_and_its_job_and_the_others_stay(made: tuple[Api, Json, list[str]]) -> None:
    api, job, names = made
    told = api.call("DELETE", f"{MODELS}/{names[1]}")

    assert told == {"id": names[1], "object": "model", "deleted": True}
    api.refused("GET", f"{MODELS}/{names[1]}", 404)
    api.refused("DELETE", f"{MODELS}/{names[1]}", 404)
    assert [each for each in ids(api.get(MODELS)) if each.startswith("ft:")] == [names[0], names[2]]
    assert api.job(job["id"]) == job
    api.call("DELETE", f"{MODELS}/{names[0]}")
    assert api.refused("POST", JOBS, json=api.asking(model=names[0]))["code"] == "model_not_available"
    assert api.done(model=names[2])["status"] == "succeeded"


def test_a_base_model_is_nobodys_to_delete(api: Api) -> None:
    assert BASE in api.refused("DELETE", f"{MODELS}/{BASE}")["message"]
    assert api.get(f"{MODELS}/{BASE}")["id"] == BASE


def test_models_of_two_jobs_have_different_names_and_the_newest_come_first(api: Api) -> None:
    jobs = []
    for _ in range(3):
        jobs.append(api.done())
        api.advance(5)
    finals = [job["fine_tuned_model"] for job in jobs]

    listed = [each for each in ids(api.get(MODELS)) if each in finals]
    assert listed == finals[::-1]
    assert len({name.rpartition(":")[2][:5] for name in finals}) == 3


def test_another_tenant_has_none_of_them(made: tuple[Api, Json, list[str]]) -> None:
    api, _, names = made
    other = {"headers": {"authorization": "Bearer another tenant"}}

    assert not {*names} & {*ids(api.call("GET", MODELS, **other))}  # type: ignore[arg-type]  # headers are no status
    assert api.refused("GET", f"{MODELS}/{names[0]}", 404, **other)["code"] == "model_not_found"
    assert api.refused("GET", permissions(names[0]), 404, **other)["type"] == "invalid_request_error"


def test_the_training_file_may_go_and_the_model_stays(made: tuple[Api, Json, list[str]]) -> None:
    api, job, names = made
    api.call("DELETE", f"{FILES}/{job['training_file']}")

    assert api.get(f"{MODELS}/{names[0]}")["id"] == names[0]


@pytest.fixture
def strict(server: Emulator, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{server.url}/openai/v1", api_key=key, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def test_the_official_client_gives_and_takes_permissions(
    made: tuple[Api, Json, list[str]], strict: openai.OpenAI
) -> None:
    _, _, names = made
    checkpoints = strict.fine_tuning.checkpoints.permissions
    given = [*checkpoints.create(names[1], project_ids=["proj_a", "proj_b"])]

    assert [each.project_id for each in given] == ["proj_a", "proj_b"]
    assert {each.object for each in given} == {"checkpoint.permission"}
    assert [each.project_id for each in checkpoints.list(names[1], limit=1)] == ["proj_b", "proj_a"]
    assert checkpoints.delete(given[0].id, fine_tuned_model_checkpoint=names[1]).deleted
    assert [each.project_id for each in checkpoints.list(names[1])] == ["proj_b"]


def test_permissions_are_listed_in_either_order_page_by_page_and_by_project(
    made: tuple[Api, Json, list[str]],
) -> None:
    api, _, names = made
    path = permissions(names[0])
    for number in range(5):
        api.post(path, {"project_ids": [f"proj_{number}"]})
        api.advance(1)
    ascending = [each["project_id"] for each in api.pages(path, 2, order="ascending")]
    whole = api.get(path)

    assert ascending == [f"proj_{number}" for number in range(5)]
    assert [each["project_id"] for each in whole["data"]] == ascending[::-1]
    assert (whole["first_id"], whole["last_id"]) == (whole["data"][0]["id"], whole["data"][-1]["id"])
    assert [each["project_id"] for each in api.get(path, project_id="proj_3")["data"]] == ["proj_3"]
    assert api.get(path, project_id="nobody")["data"] == []
    assert api.get(path, after="unknown")["data"] == []
    assert api.get(permissions(names[1]))["data"] == []


def test_a_project_that_has_a_permission_gets_no_second(made: tuple[Api, Json, list[str]]) -> None:
    api, _, names = made
    path = permissions(names[0])
    first = api.post(path, {"project_ids": ["proj_a", "proj_a"]})

    assert api.post(path, {"project_ids": ["proj_a"]})["data"] == first["data"]
    assert len(api.get(path)["data"]) == 1


def test_permissions_of_what_there_is_not_are_refused(made: tuple[Api, Json, list[str]]) -> None:
    api, _, names = made
    path, other = permissions(names[0]), permissions(names[1])
    own = api.post(path, {"project_ids": ["proj_a"]})["data"][0]["id"]

    api.refused("DELETE", f"{other}/{own}", 404)
    api.refused("GET", permissions("ft:nobody"), 404)
    api.refused("POST", permissions("ft:nobody"), 404, json={"project_ids": ["proj_a"]})
    assert api.refused("POST", path, json={"project_ids": "proj_a"})["param"] == "project_ids"
    assert api.refused("POST", path, json={})["code"] == "missing_required_parameter"
    api.refused("POST", path, json={"project_ids": [], "more": 1})
    assert api.call("DELETE", f"{path}/{own}") == {"object": "checkpoint.permission", "id": own, "deleted": True}
    api.refused("DELETE", f"{path}/{own}", 404)
