"""Between the provider's JSON and the emulator's words: pure functions, and nowhere else."""

import json
from math import isnan
from typing import Any

from pydantic import BaseModel

from emulator.clock import seconds
from emulator.core import derived, ids, jobs, models
from emulator.core.file import File
from emulator.core.jobs import Seen
from emulator.core.models import Tuned
from emulator.core.uploads import Shown
from emulator.core.world import Caller
from emulator.dialects.openai import wire
from emulator.dialects.openai.catalogue import BaseModel as CatalogueModel
from emulator.dialects.openai.headers import organization_id
from emulator.dialects.openai.orders import COMMON, FURTHER
from emulator.storage.permissions import StoredPermission
from emulator.storage.uploads import StoredPart
from emulator.timeline import curves
from emulator.timeline.history import Checkpoint, Event, History, checkpoints
from emulator.timeline.job import Kind, Status
from emulator.timeline.plan import Plan
from emulator.timeline.view import JobView

SEEDS = 2**31
EVENTS = 20
"""How many of a job's events are shown where it is only asked whether they can be."""
COMPLETED = "The job has successfully completed"
DELETED = "The job failed because the training file was deleted"
"""Observed, as are its code and its param."""


def to_job(caller: Caller, seen: Seen) -> wire.FineTuningJob:
    """Return a job as it is answered: its members in the order of the recordings."""
    stored, view, told = seen.stored, seen.view, json.loads(seen.stored.request)
    faithful = caller.world.settings.quirks == "faithful"
    succeeded = view.status is Status.SUCCEEDED
    own, common = _hyperparameters(seen, told)
    trained = view.plan.training
    return wire.FineTuningJob(
        object="fine_tuning.job",
        id=stored.id,
        model=stored.model,
        created_at=seconds(stored.created_at),
        # When the training was over; that a job which failed or was cancelled has none is observed.
        finished_at=seconds(view.course.falls_at(trained.ends)) if succeeded and trained else None,
        fine_tuned_model=models.final_name(caller, seen),
        organization_id=organization_id(caller.world, caller.account.tenant),
        result_files=derived.result_file_ids(caller, stored, view),
        status=_status(view, faithful=faithful),
        validation_file=stored.validation_file,
        training_file=stored.training_file,
        hyperparameters=None if faithful and told["type"] == "dpo" else common,
        trained_tokens=view.tokens if succeeded else None,
        error=_error(seen, faithful=faithful),
        user_provided_suffix=stored.suffix,
        seed=_seed(seen, told),
        estimated_finish=seconds(view.estimated_end) if view.estimated_end and not succeeded else None,
        integrations=[_running(each, stored.id) for each in told["integrations"]],
        metadata=stored.metadata,
        method={"type": told["type"], told["type"]: _method(told, own)},
    )


def _running(integration: dict[str, Any], job_id: str) -> dict[str, Any]:
    """Return where a job reports to, with the name of its run there: its own id, as in the published example."""
    return {**integration, "wandb": {**integration["wandb"], "run_id": job_id}}


def _status(view: JobView, *, faithful: bool) -> Any:
    """Return a status; the service's own schema has no ``paused``, though its example shows one.

    A paused job shows the status in which it stands still, which is ``running`` once it runs.
    """
    paused = view.status is Status.PAUSED and not faithful
    return str(view.plan.status_at(view.course.elapsed) if paused else view.status)


def _error(seen: Seen, *, faithful: bool) -> dict[str, Any] | None:
    """Return why a job failed; while it has not, the service answers ``{}`` (observed), which its schema forbids."""
    error = seen.view.error
    if error is None:
        return {} if faithful else None
    if error.code == "training_file_deleted":
        return {"code": "deleted_training_file", "message": DELETED, "param": "training_file"}
    return {"code": error.code, "message": error.message, "param": error.param}


def _seed(seen: Seen, told: dict[str, Any]) -> int:
    """Return the seed that was asked for, or the one that the job got."""
    asked: int | None = told["seed"]
    return ids.draw(seen.stored.handle, "seed", bits=64) % SEEDS if asked is None else asked


def _hyperparameters(seen: Seen, told: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the method's and the job's own: ``auto`` is decided once the files are read, and never where they are not.

    All observed, as is the order of their names.
    """
    known = told["settled" if seen.view.steps_total is not None else "asked"]
    own = {name: known[name] for name in ("batch_size", "learning_rate_multiplier", "n_epochs", *FURTHER[told["type"]])}
    return own, {name: known[name] for name in COMMON}


def _method(told: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return {"grader": told["grader"], "hyperparameters": own} if told["grader"] else {"hyperparameters": own}


def to_event(caller: Caller, seen: Seen, event: Event) -> wire.FineTuningJobEvent:
    """Return an event as it is answered."""
    metrics = event.kind is Kind.STEP
    return wire.FineTuningJobEvent(
        object="fine_tuning.job.event",
        id=jobs.event_id(caller, seen.stored, event),
        created_at=seconds(event.at),
        level="error" if event.kind is Kind.FAILED else "info",
        message=_message(caller, seen, event),
        # That the event of the start has none is observed.
        data=_metrics(seen, event.step) if metrics else None if event.kind is Kind.STARTED else {},
        type="metrics" if metrics else "message",
    )


FIXED = {
    Kind.QUEUED: "Files validated, moving job to queued state",
    Kind.STARTED: "Fine-tuning job started",
    Kind.SUCCEEDED: COMPLETED,
}
"""What events say that say the same of every job: observed."""


def _message(caller: Caller, seen: Seen, event: Event) -> str:
    """Return what an event says: observed, but for that of a failure, which no recording has."""
    stored = seen.stored
    match event.kind:
        case Kind.SUBMITTED:
            return f"Created fine-tuning job: {stored.id}"
        case Kind.VALIDATING:
            further = f" and validation file: {stored.validation_file}" if stored.validation_file else ""
            return f"Validating training file: {stored.training_file}{further}"
        case Kind.STEP:
            return _step_message(seen, event.step)
        case Kind.CHECKPOINT | Kind.TRAINED:
            return _made_message(caller, seen, event)
        case Kind.FAILED:
            error = _error(seen, faithful=False)
            return str(error["message"]) if error else ""
        case _:
            return FIXED[event.kind]


def _made_message(caller: Caller, seen: Seen, event: Event) -> str:
    """Return what is said of a checkpoint, or of the last one, which is the model."""
    made = checkpoints(seen.view)
    if event.kind is Kind.CHECKPOINT:
        name = next(models.name(caller, seen, each) for each in made if each.step == event.step)
        return f"Checkpoint created at step {event.step} with Snapshot ID: {name}"
    return f"New fine-tuned model created: {models.name(caller, seen, made[-1]) if made else ''}"


def _step_message(seen: Seen, step: int) -> str:
    """Return what is said of a step, its numbers with two decimals (observed)."""
    told = _metrics(seen, step)
    if "train_mean_reward" in told:
        names = {"train_mean_reward": "train mean reward", "full_valid_mean_reward": "full validation mean reward"}
        names["full_valid_mean_parse_error"] = "full validation mean parse error"
        before = f"Step {step}/{told['total_steps']} , "  # with a space before the comma (observed)
        values = (f"{text}={told[name]:.2f}" for name, text in names.items() if name in told)
        return before + ", ".join(values)
    names = {"train_loss": "training loss", "valid_loss": "validation loss", "full_valid_loss": "full validation loss"}
    values = (f"{text}={_decimals(told[name])}" for name, text in names.items() if name in told)
    return f"Step {step}/{told['total_steps']}: {', '.join(values)}"


def _decimals(value: float | None) -> str:
    return "nan" if value is None else f"{value:.2f}"


def _metrics(seen: Seen, step: int) -> dict[str, Any]:
    """Return the data of a step's event: those of supervised jobs observed, and taken for preference jobs too.

    Of reinforcement jobs the message is observed, and the names within its data are not (unverified).
    """
    plan = seen.view.plan
    training = plan.training
    assert training  # noqa: S101 -- there was a step
    epoch_ends = step % training.steps_per_epoch == 0
    if json.loads(seen.stored.request)["type"] == "reinforcement":
        return {"step": step, "total_steps": training.steps, **_rewards(plan, step, epoch_ends=epoch_ends)}
    loss = plan.curve.train_loss(step)
    told = {
        "step": step,
        "train_loss": number(loss),
        "total_steps": training.steps,
        "train_mean_token_accuracy": number(curves.accuracy(loss)),
    }
    if plan.has_validation:
        loss = plan.curve.valid_loss(step)
        valid = {"loss": number(loss), "mean_token_accuracy": number(curves.accuracy(loss))}
        told |= {f"valid_{name}": value for name, value in valid.items()}
        told |= {f"full_valid_{name}": value for name, value in valid.items()} if epoch_ends else {}
    return told


def _rewards(plan: Plan, step: int, *, epoch_ends: bool) -> dict[str, float]:
    """Return the rewards of a step: they rise as the loss would fall."""
    told = {"train_mean_reward": number(curves.accuracy(plan.curve.train_loss(step))) or 0.0}
    if plan.has_validation and epoch_ends:
        told["full_valid_mean_reward"] = number(curves.accuracy(plan.curve.valid_loss(step))) or 0.0
        told["full_valid_mean_parse_error"] = 0.0
    return told


def number(value: float | None) -> float | None:
    """Return a number as JSON has it: what is none is null."""
    return None if value is None or isnan(value) else value


def to_checkpoint(caller: Caller, seen: Seen, made: Checkpoint) -> wire.FineTuningJobCheckpoint:
    """Return a checkpoint as it is answered."""
    losses = {
        "train_loss": number(made.train_loss),
        "train_mean_token_accuracy": number(made.train_accuracy),
        "valid_loss": number(made.valid_loss),
        "valid_mean_token_accuracy": number(made.valid_accuracy),
    }
    metrics = {"step": made.step, **{name: value for name, value in losses.items() if value is not None}}
    return wire.FineTuningJobCheckpoint(
        object="fine_tuning.job.checkpoint",
        id=derived.checkpoint_id(caller, seen.stored, made),
        created_at=seconds(made.at),
        fine_tuned_model_checkpoint=models.name(caller, seen, made),
        fine_tuning_job_id=seen.stored.id,
        # Its last member is in no schema (observed since 2025).
        metrics={**metrics, "type": json.loads(seen.stored.request)["type"]},
        step_number=made.step,
    )


def everything(caller: Caller, seen: Seen) -> list[BaseModel]:
    """Return a job as it is answered, with the first and the last of its events and its checkpoints."""
    events = History(seen.view)
    ends = [*events.page(0, EVENTS), *events.page(max(EVENTS, len(events) - 1), len(events))]
    return [
        to_job(caller, seen),
        *(to_event(caller, seen, event) for event in ends),
        *(to_checkpoint(caller, seen, made) for made in checkpoints(seen.view)),
    ]


def to_file(file: File) -> wire.OpenAIFile:
    """Return a file as it is answered: processed at once, as small ones are since April 2024 (observed)."""
    return wire.OpenAIFile(
        object="file",
        id=file.id,
        purpose=file.purpose,
        filename=file.name,
        bytes=file.bytes,
        created_at=seconds(file.created_at),
        expires_at=seconds(file.expires_at) if file.expires_at else None,
        status="processed",
        status_details=None,
    )


def to_upload(shown: Shown) -> wire.Upload:
    """Return an upload as it is answered."""
    stored = shown.stored
    return wire.Upload(
        id=stored.id,
        object="upload",
        bytes=stored.bytes,
        created_at=seconds(stored.created_at),
        filename=stored.name,
        purpose=stored.purpose,
        status=shown.state,
        expires_at=seconds(stored.expires_at),
        file=to_file(shown.file) if shown.file else None,
    )


def to_part(part: StoredPart, upload_id: str) -> wire.UploadPart:
    """Return a part as it is answered."""
    return wire.UploadPart(id=part.id, object="upload.part", created_at=seconds(part.created_at), upload_id=upload_id)


def to_permission(permission: StoredPermission) -> wire.FineTuningCheckpointPermission:
    """Return a permission as it is answered."""
    return wire.FineTuningCheckpointPermission(
        object="checkpoint.permission",
        id=permission.id,
        created_at=seconds(permission.created_at),
        project_id=permission.project_id,
    )


def to_base_model(model: CatalogueModel) -> wire.Model:
    """Return a base model as it is answered."""
    return wire.Model(id=model.id, object="model", created=model.created, owned_by=model.owned_by)


def to_model(model: Tuned, organization: str) -> wire.Model:
    """Return a tuned model as it is answered."""
    return wire.Model(id=model.name, object="model", created=seconds(model.created_at), owned_by=organization)
