"""Sabotages of looking at jobs: their walk from state to state, their ends, their numbers, and the list of them."""

from typing import Any

from tests.contract.sabotages.changes import (
    JOBS,
    SUCCESS,
    Begin,
    Change,
    answers,
    at,
    data,
    drop,
    each,
    every,
    inclusive_after,
    limit_off_by,
    parameter,
    put,
    remembering,
    renamed,
    reversed_,
    shown,
    where,
    without_after,
    without_limit,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, named

RETRIEVE, LIST, CANCEL = "jobs.retrieve", "jobs.list", "jobs.cancel"
ENDS = ("succeeded", "failed", "cancelled")
Job = dict[str, Any]


def _succeeded(job: Job) -> bool:
    return job.get("status") == "succeeded"


def _ended(job: Job) -> bool:
    return job.get("status") in ENDS


def _at_end(change: Change) -> Begin:
    """Return a sabotage of jobs that succeeded, wherever they are shown."""
    return shown(JOBS, where(_succeeded, change))


def _looks(change: Any, *, at_end: bool = False) -> Begin:
    """Return a sabotage whose change of a job knows how often it, or it ended, was looked at before."""

    def changed(memory: dict[str, Any], ask: Ask, job: Job) -> Job:
        if at_end and not _ended(job):
            return job
        memory[job["id"]] = memory.get(job["id"], -1) + 1
        changing: Job = change(job, memory[job["id"]])
        return changing

    return remembering((RETRIEVE,), changed)


def _falls_back() -> Begin:
    """Show a job that was seen running as queued at the next look, and running again thereafter."""

    def changed(memory: dict[str, Any], ask: Ask, job: Job) -> Job:
        if job["status"] != "running":
            return job
        memory[job["id"]] = memory.get(job["id"], 0) + 1
        return {**job, "status": "queued"} if memory[job["id"]] == 2 else job

    return remembering((RETRIEVE,), changed)


def _cancel_unheard(*, told: bool) -> Begin:
    """Answer a cancellation as if it were done, without doing it."""

    def begin() -> Filter:
        cancelled: set[str] = set()

        async def deaf(ask: Ask, forward: Forward) -> Answer:
            if ask.operation == CANCEL:
                look = Ask("GET", ask.path.removesuffix("/cancel"), "", ask.headers, b"")
                answer = await forward(look)
                if answer.status != SUCCESS or _ended(answer.json()):
                    return await forward(ask)
                cancelled.add(ask.ids["job_id"])
                return answer.with_json(_as_cancelled(answer.json()))
            answer = await forward(ask)
            hidden = told and ask.operation == RETRIEVE and ask.ids["job_id"] in cancelled
            return answer.with_json(_as_cancelled(answer.json())) if hidden else answer

        return deaf

    return begin


def _as_cancelled(job: Job) -> Job:
    return {
        **job,
        "status": "cancelled",
        "finished_at": job["created_at"],
        "result_files": [],
        "estimated_finish": None,
    }


def _of_first_checkpoint() -> Begin:
    """Show the files of the first checkpoint, which was listed before, for a job's result."""

    def begin() -> Filter:
        first: dict[str, list[str]] = {}

        async def changing(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if answer.status != SUCCESS:
                return answer
            if ask.operation == "jobs.checkpoints" and answer.json()["data"]:
                first.setdefault(ask.ids["job_id"], answer.json()["data"][0]["result_files"])
            if ask.operation == RETRIEVE and _succeeded(answer.json()) and ask.ids["job_id"] in first:
                return answer.with_json({**answer.json(), "result_files": first[ask.ids["job_id"]]})
            return answer

        return changing

    return begin


def _without_fresh(memory: dict[str, Any], ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
    before = memory.get(ask.key, set())
    memory[ask.key] = before | {job["id"] for job in body["data"]}
    return {**body, "data": [job for job in body["data"] if job["id"] in before]}


def _overlap(memory: dict[str, Any], ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
    """Begin each page after the first with the first page's first entry."""
    if not parameter(ask, "after"):
        memory[ask.key] = body["data"][:1]
        return body
    return {**body, "data": [*memory.get(ask.key, []), *body["data"]]}


JOBS_SABOTAGED = named(
    {
        "job_falls_back_to_queued": ("A job that ran is queued again.", _falls_back()),
        "job_status_capital": ("A job's status is written with a capital.", shown(JOBS, at("status", str.capitalize))),
        "job_status_completed": ("A job that succeeded is completed.", _at_end(put("status", "completed"))),
        "job_status_canceled": (
            "A cancelled job is canceled.",
            shown(JOBS, where(lambda job: job.get("status") == "cancelled", put("status", "canceled"))),
        ),
        "job_fails_for_nothing": (
            "A job that succeeded is failed, without an error.",
            _at_end(put("status", "failed")),
        ),
        "job_stays_running_after_its_end": (
            "At the first look after its end a job is still running, with the time of its end.",
            _looks(lambda job, looks: {**job, "status": "running"} if looks == 0 else job, at_end=True),
        ),
        "job_ends_and_runs_on": (
            "A job that has been seen ended is running at the next look.",
            _looks(
                lambda job, looks: {**job, "status": "running", "finished_at": None} if looks == 1 else job, at_end=True
            ),
        ),
        "job_finished_at_missing": ("A job that succeeded has no finished_at.", _at_end(put("finished_at", None))),
        "job_finished_at_before_creation": (
            "A job finished a minute before it was made.",
            _at_end(lambda job: {**job, "finished_at": job["created_at"] - 60}),
        ),
        "job_finished_at_as_float": (
            "A job finished at a time with a fraction.",
            _at_end(at("finished_at", lambda at_s: at_s + 0.5)),
        ),
        "job_finished_at_moves": (
            "The time of a job's end is another at each look.",
            _looks(lambda job, looks: {**job, "finished_at": job["finished_at"] + looks}, at_end=True),
        ),
        "job_finished_at_while_running": (
            "A running job has a time of its end.",
            shown(
                JOBS,
                where(
                    lambda job: job.get("status") == "running",
                    lambda job: {**job, "finished_at": job["created_at"] + 1},
                ),
            ),
        ),
        "job_tokens_null_at_success": (
            "A job that succeeded has null for its tokens.",
            _at_end(put("trained_tokens", None)),
        ),
        "job_tokens_0_at_success": (
            "A job that succeeded has trained on no tokens.",
            _at_end(put("trained_tokens", 0)),
        ),
        "job_tokens_negative": (
            "A job that succeeded has trained on fewer than no tokens.",
            _at_end(at("trained_tokens", lambda tokens: -tokens)),
        ),
        "job_tokens_grow_after_the_end": (
            "The tokens of a job grow after its end.",
            _looks(lambda job, looks: {**job, "trained_tokens": job["trained_tokens"] + looks}, at_end=True),
        ),
        "job_tokens_fall": (
            "The tokens of a running job fall from look to look.",
            _looks(lambda job, looks: {**job, "trained_tokens": 10**6 - looks} if job["status"] == "running" else job),
        ),
        "job_steps_fall": (
            "The steps of a running job fall from look to look.",
            _looks(lambda job, looks: {**job, "trained_steps": 10**3 - looks} if job["status"] == "running" else job),
        ),
        "job_total_steps_change": (
            "The steps that there are to make become more at a job's end.",
            _at_end(every(at("total_steps", lambda steps: steps + 1), at("trained_steps", lambda steps: steps + 1))),
        ),
        "job_steps_0_at_success": ("A job that succeeded has made no step.", _at_end(put("trained_steps", 0))),
        "job_steps_beyond_total": (
            "A job that succeeded has made more steps than there are.",
            _at_end(at("trained_steps", lambda steps: steps + 1)),
        ),
        "job_total_steps_null_at_success": (
            "A job that succeeded does not know its steps.",
            _at_end(put("total_steps", None)),
        ),
        "job_error_at_success": (
            "A job that succeeded has an error.",
            _at_end(put("error", {"code": "internal", "message": "none", "param": None})),
        ),
        "job_result_files_empty": ("A job that succeeded has no result files.", _at_end(put("result_files", []))),
        "job_result_files_of_first_checkpoint": ("A job's result is its first checkpoint.", _of_first_checkpoint()),
        "job_result_files_unknown": (
            "A job's result files cannot be found.",
            _at_end(at("result_files", lambda files: [f"{file[:-4]}ffff" for file in files])),
        ),
        "job_result_files_as_objects": (
            "A job's result files are objects with an id.",
            _at_end(at("result_files", lambda files: [{"id": file} for file in files])),
        ),
        "job_created_at_changes": (
            "The time at which a job was made is another at each look.",
            _looks(lambda job, looks: {**job, "created_at": job["created_at"] + looks}),
        ),
        "job_id_changes": (
            "A job's id is another at each look.",
            remembering((RETRIEVE,), lambda memory, ask, job: {**job, "id": f"{job['id'][:-2]}zz"}),
        ),
        "job_hyperparameters_change": (
            "A job that is looked at has other hyperparameters than it was made with.",
            answers(RETRIEVE, at("hyperparameters", at("n_epochs", lambda epochs: epochs + 1))),
        ),
        "job_hyperparameters_only_at_creation": (
            "A job that is looked at has no hyperparameters.",
            answers(RETRIEVE, drop("hyperparameters")),
        ),
        "job_training_file_changes": (
            "A job that is looked at names another training file.",
            answers(RETRIEVE, put("training_file", "file-0")),
        ),
        "job_status_renamed": (
            "A job that is looked at has its status under state.",
            answers(RETRIEVE, renamed("status", "state")),
        ),
        "job_estimate_as_text": (
            "The estimated end of a job is a text.",
            shown(JOBS, at("estimated_finish", lambda at_s: f"in {at_s} s")),
        ),
        "job_estimate_before_creation": (
            "The estimated end of a job is a time before it was made.",
            shown(JOBS, at("estimated_finish", lambda at_s: 60)),
        ),
        "cancel_unheard": ("A cancellation is answered and not done: the job runs on.", _cancel_unheard(told=False)),
        "cancelled_job_trains_on": (
            "A cancelled job is shown as cancelled, and its checkpoints and events still come.",
            _cancel_unheard(told=True),
        ),
        "cancelled_job_succeeds_later": (
            "A cancelled job has succeeded at the second look.",
            _looks(
                lambda job, looks: {**job, "status": "succeeded"} if looks and job["status"] == "cancelled" else job,
                at_end=True,
            ),
        ),
        "cancel_answers_running": (
            "The answer to a cancellation shows the job running.",
            answers(CANCEL, lambda job: {**job, "status": "running", "finished_at": None}),
        ),
        "cancel_answers_the_id_only": (
            "A cancellation is answered with id and status alone.",
            answers(CANCEL, lambda job: {"id": job["id"], "status": job["status"]}),
        ),
        "cancelled_without_end": (
            "A cancelled job has no finished_at.",
            shown(JOBS, where(lambda job: job.get("status") == "cancelled", put("finished_at", None))),
        ),
        "cancelled_with_error": (
            "A cancelled job has an error.",
            shown(
                JOBS,
                where(
                    lambda job: job.get("status") == "cancelled",
                    put("error", {"code": "cancelled", "message": "Cancelled", "param": None}),
                ),
            ),
        ),
        "job_of_bad_data_succeeds": (
            "A job whose data cannot be read succeeds.",
            shown(
                JOBS,
                where(lambda job: job.get("status") == "failed", every(put("status", "succeeded"), put("error", None))),
            ),
        ),
        "failed_without_error": (
            "A failed job has no error.",
            shown(JOBS, where(lambda job: job.get("status") == "failed", put("error", None))),
        ),
        "failed_with_error_as_text": (
            "A failed job's error is a text.",
            shown(JOBS, where(lambda job: job.get("status") == "failed", at("error", lambda error: error["message"]))),
        ),
        "failed_with_results": (
            "A failed job has result files.",
            shown(
                JOBS,
                where(
                    lambda job: job.get("status") == "failed",
                    lambda job: {**job, "result_files": [job["training_file"]]},
                ),
            ),
        ),
        "jobs_list_reversed": ("Jobs are listed oldest first.", answers(LIST, data(reversed_))),
        "jobs_list_has_more_true": ("The list of jobs always has more.", answers(LIST, put("has_more", value=True))),
        "jobs_list_has_more_false": ("The list of jobs never has more.", answers(LIST, put("has_more", value=False))),
        "jobs_list_has_more_missing": (
            "The list of jobs does not say whether it has more.",
            answers(LIST, drop("has_more")),
        ),
        "jobs_list_has_more_as_text": (
            "Whether the list of jobs has more is a text.",
            answers(LIST, at("has_more", str)),
        ),
        "jobs_list_limit_ignored": ("The list of jobs takes no notice of limit.", without_limit(LIST)),
        "jobs_list_limit_one_more": ("A page of jobs has one more than limit says.", limit_off_by(LIST, 1)),
        "jobs_list_limit_one_less": ("A page of jobs has one less than limit says.", limit_off_by(LIST, -1)),
        "jobs_list_after_ignored": ("Every page of jobs is the first.", without_after(LIST)),
        "jobs_list_after_inclusive": (
            "The next page of jobs begins with the last of the page before.",
            inclusive_after(LIST),
        ),
        "jobs_list_pages_overlap": (
            "Each further page of jobs begins with the first page's first job.",
            remembering((LIST,), _overlap),
        ),
        "jobs_list_object_missing": ("The list of jobs has no object member.", answers(LIST, drop("object"))),
        "jobs_list_data_renamed": ("The jobs of a list stand under jobs.", answers(LIST, renamed("data", "jobs"))),
        "jobs_list_one_level_deeper": (
            "Each listed job stands under a member job.",
            answers(LIST, each(lambda job: {"job": job})),
        ),
        "jobs_list_null_when_empty": (
            "An empty list of jobs is null.",
            answers(LIST, lambda body: {**body, "data": body["data"] or None}),
        ),
        "jobs_list_fresh_missing": (
            "A job is not in the list at the first look after it was made.",
            remembering((LIST,), _without_fresh),
        ),
        "jobs_list_ended_missing": (
            "Jobs that have ended are not listed.",
            answers(LIST, data(lambda many: [job for job in many if not _ended(job)])),
        ),
        "jobs_list_entry_twice": (
            "The newest job is listed twice.",
            answers(LIST, data(lambda many: [*many[:1], *many])),
        ),
        "jobs_list_stale_status": ("Listed jobs are always queued.", answers(LIST, each(put("status", "queued")))),
    }
)
