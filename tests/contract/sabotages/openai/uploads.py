"""Sabotages of uploads in parts."""

from typing import Any

from tests.contract.sabotages.changes import SUCCESS, Begin, answers, asks, at, begins, drop, put
from tests.contract.sabotages.openai.changes import (
    REFUSED,
    UPLOADS,
    about,
    answered,
    error,
    made,
    of_openai,
    respelled,
    says,
    told,
    twice,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

CREATE, PARTS, COMPLETE, CANCEL = "uploads.create", "uploads.parts.create", "uploads.complete", "uploads.cancel"


def _parts(ask: Ask, change: Any) -> Ask:
    body = ask.json()
    return ask.with_json({**body, "part_ids": change(body["part_ids"])}) if "part_ids" in (body or {}) else ask


def _taken_all_the_same(text: str) -> Begin:
    """Return a sabotage that says of a completion that is refused for a reason that it is completed."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != COMPLETE or answer.status != REFUSED or text not in str(error(answer).get("message")):
            return answer
        return json_answer(SUCCESS, {"id": ask.ids["upload_id"], "object": "upload", "status": "completed"})

    return begins(taking)


def _settled_is_taken(operation: str, status: str) -> Begin:
    """Return a sabotage that answers a call to an upload that is settled as if it were not."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        settled = answer.status == REFUSED and f"is {status}" in str(error(answer).get("message"))
        if ask.operation != operation or not settled:
            return answer
        return json_answer(SUCCESS, {"id": ask.ids["upload_id"], "object": "upload", "status": "pending"})

    return begins(taking)


def _unheard() -> Filter:
    """Answer a cancellation as done, and let the upload be completed."""
    known: dict[str, Any] = {}

    async def deaf(ask: Ask, forward: Forward) -> Answer:
        if ask.operation == CANCEL and ask.ids["upload_id"] in known:
            return json_answer(SUCCESS, {**known[ask.ids["upload_id"]], "status": "cancelled"})
        answer = await forward(ask)
        if ask.operation == CREATE and answer.status == SUCCESS:
            known[answer.json()["id"]] = answer.json()
        return answer

    return deaf


def _as_files() -> Filter:
    """List uploads that were announced among the files."""
    announced: list[Any] = []

    async def listing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if answer.status != SUCCESS:
            return answer
        if ask.operation == CREATE:
            announced.append({**answer.json(), "object": "file", "status": "uploaded"})
        if ask.operation == "files.list":
            return answer.with_json({**answer.json(), "data": [*announced, *answer.json()["data"]]})
        return answer

    return listing


def _less(ask: Ask, member: str) -> Any:
    return {name: value for name, value in (ask.json() or {}).items() if name != member}


def _smaller(ask: Ask) -> Ask:
    body = ask.json() or {}
    return ask.with_json({**body, "bytes": 10}) if body.get("bytes", 0) > 2**33 else ask


def _any_purpose() -> Begin:
    def known(ask: Ask) -> Ask:
        body = ask.json() or {}
        return ask.with_json({**body, "purpose": "batch"}) if body.get("purpose") == "world_domination" else ask

    return asks(CREATE, known)


def _one_id() -> Begin:
    return answers(PARTS, put("id", f"part_{'0' * 32}"))


UPLOADS_SABOTAGED = of_openai(
    {
        "upload_id_dash": (
            "Upload ids begin with upload-.",
            respelled(r"upload_[0-9a-f]{32}\b", lambda id_: id_.replace("_", "-")),
        ),
        "upload_id_without_time": (
            "Upload ids do not hold the time.",
            respelled(r"upload_[0-9a-f]{32}\b", lambda id_: f"upload_ffff{id_[11:]}"),
        ),
        "upload_status_created": ("A new upload is created.", answers(CREATE, put("status", "created"))),
        "upload_lasts_a_day": (
            "An upload expires after a day.",
            answers(UPLOADS, at("expires_at", lambda at_s: at_s + 82800)),
        ),
        "upload_bytes_as_text": ("The bytes of an upload are a text.", answers(UPLOADS, at("bytes", str))),
        "upload_object_missing": ("An upload has no object.", answers(UPLOADS, drop("object"))),
        "upload_name_missing": ("An upload has no name.", answers(UPLOADS, drop("filename"))),
        "upload_purpose_other": ("An upload is for a batch.", answers(UPLOADS, put("purpose", "batch"))),
        "upload_file_early": (
            "A pending upload has a file.",
            answers(CREATE, lambda upload: {**upload, "file": {"object": "file", "id": "file-0"}}),
        ),
        "upload_announced_201": ("An upload is announced with 201.", made(CREATE)),
        "upload_mime_not_needed": (
            "An upload needs no mime_type.",
            told(put("param", "body"), of=about("mime_type")),
        ),
        "upload_too_large_taken": ("An upload of 9 GB is taken.", asks(CREATE, _smaller)),
        "upload_any_purpose": ("An upload for anything is taken.", _any_purpose()),
        "part_id_file": (
            "Part ids begin with file_.",
            respelled(r"part_[0-9a-f]{32}\b", lambda id_: f"file_{id_[5:]}"),
        ),
        "part_object_part": ("A part calls itself part.", answers(PARTS, put("object", "part"))),
        "part_without_upload": ("A part does not name its upload.", answers(PARTS, drop("upload_id"))),
        "part_created_at_text": ("A part was made at a text.", answers(PARTS, at("created_at", str))),
        "parts_of_one_id": ("All parts have one id.", _one_id()),
        "part_without_data_500": (
            "A part without data is a 500.",
            answered(500, of=about("data"), operations=(PARTS,)),
        ),
        "parts_sorted_otherwise": (
            "Parts are put together the last first.",
            asks(COMPLETE, lambda ask: _parts(ask.with_json(_less(ask, "md5")), lambda ids: ids[::-1])),
        ),
        "completed_without_file": ("A completed upload has no file.", answers(COMPLETE, drop("file"))),
        "completed_is_pending": ("A completed upload is pending.", answers(COMPLETE, put("status", "pending"))),
        "completed_file_id_alone": (
            "A completed upload names its file by its id.",
            answers(COMPLETE, at("file", lambda file: file["id"])),
        ),
        "completed_file_other_purpose": (
            "The file of an upload is for assistants.",
            answers(COMPLETE, at("file", put("purpose", "assistants"))),
        ),
        "completed_file_younger": (
            "The file of an upload is ten seconds younger.",
            answers(COMPLETE, at("file", at("created_at", lambda at_s: at_s + 10))),
        ),
        "completed_file_unprocessed": (
            "The file of an upload is uploaded.",
            answers(COMPLETE, at("file", put("status", "uploaded"))),
        ),
        "bytes_not_counted": ("Bytes that were announced need not come.", _taken_all_the_same("announced")),
        "md5_not_checked": (
            "The checksum of an upload is not looked at.",
            asks(COMPLETE, lambda ask: ask.with_json(_less(ask, "md5"))),
        ),
        "unknown_part_taken": ("A part that there is not is left out.", _taken_all_the_same("UploadPart")),
        "part_ids_not_needed": (
            "A completion needs no parts to be named.",
            told(put("param", None), of=about("part_ids")),
        ),
        "completed_twice": ("An upload can be completed twice.", twice(COMPLETE)),
        "completed_takes_parts": ("A completed upload takes parts.", _settled_is_taken(PARTS, "completed")),
        "completed_is_cancelled": ("A completed upload can be cancelled.", _settled_is_taken(CANCEL, "completed")),
        "cancelled_takes_parts": ("A cancelled upload takes parts.", _settled_is_taken(PARTS, "cancelled")),
        "cancelled_is_completed": ("A cancelled upload can be completed.", _settled_is_taken(COMPLETE, "cancelled")),
        "upload_cancel_unheard": ("The cancellation of an upload is not done.", _unheard),
        "upload_cancel_status": ("A cancelled upload is canceled.", answers(CANCEL, put("status", "canceled"))),
        "uploads_listed": ("Uploads are listed among the files.", _as_files),
        "missing_upload_400": (
            "An upload that there is not is a 400.",
            answered(400, of=says("No such Upload object")),
        ),
        "upload_not_looked_into": ("An upload for training may hold anything.", _taken_all_the_same("JSONL")),
    }
)
