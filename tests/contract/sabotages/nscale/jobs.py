"""Sabotages of jobs on their way, and of the list of jobs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    SUCCESS,
    Begin,
    answers,
    asked,
    at,
    begins,
    data,
    drop,
    inside,
    limit_off_by,
    parameter,
    put,
    reversed_,
    without_limit,
)
from tests.contract.sabotages.nscale.changes import (
    ENDED,
    RETRIEVE,
    Json,
    answered,
    error,
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


def _ended(job: Json) -> bool:
    return job["status"] in ENDED


def _second_look(change: Callable[[Json], Json]) -> Begin:
    """Return a sabotage that changes a job that has ended, from the second look at its end on."""
    return frozen(RETRIEVE, _ended, lambda job, looks: change(job) if looks else job)


def _every_other(change: Callable[[Json], Json]) -> Begin:
    return frozen(RETRIEVE, lambda _: True, lambda job, looks: change(job) if looks % 2 else job)


def _renamed(status: str, other: str) -> Begin:
    return when(status, put("status", other))


def _stuck() -> Filter:
    """Show a completed job as running for three looks more."""
    count = [0]

    async def sticking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != RETRIEVE or answer.status != SUCCESS or answer.json()["status"] != "completed":
            return answer
        count[0] += 1
        return (
            answer.with_json({**answer.json(), "status": "starting", "completed_at": None}) if count[0] < 3 else answer
        )

    return sticking


def _endless() -> Begin:
    """Return a sabotage whose jobs never end."""
    return jobs(
        lambda job: {**job, "status": "running", "completed_at": None} if job["status"] == "completed" else job,
        RETRIEVE,
    )


def _moving(member: str) -> Begin:
    """Return a sabotage that tells an instant otherwise at each look."""
    return frozen(
        RETRIEVE,
        lambda job: job[member] is not None,
        lambda job, looks: {**job, member: f"2099-01-01T00:00:{looks % 60:02d}Z"},
    )


async def _cancelled_late(ask: Ask, forward: Forward) -> Answer:
    """Cancel a completed job."""
    answer = await forward(ask)
    if ask.operation != CANCEL or not error(answer) or not says("is completed")(error(answer)):
        return answer
    there = await forward(replace(ask, method="GET", path=ask.path.removesuffix("/cancel")))
    return there.with_json({**there.json(), "status": "cancelled"})


async def _as_text(ask: Ask, forward: Forward) -> Answer:
    """Tell a job as text."""
    answer = await forward(ask)
    return answer.with_header("content-type", "text/plain") if ask.operation == RETRIEVE else answer


async def _json_look(ask: Ask, forward: Forward) -> Answer:
    """Refuse a look that calls its empty body JSON."""
    if ask.operation == RETRIEVE and "json" in ask.header("content-type"):
        return json_answer(400, {"code": "invalid_argument", "message": "Field required"})
    return await forward(ask)


WALKED = of_nscale(
    {
        "walk_nested": ("A job on its own stands under job.", answers(RETRIEVE, inside("job"))),
        "walk_succeeded": ("A completed job has succeeded.", _renamed("completed", "succeeded")),
        "walk_capitals": ("Statuses are in capitals.", jobs(at("status", str.upper))),
        "walk_fails": ("A sound job fails.", _renamed("completed", "failed")),
        "walk_pending": ("A queued job is pending.", _renamed("queued", "pending")),
        "walk_never_starting": ("A job that is starting is queued.", _renamed("starting", "queued")),
        "walk_starting_runs": (
            "A job that is starting is running.",
            when("starting", lambda job: {**job, "status": "running"}),
        ),
        "walk_never_running": ("A job that is running is starting.", _renamed("running", "starting")),
        "walk_never_queued": ("A job is starting at once.", _renamed("queued", "starting")),
        "walk_preparing": ("A job that is starting is preparing.", _renamed("starting", "preparing")),
        "walk_back": ("A job goes back from its end.", _stuck),
        "walk_back_and_forth": (
            "Every other look shows a queued job.",
            _every_other(lambda job: {**job, "status": "queued"} if job["status"] in ("starting", "running") else job),
        ),
        "walk_endless": ("A job never ends.", _endless()),
        "walk_started_at_lost": ("A job never tells its start.", jobs(put("started_at", None))),
        "walk_started_early": (
            "A job starts when it is starting.",
            when("starting", lambda job: {**job, "started_at": job["created_at"]}),
        ),
        "walk_started_when_made": (
            "A job starts when it is made.",
            jobs(lambda job: {**job, "started_at": job["created_at"]}),
        ),
        "walk_started_late": ("A job starts when it has ended.", when("running", put("started_at", None))),
        "walk_start_moves": ("A job's start moves.", _moving("started_at")),
        "walk_start_unix": ("A job's start is in unix seconds.", jobs(at("started_at", lambda _: 1_800_000_000))),
        "walk_start_before_creation": (
            "A job starts before it is made.",
            jobs(at("started_at", lambda at_: f"2020{at_[4:]}")),
        ),
        "walk_completed_at_lost": ("A job never tells its end.", jobs(put("completed_at", None))),
        "walk_completed_early": (
            "A job ends while it is running.",
            when("running", lambda job: {**job, "completed_at": job["started_at"]}),
        ),
        "walk_completed_before_start": (
            "A job ends before it starts.",
            jobs(lambda job: {**job, "completed_at": job["completed_at"] and job["created_at"]}),
        ),
        "walk_completed_moves": ("A job's end moves.", _moving("completed_at")),
        "walk_name_changes": ("A job's name changes.", jobs(put("name", "job"), RETRIEVE)),
        "walk_created_at_changes": (
            "A job's creation is its start.",
            jobs(lambda job: {**job, "created_at": job["started_at"] or job["created_at"]}, RETRIEVE),
        ),
        "walk_base_model_changes": (
            "A job's base model becomes its tuned one.",
            when("completed", at("base_model", lambda name: f"{name}-tuned")),
        ),
        "walk_base_model_id_changes": (
            "A job's base model's id is lost in the end.",
            when("completed", put("base_model_id", "")),
        ),
        "walk_dataset_changes": (
            "A job's dataset is lost in the end.",
            when("completed", put("dataset", {"id": "", "answer_column": "", "prompt_column": None})),
        ),
        "walk_hyperparameters_change": (
            "A job's hyperparameters are lost once it runs.",
            when("running", at("hyperparameters", put("n_epochs", 1))),
        ),
        "walk_id_changes": ("A job's id changes.", answers(RETRIEVE, at("id", lambda id_: id_[::-1]))),
        "walk_member_more": (
            "A completed job has a fine_tuned_model.",
            when("completed", put("fine_tuned_model", "tuned")),
        ),
        "walk_member_less": ("A running job has no dataset.", when("running", drop("dataset"))),
        "walk_error": ("A completed job has an error.", when("completed", put("error", "none"))),
        "walk_changes_after": ("A completed job changes afterwards.", _second_look(put("status", "failed"))),
        "walk_end_drifts": (
            "A completed job's end drifts.",
            _second_look(lambda job: {**job, "completed_at": "2099-01-01T00:00:00Z"}),
        ),
        "walk_as_text": ("A job on its own is told as text.", begins(_as_text)),
        "walk_json_look_refused": ("A look that calls itself JSON is refused.", begins(_json_look)),
        "walk_cancelled_late": ("A completed job can be cancelled.", begins(_cancelled_late)),
        "walk_cancelled_late_409": (
            "Who cancels a completed job is told 409.",
            answered(409, of=says("is completed and cannot")),
        ),
        "walk_cancelled_late_succeeded": (
            "A completed job is told to have succeeded.",
            told(
                at("message", lambda text: text.replace("is completed", "has succeeded")),
                of=says("is completed and cannot"),
            ),
        ),
    }
)


def _filter(change: Callable[[str], str | None]) -> Begin:
    """Return a sabotage that filters jobs by another status than is asked for."""

    async def filtering(ask: Ask, forward: Forward) -> Answer:
        status = parameter(ask, "status") if ask.operation == LIST else None
        known = status in ("queued", "starting", "running", "completed", "failed", "cancelled")
        return await forward(asked(ask, status=change(str(status))) if known else ask)

    return begins(filtering)


def _cut_first() -> Begin:
    """Return a sabotage that filters the newest jobs instead of taking the newest of those."""

    async def cutting(ask: Ask, forward: Forward) -> Answer:
        status, limit = parameter(ask, "status"), parameter(ask, "limit")
        if ask.operation != LIST or not status or not limit:
            return await forward(ask)
        whole = await forward(asked(ask, status=None))
        if whole.status != SUCCESS or (await forward(ask)).status != SUCCESS:
            return await forward(ask)
        return whole.with_json(data(lambda rows: [row for row in rows if row["status"] == status])(whole.json()))

    return begins(cutting)


def _with_pagination(ask: Ask, forward: Forward) -> Any:
    """List nothing where pages are not wanted."""
    return forward(
        asked(ask, limit="1", pagination=None)
        if ask.operation == LIST and parameter(ask, "pagination") == "False"
        else ask
    )


def _listed(change: Any) -> Begin:
    return answers(LIST, data(change))


LISTED_JOBS = of_nscale(
    {
        "jobs_with_more": (
            "The list of jobs says whether there are more.",
            answers(LIST, put("has_more", value=False)),
        ),
        "jobs_bare": ("Jobs are a bare list.", answers(LIST, lambda body: body["data"])),
        "jobs_201": ("The list of jobs is answered 201.", with_status(LIST, 201)),
        "jobs_oldest_first": ("The oldest job is listed first.", _listed(reversed_)),
        "jobs_first_twice": ("The first job is listed twice.", _listed(lambda rows: rows[:1] + rows)),
        "jobs_brief": (
            "Listed jobs of Nscale's have no hyperparameters.",
            _listed(lambda rows: [drop("hyperparameters")(row) for row in rows]),
        ),
        "jobs_stale": (
            "Listed jobs are as they were made.",
            _listed(lambda rows: [{**row, "status": "queued", "completed_at": None} for row in rows]),
        ),
        "jobs_nested": (
            "Listed jobs stand under job.",
            _listed(lambda rows: [{"job": row, "id": row["id"]} for row in rows]),
        ),
        "jobs_ended_left_out": (
            "Failed jobs are not listed.",
            _listed(lambda rows: [row for row in rows if row["status"] != "failed"]),
        ),
        "jobs_cancelled_left_out": (
            "Cancelled jobs are not listed.",
            _listed(lambda rows: [row for row in rows if row["status"] != "cancelled"]),
        ),
        "jobs_limit_unheard": ("A limit of jobs is not heeded.", without_limit(LIST)),
        "jobs_limit_more": ("There is a job more than the limit.", limit_off_by(LIST, 1)),
        "jobs_limit_zero": (
            "A limit of no jobs is taken.",
            passed(LIST, says("limit"), lambda _: json_answer(200, {"data": []})),
        ),
        "jobs_limit_500": ("A bad limit of jobs is a 500.", answered(500, of=says("limit"), operations=(LIST,))),
        "jobs_pages_of_one": ("Without pages there is one job.", begins(_with_pagination)),
        "jobs_status_unheard": ("A status is not heeded.", _filter(lambda _: None)),
        "jobs_completed_are_failed": ("Failed jobs are listed for completed.", _filter({"completed": "failed"}.get)),
        "jobs_none_completed": (
            "No jobs are listed for completed.",
            _filter(lambda status: "starting" if status == "completed" else status),
        ),
        "jobs_none_cancelled": (
            "No jobs are listed for cancelled.",
            _filter(lambda status: "starting" if status == "cancelled" else status),
        ),
        "jobs_none_failed": (
            "No jobs are listed for failed.",
            _filter(lambda status: "starting" if status == "failed" else status),
        ),
        "jobs_queued_are_all": (
            "All jobs are listed for queued.",
            _filter(lambda status: None if status == "queued" else status),
        ),
        "jobs_running_are_all": (
            "Completed jobs are listed for running.",
            _filter(lambda status: "completed" if status == "running" else status),
        ),
        "jobs_starting_are_all": (
            "Failed jobs are listed for starting.",
            _filter(lambda status: "failed" if status == "starting" else status),
        ),
        "jobs_cut_first": ("A list of jobs is cut before it is filtered.", _cut_first()),
        "jobs_starting_refused": (
            "Jobs cannot be filtered by starting.",
            _filter(lambda status: "none" if status == "starting" else status),
        ),
        "jobs_cancelled_refused": (
            "Jobs cannot be filtered by cancelled.",
            _filter(lambda status: "none" if status == "cancelled" else status),
        ),
        "jobs_succeeded_taken": (
            "The status succeeded is completed.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, status="completed")
                    if ask.operation == LIST and parameter(ask, "status") == "succeeded"
                    else ask
                )
            ),
        ),
        "jobs_capitals_taken": (
            "A status may be in capitals.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, status=str(parameter(ask, "status")).lower())
                    if ask.operation == LIST and parameter(ask, "status")
                    else ask
                )
            ),
        ),
        "jobs_status_unknown_empty": (
            "A status that there is not is of no job.",
            passed(LIST, says("status"), lambda _: json_answer(200, {"data": []})),
        ),
        "jobs_statuses_unlisted": (
            "The statuses that there are are not told.",
            told(put("message", "status: is none"), of=says("status: Input")),
        ),
        "jobs_strange_parameter": (
            "A parameter that there is not lists no jobs.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, limit="none") if ask.operation == LIST and parameter(ask, "contract_tests") else ask
                )
            ),
        ),
    }
)
