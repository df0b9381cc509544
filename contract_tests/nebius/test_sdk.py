"""The official OpenAI client, told nothing but the base URL and the key, reads what the run has made."""

from collections.abc import Iterator

import openai
import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.run import Run
from contract_tests.harness.walk import Walk
from contract_tests.nebius.orders import NO_JOB, TRAINING


@pytest.fixture
def sdk(run: Run) -> Iterator[openai.OpenAI]:
    """The client, whose requests are paced as the run's own are."""
    paced = openai.DefaultHttpxClient(event_hooks={"request": [lambda _: run.pace.wait()]})
    key = run.target.key.reveal()
    with openai.OpenAI(base_url=run.target.url, api_key=key, max_retries=0, http_client=paced) as client:
        yield client


@free
@fact("files.retrieve", "is read by the official client", known="observed")
def test_the_client_retrieves_a_file(sdk: openai.OpenAI, training_file: Obj) -> None:
    file = sdk.files.retrieve(training_file["id"])

    assert (file.id, file.bytes, file.purpose) == (training_file["id"], len(TRAINING), "fine-tune")


@free
@fact("files.content", "is read by the official client", known="observed")
def test_the_client_reads_a_files_bytes(sdk: openai.OpenAI, training_file: Obj) -> None:
    assert sdk.files.content(training_file["id"]).read() == TRAINING


@free
@fact("files.list", "is read by the official client", known="observed")
def test_the_client_lists_files(sdk: openai.OpenAI, training_file: Obj) -> None:
    assert training_file["id"] in [file.id for file in sdk.files.list(limit=100).data]


@free
@fact("models.list", "is read by the official client", known="observed")
def test_the_client_lists_models(sdk: openai.OpenAI) -> None:
    assert sdk.models.list().data[0].object == "model"


@free
@fact("jobs.retrieve", "of an unknown job is the official client's NotFoundError, with the detail", known="observed")
def test_the_client_knows_a_404(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        sdk.fine_tuning.jobs.retrieve(NO_JOB)

    assert isinstance(raised.value.body, dict)
    assert "detail" in raised.value.body


@free
@fact("models.list", "under no key is the official client's AuthenticationError", known="observed")
def test_the_client_knows_a_401(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        sdk.models.list(extra_headers={"authorization": openai.Omit()})


@spends
@fact("jobs.retrieve", "is read by the official client", known="observed")
def test_the_client_retrieves_a_job(sdk: openai.OpenAI, walk: Walk) -> None:
    job = sdk.fine_tuning.jobs.retrieve(walk.created["id"])

    assert (job.id, job.status, job.fine_tuned_model) == (walk.created["id"], "succeeded", None)


@spends
@fact("jobs.list", "is read by the official client", known="observed")
def test_the_client_lists_jobs(sdk: openai.OpenAI, walk: Walk) -> None:
    page = sdk.fine_tuning.jobs.list(limit=100)

    assert walk.created["id"] in [job.id for job in page.data]


@spends
@fact("jobs.events", "are paged by the official client", known="observed")
def test_the_client_pages_events(sdk: openai.OpenAI, walk: Walk) -> None:
    paged = [event.message for event in sdk.fine_tuning.jobs.list_events(walk.created["id"], limit=1)]

    assert paged == [event["message"] for event in walk.last.events.rows()]


@spends
@fact("jobs.checkpoints", "are paged by the official client", known="observed")
def test_the_client_pages_checkpoints(sdk: openai.OpenAI, walk: Walk) -> None:
    paged = [made.id for made in sdk.fine_tuning.jobs.checkpoints.list(walk.created["id"], limit=1)]

    assert paged == [made["id"] for made in walk.last.checkpoints.rows()]
