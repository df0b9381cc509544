"""Sabotages of files: how they are taken, told, downloaded and deleted."""

import re
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    SUCCESS,
    Begin,
    answers,
    at,
    begins,
    drop,
    inside,
    instead,
    put,
    shown,
    through,
)
from tests.contract.sabotages.openai.changes import (
    FILES,
    REFUSED,
    about,
    answered,
    deleted_is_listed,
    error,
    made,
    of_openai,
    respelled,
    says,
    told,
    twice,
    unheard,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

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


def _again(wanted: Any, change: Any, show: Any) -> Begin:
    """Return a sabotage that carries an upload that was refused out in another way, and shows it as it was asked."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != CREATE or answer.status != REFUSED or not wanted(error(answer)):
            return answer
        second = await forward(ask.with_body(change(ask.body)))
        return second.with_json(show(second.json())) if second.status == SUCCESS else answer

    return begins(taking)


def _for_purpose(purpose: bytes) -> Any:
    return lambda body: PURPOSE.sub(rb"\1" + purpose, body)


def _sent(ask: Ask) -> bytes:
    found = PURPOSE.search(ask.body) if ask.operation == CREATE else None
    return found[2] if found else b""


def _refused_purpose(purpose: bytes) -> Begin:
    return instead(lambda ask: _sent(ask) == purpose, lambda _: json_answer(REFUSED, MISSING))


def _late_purpose(ask: Ask) -> bool:
    file = ask.body.find(b'name="file"')
    return ask.operation == CREATE and 0 <= file < ask.body.find(b'name="purpose"')


def _strict_for_all(ask: Ask) -> bool:
    return _sent(ask) == b"user_data" and b"\x00" in ask.body


def _same_file() -> Filter:
    known: dict[tuple[str, bytes, bytes], str] = {}

    async def answering(ask: Ask, forward: Forward) -> Answer:
        if ask.operation != CREATE:
            return await forward(ask)
        name = ask.key, _sent(ask), ask.body.partition(b"octet-stream")[2] or ask.body[-80:-40]
        if name in known:
            again = await forward(replace(ask, method="GET", path=f"/v1/files/{known[name]}", body=b""))
            if again.status == SUCCESS:
                return again
        answer = await forward(ask)
        if answer.status == SUCCESS:
            known[name] = answer.json()["id"]
        return answer

    return answering


def _there(ask: Ask) -> str:
    return ask.path


def _gone(ask: Ask, _: Answer) -> dict[str, Any]:
    return {"object": "file", "deleted": True, "id": ask.ids["file_id"]}


UPLOADED = of_openai(
    {
        "file_bytes_one_too_many": (
            "A file of OpenAI's has one byte more than was sent.",
            shown(FILES, at("bytes", lambda size: size + 1)),
        ),
        "file_bytes_as_text": ("The bytes of a file of OpenAI's are a text.", shown(FILES, at("bytes", str))),
        "file_name_ascii": (
            "A name's letters beyond ASCII become question marks.",
            shown(FILES, at("filename", lambda name: name.encode("ascii", "replace").decode())),
        ),
        "file_name_lower": ("A file of OpenAI's is named in lower case.", shown(FILES, at("filename", str.lower))),
        "file_name_missing": ("A new file of OpenAI's has no name.", answers(CREATE, drop("filename"))),
        "file_purpose_underscore": (
            "The purpose fine-tune is told as fine_tune.",
            shown(FILES, at("purpose", lambda purpose: purpose.replace("-", "_"))),
        ),
        "file_id_base62": (
            "File ids have 24 letters, as before November 2024.",
            respelled(r"file-[1-9A-HJ-NP-Za-km-z]{22}\b", lambda id_: f"{id_}0O"),
        ),
        "file_id_underscore": (
            "File ids of OpenAI's begin with file_.",
            respelled(r"file-[1-9A-HJ-NP-Za-km-z]{22}\b", lambda id_: id_.replace("-", "_", 1)),
        ),
        "file_created_at_ms": (
            "Files of OpenAI's were made at a time in milliseconds.",
            shown(FILES, at("created_at", lambda at_s: at_s * 1000)),
        ),
        "file_created_at_float": (
            "Files of OpenAI's were made at a time with a fraction.",
            shown(FILES, at("created_at", lambda at_s: at_s + 0.5)),
        ),
        "file_object_upload": ("A file of OpenAI's calls itself upload.", shown(FILES, put("object", "upload"))),
        "file_status_uploaded": ("A file stays uploaded for ever.", shown(FILES, put("status", "uploaded"))),
        "file_status_missing": ("A file of OpenAI's has no status.", shown(FILES, drop("status"))),
        "file_status_details_empty": (
            "A file's status details are an empty text.",
            shown(FILES, put("status_details", "")),
        ),
        "file_expires_at_missing": ("A file of OpenAI's has no expires_at.", shown(FILES, drop("expires_at"))),
        "file_expires_at_ignored": ("No file ever expires.", shown(FILES, put("expires_at", None))),
        "file_expires_at_relative": (
            "A file's expiry is told in seconds from its creation.",
            shown(FILES, lambda file: {**file, "expires_at": (file["expires_at"] or 0) and 86400}),
        ),
        "file_expires_by_default": (
            "Every file expires after 30 days.",
            shown(FILES, lambda file: {**file, "expires_at": file["expires_at"] or file["created_at"] + 2592000}),
        ),
        "file_members_reordered": (
            "A new file's members come in the order of their names.",
            answers(CREATE, lambda file: dict(sorted(file.items()))),
        ),
        "file_create_201": ("A file of OpenAI's is answered 201.", made(CREATE)),
        "file_create_deeper": ("A new file of OpenAI's stands under file.", answers(CREATE, inside("file"))),
        "file_purpose_not_checked": (
            "A file is taken for a purpose that there is not.",
            _again(says("world_domination"), _for_purpose(b"user_data"), lambda file: file),
        ),
        "file_purpose_evals_refused": ("The purpose evals is refused.", _refused_purpose(b"evals")),
        "file_purpose_vision_refused": ("The purpose vision is refused.", _refused_purpose(b"vision")),
        "file_purpose_other_words": (
            "A purpose that there is not is told as an invalid value.",
            told(put("message", "Invalid value: 'world_domination'."), of=about("purpose"), operations=(CREATE,)),
        ),
        "file_purpose_code": (
            "A purpose that there is not has the code invalid_value.",
            told(put("code", "invalid_value"), of=says("not one of"), operations=(CREATE,)),
        ),
        "file_purpose_missing_taken": (
            "A file without a purpose is taken for training.",
            _again(
                about("purpose"),
                lambda body: re.sub(
                    rb"^(--[^\r]+)\r\n",
                    rb'\1\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n\1\r\n',
                    body,
                ),
                lambda file: file,
            ),
        ),
        "file_refusal_told_once": (
            "A refused upload has no detail beside the error.",
            answers(CREATE, drop("detail"), status=REFUSED),
        ),
        "file_jsonl_not_checked": (
            "A file for training may hold anything.",
            _again(says("JSONL"), _for_purpose(b"user_data"), put("purpose", "fine-tune")),
        ),
        "file_jsonl_other_words": (
            "A file that is no JSON is told as an invalid file format.",
            told(put("message", "Invalid file format."), of=says("JSONL")),
        ),
        "file_jsonl_without_line": (
            "A file that is no JSON is told without its line.",
            told(at("message", lambda text: text.partition(" Line ")[0]), of=says("JSONL")),
        ),
        "file_jsonl_415": ("A file that is no JSON is a 415.", answered(415, of=says("JSONL"))),
        "file_for_anything_checked": (
            "A file for other purposes must be a text too.",
            instead(_strict_for_all, lambda _: json_answer(REFUSED, MISSING)),
        ),
        "file_same_bytes_same_file": ("The same bytes are answered with the earlier file.", _same_file),
        "file_purpose_must_be_first": (
            "A form of OpenAI's whose purpose comes last is refused.",
            instead(_late_purpose, lambda _: json_answer(REFUSED, MISSING)),
        ),
        "file_chunked_411": (
            "An upload to OpenAI without a length is a 411.",
            instead(
                lambda ask: ask.operation == CREATE and "chunked" in ask.header("transfer-encoding"),
                lambda _: json_answer(411, MISSING),
            ),
        ),
        "file_missing_422": ("A form without a file is a 422.", answered(422, of=about("file"), operations=(CREATE,))),
        "file_expiry_clamped": (
            "An expiry out of bounds is left out.",
            _again(
                lambda found: str(found.get("param")).startswith("expires_after"),
                lambda body: EXPIRY.sub(b"", body),
                lambda file: file,
            ),
        ),
    }
)

READ = of_openai(
    {
        "file_look_without_name": ("A file that is looked at has no name.", answers(RETRIEVE, drop("filename"))),
        "file_look_other_status": (
            "A file that is looked at is uploaded.",
            answers(RETRIEVE, put("status", "uploaded")),
        ),
        "content_line_ends": (
            "Line ends of a download become CR LF.",
            through(CONTENT)(lambda _, answer: answer.with_body(re.sub(rb"(?<!\r)\n", b"\r\n", answer.body))),
        ),
        "content_line_added": (
            "A download ends with a line end that was not sent.",
            through(CONTENT)(
                lambda _, answer: answer if answer.body.endswith(b"\n") else answer.with_body(answer.body + b"\n")
            ),
        ),
        "content_as_json": (
            "A download is told as application/json.",
            through(CONTENT)(lambda _, answer: answer.with_header("content-type", "application/json")),
        ),
        "content_without_disposition": (
            "A download has no content-disposition.",
            through(CONTENT)(lambda _, answer: answer.with_header("content-disposition", None)),
        ),
        "content_inline": (
            "A download is to be shown, not saved.",
            through(CONTENT)(lambda _, answer: answer.with_header("content-disposition", "inline")),
        ),
        "content_name_encoded": (
            "A download's name is told in the extended form.",
            through(CONTENT)(
                lambda _, answer: answer.with_header(
                    "content-disposition",
                    answer.header("content-disposition").replace('filename="', "filename*=UTF-8''").rstrip('"'),
                )
            ),
        ),
        "content_without_length": (
            "A download does not tell its length.",
            through(CONTENT)(lambda _, answer: answer.with_header("content-length", None)),
        ),
        "delete_says_false": ("A deletion says false.", answers(DELETE, put("deleted", value=False))),
        "delete_without_id": ("A deletion does not say of what.", answers(DELETE, drop("id"))),
        "delete_other_object": ("A deletion is of a file.deleted.", answers(DELETE, put("object", "file.deleted"))),
        "delete_unheard": ("A deletion is answered and not done.", unheard(DELETE, _gone, _there)),
        "delete_twice": ("A file of OpenAI's can be deleted twice.", twice(DELETE)),
        "deleted_is_listed": ("A deleted file of OpenAI's is listed.", deleted_is_listed(CREATE, DELETE, LIST)),
        "missing_file_400": ("A file that there is not is a 400.", answered(400, of=says("No such File"))),
        "missing_file_words": (
            "A file that there is not is told as not found.",
            told(put("message", "File not found"), of=says("No such File")),
        ),
        "missing_file_param": (
            "A file that there is not has the param file_id.",
            told(put("param", "file_id"), of=says("No such File")),
        ),
        "missing_file_code": (
            "A file that there is not has the code file_not_found.",
            told(put("code", "file_not_found"), of=says("No such File")),
        ),
        "missing_file_told_once": (
            "A file that there is not has no detail beside the error.",
            answers(RETRIEVE, drop("detail"), status=404),
        ),
    }
)
