"""Webhooks: endpoints, and what they are told at a job's end, signed. Calls and members are the official client's."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread

import openai
import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.target import is_foreign
from contract_tests.openai import orders
from contract_tests.openai.conftest import create
from contract_tests.openai.envelope import invalid
from contract_tests.openai.provider import JOBS, WEBHOOKS

TYPES = ("fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled")
DELIVERED_S, AGAIN_S = 10, 0.3
TOLERANCE_S = 300
"""How old a delivery may be for the official client (documented)."""
Letter = tuple[bytes, dict[str, str]]
Mailbox = tuple[str, Queue[Letter]]
NO_ENDPOINT = f"whe_{'0' * 32}"


def allowed(answer: Answer) -> Answer:
    """Return an answer; skip where the account may make no endpoints."""
    if answer.status in (401, 403):
        pytest.skip("this key may not make webhook endpoints")
    return answer


def nowhere(run: Run) -> str:
    """Return a URL that a target takes and nobody answers at: an emulator sends to its own machine alone."""
    return "https://contract-tests.invalid/webhook" if is_foreign(run.target.url) else "http://127.0.0.1:9/webhook"


def endpoint(run: Run, url: str, *types: str) -> Answer:
    """Make an endpoint under a name of its own."""
    return allowed(run.line.post(WEBHOOKS, {"name": run.name(), "url": url, "event_types": [*types]}))


@pytest.fixture(scope="module")
def made(run: Run) -> Obj:
    """An endpoint that nothing is sent to."""
    return endpoint(run, nowhere(run), *TYPES[:2]).ok()


@free
@fact("webhooks.create", "answers the endpoint with its secret", known="documented")
def test_a_new_endpoint_tells_its_secret(made: Obj) -> None:
    assert made["object"] == "webhook_endpoint"
    assert made["event_types"] == [*TYPES[:2]]
    assert re.fullmatch(r"whsec_[0-9A-Za-z+/=]{20,}", made["signing_secret"])


@free
@fact("webhooks.retrieve", "answers the endpoint without its secret", known="documented")
def test_a_secret_is_told_once(line: Line, made: Obj) -> None:
    told = line.get(f"{WEBHOOKS}/{made['id']}").ok()

    assert told == {name: value for name, value in made.items() if name != "signing_secret"}


@free
@fact("webhooks.list", "lists the endpoint, the newest first", known="documented")
def test_an_endpoint_is_listed(line: Line, made: Obj) -> None:
    page = line.get(WEBHOOKS).ok()

    assert made["id"] in [each["id"] for each in page["data"]]
    assert page["first_id"] == page["data"][0]["id"]


@free
@fact("webhooks.create", "does not take an event that is none", known="documented")
def test_an_unknown_event_is_refused(run: Run) -> None:
    error = invalid(endpoint(run, nowhere(run), "fine_tuning.job.thought_about"))

    assert "event_types" in str(error["param"])


@free
@fact("webhooks.retrieve", "of an unknown endpoint is a 404", known="documented")
def test_an_unknown_endpoint_is_a_404(line: Line) -> None:
    invalid(allowed(line.get(f"{WEBHOOKS}/{NO_ENDPOINT}")), 404)


@free
@fact("webhooks.delete", "takes the endpoint away", known="documented")
def test_an_endpoint_may_be_deleted(run: Run, line: Line) -> None:
    path = f"{WEBHOOKS}/{endpoint(run, nowhere(run), TYPES[0]).ok()['id']}"

    assert line.delete(path).ok()["deleted"] is True
    invalid(line.get(path), 404)


@dataclass(frozen=True)
class Delivery:
    """What an endpoint was sent, and by which secret it is known."""

    body: bytes
    headers: dict[str, str]
    secret: str
    job: Obj


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A server on this machine that takes what it is sent, and its URL."""
    letters: Queue[Letter] = Queue()

    class Box(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            letters.put((body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Box)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/webhook", letters
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def delivery(run: Run, model: str, training_file: Obj, mailbox: Mailbox) -> Delivery:
    """What is sent when a job is cancelled."""
    if is_foreign(run.target.url):
        pytest.skip("what is sent to this machine does not reach it from elsewhere")
    url, letters = mailbox
    own = endpoint(run, url, *TYPES).ok()
    body = {"model": model, "training_file": training_file["id"], "suffix": run.name()}
    job = create(run, body, data=[orders.TRAINING]).ok()
    run.line.post(f"{JOBS}/{job['id']}/cancel").ok()
    try:
        content, headers = letters.get(timeout=DELIVERED_S)
    except Empty:
        pytest.fail(f"nothing was delivered within {DELIVERED_S} s")
    run.line.delete(f"{WEBHOOKS}/{own['id']}").ok()
    return Delivery(content, headers, own["signing_secret"], job)


@spends
@fact("webhooks", "tell the end of a job as an event with its id", known="documented")
def test_the_end_of_a_job_is_delivered(delivery: Delivery) -> None:
    event = json.loads(delivery.body)

    assert (event["object"], event["type"], event["data"]) == ("event", TYPES[2], {"id": delivery.job["id"]})
    assert re.fullmatch(r"evt_\w+", event["id"])
    assert event["created_at"] >= delivery.job["created_at"]


@spends
@fact("webhooks", "are signed so that the official client takes them", known="documented")
def test_the_client_takes_a_delivery(delivery: Delivery) -> None:
    webhooks = openai.OpenAI(api_key="none").webhooks
    try:
        event = webhooks.unwrap(delivery.body, delivery.headers, secret=delivery.secret)
    except (openai.InvalidWebhookSignatureError, ValueError) as refused:
        pytest.fail(f"the client takes no delivery that is signed so: {refused}")

    assert event.type == TYPES[2]


@spends
@fact("webhooks", "bear an id, the time in unix seconds, and a signature of version 1", known="documented")
def test_a_delivery_bears_three_headers(delivery: Delivery) -> None:
    headers = delivery.headers

    assert headers.get("webhook-id")
    assert abs(int(headers.get("webhook-timestamp", "0")) - time.time()) < TOLERANCE_S
    assert re.fullmatch(r"v1,[0-9A-Za-z+/]{43}=( v1,[0-9A-Za-z+/]{43}=)*", headers.get("webhook-signature", ""))


@spends
@fact("webhooks", "are signed by the endpoint's own secret and no other", known="documented")
def test_another_secret_does_not_do(delivery: Delivery) -> None:
    other = "whsec_" + "QUJD" * 8

    with pytest.raises(openai.InvalidWebhookSignatureError):
        openai.OpenAI(api_key="none").webhooks.unwrap(delivery.body, delivery.headers, secret=other)


@spends
@fact("webhooks", "come once where they were taken", known="documented")
def test_a_delivery_that_was_taken_is_not_repeated(delivery: Delivery, mailbox: Mailbox) -> None:
    _, letters = mailbox
    with pytest.raises(Empty):
        letters.get(timeout=AGAIN_S)
