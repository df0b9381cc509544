"""Sabotages of what a job has measured."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import SUCCESS, Begin, answers, at, begins, drop, put, renamed, reversed_
from tests.contract.sabotages.nscale.changes import (
    Json,
    frozen,
    of_nscale,
    shifted,
    with_status,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward

METRICS, DOWNLOAD, CONTENT = "jobs.metrics", "jobs.download", "jobs.content"

EMPTY = {"data": None, "training_steps": 0, "training_tokens": 0, "validation_steps": 0}


def _points(change: Callable[[Json], Any]) -> Begin:
    return answers(METRICS, at("data", lambda many: [change(one) for one in many]))


def _list(change: Callable[[list[Any]], Any]) -> Begin:
    return answers(METRICS, at("data", change))


def _drifting(change: Callable[[Json, int], Json]) -> Begin:
    """Return a sabotage that changes the metrics of a job by how often they were asked for."""
    return frozen(METRICS, lambda body: body["data"] is not None, change)


def _at_end(change: Callable[[Json], Json]) -> Begin:
    """Return a sabotage of metrics once they are as long as they become."""

    def begin() -> Filter:
        longest: dict[str, int] = {}

        async def changing(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if ask.operation != METRICS or answer.status != SUCCESS or not answer.json()["data"]:
                return answer
            steps = answer.json()["training_steps"]
            again = longest.get(ask.path) == steps
            longest[ask.path] = steps
            return answer.with_json(change(answer.json())) if again else answer

        return changing

    return begin


def _stale() -> Filter:
    """Answer the metrics of one job for all."""
    known: list[Answer] = []

    async def answering(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != METRICS or answer.status != SUCCESS:
            return answer
        if answer.json()["data"]:
            known[:] = [answer]
        return known[0] if known else answer

    return answering


def _whole_at_once() -> Begin:
    """Return a sabotage that has no metrics before the job is completed."""

    async def waiting(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != METRICS or answer.status != SUCCESS:
            return answer
        job = await forward(replace(ask, path=ask.path.removesuffix("/metrics")))
        return answer if job.json()["status"] == "completed" else answer.with_json(EMPTY)

    return begins(waiting)


METRICS_SABOTAGED = of_nscale(
    {
        "metrics_201": ("Metrics are answered 201.", with_status(METRICS, 201)),
        "metrics_bare": ("Metrics are a bare list.", answers(METRICS, lambda body: body["data"] or [])),
        "metrics_under_metrics": ("Metrics stand under metrics.", answers(METRICS, renamed("data", "metrics"))),
        "metrics_empty_list": (
            "No metrics are an empty list.",
            answers(METRICS, lambda body: {**body, "data": body["data"] or []}),
        ),
        "metrics_data_missing": (
            "No metrics are no member.",
            answers(METRICS, lambda body: body if body["data"] else drop("data")(body)),
        ),
        "metrics_with_total": ("Metrics tell a total.", answers(METRICS, put("total_steps", 9))),
        "metrics_without_tokens": ("Metrics tell no tokens.", answers(METRICS, drop("training_tokens"))),
        "metrics_null_counts": (
            "Counts of nothing are null.",
            answers(METRICS, lambda body: {name: value or None for name, value in body.items()}),
        ),
        "metrics_of_nothing_wrong": (
            "Metrics of nothing are told as an error.",
            answers(METRICS, lambda body: body if body["data"] else {"code": "not_found", "message": "no metrics"}),
        ),
        "metrics_numbers": (
            "Losses are numbers.",
            _points(
                lambda point: {
                    name: float(value) if name in ("training_loss", "validation_loss", "perplexity") else value
                    for name, value in point.items()
                }
            ),
        ),
        "metrics_train_loss": ("The training loss is a train_loss.", _points(renamed("training_loss", "train_loss"))),
        "metrics_eval_loss": ("The validation loss is an eval_loss.", _points(renamed("validation_loss", "eval_loss"))),
        "metrics_perplexity_missing": ("There is no perplexity.", _points(drop("perplexity"))),
        "metrics_perplexity_of_training": (
            "The perplexity is that of the training loss.",
            _points(lambda point: {**point, "perplexity": str(2.718281828459045 ** float(point["training_loss"]))}),
        ),
        "metrics_perplexity_by_two": (
            "The perplexity is a power of two.",
            _points(lambda point: {**point, "perplexity": str(2 ** float(point["validation_loss"]))}),
        ),
        "metrics_loss_nan": ("A validation loss is not a number.", _points(put("validation_loss", "NaN"))),
        "metrics_loss_percent": ("Losses have a percent sign.", _points(at("training_loss", lambda text: f"{text}%"))),
        "metrics_loss_negative": ("Losses are negative.", _points(at("training_loss", lambda text: f"-{text}"))),
        "metrics_loss_rises": (
            "Losses rise.",
            _list(
                lambda many: [
                    {**one, "training_loss": other["training_loss"]}
                    for one, other in zip(many, many[::-1], strict=True)
                ]
            ),
        ),
        "metrics_validation_rises": (
            "Validation losses rise.",
            _list(
                lambda many: [
                    {**one, **{name: other[name] for name in ("validation_loss", "perplexity")}}
                    for one, other in zip(many, many[::-1], strict=True)
                ]
            ),
        ),
        "metrics_epochs": ("Points tell their epoch.", _points(put("epoch", 1))),
        "metrics_steps_text": ("Steps are texts.", _points(at("step", str))),
        "metrics_steps_from_zero": ("Steps are counted from 0.", _points(shifted("step", -1))),
        "metrics_steps_reversed": ("The last step comes first.", _list(reversed_)),
        "metrics_steps_twice": ("The last step is told twice.", _list(lambda many: [*many, many[-1]])),
        "metrics_steps_lack_last": ("The last point is never told.", _list(lambda many: many[:-1] or None)),
        "metrics_steps_of_the_future": (
            "A point is of the step to come.",
            _list(lambda many: [*many, {**many[-1], "step": many[-1]["step"] + 1}]),
        ),
        "metrics_last_alone": ("Only the last point is told.", _list(lambda many: many[-1:])),
        "metrics_timestamp_unix": ("Points tell unix seconds.", _points(put("timestamp", 1_800_000_000))),
        "metrics_timestamp_missing": ("Points tell no instant.", _points(drop("timestamp"))),
        "metrics_timestamps_back": (
            "Instants go back.",
            _list(
                lambda many: [
                    {**one, "timestamp": other["timestamp"]} for one, other in zip(many, many[::-1], strict=True)
                ]
            ),
        ),
        "metrics_timestamps_late": (
            "Points lie after the end.",
            _points(at("timestamp", lambda at_: f"2099{at_[4:]}")),
        ),
        "metrics_timestamps_early": (
            "Points lie before the start.",
            _points(at("timestamp", lambda at_: f"2020{at_[4:]}")),
        ),
        "metrics_steps_off": (
            "A training step more is counted.",
            answers(
                METRICS, lambda body: {**body, "training_steps": body["training_steps"] and body["training_steps"] + 1}
            ),
        ),
        "metrics_steps_as_examples": (
            "Training steps are examples.",
            answers(METRICS, at("training_steps", lambda steps: steps * 8)),
        ),
        "metrics_validation_steps_none": (
            "No validation steps are counted.",
            answers(METRICS, put("validation_steps", 0)),
        ),
        "metrics_validation_steps_rows": (
            "Validation steps are rows.",
            answers(METRICS, at("validation_steps", lambda steps: steps * 3)),
        ),
        "metrics_tokens_none": ("No tokens are counted.", answers(METRICS, put("training_tokens", 0))),
        "metrics_tokens_float": ("Tokens of metrics are a float.", answers(METRICS, at("training_tokens", float))),
        "metrics_tokens_drift": (
            "Tokens go on being counted.",
            _drifting(lambda body, looks: shifted("training_tokens", looks)(body)),
        ),
        "metrics_tokens_back": (
            "Tokens are counted back.",
            _drifting(lambda body, looks: shifted("training_tokens", -1000 * looks)(body)),
        ),
        "metrics_steps_back": (
            "Steps are counted back.",
            _drifting(lambda body, looks: shifted("training_steps", -looks)(body)),
        ),
        "metrics_validation_back": (
            "Validation steps are counted back.",
            _drifting(lambda body, looks: shifted("validation_steps", -looks)(body)),
        ),
        "metrics_rewritten": (
            "What was measured changes.",
            _drifting(
                lambda body, looks: {
                    **body,
                    "data": [{**body["data"][0], "training_loss": f"{9 - looks / 100:.6f}"}, *body["data"][1:]],
                }
            ),
        ),
        "metrics_forgotten": ("Metrics are forgotten in the end.", _at_end(lambda _: EMPTY)),
        "metrics_window": ("Only the last three points are kept.", _list(lambda many: many[-3:])),
        "metrics_of_all_jobs": ("Metrics are of all jobs.", _stale),
        "metrics_at_the_end": ("Metrics come at the end.", _whole_at_once()),
        "metrics_early": (
            "There are metrics before the job runs.",
            answers(
                METRICS,
                lambda body: (
                    body
                    if body["data"]
                    else {
                        **body,
                        "data": [
                            {
                                "step": 1,
                                "timestamp": "2026-01-01T00:00:00Z",
                                "training_loss": "9",
                                "validation_loss": "9",
                                "perplexity": "8103.08",
                            }
                        ],
                    }
                ),
            ),
        ),
        "metrics_counted_early": (
            "Steps are counted before the job runs.",
            answers(METRICS, lambda body: {**body, "training_steps": body["training_steps"] or 1}),
        ),
    }
)
