"""Between the provider's JSON and the emulator's words: pure functions, and nowhere else."""

import json
import math
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from emulator.clock import seconds
from emulator.core import derived, jobs, models
from emulator.core.file import File
from emulator.core.jobs import Order, Seen
from emulator.core.world import Caller
from emulator.dialects.nebius import wire
from emulator.dialects.nebius.edition import Asked, Edition, Job
from emulator.dialects.nebius.wire import studio
from emulator.redaction import answerable
from emulator.timeline.history import Checkpoint, Event, History, checkpoint, checkpoint_count
from emulator.timeline.job import Dataset, Kind, Lifecycle, Lora, Recipe, Status

MESSAGES = {
    Kind.SUBMITTED: ("Job is submitted", "api"),
    Kind.VALIDATED: ("Dataset '{subject}' processed successfully", "datasets"),
    Kind.TRAINED: ("Training completed successfully", "training"),
    Kind.FAILED: ("{error}", "datasets"),
    Kind.CANCELLED: ("Job is cancelled", "api"),
}
"""The first three and their sources are observed; of failures and cancellations no event is recorded (unverified).

A failure after the validation has the source ``training`` (unverified too)."""

TOLD = frozenset(MESSAGES)

EVENTS = 20
"""How many of a job's events are shown where it is only asked whether they can be."""

Answer = TypeVar("Answer", bound=BaseModel)
HParameters = wire.SupervisedHParameters | wire.SpecDraftHParameters | studio.HParameters


def to_order(body: Asked, *, project: str | None, lifecycle: Lifecycle) -> Order:
    """Return the job that a request orders; what it carries of secrets ends here."""
    asked = _asked(body)
    recipe = Recipe(
        model=body.model,
        training=Dataset(),
        validation=None,
        n_epochs=asked.n_epochs,
        batch_size=asked.batch_size,
        context_length=asked.context_length,
        packing=asked.packing,
        lora=_lora(asked),
        told=TOLD,
        lifecycle=lifecycle,
    )
    echo = json.dumps(_echo(body)).encode()
    return Order(recipe, body.training_file, body.validation_file, body.suffix, body.seed, project, echo)


def _asked(body: Asked) -> HParameters:
    """Return the hyperparameters, wherever they were sent, or the defaults."""
    if isinstance(body, studio.FineTuningRequest):
        return body.hyperparameters or studio.HParameters()
    match body.method:
        case wire.SupervisedMethodConfig():
            return body.method.supervised.hyperparameters
        case wire.SpecDraftMethodConfig():
            return body.method.spec_draft.hyperparameters
        case None:
            return body.hyperparameters or wire.SupervisedHParameters()


def _lora(asked: HParameters) -> Lora | None:
    if isinstance(asked, wire.SpecDraftHParameters) or not asked.lora:
        return None
    return Lora(asked.lora_r, asked.lora_alpha, asked.lora_dropout)


def _echo(body: Asked) -> dict[str, Any]:
    """Return the members of a job that never change: hyperparameters are answered with every default (observed).

    That defaults are answered where none were sent is unverified.
    """
    echo = {
        "hyperparameters": _resolved(_asked(body)),
        "integrations": _without_secrets(body.integrations),
        "seed": body.seed or 0,
        "suffix": body.suffix or "",  # "" when none was sent (observed)
    }
    return echo if isinstance(body, studio.FineTuningRequest) else echo | _echo_of_today(body, echo["hyperparameters"])


def _echo_of_today(body: wire.FineTuningRequest, asked: Any) -> dict[str, Any]:
    """Return what came after 2025: where ``hyperparameters`` were sent, ``method`` is null (observed).

    That it is so the other way round is unverified.
    """
    start = {"from_checkpoint": _checkpoint_answer(body.from_checkpoint)}
    if body.method is None:
        return {"method": None, **start}
    method = {"type": body.method.type, body.method.type.replace("-", "_"): {"hyperparameters": asked}}
    return {"hyperparameters": None, "method": method, **start}


def _resolved(asked: BaseModel) -> dict[str, Any]:
    """Return hyperparameters with their defaults; unknown ones as they came, save what JSON or secrecy forbids."""
    unknown = asked.model_extra or {}
    known = asked.model_dump(mode="json", exclude=set(unknown))
    return {**known, **answerable(unknown)}


def _without_secrets(asked: Sequence[wire.IntegrationRequest] | None) -> list[dict[str, Any]] | None:
    if asked is None:
        return None
    return [_integration(each).model_dump(mode="json") for each in asked]


def _integration(asked: wire.IntegrationRequest) -> wire.IntegrationResponse:
    """Return an integration as it is answered: the response's fields, and so none of the secrets."""
    match asked:
        case wire.WandbIntegrationRequest():
            return wire.WandbIntegrationResponse(
                type=asked.type, wandb=_narrowed(wire.WandbConfigResponse, asked.wandb)
            )
        case wire.MlflowIntegrationRequest():
            return wire.MlflowIntegrationResponse(mlflow=_narrowed(wire.MlflowConfigResponse, asked.mlflow))
        case wire.HfExportIntegrationRequest():
            return wire.HfExportIntegrationResponse(
                type=asked.type, hf=_narrowed(wire.HfExportConfigResponse, asked.hf)
            )


def _narrowed(answer: type[Answer], asked: BaseModel) -> Answer:
    """Return those members of a request that its answer has."""
    return answer(**{name: getattr(asked, name) for name in answer.model_fields})


def _checkpoint_answer(
    asked: wire.HFCheckpointParametersRequest | wire.FTCheckpointParameters | None,
) -> dict[str, Any] | None:
    if isinstance(asked, wire.HFCheckpointParametersRequest):
        return _narrowed(wire.HFCheckpointParametersResponse, asked).model_dump(mode="json")
    return asked.model_dump(mode="json") if asked else None


def to_job(edition: Edition, caller: Caller, seen: Seen) -> Job:
    """Return a job as an edition answers it."""
    stored, view = seen.stored, seen.view
    error = view.error
    return edition.job(
        **json.loads(stored.request),
        id=stored.id,
        created_at=seconds(stored.created_at),
        error=wire.Error(code=error.code, message=error.message, param=error.param) if error else None,
        finished_at=seconds(view.ended_at) if view.ended_at else None,
        model=stored.model,
        # Those of the last checkpoint (third-party evidence).
        result_files=derived.result_file_ids(caller, stored, view),
        status=STATUSES[view.status],
        trained_tokens=view.tokens,
        training_file=stored.training_file,
        validation_file=stored.validation_file,
        estimated_finish=seconds(view.estimated_end) if view.estimated_end else None,
        trained_steps=view.steps,
        total_steps=view.steps_total,
    )


STATUSES: dict[Status, wire.JobStatus] = {
    Status.VALIDATING_FILES: "validating_files",
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.SUCCEEDED: "succeeded",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
}
"""The provider documents no pause, and has no call that makes one."""


def to_event(caller: Caller, seen: Seen, event: Event) -> wire.FineTuningJobEvent:
    """Return an event as it is answered; ``source`` and ``job_uuid`` are outside the schema and real (observed)."""
    text, source = MESSAGES[event.kind]
    error = seen.view.error.message if seen.view.error else ""
    failed = event.kind is Kind.FAILED
    if failed and event.subject not in ("", "validation"):
        source = "training"
    return wire.FineTuningJobEvent(
        object="fine_tuning.job.event",
        id=jobs.event_id(caller, seen.stored, event),
        created_at=seconds(event.at),
        level="error" if failed else "info",
        message=error if failed else text.format(subject=event.subject),
        source=source,
        job_uuid=seen.stored.id,
    )


def to_checkpoint(caller: Caller, seen: Seen, made: Checkpoint) -> wire.ListedFineTuningJobCheckpoint:
    """Return a checkpoint as it is answered."""
    stored = seen.stored
    return wire.ListedFineTuningJobCheckpoint(
        id=derived.checkpoint_id(caller, stored, made),
        created_at=seconds(made.at),
        fine_tuned_model_checkpoint=models.name(caller, seen, made),
        fine_tuning_job_id=stored.id,
        metrics=wire.Metrics(
            step=made.step,
            train_loss=_number(made.train_loss),
            train_mean_token_accuracy=_number(made.train_accuracy),
            valid_loss=_number(made.valid_loss),
            valid_mean_token_accuracy=_number(made.valid_accuracy),
        ),
        object="fine_tuning.job.checkpoint",
        step_number=made.step,
        result_files=derived.checkpoint_file_ids(caller, stored, made),
    )


def _number(value: float | None) -> float | None:
    """Return a number as JSON has it: what is none is null, which the schema allows of metrics."""
    return None if value is None or math.isnan(value) else value


def everything(edition: Edition, caller: Caller, seen: Seen) -> list[BaseModel]:
    """Return a job as it is answered, with the first and the last of its events and checkpoints."""
    events, made = History(seen.view), checkpoint_count(seen.view)
    ends = [*events.page(0, EVENTS), *events.page(max(EVENTS, len(events) - 1), len(events))]
    return [
        to_job(edition, caller, seen),
        *(to_event(caller, seen, event) for event in ends),
        *(to_checkpoint(caller, seen, checkpoint(seen.view, place)) for place in {0, made - 1} if made),
    ]


def to_file(file: File) -> wire.OpenAIFile:
    """Return a file as it is answered; its status is null (observed)."""
    return wire.OpenAIFile(
        id=file.id,
        bytes=file.bytes,
        created_at=seconds(file.created_at),
        filename=file.name,
        purpose=file.purpose,
    )
