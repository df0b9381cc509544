"""The official client, told nothing but the base URL and the key: it waits and reads, strictly, sync and async."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.run import Run
from contract_tests.harness.walk import Walk
from contract_tests.openai.orders import NO_JOB, TEXT, TRAINING

Act = Callable[[openai.AsyncOpenAI], Awaitable[Any]]


@pytest.fixture(scope="module")
def tls() -> ssl.SSLContext:
    """The certificates that all clients go by: reading them takes longer than a test."""
    return httpx.create_ssl_context()


@pytest.fixture(scope="module")
def sdk(run: Run, tls: ssl.SSLContext) -> Iterator[openai.OpenAI]:
    """The client, strict, whose requests are paced as the run's own are."""
    paced = openai.DefaultHttpxClient(verify=tls, event_hooks={"request": [lambda _: run.pace.wait()]})
    told: dict[str, Any] = {"base_url": run.target.url, "api_key": run.target.key.reveal(), "max_retries": 0}
    with openai.OpenAI(**told, http_client=paced, _strict_response_validation=True) as client:
        yield client


@pytest.fixture
def sdk_async(run: Run, tls: ssl.SSLContext) -> Callable[[Act], Any]:
    """What lets the asynchronous client do something."""

    async def pace(_: object) -> None:
        run.pace.wait()

    async def done(act: Act) -> Any:
        paced = openai.DefaultAsyncHttpxClient(verify=tls, event_hooks={"request": [pace]})
        told: dict[str, Any] = {"base_url": run.target.url, "api_key": run.target.key.reveal(), "max_retries": 0}
        async with openai.AsyncOpenAI(**told, http_client=paced, _strict_response_validation=True) as client:
            return await act(client)

    return lambda act: asyncio.run(done(act))


@free
@fact("files.retrieve", "is read by the official client, strictly", known="observed")
def test_the_client_retrieves_a_file(sdk: openai.OpenAI, training_file: Obj) -> None:
    file = sdk.files.retrieve(training_file["id"])

    assert (file.id, file.bytes, file.purpose) == (training_file["id"], len(TRAINING), "fine-tune")


@free
@fact("files.create", "is waited for by the official client", known="observed")
def test_the_client_waits_until_a_file_is_processed(sdk: openai.OpenAI, training_file: Obj) -> None:
    assert sdk.files.wait_for_processing(training_file["id"]).status == "processed"


@free
@fact("files.content", "is read by the official client", known="observed")
def test_the_client_reads_a_files_bytes(sdk: openai.OpenAI, training_file: Obj) -> None:
    try:
        content = sdk.files.content(training_file["id"]).read()
    except openai.BadRequestError as refused:
        pytest.skip(f"this account is not allowed to download its training files: {refused}")

    assert content == TRAINING


# Of one purpose: the strict client refuses a file whose purpose is evals, which the service takes (measured).
@free
@fact("files.list", "is paged by the official client", known="observed")
def test_the_client_lists_files(sdk: openai.OpenAI, training_file: Obj) -> None:
    listed = [file.id for file in sdk.files.list(purpose="fine-tune", limit=7, order="asc", after=training_file["id"])]

    assert training_file["id"] not in listed
    assert len(listed) == len(set(listed))


@free
@fact("uploads.complete", "is what the official client does with a file in chunks", known="documented")
def test_the_client_uploads_in_chunks(run: Run, sdk: openai.OpenAI) -> None:
    name = f"{run.name()}.jsonl"
    told: dict[str, Any] = {"filename": name, "bytes": len(TRAINING), "mime_type": "text/jsonl", "purpose": "fine-tune"}
    # The client's own requests do not pass the ledger's guard, so the upload is announced by the run.
    upload = run.line.post("/uploads", told).ok()
    halves = (TRAINING[:600], TRAINING[600:])
    parts = [sdk.uploads.parts.create(upload["id"], data=half).id for half in halves]
    done = sdk.uploads.complete(upload["id"], part_ids=parts)

    assert (done.status, done.file and done.file.bytes) == ("completed", len(TRAINING))


@free
@fact("models.list", "is read by the official client, strictly", known="observed")
def test_the_client_lists_models(sdk: openai.OpenAI, model: str) -> None:
    assert model in [each.id for each in sdk.models.list()]


@free
@fact(
    "jobs.retrieve", "of an unknown job is the official client's NotFoundError, with param and code", known="observed"
)
def test_the_client_knows_a_404(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        sdk.fine_tuning.jobs.retrieve(NO_JOB)

    assert (raised.value.param, raised.value.code) == ("fine_tune_id", "fine_tune_not_found")
    assert raised.value.request_id


@free
@fact("files.create", "of a purpose that is none is the official client's BadRequestError", known="observed")
def test_the_client_knows_a_400(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        sdk.files.create(file=("none.jsonl", TEXT), purpose="world_domination")  # type: ignore[arg-type]  # on purpose

    assert raised.value.param == "purpose"


@free
@fact("models.list", "under no key is the official client's AuthenticationError", known="observed")
def test_the_client_knows_a_401(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        sdk.models.list(extra_headers={"authorization": openai.Omit()})


def strict(walk: Walk) -> None:
    if walk.last.job["error"] == {}:
        pytest.skip("the target answers {} for no error, which its own client, told to be strict, refuses (observed)")


@spends
@fact("jobs.retrieve", "is read by the official client, strictly", known="unverified")
def test_the_client_retrieves_a_job(sdk: openai.OpenAI, walk: Walk) -> None:
    strict(walk)
    job = sdk.fine_tuning.jobs.retrieve(walk.created["id"])

    assert (job.status, job.fine_tuned_model) == ("succeeded", walk.last.job["fine_tuned_model"])
    assert job.error is None


@spends
@fact("jobs.list", "is paged by the official client", known="unverified")
def test_the_client_pages_jobs(sdk: openai.OpenAI, walk: Walk) -> None:
    strict(walk)
    listed = [job.id for job in sdk.fine_tuning.jobs.list(limit=2)]

    assert walk.created["id"] in listed
    assert len(listed) == len(set(listed))


@spends
@fact("jobs.events", "are paged by the official client", known="observed")
def test_the_client_pages_events(sdk: openai.OpenAI, walk: Walk) -> None:
    paged = [event.message for event in sdk.fine_tuning.jobs.list_events(walk.created["id"], limit=7)]

    assert paged == [event["message"] for event in walk.last.events.rows()]


@spends
@fact("jobs.checkpoints", "are paged by the official client", known="observed")
def test_the_client_pages_checkpoints(sdk: openai.OpenAI, walk: Walk) -> None:
    paged = [made.id for made in sdk.fine_tuning.jobs.checkpoints.list(walk.created["id"], limit=1)]

    assert paged == [made["id"] for made in walk.last.checkpoints.rows()]


@free
@fact("files.list", "is paged by the asynchronous client", known="observed")
def test_the_asynchronous_client_lists_files(sdk_async: Callable[[Act], Any], training_file: Obj) -> None:
    async def act(client: openai.AsyncOpenAI) -> list[str]:
        return [file.id async for file in client.files.list(purpose="fine-tune", limit=100)]

    assert training_file["id"] in sdk_async(act)


@spends
@fact("jobs.events", "are paged by the asynchronous client", known="observed")
def test_the_asynchronous_client_pages_events(sdk_async: Callable[[Act], Any], walk: Walk) -> None:
    async def act(client: openai.AsyncOpenAI) -> list[str]:
        return [event.id async for event in client.fine_tuning.jobs.list_events(walk.created["id"], limit=10)]

    assert sdk_async(act) == [event["id"] for event in walk.last.events.rows()]


@spends
@fact("jobs.retrieve", "is read by the asynchronous client, strictly", known="unverified")
def test_the_asynchronous_client_retrieves_a_job(sdk_async: Callable[[Act], Any], walk: Walk) -> None:
    strict(walk)

    assert sdk_async(lambda client: client.fine_tuning.jobs.retrieve(walk.created["id"])).status == "succeeded"
