"""Sabotages of jobs that are cancelled, and of those that fail."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    SUCCESS,
    Begin,
    answers,
    at,
    begins,
    drop,
    inside,
    put,
    remembering,
)
from tests.contract.sabotages.nscale.changes import (
    CREATE,
    ENDED,
    RETRIEVE,
    Json,
    answered,
    frozen,
    jobs,
    of_nscale,
    passed,
    says,
    told,
    when,
    with_status,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

LIST, CANCEL = "jobs.list", "jobs.cancel"


def _of_failing(change: Callable[[Json], Json]) -> Begin:
    """Return a sabotage of the job that fails."""
    return jobs(lambda job: change(job) if job["status"] == "failed" else job)


async def _body_needed(ask: Ask, forward: Forward) -> Answer:
    """Refuse a cancellation without a body."""
    if ask.operation == CANCEL and not ask.body and "json" in ask.header("content-type"):
        return json_answer(400, {"code": "invalid_argument", "message": "Field required"})
    return await forward(ask)


async def _unheard(ask: Ask, forward: Forward) -> Answer:
    """Answer a cancellation as if it were done."""
    if ask.operation != CANCEL:
        return await forward(ask)
    there = await forward(replace(ask, method="GET", path=ask.path.removesuffix("/cancel")))
    if there.status != SUCCESS or there.json()["status"] in ENDED:
        return await forward(ask)
    return there.with_json({**there.json(), "status": "cancelled", "completed_at": there.json()["created_at"]})


async def _all_cancelled(ask: Ask, forward: Forward) -> Answer:
    """Cancel every job with one."""
    answer = await forward(ask)
    if ask.operation == CANCEL and answer.status == SUCCESS:
        path = ask.path.rpartition("/jobs/")[0]
        for job in (await forward(replace(ask, method="GET", path=f"{path}/jobs", body=b""))).json()["data"]:
            await forward(replace(ask, path=f"{path}/jobs/{job['id']}/cancel"))
    return answer


def _again() -> Filter:
    """Answer a second cancellation as the first."""
    known: dict[str, Answer] = {}

    async def answering(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == CANCEL and answer.status == SUCCESS:
            known[ask.path] = answer
        return known.get(ask.path, answer) if ask.operation == CANCEL else answer

    return answering


def _cancelled(change: Any) -> Begin:
    return when("cancelled", change)


CANCELLED = of_nscale(
    {
        "cancel_202": ("A cancellation is answered 202.", with_status(CANCEL, 202)),
        "cancel_body_needed": ("A cancellation takes a body.", begins(_body_needed)),
        "cancel_empty": ("A cancellation answers an empty object.", answers(CANCEL, lambda _: {})),
        "cancel_nested": ("A cancelled job stands under job.", answers(CANCEL, inside("job"))),
        "cancel_cancelling": (
            "A cancellation answers a job that is cancelling.",
            answers(CANCEL, put("status", "cancelling")),
        ),
        "cancel_canceled": ("A cancelled job of Nscale's is canceled.", _cancelled(put("status", "canceled"))),
        "cancel_failed": ("A cancelled job has failed.", _cancelled(put("status", "failed"))),
        "cancel_unheard": ("A cancellation of Nscale's is answered and not done.", begins(_unheard)),
        "cancel_all": ("A cancellation is of all jobs.", begins(_all_cancelled)),
        "cancel_again": ("A job can be cancelled twice.", _again),
        "cancel_again_409": ("Who cancels twice is told 409.", answered(409, of=says("is cancelled and cannot"))),
        "cancel_again_code": (
            "Who cancels twice is told invalid_argument.",
            told(put("code", "invalid_argument"), of=says("is cancelled and cannot")),
        ),
        "cancel_again_unnamed": (
            "Who cancels twice is not told which job.",
            told(put("message", "the job is cancelled and cannot be cancelled"), of=says("is cancelled and cannot")),
        ),
        "cancel_again_unsaid": (
            "Who cancels twice is not told why.",
            told(at("message", lambda text: text.replace("is cancelled and ", "")), of=says("is cancelled and cannot")),
        ),
        "cancel_endless": ("A cancelled job has no end.", _cancelled(put("completed_at", None))),
        "cancel_started": (
            "A cancelled job has a start.",
            _cancelled(lambda job: {**job, "started_at": job["created_at"]}),
        ),
        "cancel_error": (
            "A cancelled job of Nscale's has an error.",
            _cancelled(put("error", "The job was cancelled.")),
        ),
        "cancel_forgets": (
            "A cancelled job has forgotten its hyperparameters.",
            _cancelled(at("hyperparameters", put("n_epochs", 7))),
        ),
        "cancel_early": (
            "A cancelled job ended before it was made.",
            _cancelled(at("completed_at", lambda at_: f"2020{at_[4:]}")),
        ),
    }
)


FAILED = of_nscale(
    {
        "fail_at_once": (
            "A job on bad data has failed at once.",
            jobs(
                lambda job: (
                    {**job, "status": "failed"}
                    if "n_evals" in job["hyperparameters"]
                    and job["hyperparameters"]["n_evals"] == 0
                    and job["dataset"]["prompt_column"] is None
                    and "evaluation_epochs" not in job["hyperparameters"]
                    else job
                ),
                CREATE,
            ),
        ),
        "fail_completes": (
            "A job on bad data is completed.",
            _of_failing(lambda job: {**drop("error")(job), "status": "completed", "started_at": job["created_at"]}),
        ),
        "fail_cancelled": ("A job on bad data is cancelled.", _of_failing(put("status", "cancelled"))),
        "fail_error_missing": ("A failed job does not say why.", _of_failing(drop("error"))),
        "fail_error_null": ("A failed job has null for an error.", _of_failing(put("error", None))),
        "fail_error_object": (
            "A failed job's error is an object.",
            _of_failing(at("error", lambda text: {"message": text})),
        ),
        "fail_error_empty": ("A failed job's error is empty.", _of_failing(put("error", ""))),
        "fail_error_vague": (
            "A failed job's error names no line.",
            _of_failing(put("error", "The data are not valid.")),
        ),
        "fail_error_early": (
            "A job on bad data has an error before it fails.",
            remembering(
                (RETRIEVE,), lambda _, ask, job: {"error": "soon", **job} if job["status"] == "queued" else job
            ),
        ),
        "fail_endless": ("A failed job has no end.", _of_failing(put("completed_at", None))),
        "fail_early": (
            "A failed job ended when it was made.",
            _of_failing(lambda job: {**job, "completed_at": job["created_at"]}),
        ),
        "fail_started": (
            "A failed job has a start.",
            _of_failing(lambda job: {**job, "started_at": job["created_at"]}),
        ),
        "fail_by_running": (
            "A failed job was running before.",
            frozen(
                RETRIEVE,
                lambda job: job["status"] == "failed",
                lambda job, looks: (
                    {**drop("error")(job), "status": "running", "completed_at": None} if not looks else job
                ),
            ),
        ),
        "fail_changes_after": (
            "A failed job changes afterwards.",
            frozen(
                RETRIEVE,
                lambda job: job["status"] == "failed",
                lambda job, looks: {**job, "error": f"{job['error']} ({looks})"},
            ),
        ),
        "fail_cancel_taken": ("A failed job can be cancelled.", passed(CANCEL, says("is failed and cannot"))),
        "fail_download_404": (
            "A failed job's model is a 404.",
            answered(404, of=says("is failed; its model can be downloaded")),
        ),
        "fail_download_taken": (
            "A failed job has a model.",
            passed(
                "jobs.download", says("is failed"), lambda _: json_answer(200, {"download_url": "http://127.0.0.1/x"})
            ),
        ),
        "fail_export_taken": ("A failed job's model can be exported.", passed("exports.create", says("is failed"))),
        "fail_export_unsaid": (
            "Who exports a failed job's model is not told why.",
            told(put("message", "there is no model"), of=says("is failed; its model can be exported")),
        ),
    }
)
