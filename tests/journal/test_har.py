"""The journal as an HTTP Archive: as its specification has it, and true.

The schema holds what HAR 1.2 requires (http://www.softwareishard.com/blog/har-12-spec/): every member that is not
marked optional there, with its type; any other member must be optional there or begin with an underscore.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import jsonschema_rs
import pytest
from hypothesis import given

from emulator.core.journal.har import archive
from emulator.storage.journal import Entry
from tests.conftest import Serve, client_of
from tests.journal import made
from tests.journal.looking import JOBS, JOURNAL, entries, fault, order

Json = dict[str, Any]
TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer", "minimum": -1}, {"type": "number", "minimum": 0}


def thing(required: Json, optional: Json | None = None) -> Json:
    """Return the schema of an object of the format."""
    return {
        "type": "object",
        "required": [*required],
        "properties": {**required, **(optional or {}), "comment": TEXT},
        "patternProperties": {"^_": True},
        "additionalProperties": False,
    }


def many(item: Json) -> Json:
    return {"type": "array", "items": item}


PAIRS = many(thing({"name": TEXT, "value": TEXT}))
POST_DATA = {
    "oneOf": [
        thing({"mimeType": TEXT, "text": TEXT}),
        thing({"mimeType": TEXT, "params": many(thing({"name": TEXT}, {"value": TEXT}))}),
    ]
}
MESSAGE = {
    "httpVersion": {"enum": ["HTTP/1.0", "HTTP/1.1"]},
    "cookies": PAIRS,
    "headers": PAIRS,
    "headersSize": WHOLE,
    "bodySize": WHOLE,
}
REQUEST = thing(
    {"method": TEXT, "url": {"type": "string", "format": "uri"}, "queryString": PAIRS, **MESSAGE},
    {"postData": POST_DATA},
)
RESPONSE = thing(
    {
        "status": {"type": "integer"},
        "statusText": TEXT,
        "redirectURL": TEXT,
        "content": thing({"size": {"type": "integer", "minimum": 0}, "mimeType": TEXT}, {"text": TEXT}),
        **MESSAGE,
    }
)
ENTRY = thing(
    {
        "startedDateTime": {"type": "string", "format": "date-time"},
        "time": NUMBER,
        "request": REQUEST,
        "response": RESPONSE,
        "cache": thing({}),
        "timings": thing({"send": NUMBER, "wait": NUMBER, "receive": NUMBER}),
    }
)
LOG = thing({"version": {"const": "1.2"}, "creator": thing({"name": TEXT, "version": TEXT}), "entries": many(ENTRY)})
HAR = jsonschema_rs.validator_for(
    {"type": "object", "properties": {"log": LOG}, "required": ["log"]}, validate_formats=True
)


def har(client: httpx.Client, **filters: str) -> list[Json]:
    """Return the entries of a valid archive."""
    answer = client.get(JOURNAL, params={"format": "har", **filters})
    assert answer.status_code == 200, answer.text
    HAR.validate(answer.json())
    found: list[Json] = answer.json()["log"]["entries"]
    return found


async def _pages(listed: list[Entry]) -> AsyncIterator[list[Entry]]:
    for entry in listed:
        yield [entry]
    yield []


@given(listed=made.entries)
def test_every_entry_makes_a_valid_archive(listed: list[Entry]) -> None:
    async def written() -> bytes:
        return b"".join([piece async for piece in archive(_pages(listed))])

    document = json.loads(asyncio.run(written()))

    HAR.validate(document)
    assert [each["response"]["status"] for each in document["log"]["entries"]] == [each.status or 0 for each in listed]


def test_a_request_and_its_answer_are_in_it_as_they_went(client: httpx.Client) -> None:
    answer = order(client, suffix="ü")
    upload, create = har(client)
    [_, noted] = entries(client)

    assert json.loads(create["request"]["postData"]["text"]) == json.loads(answer.request.content)
    assert json.loads(create["response"]["content"]["text"]) == answer.json()
    assert create["response"]["content"]["size"] == create["response"]["bodySize"] == len(answer.content)
    assert (create["request"]["method"], create["request"]["url"]) == ("POST", str(answer.request.url))
    assert {"name": "content-type", "value": "application/json"} in create["request"]["headers"]
    assert (create["response"]["status"], create["response"]["statusText"]) == (200, "OK")
    assert datetime.fromisoformat(create["startedDateTime"]) <= datetime.fromisoformat(noted["started_at"])
    assert create["time"] == noted["duration_ms"] == pytest.approx(sum(create["timings"].values()))
    assert [create["_id"], create["_operation"], create["_job"]] == [2, "jobs.create", answer.json()["id"]]
    assert upload["request"]["postData"]["params"] == [{"name": "purpose"}, {"name": "file"}]
    assert upload["request"]["postData"]["comment"] == "not kept: multipart/form-data: only JSON is kept"


def test_what_went_wrong_is_in_it(client: httpx.Client) -> None:
    fault(client, "jobs.list", "reset", nth=1)
    with pytest.raises(httpx.ReadError):
        client.get(JOBS, params={"limit": 3})
    client.get("/v1/files/", follow_redirects=False)
    dropped, moved = har(client)

    assert (dropped["response"]["status"], dropped["_complete"]) == (0, False)
    assert dropped["_faults"] == [{"rule": "rule-1", "effect": "reset"}]
    assert dropped["request"]["queryString"] == [{"name": "limit", "value": "3"}]
    assert moved["response"]["redirectURL"].endswith("/v1/files")


def test_it_has_all_entries_or_those_that_are_asked_for(serve: Serve) -> None:
    with client_of(serve()) as client:
        for _ in range(210):
            client.get(JOBS)
        client.get("/v1/models")

        assert [each["_id"] for each in har(client)] == [*range(1, 212)]
        assert [each["_id"] for each in har(client, limit="105", after="3")] == [*range(4, 109)]
        assert [each["_id"] for each in har(client, operation="models.list")] == [211]


def test_it_is_a_file_that_is_saved_under_a_name(client: httpx.Client) -> None:
    answer = client.get(JOURNAL, params={"format": "har"})

    assert answer.headers["content-disposition"] == 'attachment; filename="journal.har"'
    assert answer.json()["log"]["entries"] == []
