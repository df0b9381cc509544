"""Sabotages of how files are taken and read."""

import json
from collections.abc import Callable
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    at,
    begins,
    drop,
    inside,
    put,
    renamed,
    reversed_,
    shown,
    through,
    where,
)
from tests.contract.sabotages.nscale.changes import (
    FILES,
    REFUSED,
    Json,
    answered,
    of_nscale,
    passed,
    says,
    with_status,
)
from tests.contract.sabotages.openai.changes import respelled
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

UPLOAD, LIST, ALONE, DELETE, CONTENT = "files.create", "files.list", "files.retrieve", "files.delete", "files.content"

UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"


def _columns(change: Callable[[Json], Any]) -> Begin:
    """Return a sabotage that changes each column of files."""
    return shown(FILES, at("columns", lambda many: [change(one) for one in many]))


def _sent(wanted: Callable[[bytes], bool], body: Callable[[bytes], bytes]) -> Begin:
    """Return a sabotage that changes what is uploaded on its way in."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        hit = ask.operation == UPLOAD and wanted(ask.body)
        return await forward(ask.with_body(body(ask.body)) if hit else ask)

    return begins(changing)


def _refused(wanted: Callable[[Ask], bool], message: str) -> Begin:
    async def refusing(ask: Ask, forward: Forward) -> Answer:
        if ask.operation != UPLOAD or not wanted(ask):
            return await forward(ask)
        return json_answer(REFUSED, {"code": "invalid_argument", "message": message})

    return begins(refusing)


def _once(name: Callable[[Json], Any]) -> Begin:
    """Return a sabotage that answers an upload with an earlier file that is like it."""

    def begin() -> Filter:
        known: dict[Any, Answer] = {}

        async def answering(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if ask.operation != UPLOAD or answer.status != 200:
                return answer
            return known.setdefault(name(answer.json()), answer)

        return answering

    return begin


def _anew() -> Filter:
    """Name another workspace in each answer."""
    count = [0]

    async def naming(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != UPLOAD or answer.status != 200:
            return answer
        count[0] += 1
        return answer.with_json({**answer.json(), "workspace_id": f"{count[0]:08d}-0000-4000-8000-000000000000"})

    return naming


UPLOADED = of_nscale(
    {
        "upload_201": ("An upload of Nscale's is answered 201.", with_status(UPLOAD, 201)),
        "upload_as_text": (
            "An upload is answered as text/plain.",
            through(UPLOAD)(lambda _, answer: answer.with_header("content-type", "text/plain")),
        ),
        "upload_deeper": ("An uploaded file stands under file.", answers(UPLOAD, inside("file"))),
        "upload_id_prefixed": (
            "Ids of files have a prefix.",
            respelled(UUID, lambda id_: f"file-{id_}"),
        ),
        "upload_id_of_version_1": (
            "Ids are UUIDs of version 1.",
            respelled(UUID, lambda id_: id_[:14] + "1" + id_[15:]),
        ),
        "upload_id_in_capitals": ("Ids are in capitals.", respelled(UUID, str.upper)),
        "upload_filename": ("A file's name stands under filename.", shown(FILES, renamed("name", "filename"))),
        "upload_name_lost": (
            "A file has lost its name's ending.",
            shown(FILES, at("name", lambda name: name.removesuffix(".csv"))),
        ),
        "upload_name_ascii": (
            "A file's name is made ASCII.",
            shown(FILES, at("name", lambda name: name.encode("ascii", "ignore").decode())),
        ),
        "upload_name_lower": ("A file's name is in lower case.", shown(FILES, at("name", str.lower))),
        "upload_name_unspaced": (
            "A file's name has no spaces.",
            shown(FILES, at("name", lambda name: name.replace(" ", "_"))),
        ),
        "upload_bytes_off": ("A file has a byte more.", shown(FILES, at("bytes", lambda size: size + 1))),
        "upload_bytes_text": ("A file's bytes are a text.", shown(FILES, at("bytes", str))),
        "upload_size": ("A file's bytes stand under size.", shown(FILES, renamed("bytes", "size"))),
        "upload_created_at_unix": ("A file was made in unix seconds.", shown(FILES, put("created_at", 1_800_000_000))),
        "upload_created_at_local": (
            "A file's instant has an offset.",
            shown(FILES, at("created_at", lambda at_: at_.replace("Z", "+00:00"))),
        ),
        "upload_created_at_old": (
            "A file was made in 2020.",
            shown(FILES, at("created_at", lambda at_: f"2020{at_[4:]}")),
        ),
        "upload_workspace_missing": ("A file has no workspace.", shown(FILES, drop("workspace_id"))),
        "upload_workspace_empty": ("A file's workspace is empty.", shown(FILES, put("workspace_id", ""))),
        "upload_workspace_anew": ("Each upload has a workspace of its own.", _anew),
        "upload_linked": ("An upload is answered with a link.", answers(UPLOAD, put("download_url", "http://x/y"))),
        "upload_with_lines": ("A file tells how many lines it has.", shown(FILES, put("lines", 5))),
        "upload_with_purpose": ("A file has a purpose.", shown(FILES, put("purpose", "fine-tune"))),
        "columns_null": ("No file has columns.", shown(FILES, put("columns", None))),
        "columns_names": ("Columns are names alone.", _columns(lambda column: column["name"])),
        "columns_reversed": ("Columns are turned round.", shown(FILES, at("columns", reversed_))),
        "columns_sorted": (
            "Columns are in the order of their names.",
            shown(FILES, at("columns", lambda many: sorted(many, key=lambda one: one["name"]))),
        ),
        "columns_lower": ("Names of columns are in lower case.", _columns(at("name", str.lower))),
        "columns_typed_text": ("Columns are of the type text.", _columns(put("type", "text"))),
        "columns_untyped": ("Columns have no type.", _columns(drop("type"))),
        "columns_without_values": ("Columns have no values.", _columns(drop("values"))),
        "columns_three_values": ("Columns have three values.", _columns(at("values", lambda values: values[:3]))),
        "columns_last_first": ("Columns' values are turned round.", _columns(at("values", reversed_))),
        "columns_distinct": ("Columns' values are sorted.", _columns(at("values", sorted))),
        "columns_numbers": (
            "Values that are numbers are numbers.",
            _columns(
                at("values", lambda values: [float(one) if one.replace(".", "").isdecimal() else one for one in values])
            ),
        ),
        "columns_quoted": (
            "Values keep their quotes.",
            _columns(at("values", lambda values: [f'"{one}"' if "," in one else one for one in values])),
        ),
        "columns_quotes_doubled": (
            "Quotes within values stay doubled.",
            _columns(at("values", lambda values: [one.replace('"', '""') for one in values])),
        ),
        "columns_one_line": (
            "Values end with their line.",
            _columns(at("values", lambda values: [one.partition("\n")[0] for one in values])),
        ),
        "columns_returns": (
            "Carriage returns stay at the end of values.",
            _sent(lambda body: b"a,b\r\n" in body, lambda body: body.replace(b"1,2\r\n", b'1,"2\r"\r\n')),
        ),
        "columns_bom": (
            "A byte order mark is part of a name.",
            _sent(
                lambda body: b"\xef\xbb\xbfa" in body,
                lambda body: body.replace(b"\xef\xbb\xbfa,b", b"\xef\xbb\xbf\xef\xbb\xbfa,b"),
            ),
        ),
        "columns_ascii": (
            "Letters beyond ASCII are lost.",
            _columns(lambda column: json.loads(json.dumps(column, ensure_ascii=False).encode("ascii", "replace"))),
        ),
        "columns_of_header_alone": (
            "A table without rows has no columns.",
            shown(
                FILES, where(lambda file: not any(one["values"] for one in file["columns"] or ()), put("columns", None))
            ),
        ),
        "columns_empty_for_null": (
            "What is no table has an empty list of columns.",
            shown(FILES, lambda file: {**file, "columns": file["columns"] or []}),
        ),
        "ragged_refused": (
            "A table with a row that is too short is refused.",
            _refused(lambda ask: b"a row of one field" in ask.body, "file: line 3 has 1 field, the header has 2"),
        ),
        "empty_refused": (
            "An empty file is refused.",
            _refused(lambda ask: b"csv\r\n\r\n\r\n--" in ask.body, "file: is empty"),
        ),
        "no_text_refused": (
            "What is no text is refused.",
            _refused(lambda ask: b"\x00\x01" in ask.body, "file: is not valid UTF-8"),
        ),
        "purpose_needed": (
            "An upload needs a purpose.",
            _refused(lambda ask: b'name="purpose"' not in ask.body, "purpose: Field required"),
        ),
        "purpose_refused": (
            "A purpose is refused.",
            _refused(lambda ask: b'name="purpose"' in ask.body, "purpose: is none of mine"),
        ),
        "media_type_minded": (
            "The part has to be text/csv.",
            _refused(lambda ask: b"application/octet-stream" in ask.body, "file: is no text/csv"),
        ),
        "same_bytes_same_file": (
            "The same bytes are the same file.",
            _once(lambda file: (file["bytes"], str(file["columns"]))),
        ),
        "same_name_same_file": ("The same name is the same file.", _once(lambda file: file["name"])),
        "chunks_refused": (
            "An upload has to tell its length.",
            _refused(lambda ask: not ask.header("content-length"), "file: tell its length"),
        ),
        "no_file_500": ("An upload without a file is a 500.", answered(500, of=says("part with a file"))),
        "no_file_422": ("An upload without a file is a 422.", answered(422, of=says("part with a file"))),
        "no_file_taken": ("An upload without a file is taken.", passed(UPLOAD, says("part with a file"))),
    }
)
