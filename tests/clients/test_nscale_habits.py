"""How Nscale's own Python client puts things on the wire, and what its retries come to.

It is not run here. These are its requests: one session whose headers go with every call, a bearer that goes with signed
links as well, uploads outside the session, and urllib3 that repeats POSTs. Beside it, how a strict client of another
language reads the answers.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
import pytest

from emulator import service_token
from emulator.client import Tenant
from emulator.server import Emulator
from tests.clients import nscale

requests: Any = pytest.importorskip("requests")
urllib3: Any = pytest.importorskip("urllib3")

JSON = "application/json"
REPEATED = (502, 503, 504)
TIMEOUT_S = 30


class Session:
    """A session as that client has it: its headers, and three further tries of whatever fails for a while."""

    def __init__(self, base: str, token: str) -> None:
        again = urllib3.Retry(
            total=3,
            backoff_factor=0,  # theirs waits, and nothing here needs it
            status_forcelist=REPEATED,
            allowed_methods=["GET", "POST", "PUT", "DELETE"],
            raise_on_status=False,
        )
        self.base, self.bearer, self.kept = base, f"Bearer {token}", requests.Session()
        self.kept.mount("http://", requests.adapters.HTTPAdapter(max_retries=again))
        self.kept.headers.update({"Authorization": self.bearer, "Content-Type": JSON})

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Return the answer to a call of the organization, whatever it is."""
        return self.kept.request(method, f"{self.base}{path}", timeout=TIMEOUT_S, **more)

    def told(self, method: str, path: str, **more: Any) -> Any:
        """Return the JSON of an answer, which is a 200."""
        answer = self.ask(method, path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def uploaded(self) -> str:
        """Return a file that was sent outside the session, with nothing but the bearer."""
        form = {"file": ("train.csv", nscale.table().encode(), "text/csv")}
        told = {"Authorization": self.bearer}
        answer = requests.post(f"{self.base}/files", headers=told, files=form, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def dataset(self) -> str:
        """Return a dataset."""
        made = {"name": "data", "training_file_id": self.uploaded(), "validation_file_id": None}
        return str(self.told("POST", "/datasets", json=made)["id"])

    def job(self) -> str:
        """Return a job that is just created."""
        return str(self.told("POST", "/jobs", json=nscale.order(self.dataset()))["job"]["id"])

    def ended(self) -> str:
        """Return a job that is completed."""
        job = self.job()
        while self.told("GET", f"/jobs/{job}")["status"] != "completed":
            pass  # the poll clock brings its end
        return job


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One server for all of them, on a poll clock."""
    with Emulator(port=0, quiet=True, dialect="nscale", clock="poll") as shared:
        yield shared


@pytest.fixture
def tenant(emulator: Emulator, key: str) -> Tenant:
    """The test's own tenant."""
    return emulator.tenant(service_token(key))


@pytest.fixture
def session(emulator: Emulator, key: str) -> Iterator[Session]:
    """A session of the test's tenant."""
    opened = Session(nscale.base(emulator), service_token(key))
    with opened.kept:
        yield opened


def creations(tenant: Tenant) -> list[int]:
    """Return the statuses of all requests that would create a job."""
    return [entry["status"] for entry in tenant.journal.list(operation="jobs.create")]


def test_a_json_type_on_calls_without_a_body_is_taken(session: Session) -> None:
    job, file, dataset = session.job(), session.uploaded(), session.dataset()
    for path in ("/base-models", "/files", "/datasets", "/jobs", f"/jobs/{job}", f"/jobs/{job}/metrics"):
        session.told("GET", path, params={"limit": 100})
    for path in (f"/datasets/{dataset}", f"/files/{file}"):
        gone = session.ask("DELETE", path)
        assert (gone.status_code, gone.content) == (204, b"")
        assert session.ask("GET", path).status_code == 404


@pytest.mark.parametrize("word", ["False", "True", "false", "0"])
def test_pagination_is_taken_as_python_writes_it(session: Session, word: str) -> None:
    job = session.ended()
    query = {"limit": 10, "pagination": word, "status": "completed"}

    assert [each["id"] for each in session.told("GET", "/jobs", params=query)["data"]] == [job]


def test_a_word_that_is_no_boolean_is_named(session: Session) -> None:
    refused = session.ask("GET", "/jobs", params={"pagination": "perhaps"})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_argument")
    assert refused.json()["message"].startswith("pagination: ")


def test_a_cancel_has_no_body_and_says_that_it_is_json(session: Session, tenant: Tenant) -> None:
    job = session.job()
    answer = session.told("POST", f"/jobs/{job}/cancel")
    [entry] = tenant.journal.list(operation="jobs.cancel")
    sent = entry["request"]["headers"]

    assert (answer["id"], answer["status"]) == (job, "cancelled")
    assert (sent["content-type"], sent["content-length"]) == (JSON, "0")
    again = session.ask("POST", f"/jobs/{job}/cancel")
    assert (again.status_code, again.json()["code"]) == (400, "failed_precondition")


def test_a_session_that_says_that_it_sends_json_is_given_a_link_and_no_redirect(session: Session) -> None:
    answer = session.ask("GET", f"/jobs/{session.ended()}/download", allow_redirects=False)

    assert (answer.status_code, set(answer.json())) == (200, {"download_url"})


@pytest.mark.parametrize("whose", ["own", "another", "no JWT", "no bearer", "none"])
def test_a_link_is_good_whatever_bearer_goes_with_it(session: Session, whose: str) -> None:
    told = {"own": session.bearer, "another": f"Bearer {service_token('another')}", "no JWT": "Bearer key"}
    headers = {**told, "no bearer": "Basic bWU6bWU="}.get(whose)
    model = session.told("GET", f"/jobs/{session.ended()}/download")["download_url"]
    file = session.told("GET", f"/files/{session.uploaded()}")["download_url"]
    answers = [
        requests.get(url, headers={"Authorization": headers} if headers else {}, timeout=TIMEOUT_S)
        for url in (model, file)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["content-type"] == "application/gzip"
    assert answers[1].content == nscale.table().encode()


def test_an_upload_that_the_session_calls_json_is_told_what_is_missing(session: Session) -> None:
    refused = session.ask("POST", "/files", files={"file": ("train.csv", b"question,answer\n", "text/csv")})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_argument")
    assert refused.json()["message"].startswith("file: ")


def test_an_internal_error_has_null_for_a_message_and_is_not_repeated(session: Session, tenant: Tenant) -> None:
    dataset = session.dataset()
    tenant.faults.add("status=500", operation="jobs.create", first=1)
    failed = session.ask("POST", "/jobs", json=nscale.order(dataset))

    assert (failed.status_code, failed.json()) == (500, {"code": "internal", "message": None})
    assert creations(tenant) == [500]


@pytest.mark.parametrize("status", [402, 422, 429])
def test_what_is_no_passing_failure_is_not_repeated(session: Session, tenant: Tenant, status: int) -> None:
    dataset = session.dataset()
    tenant.faults.add(f"status={status}", operation="jobs.create")

    assert session.ask("POST", "/jobs", json=nscale.order(dataset)).status_code == status
    assert creations(tenant) == [status]


@pytest.mark.parametrize("status", REPEATED)
def test_a_creation_that_is_refused_for_a_while_is_repeated_and_makes_one_job(
    session: Session, tenant: Tenant, status: int
) -> None:
    dataset = session.dataset()
    tenant.faults.add(f"status={status}", operation="jobs.create", first=2)
    made = session.told("POST", "/jobs", json=nscale.order(dataset))["job"]["id"]

    assert creations(tenant) == [status, status, 200]
    assert [job["id"] for job in session.told("GET", "/jobs")["data"]] == [made]


def test_after_four_refusals_the_last_is_the_answer(session: Session, tenant: Tenant) -> None:
    dataset = session.dataset()
    tenant.faults.add("status=503", operation="jobs.create")
    failed = session.ask("POST", "/jobs", json=nscale.order(dataset))

    assert (failed.status_code, failed.json()) == (503, {"code": "unavailable", "message": None})
    assert creations(tenant) == [503] * 4


@pytest.mark.parametrize("how", ["503", "reset"])
def test_a_creation_whose_answer_was_lost_is_repeated_and_makes_two_jobs_which_the_lint_finds(
    session: Session, tenant: Tenant, how: str
) -> None:
    dataset = session.dataset()
    tenant.faults.add(f"apply_then_fail={how}", operation="jobs.create", first=1)
    known = session.told("POST", "/jobs", json=nscale.order(dataset))["job"]["id"]
    made = [entry["job"] for entry in tenant.journal.list(operation="jobs.create")]
    found = {each["name"]: each for each in tenant.journal.lint()["findings"]}

    assert len(set(made)) == 2
    assert made[-1] == known
    assert "creates_twice" in found
    assert made[0] in str(found["creates_twice"])
    assert {job["id"] for job in session.told("GET", "/jobs")["data"]} == {*made}


def test_a_client_that_lists_before_it_orders_again_makes_one_job(session: Session, tenant: Tenant) -> None:
    wanted = nscale.order(session.dataset())
    tenant.faults.add("apply_then_fail=500", operation="jobs.create", first=1)
    assert session.ask("POST", "/jobs", json=wanted).status_code == 500
    [job] = [each for each in session.told("GET", "/jobs")["data"] if each["name"] == wanted["name"]]

    assert job["dataset"] == wanted["dataset"]
    assert "creates_twice" not in {each["name"] for each in tenant.journal.lint()["findings"]}


@pytest.mark.parametrize("fault", ["status=503", "reset"])
def test_a_download_through_the_session_is_begun_again(session: Session, tenant: Tenant, fault: str) -> None:
    link = session.told("GET", f"/jobs/{session.ended()}/download")["download_url"]
    tenant.faults.add(fault, operation="jobs.content", first=2)
    answer = session.kept.get(link, stream=True, timeout=TIMEOUT_S)

    assert (answer.status_code, len(answer.content)) == (200, int(answer.headers["content-length"]))
    assert len(tenant.journal.list(operation="jobs.content")) == 3


Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Columns(msgspec.Struct):
    id: str
    prompt_column: str
    answer_column: str


class Lora(msgspec.Struct):
    enabled: bool
    r: int
    alpha: int
    dropout: float
    trainable_modules: list[str]


class Hyperparameters(msgspec.Struct):
    n_epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    best_checkpoints: bool
    lora: Lora


class Job(msgspec.Struct):
    """A job as the API reference types it: absent is not null, a whole number has no point, times have a zone."""

    id: str
    name: str
    status: str
    base_model: str
    dataset: Columns
    hyperparameters: Hyperparameters
    started_at: Instant | None
    completed_at: Instant | None


class Jobs(msgspec.Struct):
    data: list[Job]


class Usage(msgspec.Struct):
    cost: float
    tokens: int


class Created(msgspec.Struct):
    dry_run: bool
    estimated_usage: Usage
    job: Job


class Column(msgspec.Struct):
    name: str
    type: str
    values: list[str]


class File(msgspec.Struct):
    id: str
    name: str
    bytes: int
    created_at: Instant
    workspace_id: str
    columns: list[Column] | None


class Point(msgspec.Struct):
    step: int
    timestamp: Instant
    training_loss: str
    validation_loss: str
    perplexity: str


class Metrics(msgspec.Struct):
    data: list[Point] | None
    training_steps: int
    training_tokens: int
    validation_steps: int


def test_a_client_of_a_typed_language_reads_every_answer(session: Session) -> None:
    def read(method: str, path: str, kind: Any, **more: Any) -> Any:
        return msgspec.json.decode(session.ask(method, path, **more).content, type=kind)

    read("GET", f"/files/{session.uploaded()}", File)
    asked = {"learning_rate": 0.001, "weight_decay": 1, "lora": {"dropout": 0, "r": 4}}
    job = read("POST", "/jobs", Created, json=nscale.order(session.dataset(), hyperparameters=asked)).job
    assert (job.status, job.started_at, job.completed_at) == ("queued", None, None)
    assert read("GET", f"/jobs/{job.id}/metrics", Metrics).data is None
    while job.status != "completed":
        job = read("GET", f"/jobs/{job.id}", Job)

    assert job.started_at < job.completed_at
    assert read("GET", "/jobs", Jobs).data == [job]
    metrics = read("GET", f"/jobs/{job.id}/metrics", Metrics)
    assert [point.timestamp for point in metrics.data] == sorted(point.timestamp for point in metrics.data)
    assert read("POST", f"/jobs/{session.job()}/cancel", Job).status == "cancelled"
