"""What is stored and seen, as Nscale's JSON."""

import json

from emulator.core import ids
from emulator.core.file import File
from emulator.core.jobs import Seen
from emulator.core.pairs import Pair
from emulator.core.world import Caller
from emulator.dialects.nscale import catalogue, wire
from emulator.dialects.nscale.usage import Estimate
from emulator.storage.files import StoredFile
from emulator.storage.pushes import StoredPush
from emulator.timeline.job import Status
from emulator.timeline.view import came_to

STATUSES: dict[Status, wire.JobStatus] = {
    Status.VALIDATING_FILES: "queued",
    Status.QUEUED: "queued",
    Status.STARTING: "starting",
    Status.RUNNING: "running",
    Status.PAUSED: "queued",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
}
"""The provider's words; it knows no pause."""
TEXT = "string"
"""The type of every column: that others are told is unverified."""
UUID = ids.Uuid4("")


def workspace(caller: Caller) -> str:
    """Return the id of the one workspace that an organization has here."""
    drawn = ids.draw(caller.world.settings.seed, caller.account.organization, "workspace", bits=UUID.bits)
    return UUID.write(drawn, caller.now())


def to_file(caller: Caller, file: File) -> wire.File:
    """Return a file as uploads and lists answer it."""
    return wire.File(
        id=file.id,
        name=file.name,
        bytes=file.bytes,
        created_at=file.created_at,
        workspace_id=workspace(caller),
        columns=_columns(file),
    )


def to_downloadable(caller: Caller, file: File, url: str) -> wire.DownloadableFile:
    """Return a file on its own, with a link to its bytes."""
    return wire.DownloadableFile(**dict(to_file(caller, file)), download_url=url)


def _columns(file: File) -> list[wire.FileColumn] | None:
    data = file.source.dataset if isinstance(file.source, StoredFile) else None
    if data is None or not data.columns:
        return None
    return [wire.FileColumn(name=each.name, type=TEXT, values=[*each.values]) for each in data.columns]


def to_dataset(caller: Caller, pair: Pair) -> wire.Dataset:
    """Return a dataset; what was deleted of its files it names without showing it."""
    stored = pair.stored
    shown = {
        name: wire.DatasetFile(id=file.id, name=file.name, bytes=file.bytes)
        for name, file in (("training_file", pair.training), ("validation_file", pair.validation))
        if file
    }
    return wire.Dataset(
        id=stored.id,
        name=stored.name,
        total_bytes=stored.bytes,
        training_file_id=stored.training_file,
        validation_file_id=stored.validation_file,
        workspace_id=workspace(caller),
        created_at=stored.created_at,
        updated_at=stored.updated_at,
        **shown,
    )


def to_job(seen: Seen) -> wire.Job:
    """Return a job."""
    told, view = json.loads(seen.stored.request), seen.view
    error = {"error": view.error.message} if view.error else {}
    return wire.Job(
        id=seen.stored.id,
        name=told["name"],
        status=STATUSES[view.status],
        base_model=told["base_model"],
        base_model_id=told["base_model_id"],
        base_model_name=told["base_model"],
        dataset=wire.JobDataset.model_validate(told["dataset"]),
        hyperparameters=wire.Hyperparameters.model_validate(told["hyperparameters"]),
        created_at=seen.stored.created_at,
        started_at=came_to(view, Status.RUNNING),
        completed_at=view.ended_at,
        **error,
    )


def to_usage(reckoned: Estimate) -> wire.Usage:
    """Return what a job will use."""
    return wire.Usage(cost=reckoned.usd, tokens=reckoned.tokens)


def to_export(caller: Caller, push: StoredPush) -> wire.Export:
    """Return an export, which is running until it is there."""
    there = push.ends_at <= caller.now()
    return wire.Export(
        id=push.id,
        type="hugging-face",
        job_id=push.job,
        status="completed" if there else "running",
        huggingface_user_id=push.login,
        huggingface_repository_id=push.place,
        created_at=push.created_at,
        completed_at=push.ends_at if there else None,
    )


def to_base_model(model: catalogue.BaseModel) -> wire.BaseModelInfo:
    """Return a model to start from."""
    maker = f" by {model.organization}" if model.organization else ""
    return wire.BaseModelInfo(
        id=model.id,
        name=model.name,
        description=f"{model.name}{maker}, for LoRA fine-tuning",
        organization=model.organization,
        context_length=model.context_tokens,
        batch_sizes=[*model.batch_sizes],
        training_precision=catalogue.PRECISION,
    )
