"""Sabotages of how a job is made: what is lost, altered or added between the order and the answer to it."""

from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asks,
    at,
    drop,
    every,
    inside,
    put,
    remembering,
    renamed,
    shown,
    where,
)
from tests.contract.sabotages.openai.changes import JOBS, made, of_openai, respelled
from tests.contract.sabotages.wrapping import Ask, Filter, Forward

CREATE = "jobs.create"
Job = dict[str, Any]


def _made_twice() -> Filter:
    async def making(ask: Ask, forward: Forward) -> Any:
        if ask.operation == CREATE:
            await forward(ask)
        return await forward(ask)

    return making


def _own(job: Job) -> Job:
    """Return what a job's method says."""
    method: Job = job["method"]
    own: Job = method[method["type"]]
    return own


def _with_own(job: Job, own: Job) -> Job:
    kind = job["method"]["type"]
    return {**job, "method": {"type": kind, kind: own}}


def _numbers(change: Any) -> Any:
    """Return the change of the hyperparameters as one of their job, in both places."""

    def changing(job: Job) -> Job:
        own = _own(job)
        told = change(job["hyperparameters"]) if job["hyperparameters"] else job["hyperparameters"]
        both = {**job, "hyperparameters": told}
        return _with_own(both, {**own, "hyperparameters": change(own["hyperparameters"])})

    return changing


def _decided(name: str, value: Any) -> Any:
    """Return the change of a hyperparameter that has been decided on, of a job that was asked for nothing."""
    return where(
        lambda job: job["user_provided_suffix"] is None and _own(job)["hyperparameters"][name] != "auto",
        _numbers(put(name, value)),
    )


def _alias(memory: Job, ask: Ask, job: Job) -> Job:
    if ask.operation == CREATE:
        memory[job["id"]] = ask.json()["model"]
    return {**job, "model": memory.get(job["id"], job["model"])}


def _early(job: Job) -> Job:
    return _numbers(lambda told: {name: 3 if value == "auto" else value for name, value in told.items()})(job)  # type: ignore[no-any-return]


def _late(job: Job) -> Job:
    auto = job["user_provided_suffix"] is None and job["status"] in ("running", "succeeded")
    return _numbers(lambda told: dict.fromkeys(told, "auto"))(job) if auto else job


def _of(kind: str, change: Any) -> Any:
    """Return the change of a job of one method."""
    return where(lambda job: job["method"]["type"] == kind, change)


def _without_numbers(ask: Ask) -> Ask:
    body = ask.json()
    if ask.operation != CREATE or not isinstance(body, dict) or not body.get("suffix") or "method" not in body:
        return ask
    return ask.with_json({name: value for name, value in body.items() if name != "method"})


def _wandb(change: Any) -> Begin:
    return shown(JOBS, at("integrations", lambda many: [at("wandb", change)(one) for one in many]))


CREATION = of_openai(
    {
        "create_201": ("A job of OpenAI's is answered 201.", made(CREATE)),
        "create_deeper": ("A new job of OpenAI's stands under job.", answers(CREATE, inside("job"))),
        "create_id_alone": (
            "A new job of OpenAI's is answered with its id alone.",
            answers(CREATE, lambda job: {"id": job["id"], "object": job["object"]}),
        ),
        "create_two_jobs": ("An order makes two jobs of OpenAI's.", _made_twice),
        "job_id_dash": (
            "Job ids are written ftjob_, as the examples of webhooks have it.",
            respelled(r"ftjob-[0-9A-Za-z]{24}\b", lambda id_: id_.replace("-", "_")),
        ),
        "job_id_hex": (
            "Job ids have 32 letters.",
            respelled(r"ftjob-[0-9A-Za-z]{24}\b", lambda id_: f"{id_}0123abcd"),
        ),
        "job_created_at_ms": (
            "Jobs of OpenAI's were made at a time in milliseconds.",
            shown(JOBS, at("created_at", lambda at_s: at_s * 1000)),
        ),
        "job_object_fine_tune": ("A job of OpenAI's calls itself fine-tune.", shown(JOBS, put("object", "fine-tune"))),
        "job_members_sorted": (
            "A job's members come in the order of their names.",
            shown(JOBS, lambda job: dict(sorted(job.items()))),
        ),
        "job_organization_null": ("A job of OpenAI's has no organization.", shown(JOBS, put("organization_id", None))),
        "job_organization_name": (
            "A job tells the name of its organization.",
            shown(JOBS, put("organization_id", "contract")),
        ),
        "job_status_created": ("A new job is created, as in 2023.", answers(CREATE, put("status", "created"))),
        "job_status_queued": ("A new job is queued at once.", answers(CREATE, put("status", "queued"))),
        "job_alias_kept": ("A job tells the alias that was asked for.", remembering(JOBS[:5], _alias)),
        "job_method_null": (
            "A method that was not sent is null.",
            answers(CREATE, where(lambda job: not job["user_provided_suffix"], put("method", None))),
        ),
        "job_method_sft": (
            "The method supervised is called sft.",
            shown(JOBS, at("method", lambda told: {**told, "type": "sft"} if told["type"] == "supervised" else told)),
        ),
        "job_hyperparameters_null": (
            "A supervised job's hyperparameters are null.",
            shown(JOBS, put("hyperparameters", None)),
        ),
        "job_numbers_as_text": (
            "Numbers among the hyperparameters are texts.",
            shown(JOBS, _numbers(lambda told: {name: str(value) for name, value in told.items()})),
        ),
        "job_numbers_ignored": ("Numbers that were sent are auto.", asks(CREATE, _without_numbers)),
        "job_auto_early": ("What was not sent is decided at once.", answers(CREATE, _early)),
        "job_auto_never": ("What was not sent is auto for ever.", shown(JOBS, _late)),
        "job_auto_epochs_3": ("Ten examples are seen three times.", shown(JOBS, _decided("n_epochs", 3))),
        "job_auto_batch_4": ("Ten examples come four at a time.", shown(JOBS, _decided("batch_size", 4))),
        "job_auto_rate_1": (
            "The rate that is decided on is 1.",
            shown(JOBS, _decided("learning_rate_multiplier", 1.0)),
        ),
        "job_auto_in_one_place": (
            "The method stays auto where the job has decided.",
            shown(
                JOBS,
                where(
                    lambda job: not job["user_provided_suffix"] and job["status"] == "succeeded",
                    lambda job: _with_own(job, {"hyperparameters": dict.fromkeys(job["hyperparameters"], "auto")}),
                ),
            ),
        ),
        "job_error_missing": ("A job without an error has no member error.", shown(JOBS, drop("error"))),
        "job_error_of_nulls": (
            "A job without an error has an error of nulls.",
            shown(
                JOBS, where(lambda job: not job["error"], put("error", {"code": None, "message": None, "param": None}))
            ),
        ),
        "job_suffix_renamed": (
            "A job's suffix stands under suffix.",
            shown(JOBS, renamed("user_provided_suffix", "suffix")),
        ),
        "job_suffix_lost": ("A new job has no suffix.", answers(CREATE, put("user_provided_suffix", None))),
        "job_suffix_empty": (
            "A suffix that was not sent is an empty text.",
            shown(JOBS, lambda job: {**job, "user_provided_suffix": job["user_provided_suffix"] or ""}),
        ),
        "job_seed_0": ("A job of OpenAI's has the seed 0.", shown(JOBS, put("seed", 0))),
        "job_seed_null": (
            "A seed that was not sent is null.",
            shown(JOBS, where(lambda job: not job["user_provided_suffix"], put("seed", None))),
        ),
        "job_seed_large": (
            "A seed that was not sent has 64 bits.",
            shown(JOBS, where(lambda job: not job["user_provided_suffix"], at("seed", lambda seed: seed + 2**62))),
        ),
        "job_metadata_lost": ("A job tells no metadata.", shown(JOBS, put("metadata", None))),
        "job_metadata_empty": (
            "Metadata that were not sent are an object.",
            shown(JOBS, lambda job: {**job, "metadata": job["metadata"] or {}}),
        ),
        "job_integrations_null": (
            "No integrations are null.",
            shown(JOBS, lambda job: {**job, "integrations": job["integrations"] or None}),
        ),
        "job_integrations_lost": ("Integrations that were sent are lost.", shown(JOBS, put("integrations", []))),
        "job_integration_tags_lost": ("An integration has lost its tags.", _wandb(put("tags", []))),
        "job_integration_run_missing": ("An integration does not name its run.", _wandb(drop("run_id"))),
        "job_integration_renamed": (
            "An integration's project is a project_name.",
            _wandb(renamed("project", "project_name")),
        ),
        "job_result_files_null": ("A new job's result is null.", answers(CREATE, put("result_files", None))),
        "job_tokens_0": ("A new job has trained 0 tokens.", answers(CREATE, put("trained_tokens", 0))),
        "job_finished_when_made": (
            "A new job of OpenAI's has an end.",
            answers(CREATE, lambda job: {**job, "finished_at": job["created_at"]}),
        ),
        "job_estimate_at_once": (
            "A new job has an estimate that lies before it.",
            answers(CREATE, lambda job: {**job, "estimated_finish": job["created_at"] - 10}),
        ),
        "job_validation_file_lost": ("A job tells no validation file.", shown(JOBS, put("validation_file", None))),
        "job_training_file_lost": ("A new job tells no training file.", answers(CREATE, put("training_file", ""))),
        "job_model_lost": (
            "A job's model at OpenAI stands under base_model.",
            shown(JOBS, renamed("model", "base_model")),
        ),
        "job_undocumented_missing": (
            "A job has no member that is in no document.",
            shown(JOBS, every(drop("usage_metrics"), drop("shared_with_openai"), drop("eval_id"))),
        ),
        "job_shared": ("A job is shared with OpenAI.", shown(JOBS, put("shared_with_openai", value=True))),
        "dpo_beta_auto": (
            "The beta of a preference job is auto.",
            shown(JOBS, _of("dpo", lambda job: _with_own(job, at("hyperparameters", put("beta", "auto"))(_own(job))))),
        ),
        "dpo_beta_missing": (
            "A preference job tells no beta.",
            shown(JOBS, _of("dpo", lambda job: _with_own(job, at("hyperparameters", drop("beta"))(_own(job))))),
        ),
        "dpo_told_as_supervised": (
            "A preference job is told as supervised.",
            shown(JOBS, _of("dpo", put("method", {"type": "supervised", "supervised": {"hyperparameters": {}}}))),
        ),
        "dpo_hyperparameters_of_supervised": (
            "A preference job's hyperparameters are all auto.",
            shown(JOBS, _of("dpo", put("hyperparameters", {"n_epochs": "auto"}))),
        ),
        "rft_grader_lost": (
            "A reinforcement job tells no grader.",
            shown(JOBS, _of("reinforcement", lambda job: _with_own(job, drop("grader")(_own(job))))),
        ),
        "rft_grader_renamed": (
            "A reinforcement job's grader has another name.",
            shown(JOBS, _of("reinforcement", lambda job: _with_own(job, at("grader", put("name", "g"))(_own(job))))),
        ),
        "rft_hyperparameters_lacking": (
            "A reinforcement job tells no eval_samples.",
            shown(
                JOBS,
                _of(
                    "reinforcement", lambda job: _with_own(job, at("hyperparameters", drop("eval_samples"))(_own(job)))
                ),
            ),
        ),
        "rft_effort_lost": (
            "A reinforcement job's effort is default.",
            shown(
                JOBS,
                _of(
                    "reinforcement",
                    lambda job: _with_own(job, at("hyperparameters", put("reasoning_effort", "default"))(_own(job))),
                ),
            ),
        ),
    }
)
