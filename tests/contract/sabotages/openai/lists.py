"""Sabotages of the list of files."""

import re
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asked,
    asks,
    data,
    drop,
    each,
    inclusive_after,
    limit_off_by,
    parameter,
    put,
    remembering,
    renamed,
    reversed_,
    through,
    without_after,
    without_limit,
)
from tests.contract.sabotages.openai.changes import (
    about,
    answered,
    headers,
    of_openai,
)
from tests.contract.sabotages.wrapping import Answer, Ask, json_answer

CREATE, LIST, RETRIEVE, CONTENT, DELETE = (
    "files.create",
    "files.list",
    "files.retrieve",
    "files.content",
    "files.delete",
)
PURPOSE = re.compile(rb'(name="?purpose"?[^\r]*\r\n(?:[^\r]+\r\n)*\r\n)([^\r]*)')
EXPIRY = re.compile(rb"--[^\r]+\r\n[^\r]*expires_after(?:[^-]|-(?!-))*(?=--)")
MISSING = {"error": {"message": "Missing", "type": "invalid_request_error", "param": "purpose", "code": None}}


def _unordered(memory: dict[str, Any], ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
    """Begin each page after the first with the first page's first entry."""
    if not parameter(ask, "after"):
        memory[ask.key] = body["data"][:1]
        return body
    return {**body, "data": [*memory.get(ask.key, []), *body["data"]]}


def _without_parameter(name: str) -> Begin:
    return asks(LIST, lambda ask: asked(ask, **{name: None}))


def _unknown_cursor(status: int) -> Begin:
    unknown = {"message": "No such File object", "type": "invalid_request_error", "param": "after", "code": None}

    def changed(ask: Ask, answer: Answer) -> Answer:
        lost = parameter(ask, "after") and parameter(ask, "order") != "asc" and not answer.json()["data"]
        return json_answer(status, {"error": unknown}) if lost else answer

    return through(LIST)(changed)


LISTED = of_openai(
    {
        "files_reversed": ("The files of OpenAI are listed oldest first.", answers(LIST, data(reversed_))),
        "files_has_more_true": (
            "The list of OpenAI's files always has more.",
            answers(LIST, put("has_more", value=True)),
        ),
        "files_has_more_false": (
            "The list of OpenAI's files never has more.",
            answers(LIST, put("has_more", value=False)),
        ),
        "files_has_more_missing": (
            "The list of OpenAI's files does not say whether it has more.",
            answers(LIST, drop("has_more")),
        ),
        "files_first_id_missing": ("The list of files does not name its first.", answers(LIST, drop("first_id"))),
        "files_last_id_first": (
            "The list of files names its first file for its last.",
            answers(LIST, lambda body: {**body, "last_id": body["first_id"]}),
        ),
        "files_ends_empty": (
            "An empty page of files names empty texts for its ends.",
            answers(LIST, lambda body: body if body["data"] else {**body, "first_id": "", "last_id": ""}),
        ),
        "files_limit_ignored": ("The list of OpenAI's files takes no notice of limit.", without_limit(LIST)),
        "files_limit_more": ("A page of OpenAI's files has one too many.", limit_off_by(LIST, 1)),
        "files_limit_less": ("A page of OpenAI's files has one too few.", limit_off_by(LIST, -1)),
        "files_after_ignored": ("Every page of OpenAI's files is the first.", without_after(LIST)),
        "files_after_inclusive": (
            "The next page of OpenAI's files begins with the last of the page before.",
            inclusive_after(LIST),
        ),
        "files_pages_overlap": (
            "Each page of OpenAI's files begins with the first page's first.",
            remembering((LIST,), _unordered),
        ),
        "files_order_ignored": ("The list of files takes no notice of order.", _without_parameter("order")),
        "files_purpose_ignored": (
            "The list of OpenAI's files takes no notice of purpose.",
            _without_parameter("purpose"),
        ),
        "files_object_missing": ("The list of OpenAI's files has no object.", answers(LIST, drop("object"))),
        "files_data_renamed": ("OpenAI's files stand under files.", answers(LIST, renamed("data", "files"))),
        "files_null_when_empty": (
            "An empty list of OpenAI's files is null.",
            answers(LIST, lambda body: {**body, "data": body["data"] or None}),
        ),
        "files_results_missing": (
            "Results are not among the files.",
            answers(LIST, data(lambda many: [file for file in many if file["purpose"] != "fine-tune-results"])),
        ),
        "files_without_bytes": ("Listed files have no size.", answers(LIST, each(drop("bytes")))),
        "files_entry_twice": (
            "The newest file of OpenAI's is listed twice.",
            answers(LIST, data(lambda many: [*many[:1], *many])),
        ),
        "files_cursor_404": ("An unknown cursor of files is a 404.", _unknown_cursor(404)),
        "files_bad_order_taken": (
            "An order that there is not is taken for desc.",
            asks(LIST, lambda ask: asked(ask, order=None) if parameter(ask, "order") == "upwards" else ask),
        ),
        "files_bad_limit_500": (
            "A limit that is no number is a 500.",
            answered(500, of=about("limit"), operations=(LIST,)),
        ),
        "files_without_origin": (
            "Files are closed to other origins.",
            headers("access-control-allow-origin", None, operations=lambda ask: ask.operation.startswith("files.")),
        ),
    }
)
