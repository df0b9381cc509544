"""Sabotages of jobs that end otherwise or rest: cancellation, failure, pause."""

from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    SUCCESS,
    Begin,
    answers,
    asks,
    at,
    begins,
    data,
    each,
    parameter,
    put,
    remembering,
    through,
)
from tests.contract.sabotages.openai.changes import (
    ENDED,
    REFUSED,
    RETRIEVE,
    answered,
    by_look,
    error,
    of_openai,
    says,
    told,
    unheard,
    while_,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

LIST, CANCEL, PAUSE, RESUME = "jobs.list", "jobs.cancel", "jobs.pause", "jobs.resume"
Job = dict[str, Any]


def _above(ask: Ask) -> str:
    return ask.path.rpartition("/")[0]


def _as_cancelled(_: Ask, answer: Answer) -> Job:
    return {**answer.json(), "status": "cancelled"} if answer.json()["status"] not in ENDED else answer.json()


def _settled_is_answered(operation: str) -> Begin:
    """Return a sabotage that answers a deed to a job that has ended with the job."""

    async def answering(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == operation and "already has status" in str(error(answer).get("message")):
            return await forward(replace(ask, method="GET", path=_above(ask), body=b""))
        return answer

    return begins(answering)


def _late_cancellation() -> Filter:
    """Cancel a job that has succeeded all the same."""
    cancelled: set[str] = set()

    async def late(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == CANCEL and answer.status == REFUSED:
            cancelled.add(ask.ids["job_id"])
        if ask.operation == RETRIEVE and ask.ids["job_id"] in cancelled and answer.status == SUCCESS:
            return answer.with_json({**answer.json(), "status": "cancelled"})
        return answer

    return late


def _failed(change: Any) -> Begin:
    return while_("failed", change)


def _failure(change: Any) -> Begin:
    return _failed(at("error", change))


def _last_word(change: Any) -> Begin:
    """Return a sabotage that changes the event of a failure."""
    failing = lambda event: change(event) if event["level"] == "error" else event  # noqa: E731 -- a change
    return answers("jobs.events", each(failing))


def _without_file_failure() -> Filter:
    """Let a training file be deleted under a job without any harm to it."""

    async def harmless(ask: Ask, forward: Forward) -> Answer:
        if ask.operation == "files.delete":
            there = await forward(replace(ask, method="GET", body=b""))
            listed = await forward(replace(ask, method="GET", path="/v1/fine_tuning/jobs", query="limit=100", body=b""))
            jobs = listed.json()["data"] if listed.status == SUCCESS else []
            used = [job for job in jobs if job["training_file"] == ask.ids["file_id"] and job["status"] not in ENDED]
            if used and there.status == SUCCESS:
                return json_answer(SUCCESS, {"object": "file", "deleted": True, "id": ask.ids["file_id"]})
        return await forward(ask)

    return harmless


def _second_refused() -> Filter:
    paused: set[str] = set()

    async def refusing(ask: Ask, forward: Forward) -> Answer:
        if ask.operation == PAUSE:
            if ask.path in paused:
                return json_answer(
                    REFUSED, {"error": {"message": "It is paused.", "type": "x", "param": None, "code": None}}
                )
            paused.add(ask.path)
        return await forward(ask)

    return refusing


def _extra_event(status: str, message: str) -> Begin:
    """Return a sabotage that tells one event more of a job in a status, as its newest."""

    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != "jobs.events" or answer.status != SUCCESS or parameter(ask, "after"):
            return answer
        job = (await forward(replace(ask, path=_above(ask), query=""))).json()
        if job["status"] != status:
            return answer
        first = {
            **answer.json()["data"][0],
            "id": "ftevent-" + "x" * 24,
            "message": message,
            "data": {},
            "type": "message",
        }
        return answer.with_json({**answer.json(), "data": [first, *answer.json()["data"]]})

    return begins(telling)


CANCELLED = of_openai(
    {
        "cancel_unheard": ("A cancellation at OpenAI's is not done.", unheard(CANCEL, _as_cancelled, _above)),
        "cancel_answers_running": (
            "A cancellation at OpenAI's answers a running job.",
            answers(CANCEL, put("status", "running")),
        ),
        "cancel_id_alone": (
            "A cancellation at OpenAI's answers an id alone.",
            answers(CANCEL, lambda job: {"id": job["id"], "status": job["status"]}),
        ),
        "cancelled_has_end": (
            "A cancelled job of OpenAI's has an end.",
            while_("cancelled", lambda job: {**job, "finished_at": job["created_at"]}),
        ),
        "cancelled_has_error": (
            "A cancelled job of OpenAI's has an error.",
            while_("cancelled", put("error", {"code": "cancelled", "message": "Cancelled", "param": None})),
        ),
        "cancelled_has_tokens": ("A cancelled job has tokens.", while_("cancelled", put("trained_tokens", 5))),
        "cancelled_has_decided": (
            "A cancelled job has decided on its numbers.",
            while_(
                "cancelled",
                at("method", at("supervised", at("hyperparameters", lambda told_: dict.fromkeys(told_, 1)))),
            ),
        ),
        "cancelled_is_told": (
            "A cancellation is told as an event.",
            _extra_event("cancelled", "The job has been cancelled"),
        ),
        "cancel_twice": ("A job of OpenAI's can be cancelled twice.", _settled_is_answered(CANCEL)),
        "cancel_late": ("A job that has succeeded is cancelled by a late call.", _late_cancellation),
        "cancel_settled_409": (
            "A job that has ended is cancelled with 409.",
            answered(409, of=says("already has status"), operations=(CANCEL,)),
        ),
        "cancel_settled_without_status": (
            "A refused cancellation does not name the status.",
            told(put("message", "Cannot cancel a job."), of=says("already has status")),
        ),
        "pause_of_ended": ("A job that has ended can be paused.", _settled_is_answered(PAUSE)),
        "resume_of_ended": ("A job that has ended can be resumed.", _settled_is_answered(RESUME)),
        "cancelled_listed_queued": (
            "A cancelled job is listed as queued.",
            answers(LIST, each(lambda job: {**job, "status": "queued"} if job["status"] == "cancelled" else job)),
        ),
        "cancelled_succeeds_later": (
            "A cancelled job of OpenAI's has succeeded at the second look.",
            by_look(
                lambda job, looks: {**job, "status": "succeeded"} if looks and job["status"] == "cancelled" else job,
                ended=True,
            ),
        ),
    }
)

FAILED = of_openai(
    {
        "few_succeed": ("A job on too few examples succeeds.", _failed(put("status", "succeeded"))),
        "failed_without_error": ("A failed job of OpenAI's has no error.", _failed(put("error", None))),
        "failed_error_text": (
            "A failed job of OpenAI's has a text for its error.",
            _failure(lambda told_: told_["message"]),
        ),
        "failed_few_code": (
            "Too few examples are an invalid_training_file.",
            _failure(put("code", "invalid_training_file")),
        ),
        "failed_few_words": (
            "Too few examples are told without their number.",
            _failure(at("message", lambda text: text.replace("7 example(s)", "too few examples"))),
        ),
        "failed_param_null": ("A failed job's error has no param.", _failure(put("param", None))),
        "failed_has_end": (
            "A failed job of OpenAI's has an end.",
            _failed(lambda job: {**job, "finished_at": job["created_at"] + 1}),
        ),
        "failed_has_tokens": ("A failed job has tokens.", _failed(put("trained_tokens", 1))),
        "failed_has_decided": (
            "A job that failed in validation has decided on its numbers.",
            _failed(at("hyperparameters", lambda told_: dict.fromkeys(told_, 1))),
        ),
        "failed_deletion_code": (
            "A deleted training file is a training_file_deleted.",
            _failure(
                lambda told_: {**told_, "code": told_["code"].replace("deleted_training_file", "training_file_deleted")}
            ),
        ),
        "failed_deletion_ignored": ("A training file can be deleted under a job.", _without_file_failure),
        "failed_mismatch_code": (
            "Conversations for a preference job are an invalid_file_format.",
            _failure(
                lambda told_: {**told_, "code": told_["code"].replace("invalid_training_file", "invalid_file_format")}
            ),
        ),
        "failed_mismatch_trimmed": (
            "The space at the end of an error is cut off.",
            _failure(at("message", str.strip)),
        ),
        "failed_event_info": ("A failure is told with the level info.", _last_word(put("level", "info"))),
        "failed_event_words": ("A failure is told as Job failed.", _last_word(put("message", "Job failed."))),
        "failed_event_missing": (
            "A failure is not told.",
            answers("jobs.events", data(lambda many: [event for event in many if event["level"] != "error"])),
        ),
        "failed_changes": (
            "A failed job has another error at each look.",
            by_look(lambda job, looks: at("error", put("param", f"param-{looks}"))(job), ended=True),
        ),
    }
)


def _more_each_look(memory: dict[str, Any], ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
    memory[ask.path] = memory.get(ask.path, 0) + 1
    more = [{**body["data"][0], "id": f"ftevent-{n:024d}", "message": "Paused"} for n in range(memory[ask.path])]
    return {**body, "data": [*more[::-1], *body["data"]]}


HELD = of_openai(
    {
        "pause_unheard": ("A pause is answered and not done.", unheard(PAUSE, lambda _, answer: answer.json(), _above)),
        "pause_400": ("A job cannot be paused.", through(PAUSE)(lambda _, answer: replace(answer, status=400))),
        "pause_is_hold": ("A paused job is on hold.", answers(PAUSE, put("status", "on_hold"))),
        "pause_cancels": (
            "A pause cancels the job.",
            asks(PAUSE, lambda ask: replace(ask, path=f"{_above(ask)}/cancel")),
        ),
        "pause_is_told": (
            "Each look at a job's events tells one more.",
            remembering(("jobs.events",), _more_each_look),
        ),
        "pause_twice_refused": ("A job cannot be paused twice.", _second_refused),
        "resume_unheard": (
            "A resumption is answered and not done.",
            unheard(RESUME, lambda _, answer: answer.json(), _above),
        ),
        "resume_stays_paused": ("A resumed job is paused.", answers(RESUME, put("status", "paused"))),
        "resume_id_alone": ("A resumption answers an id alone.", answers(RESUME, lambda job: {"id": job["id"]})),
        "paused_job_changes": (
            "A paused job that is looked at is running.",
            answers(RETRIEVE, lambda job: {**job, "status": "running"} if job["status"] == "validating_files" else job),
        ),
    }
)
