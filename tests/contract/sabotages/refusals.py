"""Sabotages of how wrong requests are refused: what is taken all the same, and what is told otherwise."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emulator.dialects.nebius import catalogue, errors
from tests.contract.sabotages.changes import SUCCESS, Begin, begins, through
from tests.contract.sabotages.wrapping import Acts, Answer, Ask, Forward, Part, json_answer, named

CREATE = "jobs.create"
REFUSED = 422
FORM = (
    b'--own\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
    b'--own\r\nContent-Disposition: form-data; name="file"; filename="own.jsonl"\r\n\r\n'
    b'{"text": "one"}\n\r\n--own--\r\n'
)
HTML = b"<!doctype html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"


def _flaws(answer: Answer) -> list[dict[str, Any]]:
    """Return what a 422 lists."""
    detail = answer.json()["detail"] if answer.status == REFUSED else []
    return detail if isinstance(detail, list) else []


def _told(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Begin:
    """Return a sabotage that changes each flaw that a 422 lists, of whatever operation."""
    return through(status=REFUSED)(
        lambda _, answer: (
            answer.with_json({"detail": [change(flaw) for flaw in _flaws(answer)]}) if _flaws(answer) else answer
        )
    )


def _within(of: Callable[[dict[str, Any]], bool], *, clamp: bool) -> Begin:
    """Return a sabotage that takes hyperparameters out of range: as they are, or as the nearest that is in it."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        flaws = _flaws(answer) if ask.operation == CREATE else []
        if not flaws or not all(flaw["loc"][:2] == ["body", "hyperparameters"] and of(flaw) for flaw in flaws):
            return answer
        body, sent = ask.json(), {}
        for flaw in flaws:
            name = flaw["loc"][2]
            sent[name] = body["hyperparameters"][name]
            body["hyperparameters"][name] = next(iter(flaw["ctx"].values()))
        taken = await forward(ask.with_json(body))
        if clamp or taken.status != SUCCESS:
            return taken
        job = taken.json()
        return taken.with_json({**job, "hyperparameters": {**job["hyperparameters"], **sent}})

    return begins(taking)


def _own_file(member: str, status: int) -> Begin:
    """Return a sabotage that takes data of its own where the file that is named is refused."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer, body = await forward(ask), ask.json()
        if ask.operation != CREATE or answer.status != status or not isinstance(body, dict) or not body.get(member):
            return answer
        form = ask.with_header("content-type", "multipart/form-data; boundary=own").with_body(FORM)
        file = (await forward(replace(form, path="/v1/files"))).json()["id"]
        taken = await forward(ask.with_json({**body, member: file}))
        return taken.with_json({**taken.json(), member: body[member]}) if taken.status == SUCCESS else answer

    return begins(taking)


def _taken_without(member: str) -> Begin:
    """Return a sabotage that takes a request whose one flaw is in a member, without the member."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        flaws = _flaws(answer) if ask.operation == CREATE else []
        body = ask.json()
        if not flaws or not isinstance(body, dict) or {tuple(flaw["loc"][:2]) for flaw in flaws} != {("body", member)}:
            return answer
        return await forward(ask.with_json({name: value for name, value in body.items() if name != member}))

    return begins(taking)


def _cancelling_twice() -> Begin:
    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == "jobs.cancel" and answer.status == 400:
            return await forward(replace(ask, method="GET", path=ask.path.removesuffix("/cancel"), body=b""))
        return answer

    return begins(taking)


def _both_places() -> Begin:
    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer, body = await forward(ask), ask.json()
        if ask.operation == CREATE and answer.status == REFUSED and isinstance(body, dict) and body.get("method"):
            return await forward(ask.with_json({**body, "hyperparameters": None}))
        return answer

    return begins(taking)


def _broken_by(odd: Callable[[Ask], bool]) -> Begin:
    """Return a sabotage that answers some refused requests to make a job with 500."""
    return through(CREATE, status=REFUSED)(
        lambda ask, answer: json_answer(500, {"detail": "Internal Server Error"}) if odd(ask) else answer
    )


def _is_no_json(ask: Ask) -> bool:
    try:
        json.loads(ask.body)
    except (ValueError, RecursionError):
        return True
    return False


def _is_no_object(ask: Ask) -> bool:
    return not _is_no_json(ask) and not isinstance(ask.json(), dict)


def _without_type(ask: Ask) -> bool:
    return "json" not in ask.header("content-type")


def _no_flaws(honest: Callable[..., Any], acts: Acts) -> Callable[..., Any]:
    """Find nothing wrong with any model."""

    def none(*given: Any) -> list[Any]:
        if honest(*given):
            acts.note()
        return []

    return none


def _unmasked(honest: Callable[..., Any], acts: Acts) -> Callable[..., Any]:
    """Tell pydantic's flaws as they are, with the secrets in their inputs and the address of its manual."""

    def bare(errors: Any) -> list[dict[str, Any]]:
        acts.note()
        return [
            json.loads(json.dumps({**error, "url": "https://errors.pydantic.dev/2/v"}, default=str)) for error in errors
        ]

    return bare


def _openai_error(_: Ask, answer: Answer) -> Answer:
    """Return an answer in OpenAI's envelope."""
    detail = answer.json()["detail"]
    message = detail if isinstance(detail, str) else "; ".join(flaw["msg"] for flaw in detail)
    return answer.with_json(
        {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    )


def _with(change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda flaw: {**flaw, **change(flaw)}


def _less(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda flaw: {key: value for key, value in flaw.items() if key != name}


def _old_type(flaw: dict[str, Any]) -> dict[str, Any]:
    old = "value_error.missing" if flaw["type"] == "missing" else f"value_error.{flaw['type']}"
    return {**flaw, "type": old}


def _first(_: Ask, answer: Answer) -> Answer:
    return answer.with_json({"detail": _flaws(answer)[:1]}) if _flaws(answer) else answer


def _as_text(_: Ask, answer: Answer) -> Answer:
    return answer.with_json({"detail": "; ".join(flaw["msg"] for flaw in _flaws(answer))}) if _flaws(answer) else answer


def _other_status(status: int) -> Callable[[Ask, Answer], Answer]:
    return lambda _, answer: replace(answer, status=status)


REFUSALS = named(
    {
        "unknown_training_file_taken": (
            "A job is made of a training file that there is not.",
            _own_file("training_file", 404),
        ),
        "unknown_validation_file_taken": (
            "A job is made of a validation file that there is not.",
            _own_file("validation_file", 404),
        ),
        "batch_file_taken": ("A job is made of a file for batches.", _own_file("training_file", 400)),
        "unknown_model_taken": ("A job is made of a model that there is not.", (Part(catalogue, "flaws", _no_flaws),)),
        "range_not_checked": (
            "Hyperparameters out of range are taken, and answered as they came.",
            _within(lambda flaw: bool(flaw.get("ctx")), clamp=False),
        ),
        "range_clamped": (
            "Hyperparameters out of range are taken as the nearest value that is in it.",
            _within(lambda flaw: bool(flaw.get("ctx")), clamp=True),
        ),
        "suffix_too_long_dropped": (
            "A suffix that is too long is dropped instead of refused.",
            _taken_without("suffix"),
        ),
        "integration_without_secret_dropped": (
            "Integrations that lack something are dropped instead of refused.",
            _taken_without("integrations"),
        ),
        "seed_of_wrong_type_dropped": (
            "A seed that is no number is dropped instead of refused.",
            _taken_without("seed"),
        ),
        "method_and_hyperparameters_taken": (
            "A job with method and hyperparameters is made, by its method.",
            _both_places(),
        ),
        "flaws_without_body_in_loc": (
            "The place of a flaw begins below body.",
            _told(_with(lambda flaw: {"loc": [part for part in flaw["loc"] if part != "body"]})),
        ),
        "flaws_loc_as_text": (
            "The place of a flaw is a dotted text.",
            _told(_with(lambda flaw: {"loc": ".".join(map(str, flaw["loc"]))})),
        ),
        "flaws_first_only": ("Only the first flaw of a request is told.", through(status=REFUSED)(_first)),
        "flaws_as_text": ("The flaws of a request are told as one text.", through(status=REFUSED)(_as_text)),
        "flaws_without_input": ("A flaw does not say what was sent.", _told(_less("input"))),
        "flaws_without_type": ("A flaw has no type.", _told(_less("type"))),
        "flaws_without_ctx": ("A flaw does not say the bound that was crossed.", _told(_less("ctx"))),
        "flaws_of_pydantic_1": ("The types of flaws are those of pydantic 1.", _told(_old_type)),
        "flaws_in_lower_case": (
            "The messages of flaws are in lower case.",
            _told(_with(lambda flaw: {"msg": flaw["msg"].lower()})),
        ),
        "flaws_unmasked": (
            "Flaws are told with the secrets in what was sent, and with an address of pydantic's.",
            (Part(errors, "masked", _unmasked),),
        ),
        "refused_400_instead_of_422": (
            "A request with flaws is answered 400.",
            through(status=REFUSED)(_other_status(400)),
        ),
        "refused_in_openai_envelope": (
            "A request with flaws is answered in OpenAI's envelope.",
            through(status=REFUSED)(_openai_error),
        ),
        "missing_in_openai_envelope": (
            "What is not there is answered in OpenAI's envelope.",
            through(status=404)(_openai_error),
        ),
        "missing_as_html": (
            "What is not there is answered with an HTML page.",
            through(status=404)(lambda _, answer: answer.with_body(HTML, "text/html")),
        ),
        "missing_with_200": (
            "What is not there is answered 200, with the words of the 404.",
            through(status=404)(_other_status(200)),
        ),
        "missing_with_400": ("What is not there is answered 400.", through(status=404)(_other_status(400))),
        "missing_with_410": (
            "A file that is not there is answered 410.",
            through("files.retrieve", status=404)(_other_status(410)),
        ),
        "missing_detail_is_object": (
            "What is not there is answered with an object for its detail.",
            through(status=404)(lambda _, answer: answer.with_json({"detail": {"message": answer.json()["detail"]}})),
        ),
        "broken_by_no_object": ("A body that is no JSON object is answered 500.", _broken_by(_is_no_object)),
        "broken_by_no_json": ("A body that is no JSON is answered 500.", _broken_by(_is_no_json)),
        "broken_by_no_content_type": (
            "A body without the content type of JSON is answered 500.",
            _broken_by(_without_type),
        ),
        "cancel_of_an_ended_job_succeeds": (
            "The cancellation of an ended job is answered with the job.",
            _cancelling_twice(),
        ),
        "cancel_of_an_ended_job_409": (
            "The cancellation of an ended job is answered 409.",
            through("jobs.cancel", status=400)(_other_status(409)),
        ),
        "unknown_jobs_events_are_empty": (
            "The events of a job that there is not are an empty list.",
            through("jobs.events", status=404)(lambda _, answer: json_answer(200, {"data": [], "has_more": False})),
        ),
        "unknown_jobs_checkpoints_are_empty": (
            "The checkpoints of a job that there is not are an empty list.",
            through("jobs.checkpoints", status=404)(
                lambda _, answer: json_answer(
                    200, {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
                )
            ),
        ),
        "unknown_job_is_cancelled": (
            "The cancellation of a job that there is not is answered 200.",
            through("jobs.cancel", status=404)(
                lambda ask, answer: json_answer(200, {"id": ask.ids["job_id"], "status": "cancelled"})
            ),
        ),
        "unknown_file_is_deleted": (
            "The deletion of a file that there is not is answered 200.",
            through("files.delete", status=404)(
                lambda ask, answer: json_answer(200, {"id": ask.ids["file_id"], "deleted": True, "object": "file"})
            ),
        ),
    }
)
