"""Sabotages of jobs: their way to the end, and the list of them."""

from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asked,
    asks,
    at,
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
    RETRIEVE,
    about,
    answered,
    at_end,
    by_look,
    of_openai,
    while_,
)
from tests.contract.sabotages.wrapping import Answer, Ask, json_answer

LIST, CANCEL, PAUSE, RESUME = "jobs.list", "jobs.cancel", "jobs.pause", "jobs.resume"
Job = dict[str, Any]


def _falls_back(job: Job, looks: int) -> Job:
    return {**job, "status": "queued"} if job["status"] == "running" and looks % 2 else job


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
                at(
                    "fine_tuned_model",
                    lambda name: ":".join(part if at != 3 else "" for at, part in enumerate(name.split(":"))),
                )
            ),
        ),
        "job_model_without_place": (
            "A model without a suffix has no place for it.",
            at_end(at("fine_tuned_model", lambda name: name.replace("::", ":"))),
        ),
        "job_model_lower": (
            "A model's name is in lower case.",
            at_end(at("fine_tuned_model", lambda name: f"{name}-x")),
        ),
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


LISTED_JOBS = of_openai(
    {
        "jobs_reversed": ("The jobs of OpenAI are listed oldest first.", answers(LIST, data(reversed_))),
        "jobs_has_more_true": (
            "The list of OpenAI's jobs always has more.",
            answers(LIST, put("has_more", value=True)),
        ),
        "jobs_has_more_false": (
            "The list of OpenAI's jobs never has more.",
            answers(LIST, put("has_more", value=False)),
        ),
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
