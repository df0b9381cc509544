"""Sabotages of ``files.create``: what is wrong with how a file is taken and with what is answered to it."""

import re
from typing import Any

from tests.contract.sabotages.changes import (
    FILES,
    SUCCESS,
    answers,
    asks,
    at,
    drop,
    inside,
    instead,
    put,
    shown,
    through,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer, named

UPLOAD = "files.create"
PURPOSE = re.compile(rb'(name="?purpose"?[^\r]*\r\n(?:[^\r]+\r\n)*\r\n)([^\r]*)')
FILE = re.compile(rb'name="?file"?;')


def _id_of_another_form(ask: Ask, forward: Forward) -> Any:
    return _spelled(ask, forward, "file-", "file_")


async def _spelled(ask: Ask, forward: Forward, ours: str, theirs: str) -> Answer:
    """Show ids with another prefix, and take them back so."""
    back = Ask(
        ask.method,
        ask.path.replace(theirs, ours),
        ask.query.replace(theirs, ours),
        ask.headers,
        ask.body.replace(theirs.encode(), ours.encode()),
    )
    answer = await forward(back.with_body(back.body))
    if "json" not in answer.header("content-type"):
        return answer
    return answer.with_body(answer.body.replace(ours.encode(), theirs.encode()))


def _any_purpose() -> Filter:
    """Take a file of any purpose, and show the purpose that was sent."""
    asked: dict[str, str] = {}

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == UPLOAD and answer.status == 422 and b"purpose" in answer.body:
            sent = PURPOSE.search(ask.body)
            answer = await forward(ask.with_body(PURPOSE.sub(rb"\1fine-tune", ask.body)))
            if answer.status == SUCCESS and sent:
                asked[answer.json()["id"]] = sent[2].decode()
        if ask.operation in FILES[:2] and answer.status == SUCCESS and (purpose := asked.get(answer.json()["id"])):
            return answer.with_json({**answer.json(), "purpose": purpose})
        return answer

    return taking


def _the_purpose_comes_first(ask: Ask) -> bool:
    purpose, file = PURPOSE.search(ask.body), FILE.search(ask.body)
    return ask.operation == UPLOAD and bool(purpose and file) and ask.body.find(b"purpose") > file.start()  # type: ignore[union-attr]


def _file_required(_: Ask) -> Answer:
    return json_answer(422, {"detail": [{"type": "missing", "loc": ["body", "purpose"], "msg": "Field required"}]})


def _is_chunked(ask: Ask) -> bool:
    return ask.operation == UPLOAD and "chunked" in ask.header("transfer-encoding")


def _one_file_for_the_same_bytes() -> Filter:
    known: dict[tuple[str, bytes], Answer] = {}

    async def answering(ask: Ask, forward: Forward) -> Answer:
        if ask.operation != UPLOAD:
            return await forward(ask)
        boundary = ask.header("content-type").rpartition("boundary=")[2].strip('"').encode()
        content = ask.key, ask.body.replace(boundary, b"")
        if content not in known:
            answer = await forward(ask)
            if answer.status != SUCCESS:
                return answer
            known[content] = answer
        return known[content]

    return answering


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode()


UPLOADS = named(
    {
        "upload_bytes_one_too_many": (
            "A file is said to have one byte more than was uploaded.",
            shown(FILES, at("bytes", lambda size: size + 1)),
        ),
        "upload_bytes_as_text": ("The size of a file is a string.", shown(FILES, at("bytes", str))),
        "upload_bytes_missing": ("The answer to an upload has no size.", answers(UPLOAD, drop("bytes"))),
        "upload_filename_lost": ("Files have no name: it is an empty string.", shown(FILES, put("filename", ""))),
        "upload_filename_ascii": (
            "Letters beyond ASCII in a file's name become ?.",
            shown(FILES, at("filename", _ascii)),
        ),
        "upload_filename_lower_case": (
            "A file's name is answered in lower case.",
            shown(FILES, at("filename", str.lower)),
        ),
        "upload_purpose_not_echoed": (
            "Every file is answered with the purpose assistants.",
            shown(FILES, put("purpose", "assistants")),
        ),
        "upload_purpose_missing": (
            "The answer to an upload does not say its purpose.",
            answers(UPLOAD, drop("purpose")),
        ),
        "upload_purpose_not_checked": ("A purpose that there is not is taken.", _any_purpose),
        "upload_purpose_must_come_first": (
            "A form whose purpose comes after its file is refused.",
            instead(_the_purpose_comes_first, _file_required),
        ),
        "upload_chunked_refused": (
            "An upload without Content-Length is refused with 411.",
            instead(_is_chunked, lambda _: json_answer(411, {"detail": "Length Required"})),
        ),
        "upload_id_of_another_form": ("File ids begin with file_ instead of file-.", lambda: _id_of_another_form),
        "upload_id_is_a_number": ("The answer to an upload has a number for its id.", answers(UPLOAD, put("id", 17))),
        "upload_created_at_in_milliseconds": (
            "Files were made at a time in milliseconds.",
            shown(FILES, at("created_at", lambda at_s: at_s * 1000)),
        ),
        "upload_created_at_as_float": (
            "Files were made at a time with a fraction.",
            shown(FILES, at("created_at", lambda at_s: at_s + 0.25)),
        ),
        "upload_object_of_another_name": ("A file's object is upload.", shown(FILES, put("object", "upload"))),
        "upload_status_processed": ("A file's status is processed.", shown(FILES, put("status", "processed"))),
        "upload_answers_201": (
            "An upload is answered 201.",
            through(UPLOAD)(lambda _, answer: Answer(201, answer.headers, answer.body)),
        ),
        "upload_one_level_deeper": (
            "The answer to an upload stands under a member file.",
            answers(UPLOAD, inside("file")),
        ),
        "upload_line_ends_changed": (
            "Line ends within an uploaded file are stored as CR LF.",
            asks(UPLOAD, lambda ask: ask.with_body(re.sub(rb"(?<!\r)\n", b"\r\n", ask.body))),
        ),
        "upload_same_bytes_same_file": (
            "An upload of the same bytes under the same name is answered with the earlier file.",
            _one_file_for_the_same_bytes,
        ),
    }
)
