"""Requests that no well-behaved client sends: each is answered in the provider's envelope, and none leaves a trace."""

import json
import socket
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.openai.api import FILES, JOBS, MODELS, UPLOADS, Api, ids
from tests.test_hostile_input import FORMS, KIND, REFUSED, TAKEN

PERMISSIONS = "/v1/fine_tuning/checkpoints/{}/permissions"


def strictly(answer: httpx.Response) -> Any:
    """Return an answer's JSON; fail where it is neither a success nor a refusal in the provider's envelope."""
    body = json.loads(answer.content, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
    assert answer.status_code == 200 or [*body["error"]] == ["message", "type", "param", "code"]
    return body


def send(api: Api, path: str, body: bytes, kind: str = KIND) -> httpx.Response:
    return api.client.post(path, content=body, headers={"content-type": kind} if kind else {})


@pytest.mark.parametrize("case", TAKEN)
def test_a_form_that_some_client_sends_is_taken(api: Api, case: str) -> None:
    body, name = TAKEN[case]
    told = strictly(send(api, FILES, body))

    assert (told["filename"], ids(api.get(FILES))) == (name, [told["id"]])


# A field beside the file and of its name says nothing here, as any further field.
SENSELESS = [case for case in REFUSED if case != "a file and a field of its name"]


@pytest.mark.parametrize("case", SENSELESS)
def test_a_form_that_makes_no_sense_is_refused_and_leaves_nothing(api: Api, case: str) -> None:
    body, kind, statuses = REFUSED[case]
    answer = send(api, FILES, body, kind)
    strictly(answer)

    assert answer.status_code == 400 or 200 in statuses, answer.text
    assert len(ids(api.get(FILES))) == (answer.status_code == 200)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=FORMS, to=st.sampled_from([FILES, "part"]))
def test_whatever_is_sent_as_a_form_is_answered(api: Api, body: bytes, to: str) -> None:
    if to == "part":
        announced = {"filename": "a", "purpose": "fine-tune", "bytes": 1, "mime_type": "text/jsonl"}
        to = f"{UPLOADS}/{api.post(UPLOADS, announced)['id']}/parts"
    before = ids(api.get(FILES))
    answer = send(api, to, body)
    strictly(answer)

    assert len(ids(api.get(FILES))) == len(before) + (answer.status_code == 200 and to == FILES)


REFUSED_QUERIES = ["limit=-1", "limit=abc", "limit=", f"limit={'9' * 5000}", "limit=1.5", "limit=None"]
EMPTY_QUERIES = ["limit=0", "after=", "after=None", "after=%00", "after=%ff", "after=%F0%9F%98%80", "after=a%2Fb"]
EMPTY_QUERIES += [f"after={'x' * 20_000}", "after=%0a"]
FULL_QUERIES = [f"limit={10**30}", "limit=1&limit=2", "%ff=%00", "metadata[", "metadata=", "metadata"]
STATUS = {
    **dict.fromkeys(REFUSED_QUERIES, 400),
    **dict.fromkeys([*EMPTY_QUERIES, *FULL_QUERIES], 200),
}


@pytest.mark.parametrize("query", STATUS, ids=lambda query: query[:20])
def test_odd_queries_are_answered_by_every_list(api: Api, query: str) -> None:
    job = api.done(hyperparameters={"n_epochs": 1})
    model = job["fine_tuned_model"]
    api.post(PERMISSIONS.format(model), {"project_ids": ["proj_a"]})
    at = f"{JOBS}/{job['id']}"
    for path in (FILES, JOBS, f"{at}/events", f"{at}/checkpoints", PERMISSIONS.format(model)):
        answer = api.client.get(f"{path}?{query}")
        body = strictly(answer)

        assert (answer.status_code, len(answer.content) < 30_000) == (STATUS[query], True), answer.text
        if answer.status_code == 200:
            assert (body["data"] == []) == (query in EMPTY_QUERIES), f"{path}?{query}"


METADATA = ["metadata[]=1", "metadata[%00]=%00", "metadata[%ff]=%ff", "metadata[a][b]=1", "metadata[']=' OR 1=1"]
METADATA += [
    "metadata[$.a]=1",
    "metadata[a%22]=1",
    "metadata[%F0%9F%98%80]=x",
    f"metadata[{'k' * 5000}]=v",
    "metadata[%]=%",
]


@pytest.mark.parametrize("query", METADATA, ids=lambda query: query[:20])
def test_odd_metadata_find_no_job_that_has_them_not(api: Api, query: str) -> None:
    api.order(metadata={"a": "b"})

    assert strictly(api.client.get(f"{JOBS}?{query}"))["data"] == []


LETTERS = st.characters(codec="utf-8", exclude_characters="\0")  # SQLite's JSON ends at NUL
NAMES, VALUES = st.text(LETTERS, min_size=1, max_size=8), st.text(LETTERS, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.dictionaries(NAMES, VALUES, min_size=1, max_size=3))
def test_any_metadata_find_the_job_that_has_them(api: Api, pairs: dict[str, str]) -> None:
    file = (ids(api.get(FILES)) or [api.upload()])[0]
    answer = api.client.post(JOBS, json={"model": "gpt-4o-mini", "training_file": file, "metadata": pairs})
    body = strictly(answer)
    query = {f"metadata[{name}]": value for name, value in pairs.items()}

    assert answer.status_code == 200
    assert body["id"] in ids(api.get(JOBS, limit=1000, **query))


IDS = ["None", "x", "%00", "%ff", "a%2Fb", "a%20b", "%F0%9F%98%80", "x" * 20_000, "file-", f"ftjob-{'0' * 24}"]
IDS += ["%7B%7D", f"file-{'1' * 22}", f"ftckpt_{'0' * 24}", "ft:a:b:c:d", "..%2f..", "'--", f"upload_{'f' * 32}"]


@pytest.mark.parametrize("id_", IDS, ids=lambda id_: id_[:20])
def test_what_is_no_id_is_not_found(api: Api, id_: str) -> None:
    calls = [("GET", FILES, ""), ("GET", FILES, "/content"), ("DELETE", FILES, ""), ("POST", UPLOADS, "/cancel")]
    calls += [("POST", JOBS, f"/{deed}") for deed in ("cancel", "pause", "resume")]
    calls += [("GET", JOBS, tail) for tail in ("", "/events", "/checkpoints")]
    calls += [("GET", MODELS, ""), ("DELETE", MODELS, ""), ("GET", "/v1/fine_tuning/checkpoints", "/permissions")]
    for method, path, tail in calls:
        answer = api.client.request(method, f"{path}/{id_}{tail}")
        strictly(answer)

        assert answer.status_code == 404, f"{method} {path}: {answer.text}"


def test_a_part_that_says_it_is_too_large_is_refused(api: Api) -> None:
    body = {"filename": "a", "purpose": "fine-tune", "bytes": 10**8, "mime_type": "text/jsonl"}
    upload = api.post(UPLOADS, body)["id"]
    port = api.control.base_url.port or 0
    head = f"POST /openai{UPLOADS}/{upload}/parts HTTP/1.1\r\nHost: x\r\nContent-Type: {KIND}\r\n"
    head += f"Authorization: {api.client.headers['authorization']}\r\nContent-Length: {65 * 2**20}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode())

        assert b" 413 " in connection.makefile("rb").readline()
    assert ids(api.get(FILES)) == []
