"""The official SDK walks every call, synchronous and asynchronous, knowing no more than a base URL and a key."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.fine_tuning import FineTuningJob

from emulator.server import Emulator

Serve = Callable[..., Emulator]

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
TERMINAL = {"succeeded", "failed", "cancelled"}
POLLS_MAX = 20
"""More polls than the poll clock lets any job take."""

COOKBOOK = Path(__file__).parents[2] / "shared" / "data"
WITH_COOKBOOK = pytest.mark.skipif(
    not COOKBOOK.is_dir(), reason="the cookbook's files are not here: shared/data is not beside the checkout"
)


def dataset(rows: int = 20) -> bytes:
    turns = ({"role": "user", "content": f"What is {n}?"} for n in range(rows))
    lines = [{"messages": [turn, {"role": "assistant", "content": "A number."}]} for turn in turns]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def upload(sdk: openai.OpenAI, name: str = "training.jsonl") -> str:
    return sdk.files.create(file=(name, dataset()), purpose="fine-tune").id


def ordered(sdk: openai.OpenAI, **hyperparameters: Any) -> FineTuningJob:
    body = {"hyperparameters": {"lora": True, **hyperparameters}}
    return sdk.fine_tuning.jobs.create(model=MODEL, training_file=upload(sdk), extra_body=body)


def polled(sdk: openai.OpenAI, job: FineTuningJob) -> list[FineTuningJob]:
    """Poll as a client does; return what every poll showed."""
    seen = [job]
    while seen[-1].status not in TERMINAL and len(seen) <= POLLS_MAX:
        seen.append(sdk.fine_tuning.jobs.retrieve(job.id))
    return seen[1:]


def finished(sdk: openai.OpenAI, **hyperparameters: Any) -> FineTuningJob:
    job = polled(sdk, ordered(sdk, **hyperparameters))[-1]
    assert job.status == "succeeded"
    return job


@pytest.fixture
def observed(serve: Serve) -> Iterator[openai.OpenAI]:
    """The SDK on a server whose jobs walk as they were recorded."""
    emulator = serve(lifecycle="observed", clock="poll")
    with openai.OpenAI(base_url=emulator.base_url(), api_key="a-key", max_retries=0) as official:
        yield official


def test_a_file_is_taken_as_bytes_as_a_path_and_under_a_name_of_any_script(sdk: openai.OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "training data.jsonl"
    path.write_bytes(dataset())
    files = [
        sdk.files.create(file=dataset(), purpose="fine-tune"),
        sdk.files.create(file=path, purpose="fine-tune"),
        sdk.files.create(file=("données 訓練.jsonl", dataset()), purpose="fine-tune"),
    ]
    assert [file.filename for file in files] == ["upload", "training data.jsonl", "données 訓練.jsonl"]
    assert {file.bytes for file in files} == {len(dataset())}
    assert {file.purpose for file in files} == {"fine-tune"}
    assert sdk.files.retrieve(files[2].id) == files[2]


def test_paging_goes_through_25_files_once_each(sdk: openai.OpenAI) -> None:
    uploaded = [upload(sdk, f"{n}.jsonl") for n in range(25)]
    page = sdk.files.list()
    assert len(page.data) == 10
    assert [file.id for file in page] == uploaded[::-1]
    assert [file.id for file in sdk.files.list(limit=7, purpose="fine-tune")] == uploaded[::-1]
    assert [*sdk.files.list(purpose="batch")] == []


def test_the_content_of_a_file_is_what_was_uploaded_whole_and_streamed(sdk: openai.OpenAI, tmp_path: Path) -> None:
    file_id = upload(sdk)
    assert sdk.files.content(file_id).read() == dataset()
    with sdk.files.with_streaming_response.content(file_id) as answer:
        assert b"".join(answer.iter_bytes(100)) == dataset()
    sdk.files.content(file_id).write_to_file(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == dataset()


def test_a_deleted_file_is_gone(sdk: openai.OpenAI) -> None:
    file_id = upload(sdk)
    deleted = sdk.files.delete(file_id)
    assert (deleted.id, deleted.deleted, deleted.object) == (file_id, True, "file")
    assert [*sdk.files.list()] == []
    for gone in (sdk.files.retrieve, sdk.files.content, sdk.files.delete):
        with pytest.raises(openai.NotFoundError):
            gone(file_id)


def test_hyperparameters_and_an_extra_body_are_answered_with_all_defaults(sdk: openai.OpenAI) -> None:
    wandb = {"type": "wandb", "wandb": {"project": "p", "api_key": "canary-key"}}
    job = sdk.fine_tuning.jobs.create(
        model=MODEL,
        training_file=upload(sdk),
        validation_file=upload(sdk, "validation.jsonl"),
        suffix="support",
        seed=7,
        hyperparameters={"n_epochs": 2, "batch_size": 4},
        extra_body={"integrations": [wandb], "tags": ["a", "b"]},
    )
    assert (job.status, job.seed, job.method) == ("validating_files", 7, None)
    assert job.to_dict()["suffix"] == "support"
    hyperparameters = job.hyperparameters.to_dict()
    assert hyperparameters["n_epochs"] == 2
    assert hyperparameters["batch_size"] == 4
    assert {"lora": False, "lora_r": 8, "context_length": 8192}.items() <= hyperparameters.items()
    assert job.integrations
    assert job.integrations[0].wandb.project == "p"
    assert "canary-key" not in job.to_json()


def test_hyperparameters_of_the_supervised_method_count(sdk: openai.OpenAI) -> None:
    job = sdk.fine_tuning.jobs.create(
        model=MODEL,
        training_file=upload(sdk),
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
    )
    assert job.method
    assert job.method.supervised
    assert job.method.supervised.hyperparameters
    assert job.method.supervised.hyperparameters.n_epochs == 2
    assert polled(sdk, job)[-1].status == "succeeded"
    assert len(sdk.fine_tuning.jobs.checkpoints.list(job.id).data) == 2


def test_polls_see_every_documented_state_once_and_then_the_end(sdk: openai.OpenAI) -> None:
    job = ordered(sdk)
    assert [seen.status for seen in polled(sdk, job)] == ["validating_files", "queued", "running", "succeeded"]
    end = sdk.fine_tuning.jobs.retrieve(job.id)
    assert end.error is None
    assert end.finished_at
    assert end.finished_at >= end.created_at
    assert end.fine_tuned_model is None
    assert len(end.result_files) == 6


def test_as_recorded_a_job_runs_from_the_first_answer_to_the_end(observed: openai.OpenAI) -> None:
    job = ordered(observed, n_epochs=1)
    assert job.status == "running"
    statuses = [seen.status for seen in polled(observed, job)]
    assert statuses[-1] == "succeeded"
    assert set(statuses[:-1]) == {"running"}
    events = observed.fine_tuning.jobs.list_events(job.id).data
    assert [event.message for event in events] == [
        "Job is submitted",
        "Dataset 'training' processed successfully",
        "Training completed successfully",
    ]
    assert [file.bytes for file in observed.files.list()] == [len(dataset())]


def test_paging_goes_through_jobs_newest_first(sdk: openai.OpenAI) -> None:
    jobs = [ordered(sdk).id for _ in range(5)]
    assert [job.id for job in sdk.fine_tuning.jobs.list(limit=2)] == jobs[::-1]
    assert [job.id for job in sdk.fine_tuning.jobs.list(after=jobs[2])] == jobs[1::-1]


def test_paging_by_one_goes_through_events_and_checkpoints_oldest_first(sdk: openai.OpenAI) -> None:
    job = finished(sdk, n_epochs=3)
    events = sdk.fine_tuning.jobs.list_events(job.id).data
    assert len(events) == 3
    assert [*sdk.fine_tuning.jobs.list_events(job.id, limit=1)] == events
    assert [event.created_at for event in events] == sorted(event.created_at for event in events)
    checkpoints = sdk.fine_tuning.jobs.checkpoints.list(job.id).data
    assert [checkpoint.step_number for checkpoint in checkpoints] == [1, 2, 3]
    assert [*sdk.fine_tuning.jobs.checkpoints.list(job.id, limit=1)] == checkpoints


def test_a_checkpoint_is_downloaded_file_by_file(sdk: openai.OpenAI) -> None:
    job = finished(sdk, n_epochs=1)
    answer = sdk.fine_tuning.jobs.checkpoints.list(job.id).data[0]
    for file_id in result_files(answer):
        file = sdk.files.retrieve(file_id)
        assert file.filename.startswith(f"{answer.id}/")
        assert len(sdk.files.content(file_id).read()) == file.bytes
    assert result_files(answer) == job.result_files


def result_files(checkpoint: Any) -> list[str]:
    """Return a member that the SDK's class does not have and its answer has."""
    found: list[str] = checkpoint.result_files
    return found


def test_a_cancelled_job_stays_cancelled(sdk: openai.OpenAI) -> None:
    job = ordered(sdk)
    cancelled = sdk.fine_tuning.jobs.cancel(job.id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at
    assert sdk.fine_tuning.jobs.retrieve(job.id) == cancelled


def test_a_job_that_has_ended_cannot_be_cancelled(sdk: openai.OpenAI, observed: openai.OpenAI) -> None:
    for client in (sdk, observed):
        job = finished(client, n_epochs=1)
        with pytest.raises(openai.BadRequestError) as refused:
            client.fine_tuning.jobs.cancel(job.id)
        assert isinstance(refused.value.body, dict)
        assert job.id in refused.value.body["detail"]
        assert client.fine_tuning.jobs.retrieve(job.id) == job


def test_a_wrong_key_is_told_so(serve: Serve) -> None:
    emulator = serve(api_key=("right",))
    with (
        openai.OpenAI(base_url=emulator.base_url(), api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        client.files.list()
    assert refused.value.body == {"detail": "Couldn't authenticate. Reason: Unable authenticate"}
    assert refused.value.code is None


def test_what_does_not_exist_is_not_found(sdk: openai.OpenAI) -> None:
    job = ordered(sdk)
    missing: list[Callable[[], object]] = [
        lambda: sdk.fine_tuning.jobs.retrieve("ftjob-nope"),
        lambda: sdk.fine_tuning.jobs.cancel("ftjob-nope"),
        lambda: sdk.fine_tuning.jobs.list_events("None"),
        lambda: sdk.fine_tuning.jobs.checkpoints.list("a/b"),
        lambda: sdk.fine_tuning.jobs.list(after="ftjob-nope"),
        lambda: sdk.fine_tuning.jobs.list_events(job.id, after="nope"),
        lambda: sdk.files.retrieve("file-nope"),
        lambda: sdk.models.retrieve("nope/nope"),
        lambda: sdk.fine_tuning.jobs.create(model=MODEL, training_file="file-nope"),
    ]
    for ask in missing:
        with pytest.raises(openai.NotFoundError):
            ask()


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"hyperparameters": {"batch_size": 65}}, ["body", "hyperparameters", "batch_size"]),
        ({"suffix": "s" * 65}, ["body", "suffix"]),
        ({"model": "no/such-model"}, ["body", "model"]),
        ({"training_file": None}, ["body", "training_file"]),
    ],
)
def test_a_wrong_request_is_unprocessable(sdk: openai.OpenAI, wrong: dict[str, Any], where: list[str]) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        sdk.fine_tuning.jobs.create(model=MODEL, training_file=upload(sdk), extra_body=wrong)
    assert isinstance(refused.value.body, dict)
    assert [flaw["loc"] for flaw in refused.value.body["detail"]] == [where]


@pytest.mark.parametrize("lifecycle", ["documented", "observed"])
def test_the_asynchronous_client_walks_the_same_way(serve: Serve, lifecycle: str) -> None:
    emulator = serve(lifecycle=lifecycle, clock="poll")
    asyncio.run(walk(emulator.base_url()))


async def walk(base_url: str) -> None:
    """Upload, page, create, poll, list, download, delete, and be refused."""
    async with openai.AsyncOpenAI(base_url=base_url, api_key="a-key", max_retries=0) as sdk:
        uploads = [await sdk.files.create(file=(f"{n}.jsonl", dataset()), purpose="fine-tune") for n in range(25)]
        assert [file.id async for file in sdk.files.list()] == [file.id for file in uploads][::-1]
        jobs = sdk.fine_tuning.jobs
        body = {"hyperparameters": {"lora": True, "n_epochs": 2}}
        job = await jobs.create(model=MODEL, training_file=uploads[0].id, extra_body=body)
        for _ in range(POLLS_MAX):
            job = await jobs.retrieve(job.id)
            if job.status in TERMINAL:
                break
        assert job.status == "succeeded"
        assert [each.id async for each in jobs.list(limit=1)] == [job.id]
        assert len([event async for event in jobs.list_events(job.id, limit=1)]) == 3
        checkpoints = [checkpoint async for checkpoint in jobs.checkpoints.list(job.id, limit=1)]
        assert [checkpoint.step_number for checkpoint in checkpoints] == [1, 2]
        await refused_or_downloaded(sdk, job, result_files(checkpoints[-1]))


async def refused_or_downloaded(sdk: openai.AsyncOpenAI, job: FineTuningJob, file_ids: list[str]) -> None:
    for file_id in file_ids:
        file = await sdk.files.retrieve(file_id)
        async with sdk.files.with_streaming_response.content(file_id) as answer:
            assert sum([len(piece) async for piece in answer.iter_bytes()]) == file.bytes
    assert (await sdk.files.delete(job.training_file)).deleted
    with pytest.raises(openai.NotFoundError):
        await sdk.files.retrieve(job.training_file)
    with pytest.raises(openai.BadRequestError):
        await sdk.fine_tuning.jobs.cancel(job.id)


@WITH_COOKBOOK
@pytest.mark.parametrize("lifecycle", ["documented", "observed"])
def test_the_cookbooks_job_ends_as_it_was_recorded(serve: Serve, lifecycle: str) -> None:
    emulator = serve(lifecycle=lifecycle, clock="poll")
    with openai.OpenAI(base_url=emulator.base_url(), api_key="a-key", max_retries=0) as sdk:
        training, validation = (
            sdk.files.create(file=COOKBOOK / f"nebius_cookbook_{split}_data.jsonl", purpose="fine-tune").id
            for split in ("training", "validation")
        )
        job = sdk.fine_tuning.jobs.create(
            model=MODEL,
            training_file=training,
            validation_file=validation,
            extra_body={"hyperparameters": {"n_epochs": 5, "batch_size": 32, "lora": True}},
        )
        polls = polled(sdk, job)
        end: Any = polls[-1]
        checkpoints = sdk.fine_tuning.jobs.checkpoints.list(job.id).data
        messages = [event.message for event in sdk.fine_tuning.jobs.list_events(job.id)]
    assert (end.status, end.total_steps, end.trained_steps, end.trained_tokens % 5) == ("succeeded", 5, 5, 0)
    assert end.trained_tokens > 0
    assert len(polls) in {"documented": {4, 5}, "observed": {2}}[lifecycle]
    assert [checkpoint.step_number for checkpoint in checkpoints] == [1, 2, 3, 4, 5]
    assert [len(result_files(checkpoint)) for checkpoint in checkpoints] == [6] * 5
    for losses in zip(*((each.metrics.train_loss, each.metrics.valid_loss) for each in checkpoints), strict=True):
        assert [*losses] == sorted(losses, key=lambda loss: -(loss or 0))
        assert losses[-1] < losses[0]
    assert messages == [
        "Job is submitted",
        "Dataset 'validation' processed successfully",
        "Dataset 'training' processed successfully",
        "Training completed successfully",
    ]
