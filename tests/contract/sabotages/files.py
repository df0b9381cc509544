"""Sabotages of looking at files, listing, deleting and downloading them."""

from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    SUCCESS,
    answers,
    asked,
    asks,
    data,
    drop,
    each,
    inclusive_after,
    instead,
    limit_off_by,
    parameter,
    put,
    remembering,
    renamed,
    reversed_,
    through,
    ties_by_id,
    without_after,
    without_limit,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer, named

LIST, RETRIEVE, DELETE, CONTENT = "files.list", "files.retrieve", "files.delete", "files.content"
OCTETS = "application/octet-stream"


def _next_id(memory: dict[str, Any], ask: Ask, file: dict[str, Any]) -> dict[str, Any]:
    """Return a file whose id is another at every look but the first."""
    memory["looks"] = memory.get("looks", 0) + 1
    return {**file, "id": f"{file['id'][:-2]}{memory['looks']:02x}"}


def _deleted_is_still_there(*operations: str) -> Any:
    """Answer what was last answered of a file once it is deleted."""

    def begin() -> Filter:
        known: dict[tuple[str, str], Answer] = {}

        async def answering(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if ask.operation == "files.create" and answer.status == SUCCESS:
                file = answer.json()["id"]
                for name, path in ((RETRIEVE, f"/v1/files/{file}"), (CONTENT, f"/v1/files/{file}/content")):
                    known[name, file] = await forward(replace(ask, method="GET", path=path, body=b""))
            seen = known.get((ask.operation, ask.ids.get("file_id", "")))
            return seen if seen and ask.operation in operations and answer.status == 404 else answer

        return answering

    return begin


def _deleted_is_listed() -> Filter:
    """Go on listing, at its head, what was deleted."""
    made: dict[str, Any] = {}
    deleted: dict[str, list[Any]] = {}

    async def listing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if answer.status != SUCCESS:
            return answer
        if ask.operation == "files.create":
            made[answer.json()["id"]] = answer.json()
        if ask.operation == DELETE and (file := made.get(ask.ids["file_id"])):
            deleted.setdefault(ask.key, []).append(file)
        if ask.operation == LIST and deleted.get(ask.key) and not parameter(ask, "after"):
            return answer.with_json({**answer.json(), "data": [*deleted[ask.key], *answer.json()["data"]]})
        return answer

    return listing


def _deleting_twice() -> Filter:
    known: dict[str, Answer] = {}

    async def answering(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == DELETE and answer.status == SUCCESS:
            known[ask.path] = answer
        return known.get(ask.path, answer) if ask.operation == DELETE else answer

    return answering


def _is_whole(answer: Answer) -> bool:
    return bool(answer.body)


def _last_byte_lost(_: Ask, answer: Answer) -> Answer:
    return answer.with_body(answer.body[:-1]) if _is_whole(answer) else answer


def _other_bytes(_: Ask, answer: Answer) -> Answer:
    return answer.with_body(answer.body[:-1] + b"#") if _is_whole(answer) else answer


def _without_fresh(memory: dict[str, Any], ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a list what it did not have at an earlier look."""
    before = memory.get(ask.key, set())
    memory[ask.key] = before | {file["id"] for file in body["data"]}
    return {**body, "data": [file for file in body["data"] if file["id"] in before]}


def _twice(entries: list[Any]) -> list[Any]:
    return [*entries[:1], *entries]


FILES_SABOTAGED = named(
    {
        "file_id_changes": ("A file's id is another at each look.", remembering((RETRIEVE,), _next_id)),
        "file_object_missing": ("A file that is looked at has no object member.", answers(RETRIEVE, drop("object"))),
        "file_without_purpose": (
            "A file that is looked at does not say its purpose.",
            answers(RETRIEVE, drop("purpose")),
        ),
        "file_name_with_folder": (
            "A file that is looked at has a folder in its name.",
            answers(RETRIEVE, lambda file: {**file, "filename": f"uploads/{file['filename']}"}),
        ),
        "files_list_reversed": ("Files are listed oldest first.", answers(LIST, data(reversed_))),
        "files_list_ties_by_id": (
            "Files of the same second are listed in the order of their ids.",
            answers(LIST, data(ties_by_id)),
        ),
        "files_list_limit_ignored": ("The list of files takes no notice of limit.", without_limit(LIST)),
        "files_list_limit_one_more": ("A page of files has one more than limit says.", limit_off_by(LIST, 1)),
        "files_list_limit_one_less": ("A page of files has one less than limit says.", limit_off_by(LIST, -1)),
        "files_list_default_limit_20": (
            "A page of files has up to 20 entries where no limit is sent.",
            asks(LIST, lambda ask: ask if parameter(ask, "limit") else asked(ask, limit="20")),
        ),
        "files_list_after_ignored": ("Every page of files is the first.", without_after(LIST)),
        "files_list_after_inclusive": (
            "The next page of files begins with the last of the page before.",
            inclusive_after(LIST),
        ),
        "files_list_purpose_ignored": (
            "The list of files takes no notice of purpose.",
            asks(LIST, lambda ask: asked(ask, purpose=None)),
        ),
        "files_list_object_missing": ("The list of files has no object member.", answers(LIST, drop("object"))),
        "files_list_data_renamed": ("The files of a list stand under files.", answers(LIST, renamed("data", "files"))),
        "files_list_bare": ("The list of files is a bare array.", answers(LIST, lambda body: body["data"])),
        "files_list_ids_only": (
            "The list of files has ids instead of files.",
            answers(LIST, each(lambda file: file["id"])),
        ),
        "files_list_null_when_empty": (
            "An empty list of files is null.",
            answers(LIST, lambda body: {**body, "data": body["data"] or None}),
        ),
        "files_list_entry_twice": ("The newest file is listed twice.", answers(LIST, data(_twice))),
        "files_list_fresh_missing": (
            "A file is not in the list at the first look after its upload.",
            remembering((LIST,), _without_fresh),
        ),
        "deleted_file_is_shown": ("A deleted file can still be looked at.", _deleted_is_still_there(RETRIEVE)),
        "deleted_file_is_downloaded": ("A deleted file can still be downloaded.", _deleted_is_still_there(CONTENT)),
        "deleted_file_is_listed": ("A deleted file is still listed.", _deleted_is_listed),
        "delete_says_false": (
            "A deletion is answered with deleted false.",
            answers(DELETE, put("deleted", value=False)),
        ),
        "delete_of_another_id": ("A deletion is answered with another id.", answers(DELETE, put("id", "file-0"))),
        "delete_answers_204": (
            "A deletion is answered 204, without a body.",
            through(DELETE)(lambda _, answer: Answer(204, (), b"")),
        ),
        "delete_twice_succeeds": ("A file that is deleted already is deleted again.", _deleting_twice),
        "delete_does_nothing": (
            "A deletion is answered as if it were done, and the file stays.",
            instead(
                lambda ask: ask.operation == DELETE,
                lambda ask: json_answer(200, {"id": ask.ids["file_id"], "deleted": True, "object": "file"}),
            ),
        ),
        "content_last_byte_lost": ("A download lacks its last byte.", through(CONTENT)(_last_byte_lost)),
        "content_other_bytes": (
            "The last byte of a download is another than was uploaded.",
            through(CONTENT)(_other_bytes),
        ),
        "content_stripped": (
            "A download lacks the white space at its end.",
            through(CONTENT)(lambda _, answer: answer.with_body(answer.body.rstrip()) if answer.body else answer),
        ),
        "content_as_json": (
            "A download's content type is application/json.",
            through(CONTENT)(lambda _, answer: answer.with_header("content-type", "application/json")),
        ),
        "content_range_ignored": (
            "A range of a file is answered with all of it.",
            asks(CONTENT, lambda ask: ask.with_header("range", None)),
        ),
        "content_range_one_short": (
            "A range of a file lacks its last byte.",
            through(CONTENT, status=206)(_last_byte_lost),
        ),
        "content_range_unnamed": (
            "The answer to a range does not say which bytes it has.",
            through(CONTENT, status=206)(lambda _, answer: answer.with_header("content-range", None)),
        ),
        "content_head_refused": (
            "HEAD of a file's content is answered 405.",
            instead(
                lambda ask: ask.method == "HEAD" and ask.operation == CONTENT,
                lambda _: Answer(405, (("allow", "GET"), ("content-length", "31")), b""),
            ),
        ),
        "content_past_the_end_succeeds": (
            "A range that begins after a file's end is answered 200 with no bytes.",
            through(CONTENT, status=416)(
                lambda _, answer: Answer(200, (("content-type", OCTETS),), b"").with_body(b"")
            ),
        ),
        "content_of_an_unknown_file_is_empty": (
            "The content of a file that there is not is empty.",
            through(CONTENT, status=404)(lambda _, answer: Answer(200, (), b"").with_body(b"", OCTETS)),
        ),
        "unknown_file_is_shown": (
            "A file that there is not is answered 200 with null.",
            through(RETRIEVE, status=404)(lambda _, answer: json_answer(200, None)),
        ),
    }
)
