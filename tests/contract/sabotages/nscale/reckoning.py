"""Sabotages of dry runs: what is reckoned, and what of an order they refuse or take."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asks,
    at,
    begins,
    drop,
    put,
    remembering,
    through,
    where,
)
from tests.contract.sabotages.nscale.changes import (
    CREATE,
    Json,
    answered,
    asked_number,
    has,
    of_nscale,
    ordering,
    passed,
    refusing,
    says,
    shifted,
    taken,
    told,
    unnumbered,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer


async def _wet(ask: Ask, forward: Forward) -> Answer:
    """Make a job of a dry run, and do not say so."""
    answer = await forward(ask)
    if ask.operation == CREATE and answer.status == 200 and ask.json().get("dry_run"):
        await forward(ask.with_json(drop("dry_run")(ask.json())))
    return answer


def _usage(change: Any) -> Begin:
    return answers(CREATE, at("estimated_usage", change))


def _dry(change: Any) -> Begin:
    return answers(CREATE, where(lambda body: body["dry_run"], change))


def _answered_dry(status: int) -> Begin:
    """Return a sabotage that answers dry runs with another status."""
    return through(CREATE)(lambda _, answer: replace(answer, status=status) if answer.json()["dry_run"] else answer)


def _tokens(change: Callable[[Json, int], int]) -> Begin:
    """Return a sabotage that reckons other tokens, by the order."""

    def changing(_: Json, ask: Ask, body: Json) -> Json:
        usage = body["estimated_usage"]
        return {**body, "estimated_usage": {**usage, "tokens": change(ask.json(), usage["tokens"])}}

    return remembering((CREATE,), changing)


def _epochs(order: Json) -> int:
    return int(asked_number(order, "n_epochs") or 1)


def _drifting() -> Filter:
    """Reckon a token more each time."""
    count = [0]

    async def drifting(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != CREATE or answer.status != 200:
            return answer
        count[0] += 1
        return answer.with_json(at("estimated_usage", shifted("tokens", count[0]))(answer.json()))

    return drifting


def _same_column(order: Json) -> bool:
    columns = order.get("dataset")
    return isinstance(columns, dict) and columns.get("answer_column") == columns.get("prompt_column")


def _no_prompt(order: Json) -> bool:
    columns = order.get("dataset")
    return isinstance(columns, dict) and "answer_column" in columns and columns.get("prompt_column") is None


def _columns(member: str, value: Any) -> Any:
    return at("dataset", put(member, value))


DRY = of_nscale(
    {
        "dry_run_unheard": (
            "A dry run makes a job.",
            asks(
                CREATE,
                lambda ask: (
                    ask.with_json({**ask.json(), "dry_run": False})
                    if isinstance(ask.json(), dict) and ask.json().get("dry_run") is True
                    else ask
                ),
            ),
        ),
        "dry_run_secretly_wet": ("A dry run makes a job and does not say so.", begins(_wet)),
        "dry_run_says_no": ("A dry run says that it is none.", _dry(put("dry_run", value=False))),
        "dry_run_job_missing": ("A dry run has no member job.", _dry(drop("job"))),
        "dry_run_job_empty": ("A dry run has an empty job.", _dry(put("job", {}))),
        "dry_run_usage_flat": ("A dry run's usage is flat.", _dry(lambda body: {**body, **body["estimated_usage"]})),
        "dry_run_usage_null": ("A dry run has no usage.", _dry(put("estimated_usage", None))),
        "dry_run_refused": (
            "Dry runs are refused.",
            refusing(CREATE, lambda order: order.get("dry_run") is True, "dry_run: is not supported"),
        ),
        "dry_run_202": ("A dry run is answered 202.", _answered_dry(202)),
        "dry_run_columns_unchecked": (
            "A dry run does not look at columns.",
            taken(
                CREATE, says("has no column"), at("dataset", lambda one: {"id": one["id"], "answer_column": "answer"})
            ),
        ),
        "dry_run_dataset_unchecked": (
            "A dry run needs no dataset.",
            passed(
                CREATE,
                says("dataset.id", "does not exist"),
                lambda ask: json_answer(
                    200, {"dry_run": True, "estimated_usage": {"cost": 2.0, "tokens": 1}, "job": None}
                ),
            ),
        ),
        "usage_with_currency": ("A usage tells a currency.", _usage(put("currency", "USD"))),
        "usage_cost_of_nothing": ("A small job costs nothing.", _usage(put("cost", 0))),
        "usage_cost_five": ("A job costs 5.00 at least.", _usage(put("cost", 5.0))),
        "usage_cost_text": ("A cost is a text.", _usage(at("cost", str))),
        "usage_cost_cents": ("A cost is in cents.", _usage(at("cost", lambda cost: cost * 100))),
        "usage_cost_grows": (
            "A cost grows by a cent an epoch.",
            remembering(
                (CREATE,),
                lambda _, ask, body: at("estimated_usage", put("cost", 2.0 + 0.01 * (_epochs(ask.json()) - 1)))(body),
            ),
        ),
        "usage_tokens_float": ("Tokens are a float.", _usage(at("tokens", float))),
        "usage_tokens_none": ("Tokens are none.", _usage(put("tokens", 0))),
        "usage_tokens_bytes": (
            "Tokens are a thousand times as many.",
            _usage(at("tokens", lambda tokens: tokens * 1000)),
        ),
        "usage_epochs_uncounted": ("Epochs are not counted.", _tokens(lambda order, tokens: tokens // _epochs(order))),
        "usage_epochs_off": (
            "Each epoch after the second is counted twice.",
            _tokens(lambda order, tokens: tokens + tokens // 3 if _epochs(order) > 2 else tokens),
        ),
        "usage_evaluations_uncounted": ("Evaluations are not counted.", ordering(unnumbered("n_evals"), dry=True)),
        "usage_older_evaluations_uncounted": (
            "Evaluations under their older name are not counted.",
            ordering(unnumbered("evaluation_epochs"), dry=True),
        ),
        "usage_all_columns": (
            "All columns are counted.",
            ordering(
                at(
                    "dataset",
                    lambda one: (
                        {**one, "answer_column": "answer", "prompt_column": "question"}
                        if one.get("answer_column") in ("question", "answer") and not one.get("prompt_column")
                        else one
                    ),
                ),
                dry=True,
            ),
        ),
        "usage_drifts": ("A reckoning is another each time.", _drifting),
        "usage_of_job_other": (
            "A job is reckoned otherwise than its dry run.",
            _tokens(lambda order, tokens: tokens if order.get("dry_run") else tokens + 1),
        ),
        "column_unnamed": (
            "A column that there is not is not named.",
            told(put("message", "dataset: a column is missing"), of=says("has no column")),
        ),
        "columns_there_unnamed": (
            "The columns that there are are not named.",
            told(at("message", lambda text: text.partition(", it has")[0]), of=says("has no column")),
        ),
        "column_in_capitals": (
            "Capitals of a column do not matter.",
            taken(CREATE, says("'Answer'"), _columns("answer_column", "answer")),
        ),
        "column_404": ("A column that there is not is a 404.", answered(404, of=says("has no column"))),
        "column_answer_unchecked": (
            "An answer column that there is not is taken.",
            taken(CREATE, says("dataset.answer_column", "has no column"), _columns("answer_column", "answer")),
        ),
        "column_prompt_unchecked": (
            "A prompt column that there is not is taken.",
            taken(CREATE, says("dataset.prompt_column", "has no column"), _columns("prompt_column", "question")),
        ),
        "column_for_both_refused": (
            "One column cannot be both.",
            refusing(CREATE, _same_column, "dataset.prompt_column: is the answer column"),
        ),
        "column_null_refused": (
            "Null for a prompt column is refused.",
            refusing(
                CREATE,
                lambda order: (
                    "prompt_column" in (order.get("dataset") or {}) and order["dataset"]["prompt_column"] is None
                ),
                "dataset.prompt_column: Input should be a valid string",
            ),
        ),
        "column_prompt_needed": (
            "A prompt column is needed.",
            refusing(CREATE, _no_prompt, "dataset.prompt_column: Field required"),
        ),
        "model_older_id_refused": (
            "A model's older id is refused.",
            refusing(
                CREATE, lambda order: str(order.get("base_model_id")).startswith("e082db90"), "base_model_id: is none"
            ),
        ),
        "model_listed_refused": (
            "A model that is listed is refused.",
            refusing(
                CREATE,
                lambda order: str(order.get("base_model_id")).startswith("b2c3d4e5"),
                "base_model_id: is not available",
            ),
        ),
        **{
            f"{name}_of_{str(value).replace('.', '_')}_refused": (
                f"The {name} of {value} is refused.",
                refusing(CREATE, has(name, value), f"hyperparameters.{name}: is out of range"),
            )
            for name, value in (
                *(
                    ("n_epochs", 1),
                    ("n_epochs", 20),
                    ("n_evals", 0),
                    ("n_evals", 100),
                    ("batch_size", 4),
                    ("batch_size", 32),
                ),
                *(("batch_size", 12), ("batch_size", 20), ("learning_rate", 1e-8), ("learning_rate", 0.01)),
                *(("warmup_ratio", 1), ("warmup_ratio", 0.0), ("weight_decay", 7.0), ("best_checkpoints", True)),
                *(("mask_prompt_labels", True), ("enabled", True), ("r", 1), ("r", 64), ("alpha", 64), ("dropout", 1)),
                *(("trainable_modules", []), ("warmup_epochs", 1), ("evaluation_epochs", 0)),
            )
        },
        "unknown_hyperparameter_refused": (
            "A hyperparameter that Nscale has not is refused.",
            refusing(
                CREATE,
                lambda order: "contract_tests" in (order.get("hyperparameters") or {}),
                "hyperparameters.contract_tests: Extra inputs are not permitted",
            ),
        ),
        "no_hyperparameters_refused": (
            "Empty hyperparameters are refused.",
            refusing(CREATE, lambda order: order.get("hyperparameters") == {}, "hyperparameters: are empty"),
        ),
        "no_adapter_refused": (
            "An empty adapter is refused.",
            refusing(
                CREATE,
                lambda order: (order.get("hyperparameters") or {}) == {"lora": {}},
                "hyperparameters.lora: is empty",
            ),
        ),
    }
)
