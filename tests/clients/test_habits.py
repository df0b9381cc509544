"""How clients of other languages put things on the wire: what is known of go-openai, openai-go, ruby and php.

They are not run here. These are their requests, as they were recorded elsewhere: the parts of an upload, what a cancel
has for a body, and what of an order is null, empty or text.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from emulator.server import Emulator
from tests.clients.walking import rows
from tests.conftest import client_of

BOUNDARY = "a-boundary"
PURPOSE = 'form-data; name="purpose"'
FILE = 'form-data; name="file"; filename="{}"'
DATA = rows()
JSON = "application/json"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One server for all of them: nothing here takes time, and each test has a key of its own."""
    with Emulator(port=0, quiet=True, dialect="openai", clock="poll") as shared:
        yield shared


@pytest.fixture
def client(emulator: Emulator, key: str) -> Iterator[httpx.Client]:
    """A plain client with the test's key."""
    with client_of(emulator, key) as plain:
        yield plain


def part(disposition: str, text: str, *headers: str) -> str:
    return "\r\n".join((f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", text, ""))


def sent(client: httpx.Client, *parts: str, chunked: bool = False) -> httpx.Response:
    """Upload parts as they are; in chunks nobody says how long it is."""
    body = ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()
    pieces = (body[at : at + 100] for at in range(0, len(body), 100))
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return client.post("/v1/files", content=pieces if chunked else body, headers=headers)


def ordered(client: httpx.Client, **more: Any) -> httpx.Response:
    file = sent(client, part(PURPOSE, "fine-tune"), part(FILE.format("a.jsonl"), DATA)).json()
    return client.post("/v1/fine_tuning/jobs", json={"model": "gpt-4o-mini", "training_file": file["id"], **more})


OCTETS = "Content-Type: application/octet-stream"
UPLOADS: dict[str, tuple[str, list[str]]] = {
    "openai-python": ("training.jsonl", [OCTETS]),
    "openai 0.28": ("file", [OCTETS]),
    "go-openai": ("/tmp/x/training.jsonl", [OCTETS]),  # noqa: S108 -- a name that it sends
    "openai-php": ("training.jsonl", []),
    "ruby-openai": ("local.path", ["Content-Type: "]),
    "kiln": ("split -- train -- format.jsonl", ["Content-Type: application/jsonl"]),
    "curl": ("données 訓練.jsonl", [OCTETS]),
}
"""The file's name and its part's headers."""


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
@pytest.mark.parametrize("first", ["purpose", "file"])
@pytest.mark.parametrize("habit", UPLOADS)
def test_an_upload_is_taken_whatever_its_order_its_name_and_its_type(
    client: httpx.Client, habit: str, first: str, *, chunked: bool
) -> None:
    name, headers = UPLOADS[habit]
    purpose, file = part(PURPOSE, "fine-tune"), part(FILE.format(name), DATA, *headers)
    answer = sent(client, *((purpose, file) if first == "purpose" else (file, purpose)), chunked=chunked)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["bytes"], answer.json()["filename"]) == (len(DATA.encode()), name)


CANCELS: dict[str, dict[str, Any]] = {
    "openai-python, go-openai": {"content": b"", "headers": {"content-type": JSON}},
    "openai-node 7, openai-go, curl": {},
    "ruby-openai, portkey, litellm's proxy": {"json": {}},
    "openai-php": {"json": []},
}


@pytest.mark.parametrize("habit", CANCELS)
def test_a_cancel_is_taken_whatever_its_body(client: httpx.Client, habit: str) -> None:
    job = ordered(client).json()["id"]
    answer = client.post(f"/v1/fine_tuning/jobs/{job}/cancel", **CANCELS[habit])

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


ORDERS: dict[str, dict[str, Any]] = {
    "instructor, safety-tooling": {"validation_file": None},
    "kiln, motools": {"validation_file": None, "seed": None, "suffix": None},
    "dspy": {"hyperparameters": {}},
    "notebooks": {"hyperparameters": {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}},
    "sdk": {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}}},
}


@pytest.mark.parametrize("habit", ORDERS)
def test_an_order_is_taken_with_what_is_null_empty_or_left_to_the_service(client: httpx.Client, habit: str) -> None:
    answer = ordered(client, **ORDERS[habit])

    assert (answer.status_code, answer.json()["status"]) == (200, "validating_files"), answer.text


def test_a_body_of_a_delete_is_read_off_the_connection(emulator: Emulator, client: httpx.Client) -> None:
    file = sent(client, part(PURPOSE, "fine-tune"), part(FILE.format("a.jsonl"), DATA)).json()["id"]
    with closing(http.client.HTTPConnection(emulator.url.removeprefix("http://"))) as kept:
        headers = {"authorization": client.headers["authorization"], "content-type": JSON}
        seen = []
        for method, path in (("DELETE", f"/v1/files/{file}"), ("GET", "/v1/files")):
            kept.request(method, path, "{}" if method == "DELETE" else None, headers)
            answer = kept.getresponse()
            seen.append((answer.status, json.loads(answer.read()).get("deleted")))

    assert seen == [(200, True), (200, None)]


@pytest.mark.parametrize("path", ["files/None", "fine_tuning/jobs/None", "models/None", "files/%2Ftmp%2Fa.jsonl"])
def test_an_odd_id_is_one_that_is_not_there(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/v1/{path}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, JSON)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_base_url_that_a_client_glued_to_the_path_is_answered_in_the_same_words(client: httpx.Client) -> None:
    answer = client.get("/v1files")

    assert (answer.status_code, answer.headers["content-type"]) == (404, JSON)
    assert answer.json()["error"]["message"] == "Invalid URL (GET /v1files)"


@pytest.mark.parametrize("slash", ["/", "%2F"])
def test_a_slash_in_a_models_name_is_taken_as_it_is_and_encoded(serve: Any, slash: str) -> None:
    with client_of(serve(dialect="openai", model=("an-org/a-model",))) as client:
        answer = client.get(f"/v1/models/an-org{slash}a-model")

    assert (answer.status_code, answer.json()["id"]) == (200, "an-org/a-model")


def test_what_follows_the_last_item_is_nothing(client: httpx.Client) -> None:
    job = ordered(client).json()["id"]
    for path in ("/v1/fine_tuning/jobs", "/v1/files", f"/v1/fine_tuning/jobs/{job}/events"):
        last = client.get(path, params={"limit": 100}).json()["data"][-1]["id"]
        page = client.get(path, params={"after": last}).json()
        assert (page["data"], page["has_more"]) == ([], False)
