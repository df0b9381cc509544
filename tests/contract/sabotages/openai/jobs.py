"""Sabotages of jobs: their way to the end, cancellation, failure, rest, and the list of them."""

from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    SUCCESS,
    Begin,
    answers,
    asked,
    asks,
    at,
    begins,
    data,
    drop,
    each,
    every,
    inclusive_after,
    limit_off_by,
    parameter,
    put,
    renamed,
    reversed_,
    shown,
    through,
    without_after,
    without_limit,
)
from tests.contract.sabotages.openai.changes import (
    ENDED,
    JOBS,
    REFUSED,
    RETRIEVE,
    about,
    answered,
    at_end,
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


def _falls_back(job: Job, looks: int) -> Job:
    return {**job, "status": "queued"} if job["status"] == "running" and looks % 2 else job


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


def _extra_event(status: str, message: str) -> Begin:
    """Return a sabotage that tells one event more of a job in a status, as its newest."""

    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != "jobs.events" or answer.status != SUCCESS or parameter(ask, "after"):
            return answer
        job = (await forward(replace(ask, path=_above(ask), query=""))).json()
        if job["status"] != status:
            return answer
        first = {**answer.json()["data"][0], "id": "ftevent-" + "x" * 24, "message": message, "data": {}, "type": "message"}
        return answer.with_json({**answer.json(), "data": [first, *answer.json()["data"]]})

    return begins(telling)


def _unknown_cursor(ask: Ask, answer: Answer) -> Answer:
    lost = parameter(ask, "after") and not answer.json()["data"]
    told_ = {"message": "No such job", "type": "invalid_request_error", "param": "after", "code": None}
    return json_answer(404, {"error": told_}) if lost else answer


def _ask_without(*names: str) -> Begin:
    """Return a sabotage that lists jobs without looking at some parameters."""

    def less(ask: Ask) -> Ask:
        kept = [part for part in ask.query.split("&") if not any(part.startswith(name) for name in names)]
        return replace(ask, query="&".join(kept))

    return asks(LIST, less)


def _one_note(ask: Ask) -> Ask:
    notes = [part for part in ask.query.split("&") if part.startswith("metadata%5B")]
    kept = [part for part in ask.query.split("&") if part not in notes[1:]]
    return replace(ask, query="&".join(kept))


def _second_refused() -> Filter:
    paused: set[str] = set()

    async def refusing(ask: Ask, forward: Forward) -> Answer:
        if ask.operation == PAUSE:
            if ask.path in paused:
                return json_answer(REFUSED, {"error": {"message": "It is paused.", "type": "x", "param": None, "code": None}})
            paused.add(ask.path)
        return await forward(ask)

    return refusing


WALKED = of_openai(
    {
        "job_falls_back": ("A running job of OpenAI's is queued at every other look.", by_look(_falls_back)),
        "job_completed": ("A job of OpenAI's that succeeded is completed.", at_end(put("status", "completed"))),
        "job_canceled": ("A cancelled job of OpenAI's is canceled.", while_("cancelled", put("status", "canceled"))),
        "job_capital": ("A job's status has a capital.", shown(JOBS, at("status", str.capitalize))),
        "job_never_runs": ("A running job is queued.", while_("running", put("status", "queued"))),
        "job_paused_forever": ("A running job is paused.", while_("running", put("status", "paused"))),
        "job_fails_for_nothing": ("A job of OpenAI's fails for nothing.", at_end(put("status", "failed"))),
        "job_ends_and_runs": (
            "A job of OpenAI's runs on after its end.",
            by_look(lambda job, looks: {**job, "status": "running"} if looks == 1 else job, ended=True),
        ),
        "job_end_missing": ("A job of OpenAI's that succeeded has no end.", at_end(put("finished_at", None))),
        "job_end_before_creation": (
            "A job of OpenAI's ended before it was made.",
            at_end(lambda job: {**job, "finished_at": job["created_at"] - 60}),
        ),
        "job_end_float": (
            "A job of OpenAI's ended at a time with a fraction.",
            at_end(at("finished_at", lambda at_s: at_s + 0.5)),
        ),
        "job_end_ms": ("A job ended at a time in milliseconds.", at_end(at("finished_at", lambda at_s: at_s * 1000))),
        "job_end_moves": (
            "The end of OpenAI's jobs is another at each look.",
            by_look(lambda job, looks: {**job, "finished_at": (job["finished_at"] or 0) + looks}, ended=True),
        ),
        "job_end_while_running": (
            "A running job of OpenAI's has an end.",
            while_("running", lambda job: {**job, "finished_at": job["created_at"] + 1}),
        ),
        "job_tokens_missing": ("A job of OpenAI's that succeeded has no tokens.", at_end(put("trained_tokens", None))),
        "job_tokens_none": ("A job that succeeded has 0 tokens.", at_end(put("trained_tokens", 0))),
        "job_tokens_while_running": ("A running job has tokens.", while_("running", put("trained_tokens", 100))),
        "job_tokens_of_one_epoch": (
            "Tokens are not counted by epochs.",
            at_end(lambda job: {**job, "trained_tokens": 100}),
        ),
        "job_model_missing": ("A job that succeeded has no model.", at_end(put("fine_tuned_model", None))),
        "job_model_without_suffix": (
            "A model's name has no suffix.",
            at_end(
                at("fine_tuned_model", lambda name: ":".join(part if at != 3 else "" for at, part in enumerate(name.split(":"))))
            ),
        ),
        "job_model_without_place": (
            "A model without a suffix has no place for it.",
            at_end(at("fine_tuned_model", lambda name: name.replace("::", ":"))),
        ),
        "job_model_lower": ("A model's name is in lower case.", at_end(at("fine_tuned_model", lambda name: f"{name}-x"))),
        "job_model_of_the_alias": (
            "A model is named for the alias of its base.",
            at_end(at("fine_tuned_model", lambda name: name.replace("-2024-07-18", ""))),
        ),
        "job_model_early": (
            "A running job has a model.",
            while_("running", lambda job: {**job, "fine_tuned_model": f"ft:{job['model']}:personal::AAAAAAAA"}),
        ),
        "job_result_missing": ("A job of OpenAI's that succeeded has no result.", at_end(put("result_files", []))),
        "job_result_early": (
            "A running job has a result.",
            while_("running", lambda job: {**job, "result_files": [job["training_file"]]}),
        ),
        "job_result_as_object": (
            "A job's results are objects.",
            at_end(at("result_files", lambda ids: [{"id": id_} for id_ in ids])),
        ),
        "job_error_at_success": (
            "A job of OpenAI's that succeeded has an error.",
            at_end(put("error", {"code": "none", "message": "none", "param": None})),
        ),
        "job_estimate_at_success": (
            "A job that succeeded is still to end.",
            at_end(lambda job: {**job, "estimated_finish": job["finished_at"]}),
        ),
        "job_created_at_changes": (
            "A job of OpenAI's was made at another time at each look.",
            by_look(lambda job, looks: {**job, "created_at": job["created_at"] + looks}),
        ),
        "job_seed_changes": (
            "A job has another seed at each look.",
            by_look(lambda job, looks: {**job, "seed": job["seed"] + looks}),
        ),
        "job_metadata_at_creation_alone": (
            "A job that is looked at has no metadata.",
            answers(RETRIEVE, put("metadata", None)),
        ),
        "job_file_changes": (
            "A job that is looked at has another training file.",
            answers(RETRIEVE, put("training_file", "file-0")),
        ),
        "job_members_missing": ("A job that is looked at has no method.", answers(RETRIEVE, drop("method"))),
    }
)

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
        "failed_few_code": ("Too few examples are an invalid_training_file.", _failure(put("code", "invalid_training_file"))),
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
            _failure(lambda told_: {**told_, "code": told_["code"].replace("deleted_training_file", "training_file_deleted")}),
        ),
        "failed_deletion_ignored": ("A training file can be deleted under a job.", _without_file_failure),
        "failed_mismatch_code": (
            "Conversations for a preference job are an invalid_file_format.",
            _failure(lambda told_: {**told_, "code": told_["code"].replace("invalid_training_file", "invalid_file_format")}),
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

HELD = of_openai(
    {
        "pause_unheard": ("A pause is answered and not done.", unheard(PAUSE, lambda _, answer: answer.json(), _above)),
        "pause_400": ("A job cannot be paused.", through(PAUSE)(lambda _, answer: replace(answer, status=400))),
        "pause_is_hold": ("A paused job is on hold.", answers(PAUSE, put("status", "on_hold"))),
        "pause_cancels": (
            "A pause cancels the job.",
            asks(PAUSE, lambda ask: replace(ask, path=f"{_above(ask)}/cancel")),
        ),
        "pause_is_told": ("Each look at a job's events tells one more.", _extra_event("validating_files", "Paused")),
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


LISTED_JOBS = of_openai(
    {
        "jobs_reversed": ("The jobs of OpenAI are listed oldest first.", answers(LIST, data(reversed_))),
        "jobs_has_more_true": ("The list of OpenAI's jobs always has more.", answers(LIST, put("has_more", value=True))),
        "jobs_has_more_false": ("The list of OpenAI's jobs never has more.", answers(LIST, put("has_more", value=False))),
        "jobs_ends_named": (
            "The list of jobs names its ends.",
            answers(LIST, every(put("first_id", None), put("last_id", None))),
        ),
        "jobs_limit_ignored": ("The list of OpenAI's jobs takes no notice of limit.", without_limit(LIST)),
        "jobs_limit_more": ("A page of OpenAI's jobs has one too many.", limit_off_by(LIST, 1)),
        "jobs_after_ignored": ("Every page of OpenAI's jobs is the first.", without_after(LIST)),
        "jobs_after_inclusive": (
            "The next page of OpenAI's jobs begins with the last of the page before.",
            inclusive_after(LIST),
        ),
        "jobs_metadata_ignored": ("The list of jobs takes no notice of metadata.", _ask_without("metadata")),
        "jobs_one_note": ("The list of jobs looks at the first note alone.", asks(LIST, _one_note)),
        "jobs_null_metadata_ignored": (
            "The list of jobs takes metadata=null for nothing.",
            asks(LIST, lambda ask: asked(ask, metadata=None) if parameter(ask, "metadata") == "null" else ask),
        ),
        "jobs_data_renamed": ("OpenAI's jobs stand under jobs.", answers(LIST, renamed("data", "jobs"))),
        "jobs_object_missing": ("The list of OpenAI's jobs has no object.", answers(LIST, drop("object"))),
        "jobs_without_method": ("Listed jobs have no method.", answers(LIST, each(drop("method")))),
        "jobs_stale": ("Listed jobs of OpenAI's are queued.", answers(LIST, each(put("status", "queued")))),
        "jobs_null_when_empty": (
            "An empty list of OpenAI's jobs is null.",
            answers(LIST, lambda body: {**body, "data": body["data"] or None}),
        ),
        "jobs_ended_missing": (
            "Jobs of OpenAI's that have ended are not listed.",
            answers(LIST, data(lambda many: [job for job in many if job["status"] not in ENDED])),
        ),
        "jobs_cursor_404": ("An unknown cursor of jobs is a 404.", through(LIST)(_unknown_cursor)),
        "jobs_bad_limit_422": ("A bad limit of jobs is a 422.", answered(422, of=about("limit"), operations=(LIST,))),
    }
)
