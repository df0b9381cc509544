"""Sabotages of ``jobs.create``: what is lost, altered or added between the request for a job and the answer to it."""

from typing import Any

from tests.contract.sabotages.changes import (
    JOBS,
    SUCCESS,
    answers,
    asks,
    at,
    drop,
    each,
    inside,
    put,
    renamed,
    shown,
    through,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, named

CREATE = "jobs.create"
DEFAULTS = {"warmup_ratio", "weight_decay", "max_grad_norm", "packing", "lora_dropout", "context_length"}


def _job_id_of_another_form() -> Filter:
    """Show job ids with dashes, and take them back so."""
    shown_ids: dict[str, str] = {}

    async def spelled(ask: Ask, forward: Forward) -> Answer:
        path = ask.path
        for ours, theirs in shown_ids.items():
            path = path.replace(theirs, ours)
        answer = await forward(Ask(ask.method, path, ask.query, ask.headers, ask.body))
        if ask.operation == CREATE and answer.status == SUCCESS:
            ours = answer.json()["id"]
            digits = ours.removeprefix("ftjob-")
            shown_ids[ours] = f"ftjob-{digits[:8]}-{digits[8:]}"
        body = answer.body
        for ours, theirs in shown_ids.items():
            body = body.replace(ours.encode(), theirs.encode())
        return answer.with_body(body) if "json" in answer.header("content-type") else answer

    return spelled


def _made_twice() -> Filter:
    async def twice(ask: Ask, forward: Forward) -> Answer:
        if ask.operation == CREATE:
            await forward(ask)
        return await forward(ask)

    return twice


def _without_member(name: str) -> Any:
    """Carry a request out without one of its members."""
    return asks(CREATE, lambda ask: _less(ask, name))


def _less(ask: Ask, name: str) -> Ask:
    body = ask.json()
    return ask.with_json({key: value for key, value in body.items() if key != name}) if _has(body, name) else ask


def _has(body: Any, name: str) -> bool:
    return isinstance(body, dict) and name in body


def _unresolved(job: dict[str, Any]) -> dict[str, Any]:
    """Return a job whose hyperparameters lack those that nearly nobody sends."""
    kept = {name: value for name, value in (job["hyperparameters"] or {}).items() if name not in DEFAULTS}
    return {**job, "hyperparameters": kept or job["hyperparameters"]}


def _seedless(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "seed": 0}


def _repeats_request(ask: Ask, answer: Answer) -> Answer:
    sent = {name: value for name, value in ask.json().items() if name not in ("integrations", "from_checkpoint")}
    return answer.with_json({**sent, **answer.json()})


CREATION = named(
    {
        "create_answers_201": (
            "A new job is answered 201.",
            through(CREATE)(lambda _, answer: Answer(201, answer.headers, answer.body)),
        ),
        "create_one_level_deeper": ("A new job stands under a member job.", answers(CREATE, inside("job"))),
        "create_answers_the_id_only": (
            "A new job is answered with its id alone.",
            answers(CREATE, lambda job: {"id": job["id"]}),
        ),
        "create_makes_two_jobs": ("A request for a job makes two.", _made_twice),
        "job_id_of_another_form": ("Job ids have a dash among their digits.", _job_id_of_another_form),
        "job_id_renamed": ("A new job's id stands under job_id.", answers(CREATE, renamed("id", "job_id"))),
        "job_created_at_in_milliseconds": (
            "The times of jobs are in milliseconds.",
            shown(JOBS, lambda job: {**job, "created_at": job["created_at"] * 1000}),
        ),
        "job_created_at_as_float": (
            "Jobs were made at a time with a fraction.",
            shown(JOBS, at("created_at", lambda at_s: at_s + 0.5)),
        ),
        "job_object_of_another_name": ("A job's object is fine-tune.", shown(JOBS, put("object", "fine-tune"))),
        "job_status_missing": ("A new job has no status.", answers(CREATE, drop("status"))),
        "job_status_pending": ("A new job's status is pending.", answers(CREATE, put("status", "pending"))),
        "job_model_lower_case": ("A job's model is answered in lower case.", shown(JOBS, at("model", str.lower))),
        "job_model_renamed": ("A job's model stands under base_model.", shown(JOBS, renamed("model", "base_model"))),
        "job_training_file_null": ("A new job's training file is null.", answers(CREATE, put("training_file", None))),
        "job_validation_file_lost": (
            "Jobs do not say their validation file.",
            shown(JOBS, put("validation_file", None)),
        ),
        "hyperparameters_null": (
            "Hyperparameters that were sent are answered as null.",
            shown(JOBS, put("hyperparameters", None)),
        ),
        "hyperparameters_defaults_missing": (
            "Hyperparameters that were not sent are not answered.",
            shown(JOBS, _unresolved),
        ),
        "hyperparameters_altered": (
            "The learning rate of a job is answered ten times as high as asked.",
            shown(JOBS, at("hyperparameters", at("learning_rate", lambda rate: rate * 10))),
        ),
        "hyperparameters_as_text": (
            "The hyperparameters' numbers are answered as strings.",
            shown(JOBS, at("hyperparameters", at("batch_size", str))),
        ),
        "hyperparameters_epochs_auto": (
            "The number of epochs is answered as auto.",
            answers(CREATE, at("hyperparameters", put("n_epochs", "auto"))),
        ),
        "hyperparameters_ignored": (
            "Hyperparameters are taken, and the defaults are used.",
            _without_member("hyperparameters"),
        ),
        "job_seed_not_echoed": ("A job's seed is answered as 0 whatever was sent.", shown(JOBS, _seedless)),
        "job_seed_as_text": ("A job's seed is a string.", shown(JOBS, at("seed", str))),
        "job_suffix_not_echoed": ("A job's suffix is answered as empty.", shown(JOBS, put("suffix", ""))),
        "job_result_files_null": ("A new job's result files are null.", answers(CREATE, put("result_files", None))),
        "job_result_files_early": (
            "A new job has its training file among its result files.",
            answers(CREATE, lambda job: {**job, "result_files": [job["training_file"]]}),
        ),
        "job_tokens_before_training": (
            "A new job has trained on tokens already.",
            answers(CREATE, put("trained_tokens", 512)),
        ),
        "job_finished_when_made": (
            "A new job is said to have finished when it was made.",
            answers(CREATE, lambda job: {**job, "finished_at": job["created_at"]}),
        ),
        "job_error_is_empty_object": (
            "A job without an error has an empty object for its error.",
            shown(JOBS, put("error", {})),
        ),
        "job_integrations_lost": ("A job's integrations are answered as null.", shown(JOBS, put("integrations", None))),
        "job_integrations_renamed": (
            "An integration's project is answered as project_name.",
            shown(
                JOBS,
                at("integrations", lambda many: [at("wandb", renamed("project", "project_name"))(one) for one in many]),
            ),
        ),
        "job_method_lost": ("The method that was sent is answered as null.", shown(JOBS, put("method", None))),
        "job_method_type_changed": (
            "The method's type is answered as sft.",
            shown(JOBS, at("method", put("type", "sft"))),
        ),
        "job_from_checkpoint_lost": (
            "The checkpoint that a job starts from is not answered.",
            shown(JOBS, put("from_checkpoint", None)),
        ),
        "job_organization_null": ("A job's organization is null.", shown(JOBS, put("organization_id", None))),
        "create_repeats_the_request": (
            "A new job is answered with every member that was sent, tags and unknown ones among them.",
            through(CREATE)(_repeats_request),
        ),
        "jobs_list_without_hyperparameters": (
            "Listed jobs have no hyperparameters.",
            answers("jobs.list", each(drop("hyperparameters"))),
        ),
    }
)
