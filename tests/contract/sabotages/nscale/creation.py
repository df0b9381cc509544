"""Sabotages of how a job is made: what is lost, altered or added between the order and the answer to it."""

import re
from collections.abc import Callable
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    at,
    begins,
    drop,
    put,
    remembering,
    renamed,
)
from tests.contract.sabotages.nscale.changes import (
    CREATE,
    Json,
    adapter,
    asked_number,
    has,
    jobs,
    numbers,
    of_nscale,
    ordering,
    refusing,
    unnumbered,
    with_status,
)
from tests.contract.sabotages.openai.changes import respelled
from tests.contract.sabotages.wrapping import Answer, Ask, Forward

NAMES = (
    "n_epochs",
    "n_evals",
    "batch_size",
    "learning_rate",
    "warmup_ratio",
    "weight_decay",
    "best_checkpoints",
    "mask_prompt_labels",
)

SETTINGS = ("r", "alpha", "dropout", "trainable_modules")

DEFAULTS = {
    "n_epochs": 3,
    "n_evals": 1,
    "batch_size": 8,
    "learning_rate": 2e-4,
    "warmup_ratio": 0.03,
    "weight_decay": 0.01,
}
"""What others take for a default."""

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def _where_sent(name: str, change: Any) -> Begin:
    """Return a sabotage of new jobs whose order names a hyperparameter, or does not."""

    def changing(_: Json, ask: Ask, body: Json) -> Json:
        sent = asked_number(ask.json(), name) is not None
        return body if body["job"] is None or sent else {**body, "job": change(body["job"])}

    return remembering((CREATE,), changing)


def _default(name: str, value: Any) -> Begin:
    return _where_sent(name, at("hyperparameters", put(name, value)))


def _adapters_default(name: str, value: Any) -> Begin:
    return _where_sent(name, at("hyperparameters", at("lora", put(name, value))))


def _echo(change: Callable[[Json, Json], Json]) -> Begin:
    """Return a sabotage of new jobs that knows their orders: order, job."""
    return remembering(
        (CREATE,),
        lambda _, ask, body: body if body["job"] is None else {**body, "job": change(ask.json(), body["job"])},
    )


async def _twice(ask: Ask, forward: Forward) -> Answer:
    """Make two jobs of an order."""
    if ask.operation == CREATE and isinstance(ask.json(), dict) and not ask.json().get("dry_run"):
        await forward(ask)
    return await forward(ask)


CREATED = of_nscale(
    {
        "create_201": ("A job of Nscale's is answered 201.", with_status(CREATE, 201)),
        "create_flat": ("A new job stands by itself.", answers(CREATE, lambda body: body["job"] or body)),
        "create_twice": ("An order makes two jobs of Nscale's.", begins(_twice)),
        "create_without_usage": ("A new job has no usage.", answers(CREATE, drop("estimated_usage"))),
        "create_usage": ("A new job's usage stands under usage.", answers(CREATE, renamed("estimated_usage", "usage"))),
        "create_dry": ("A job says that it was a dry run.", answers(CREATE, put("dry_run", value=True))),
        "create_dry_missing": ("A job does not say whether it was a dry run.", answers(CREATE, drop("dry_run"))),
        "create_with_object": ("A creation calls itself one.", answers(CREATE, put("object", "job"))),
        "job_id_prefixed": ("Ids of jobs begin with ftjob.", respelled(UUID.pattern, lambda id_: f"ftjob-{id_}")),
        "job_name_lost": ("A new job has no name.", jobs(put("name", ""), CREATE)),
        "job_base_model_id_for_name": (
            "A job's base model is an id.",
            jobs(lambda job: {**job, "base_model": job["base_model_id"]}),
        ),
        "job_base_model_id_missing": ("A job does not tell its base model's id.", jobs(drop("base_model_id"))),
        "job_base_model_missing": ("A job does not tell its base model.", jobs(drop("base_model"))),
        "job_model": ("A job's base model stands under model.", jobs(renamed("base_model", "model"))),
        "job_dataset_id_alone": ("A job's dataset is an id.", jobs(at("dataset", lambda told_: told_["id"]))),
        "job_dataset_columns_lost": (
            "A job's dataset has no columns.",
            jobs(at("dataset", lambda told_: {"id": told_["id"]})),
        ),
        "job_dataset_prompt_missing": (
            "No prompt column is no member.",
            jobs(at("dataset", lambda told_: {name: value for name, value in told_.items() if value is not None})),
        ),
        "job_dataset_prompt_empty": (
            "No prompt column is an empty one.",
            jobs(at("dataset", lambda told_: {**told_, "prompt_column": told_["prompt_column"] or ""})),
        ),
        "job_dataset_columns_swapped": (
            "A job's columns are swapped.",
            jobs(
                at(
                    "dataset",
                    lambda told_: {
                        **told_,
                        "answer_column": told_["prompt_column"] or "",
                        "prompt_column": told_["answer_column"],
                    },
                )
            ),
        ),
        "job_status_created": ("A new job of Nscale's is created.", jobs(put("status", "created"), CREATE)),
        "job_status_starting": ("A new job is starting.", jobs(put("status", "starting"), CREATE)),
        "job_created_at_missing": ("A job does not tell when it was made.", jobs(drop("created_at"))),
        "job_created_at_unix": ("A job of Nscale's was made in unix seconds.", jobs(put("created_at", 1_800_000_000))),
        "job_created_at_space": (
            "A job's instants have a space.",
            jobs(at("created_at", lambda at_: at_.replace("T", " "))),
        ),
        "job_created_at_old": ("A job was made in 2020.", jobs(at("created_at", lambda at_: f"2020{at_[4:]}"))),
        "job_started_when_made": (
            "A new job has started.",
            jobs(lambda job: {**job, "started_at": job["created_at"]}, CREATE),
        ),
        "job_completed_when_made": (
            "A new job is completed.",
            jobs(lambda job: {**job, "completed_at": job["created_at"]}, CREATE),
        ),
        "job_started_at_missing": ("A new job has no member started_at.", jobs(drop("started_at"), CREATE)),
        "job_completed_at_missing": ("A new job has no member completed_at.", jobs(drop("completed_at"), CREATE)),
        "job_finished_at": ("A job's end stands under finished_at.", jobs(renamed("completed_at", "finished_at"))),
        "job_error_empty": ("A job without an error has an empty one.", jobs(lambda job: {"error": "", **job})),
        "job_with_progress": ("A job tells its progress.", jobs(put("progress", 0.0))),
        "job_with_hidden_member": ("A job tells a member that is its own.", jobs(put("internal_id", 7))),
        "job_hyperparameters_missing": ("A new job tells no hyperparameters.", jobs(drop("hyperparameters"), CREATE)),
        **{f"job_{name}_lost": (f"A new job has lost {name}.", numbers(drop(name), CREATE)) for name in NAMES},
        **{
            f"job_{name}_unheard": (f"What is asked of {name} is not heeded.", ordering(unnumbered(name)))
            for name in (*NAMES, *SETTINGS)
        },
        **{
            f"job_{name}_defaults_otherwise": (f"The default of {name} is {value}.", _default(name, value))
            for name, value in DEFAULTS.items()
        },
        "job_best_checkpoints_by_default": (
            "Best checkpoints are the default.",
            _default("best_checkpoints", value=True),
        ),
        "job_mask_by_default": ("Masked prompts are the default.", _default("mask_prompt_labels", value=True)),
        "job_r_defaults_otherwise": ("The default of r is 16.", _adapters_default("r", 16)),
        "job_alpha_defaults_otherwise": ("The default of alpha is 16.", _adapters_default("alpha", 16)),
        "job_dropout_defaults_otherwise": ("The default of dropout is 0.1.", _adapters_default("dropout", 0.1)),
        "job_enabled_null": ("An adapter's default is null.", _adapters_default("enabled", None)),
        "job_modules_told": (
            "No modules are all of them by name.",
            adapter(lambda lora: {**lora, "trainable_modules": lora["trainable_modules"] or ["all-linear"]}),
        ),
        "job_lora_missing": ("An adapter is not told.", numbers(drop("lora"))),
        "job_lora_alone": (
            "An adapter stands beside the hyperparameters.",
            jobs(
                lambda job: {
                    **job,
                    "lora": job["hyperparameters"]["lora"],
                    "hyperparameters": drop("lora")(job["hyperparameters"]),
                }
            ),
        ),
        "job_defaults_untold": (
            "Only what was sent is told.",
            _echo(
                lambda order, job: {
                    **job,
                    "hyperparameters": {
                        name: value
                        for name, value in job["hyperparameters"].items()
                        if name in (order.get("hyperparameters") or {})
                    },
                }
            ),
        ),
        "job_numbers_as_text": (
            "Numbers of hyperparameters are texts.",
            numbers(
                lambda told_: {
                    name: str(value) if type(value) in (int, float) else value for name, value in told_.items()
                }
            ),
        ),
        "job_epochs_as_float": ("Epochs are a float.", numbers(at("n_epochs", float), CREATE)),
        "job_older_lost": (
            "The older names are lost.",
            numbers(
                lambda told_: {
                    name: value for name, value in told_.items() if name not in ("evaluation_epochs", "warmup_epochs")
                }
            ),
        ),
        "job_warmup_epochs_lost": ("The warmup epochs are lost.", numbers(drop("warmup_epochs"))),
        "job_older_always": (
            "The older names are always told.",
            numbers(lambda told_: {"evaluation_epochs": 0, "warmup_epochs": 0, **told_}),
        ),
        "job_older_refused": (
            "The older names are refused.",
            refusing(
                CREATE,
                lambda order: asked_number(order, "evaluation_epochs") is not None and not order.get("dry_run"),
                "hyperparameters.evaluation_epochs: Extra inputs are not permitted",
            ),
        ),
        "job_whole_numbers_refused": (
            "Whole numbers for fractions are refused.",
            refusing(CREATE, has("weight_decay", 0), "hyperparameters.weight_decay: Input should be a float"),
        ),
        "job_strange_member_refused": (
            "A member that there is not makes no job.",
            refusing(
                CREATE,
                lambda order: "contract_tests_unknown_member" in order,
                "contract_tests_unknown_member: Extra inputs are not permitted",
            ),
        ),
        "job_strange_member_kept": (
            "A member that there is not is told by a job.",
            _echo(lambda order, job: {**{name: order[name] for name in order if name.startswith("contract")}, **job}),
        ),
        "job_partly_sent_adapter": (
            "An adapter that is sent in part has no defaults.",
            _echo(
                lambda order, job: {
                    **job,
                    "hyperparameters": {
                        **job["hyperparameters"],
                        "lora": order.get("hyperparameters", {}).get("lora") or job["hyperparameters"]["lora"],
                    },
                }
            ),
        ),
    }
)
