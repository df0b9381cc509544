"""Sabotages of all answers alike: content types, encodings, unknown paths and methods, unknown members."""

from collections.abc import Callable

from tests.contract.sabotages.changes import JOBS, Begin, begins, parameter, through
from tests.contract.sabotages.wrapping import Answer, Ask, Forward, json_answer, named

CREATE = "jobs.create"
KNOWN = {"model", "training_file", "validation_file", "hyperparameters", "method", "integrations", "seed", "suffix"}
ALLOWED = {*KNOWN, "tags", "extra_body", "from_checkpoint"}


def _json(change: Callable[[Answer], Answer]) -> Begin:
    """Return a sabotage of every JSON answer of an operation."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return change(answer) if ask.operation and "application/json" in answer.header("content-type") else answer

    return begins(changing)


def _when(wanted: Callable[[Ask, Answer], bool], change: Callable[[Ask, Answer], Answer]) -> Begin:
    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return change(ask, answer) if wanted(ask, answer) else answer

    return begins(changing)


def _strangers(ask: Ask) -> set[str]:
    body = ask.json() if ask.operation == CREATE else None
    return {*body} - ALLOWED if isinstance(body, dict) else set()


def _forbidden(ask: Ask, answer: Answer) -> Answer:
    flaws = [
        {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": None}
        for name in sorted(_strangers(ask))
    ]
    return json_answer(422, {"detail": flaws})


def _strange_hyperparameters(ask: Ask) -> bool:
    body = ask.json() if ask.operation == CREATE else None
    sent = body.get("hyperparameters") if isinstance(body, dict) else None
    return isinstance(sent, dict) and "learning_rate_multiplier" in sent


def _refused_hyperparameter(ask: Ask, answer: Answer) -> Answer:
    loc = ["body", "hyperparameters", "learning_rate_multiplier"]
    return json_answer(
        422, {"detail": [{"type": "extra_forbidden", "loc": loc, "msg": "Extra inputs are not permitted", "input": 2}]}
    )


def _limit_of_nothing(ask: Ask, answer: Answer) -> bool:
    return answer.status == 422 and parameter(ask, "limit") is not None


def _job_as_text(ask: Ask, answer: Answer) -> Answer:
    return answer.with_json(answer.body.decode())


ANSWERS = named(
    {
        "json_as_text_plain": (
            "JSON is answered as text/plain.",
            _json(lambda answer: answer.with_header("content-type", "text/plain; charset=utf-8")),
        ),
        "json_with_byte_order_mark": (
            "JSON begins with a byte order mark.",
            _json(lambda answer: answer.with_body(b"\xef\xbb\xbf" + answer.body)),
        ),
        "json_in_latin_1": (
            "JSON is encoded in Latin-1.",
            _json(lambda answer: answer.with_body(answer.body.decode().encode("latin-1", "replace"))),
        ),
        "json_within_data": (
            "Every JSON answer stands under a member data.",
            _json(lambda answer: answer.with_json({"data": answer.json()})),
        ),
        "json_as_a_string": ("A job is answered as a string of JSON.", through(*JOBS)(_job_as_text)),
        "json_cut": (
            "A JSON answer lacks its last character.",
            _json(lambda answer: answer.with_body(answer.body[:-1])),
        ),
        "unknown_path_succeeds": (
            "A path that there is not is answered 200.",
            _when(lambda ask, answer: answer.status == 404 and not ask.operation, lambda *_: json_answer(200, {})),
        ),
        "wrong_method_404": (
            "A method that a path does not take is answered 404.",
            _when(
                lambda ask, answer: answer.status == 405, lambda _, answer: json_answer(404, {"detail": "Not Found"})
            ),
        ),
        "wrong_method_without_allow": (
            "A method that a path does not take is answered without the header allow.",
            _when(lambda ask, answer: answer.status == 405, lambda _, answer: answer.with_header("allow", None)),
        ),
        "unknown_member_refused": (
            "A request with a member that there is not is refused.",
            _when(lambda ask, _: bool(_strangers(ask)), _forbidden),
        ),
        "unknown_hyperparameter_refused": (
            "A hyperparameter that there is not is refused.",
            _when(lambda ask, _: _strange_hyperparameters(ask), _refused_hyperparameter),
        ),
        "tags_refused": (
            "Tags of a job are refused.",
            _when(
                lambda ask, answer: ask.operation == CREATE and answer.status == 200 and bool(ask.json().get("tags")),
                lambda *_: json_answer(
                    422,
                    {
                        "detail": [
                            {
                                "type": "list_type",
                                "loc": ["body", "tags"],
                                "msg": "Input should be a valid string",
                                "input": [],
                            }
                        ]
                    },
                ),
            ),
        ),
        "limit_of_nothing_500": (
            "A limit that is no number is answered 500.",
            _when(_limit_of_nothing, lambda *_: json_answer(500, {"detail": "Internal Server Error"})),
        ),
    }
)
