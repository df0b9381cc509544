"""Sabotages of who is let in, of what one key sees of another's, of headers, and of what is not there."""

import json
from collections.abc import Callable
from dataclasses import replace

from emulator.dialects import dialect
from tests.contract.sabotages.changes import SUCCESS, Begin, at, begins, put
from tests.contract.sabotages.entrance import (
    any_key,
    any_scheme,
    exact_scheme,
    leak,
    list_leak,
    nobody,
    nobody_accepted,
)
from tests.contract.sabotages.openai.changes import REFUSED, answered, error, headers, of_openai, says, text_of, told
from tests.contract.sabotages.wrapping import Answer, Ask, Forward, Part, json_answer

NO_KEY, WRONG_KEY = "You didn't provide", "Incorrect API key"
LIST = {"object": "list", "data": [], "has_more": False}


def _key_told() -> Begin:
    """Return a sabotage that repeats a wrong key."""

    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if WRONG_KEY not in str((error(answer) or {}).get("message")):
            return answer
        key = ask.key.partition(" ")[2]
        message = f"Incorrect API key provided: {key}. You can find your API key at https://platform.openai.com/account/api-keys."
        return answer.with_json({"error": {**error(answer), "message": message}})

    return begins(telling)


def _with_detail(wanted: Callable[[Ask], bool]) -> Begin:
    """Return a sabotage that tells errors a second time."""

    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if not wanted(ask) or not error(answer):
            return answer
        return answer.with_json({"error": error(answer), "detail": {"message": error(answer)["message"], "code": None}})

    return begins(telling)


def _in_the_other_envelope() -> Begin:
    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return answer.with_json({"detail": error(answer)["message"]}) if error(answer) else answer

    return begins(telling)


def _indented(indent: int | None) -> Begin:
    async def writing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return text_of(answer, answer.json(), indent) if "json" in answer.header("content-type") else answer

    return begins(writing)


def _escaped() -> Begin:
    """Return a sabotage that writes letters beyond ASCII as escapes, and lower-case ids with one of them."""

    async def writing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if "json" not in answer.header("content-type"):
            return answer
        return answer.with_body(json.dumps(answer.json(), indent=1).encode())

    return begins(writing)


def _requested(ids: Callable[[int], str]) -> Begin:
    """Return a sabotage whose requests have other ids, by their number."""
    numbers = [0]

    async def naming(ask: Ask, forward: Forward) -> Answer:
        numbers[0] += 1
        return (await forward(ask)).with_header("x-request-id", ids(numbers[0]))

    return begins(naming)


def _is_of(*beginnings: str) -> Callable[[Ask], bool]:
    return lambda ask: ask.operation.startswith(beginnings)


def _slash(status: int) -> Begin:
    async def leading(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return json_answer(status, LIST) if ask.path == "/v1/fine_tuning/jobs/" and answer.status == 307 else answer

    return begins(leading)


def _elsewhere() -> Begin:
    async def leading(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return answer.with_header("location", "/") if answer.status == 307 else answer

    return begins(leading)


def _files_slash() -> Begin:
    async def leading(ask: Ask, forward: Forward) -> Answer:
        return await forward(replace(ask, path="/v1/files") if ask.path == "/v1/files/" else ask)

    return begins(leading)


def _methods(status: int) -> Begin:
    return answered(status, of=says("Invalid method"))


def _odd_ids_500() -> Begin:
    async def failing(ask: Ask, forward: Forward) -> Answer:
        odd = ask.operation == "files.retrieve" and not ask.ids["file_id"].isascii()
        broken = {"error": {"message": "It broke", "type": "server_error", "param": None, "code": None}}
        return json_answer(500, broken) if odd else await forward(ask)

    return begins(failing)


def _kept_without_key() -> Begin:
    async def keeping(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        taken = ask.operation == "files.create" and answer.status == 401 and b"filename" in ask.body
        return json_answer(SUCCESS, {"object": "file", "id": "file-0"}) if taken else answer

    return begins(keeping)


def _looked_at_first() -> Begin:
    async def looking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == "jobs.create" and answer.status == 401 and ask.json() is None:
            return replace(answer, status=REFUSED)
        return answer

    return begins(looking)


DOOR = of_openai(
    {
        "no_key_needed": (
            "A request to OpenAI without a key is carried out.",
            (Part(dialect, "bearer", nobody), Part(dialect, "accepts", nobody_accepted)),
        ),
        "wrong_key_taken": ("A wrong key of OpenAI's is taken.", (Part(dialect, "accepts", any_key),)),
        "any_scheme": ("A key of OpenAI's is taken without its scheme.", any_scheme()),
        "exact_scheme": ("The scheme bearer must have its capital.", exact_scheme()),
        "no_key_403": ("A missing key is a 403.", answered(403, of=says(NO_KEY))),
        "no_key_words": (
            "A missing key is told in few words.",
            told(put("message", "Missing API key"), of=says(NO_KEY)),
        ),
        "no_key_code": (
            "A missing key has the code invalid_api_key.",
            told(put("code", "invalid_api_key"), of=says(NO_KEY)),
        ),
        "no_key_type": (
            "A missing key is an authentication_error.",
            told(put("type", "authentication_error"), of=says(NO_KEY)),
        ),
        "wrong_key_403": ("A wrong key of OpenAI's is a 403.", answered(403, of=says(WRONG_KEY))),
        "wrong_key_words": ("A wrong key is told as a missing one.", told(put("message", NO_KEY), of=says(WRONG_KEY))),
        "wrong_key_code": ("A wrong key has no code.", told(put("code", None), of=says(WRONG_KEY))),
        "wrong_key_repeated": ("A wrong key is repeated whole.", _key_told()),
        "upload_kept_without_key": ("An upload without a key is kept.", _kept_without_key()),
        "body_before_key": ("A body is looked at before the key.", _looked_at_first()),
    }
)

LEAKS = of_openai(
    {
        "leak_of_a_file": ("A file of another key's at OpenAI can be looked at.", leak("files.retrieve")),
        "leak_of_contents": ("A file of another key's at OpenAI can be downloaded.", leak("files.content")),
        "leak_of_deletion": ("A file of another key's at OpenAI can be deleted.", leak("files.delete")),
        "leak_of_a_job": ("A job of another key's at OpenAI can be looked at.", leak("jobs.retrieve")),
        "leak_of_events": ("The events of another key's job at OpenAI can be read.", leak("jobs.events")),
        "leak_of_checkpoints": (
            "The checkpoints of another key's job at OpenAI can be read.",
            leak("jobs.checkpoints"),
        ),
        "leak_of_cancellation": ("A job of another key's at OpenAI can be cancelled.", leak("jobs.cancel")),
        "leak_of_pause": ("A job of another key's can be paused.", leak("jobs.pause")),
        "leak_of_training_data": (
            "A job of OpenAI's can be trained on another key's file.",
            leak("jobs.create", status=REFUSED),
        ),
        "leak_of_an_upload": ("An upload of another key's can be cancelled.", leak("uploads.cancel")),
        "leak_of_parts": ("An upload of another key's takes parts.", leak("uploads.parts.create")),
        "leak_of_a_model": ("A model of another key's can be looked at.", leak("models.retrieve")),
        "leak_of_model_deletion": ("A model of another key's can be deleted.", leak("models.delete")),
        "leak_of_permissions": ("The permissions of another key's model can be read.", leak("permissions.list")),
        "leak_in_files_list": ("The list of OpenAI's files has those of all keys.", list_leak("files.list")),
        "leak_in_jobs_list": ("The list of OpenAI's jobs has those of all keys.", list_leak("jobs.list")),
        "leak_in_models_list": ("The list of models has those of all keys.", list_leak("models.list")),
        "one_project_for_all": (
            "All keys are of one project.",
            headers("openai-project", "proj_" + "A" * 24, operations=_is_of("files.")),
        ),
    }
)

HEADERS = of_openai(
    {
        "request_id_missing": ("A request has no id.", headers("x-request-id", None)),
        "request_id_uuid": ("A request's id is bare, as in 2023.", _requested(lambda number: f"{number:032x}")),
        "request_id_same": ("All requests have one id.", _requested(lambda _: "req_" + "0" * 32)),
        "version_missing": ("An answer does not tell the version.", headers("openai-version", None)),
        "version_other": ("An answer tells another version.", headers("openai-version", "2026-01-01")),
        "time_missing": ("An answer does not tell how long it took.", headers("openai-processing-ms", None)),
        "time_fraction": ("An answer tells its time with a fraction.", headers("openai-processing-ms", "1.5")),
        "organization_missing": ("An answer does not name the organization.", headers("openai-organization", None)),
        "project_missing": ("An answer does not name the project.", headers("openai-project", None)),
        "project_form": (
            "A project's id has no prefix.",
            headers("openai-project", "default", operations=_is_of("jobs.")),
        ),
        "models_name_organization": (
            "A look at models names the organization.",
            headers("openai-organization", "contract", operations=_is_of("models.list", "models.retrieve")),
        ),
        "jobs_open_to_origins": (
            "Jobs are open to other origins.",
            headers("access-control-allow-origin", "*", operations=_is_of("jobs.")),
        ),
        "models_open_to_origins": (
            "A look at models is open to other origins.",
            headers("access-control-allow-origin", "*", operations=_is_of("models.")),
        ),
        "model_deletion_closed": (
            "The deletion of a model is closed to other origins.",
            headers("access-control-allow-origin", None, operations=_is_of("models.delete")),
        ),
        "rate_limits_told": ("An answer tells a rate limit.", headers("x-ratelimit-limit-requests", "500")),
        "type_may_be_guessed": ("Clients may guess the type.", headers("x-content-type-options", None)),
        "length_missing": ("An answer of OpenAI's does not tell its length.", headers("content-length", None)),
        "json_compact": ("JSON is written in one line.", _indented(None)),
        "json_by_four": ("JSON is indented by four spaces.", _indented(4)),
        "json_by_one": ("JSON is indented by one space.", _escaped()),
        "json_as_text": ("JSON of OpenAI's is told as text/plain.", headers("content-type", "text/plain")),
    }
)

NOT_THERE = of_openai(
    {
        "missing_job_400": ("A job of OpenAI's that there is not is a 400.", answered(400, of=says("Could not find"))),
        "missing_job_words": (
            "A job that there is not is told as not found.",
            told(put("message", "Job not found"), of=says("Could not find")),
        ),
        "missing_job_code": (
            "A job that there is not has no code.",
            told(put("code", None), of=says("Could not find")),
        ),
        "missing_job_param": (
            "A job that there is not has the param id.",
            told(put("param", "id"), of=says("Could not find")),
        ),
        "missing_job_told_twice": ("A job that there is not is told twice.", _with_detail(_is_of("jobs."))),
        "missing_type": (
            "What is not there is a not_found_error.",
            told(put("type", "not_found_error"), of=says("No such")),
        ),
        "other_envelope": ("Errors stand under detail.", _in_the_other_envelope()),
        "unknown_url_words": (
            "An unknown URL is told as Not Found.",
            told(put("message", "Not Found"), of=says("Invalid URL")),
        ),
        "unknown_url_without_method": (
            "An unknown URL is told without the method.",
            told(at("message", lambda text: text.replace("GET ", "")), of=says("Invalid URL")),
        ),
        "unknown_url_400": ("An unknown URL is a 400.", answered(400, of=says("Invalid URL"))),
        "files_slash_taken": ("The files are listed with a slash at the end.", _files_slash()),
        "jobs_slash_200": ("The jobs are listed with a slash at the end.", _slash(200)),
        "jobs_slash_404": ("The jobs with a slash at the end are nowhere.", _slash(404)),
        "jobs_slash_elsewhere": ("A slash after the jobs leads elsewhere.", _elsewhere()),
        "empty_id_words": (
            "An empty id is told as an unknown URL.",
            told(put("message", "Invalid URL"), of=says("fine tune: events")),
        ),
        "method_404": ("A method that OpenAI does not take is a 404.", _methods(404)),
        "odd_id_500": ("An id that is not ASCII is a 500.", _odd_ids_500()),
    }
)
