"""The official SDK walks every call of Nebius AI Studio, as the notebooks of 2025 do."""

from typing import Any

import openai
import pytest

from tests.test_sdk_walk import MODEL, dataset, polled, upload

WANDB = {"type": "wandb", "wandb": {"project": "p", "name": "a run", "entity": "e", "tags": ["t"], "api_key": "canary"}}
SHOWN = {"type": "wandb", "wandb": {"project": "p", "name": "a run", "entity": "e", "tags": ["t"]}}


def test_the_walk_from_an_upload_to_the_files_of_a_checkpoint(studio: openai.OpenAI) -> None:
    job = studio.fine_tuning.jobs.create(
        model=MODEL,
        training_file=upload(studio),
        validation_file=upload(studio, "validation.jsonl"),
        suffix="mine",
        seed=7,
        hyperparameters={"n_epochs": 2},
        extra_body={"integrations": [WANDB], "tags": ["a"]},
    )
    seen = polled(studio, job)
    events = studio.fine_tuning.jobs.list_events(job.id, limit=100).data
    checkpoints = studio.fine_tuning.jobs.checkpoints.list(job.id).data
    files = [studio.files.retrieve(id_) for id_ in checkpoints[-1].to_dict()["result_files"]]  # type: ignore[attr-defined] # not the SDK's
    [config] = [file for file in files if file.filename == f"{checkpoints[-1].id}/config.json"]

    assert (job.status, seen[-1].status) == ("validating_files", "succeeded")
    assert all(each.to_dict()["integrations"] == [SHOWN] for each in seen)
    assert events[0].message == "Job is submitted"
    assert len(checkpoints) == 2
    assert seen[-1].result_files == [file.id for file in files]
    assert b"hidden_size" in studio.files.content(config.id).read()
    assert [each.id for each in studio.fine_tuning.jobs.list()] == [job.id]


def test_a_job_is_cancelled_and_that_it_is_over_is_a_400(studio: openai.OpenAI) -> None:
    job = studio.fine_tuning.jobs.create(model=MODEL, training_file=upload(studio))

    assert studio.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError):
        studio.fine_tuning.jobs.cancel(job.id)


def test_a_file_is_read_listed_and_deleted(studio: openai.OpenAI) -> None:
    file_id = upload(studio)

    assert studio.files.content(file_id).read() == dataset()
    assert [file.id for file in studio.files.list()] == [file_id]
    assert studio.files.delete(file_id).deleted
    with pytest.raises(openai.NotFoundError):
        studio.files.retrieve(file_id)


def test_what_is_wrong_is_told_in_the_envelope_of_the_service(studio: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        studio.fine_tuning.jobs.create(model="no-such-model", training_file="file-0")
    with pytest.raises(openai.AuthenticationError):
        studio.models.list(extra_headers={"authorization": openai.Omit()})

    assert isinstance(raised.value.body, dict)
    assert raised.value.body["detail"][0]["loc"] == ["body", "model"]


def test_a_checkpoint_is_deployed_and_answers_under_its_name(studio: openai.OpenAI) -> None:
    order = {"hyperparameters": {"lora": True, "n_epochs": 1}}
    job = studio.fine_tuning.jobs.create(model=MODEL, training_file=upload(studio), extra_body=order)
    polled(studio, job)
    [checkpoint] = studio.fine_tuning.jobs.checkpoints.list(job.id).data
    base = "meta-llama/Meta-Llama-3.1-8B-Instruct"
    body = {"name": "mine", "base_model": base, "source": f"{job.id}:{checkpoint.id}"}
    root = str(studio.base_url).removesuffix("v1/")
    made = studio.post(f"{root}v0/models", body=body, cast_to=dict[str, str])
    studio.get(
        f"{root}v0/models/{made['name']}", cast_to=dict[str, object]
    )  # a poll clock goes on when it is looked at
    messages: Any = [{"role": "user", "content": "What is 3?"}]
    said = studio.chat.completions.create(model=made["name"], messages=messages).choices[0].message.content

    assert said == "A number."
