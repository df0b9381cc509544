"""The official SDK walks the whole of it, strict about what it is answered, synchronous and asynchronous.

The walk is written once, for both: a call of the asynchronous client gives something to await.
"""

import asyncio
import csv
import inspect
import io
import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from emulator import Emulator, Tenant
from tests.webhooks.receiver import Receiver, receiving

ROWS = "".join(
    json.dumps({"messages": [{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": f"{n}!"}]}) + "\n"
    for n in range(12)
).encode()
HALF = len(ROWS) // 2
ENDED = ["fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled"]


@pytest.fixture(scope="module")
def speaking() -> Iterator[Emulator]:
    """A server that speaks as OpenAI, whose time moves when somebody looks."""
    with Emulator(dialect="openai", clock="poll", quiet=True) as emulator:
        yield emulator


@pytest.fixture
def tenant(speaking: Emulator, key: str) -> Iterator[Tenant]:
    """A tenant of the test's own."""
    tenant = speaking.tenant(key)
    yield tenant
    tenant.forget()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An endpoint that takes what it is sent."""
    with receiving() as listening:
        yield listening


async def got(answer: Any) -> Any:
    """Return an answer, waited for where it must be."""
    return await answer if inspect.isawaitable(answer) else answer


async def listed(page: Any) -> list[Any]:
    """Return everything that a list has, all its pages."""
    if hasattr(page, "__aiter__"):
        return [each async for each in page]
    return [*(await got(page))]


async def walk(client: Any, receiver: Receiver) -> None:
    """Walk from an upload in parts to the deletion of the model."""
    endpoint = await got(client.webhooks.create(name="ends", url=receiver.url, event_types=ENDED))
    file_id = await uploaded(client)
    done = await trained(client, file_id)
    await agree(client, done)
    told = receiver.next().event(endpoint.signing_secret)
    assert (told.type, told.data.id) == ("fine_tuning.job.succeeded", done.id)
    asked = [{"role": "user", "content": "7?"}]
    said = await got(client.chat.completions.create(model=done.fine_tuned_model, messages=asked))
    assert said.choices[0].message.content == "7!"
    await removed(client, done.fine_tuned_model)


async def uploaded(client: Any) -> str:
    """Bring a file in two parts, the second first; return its id."""
    about = {"filename": "t.jsonl", "purpose": "fine-tune", "bytes": len(ROWS), "mime_type": "text/jsonl"}
    upload = await got(client.uploads.create(**about))
    second = await got(client.uploads.parts.create(upload.id, data=ROWS[HALF:]))
    first = await got(client.uploads.parts.create(upload.id, data=ROWS[:HALF]))
    file = (await got(client.uploads.complete(upload.id, part_ids=[first.id, second.id]))).file
    assert (await got(client.files.content(file.id))).read() == ROWS
    return str(file.id)


async def trained(client: Any, file_id: str) -> Any:
    """Train, with a pause in the midst of it; return the job that succeeded."""
    job = await got(client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file_id, suffix="walk"))
    seen = [job.status, *[(await got(client.fine_tuning.jobs.retrieve(job.id))).status for _ in range(2)]]
    assert seen == ["validating_files", "validating_files", "queued"]
    await until(client, job.id, "running")
    paused = await got(client.fine_tuning.jobs.pause(job.id))
    still = await got(client.fine_tuning.jobs.retrieve(job.id))
    resumed = await got(client.fine_tuning.jobs.resume(job.id))
    assert (paused.status, still.status, resumed.status) == ("running", "running", "running")
    return await until(client, job.id, "succeeded")


async def agree(client: Any, job: Any) -> None:
    """Hold that events, checkpoints and the table of steps tell the same."""
    events = await listed(client.fine_tuning.jobs.list_events(job.id, limit=50))
    losses = {event.data["step"]: event.data["train_loss"] for event in events if event.type == "metrics"}
    table = b64decode((await got(client.files.content(job.result_files[0]))).read())
    rows = [*csv.DictReader(io.StringIO(table.decode()))]
    assert [int(row["step"]) for row in rows] == sorted(losses)
    assert all(abs(float(row["train_loss"]) - losses[int(row["step"])]) < 1e-5 for row in rows)
    checkpoints = await listed(client.fine_tuning.jobs.checkpoints.list(job.id, limit=1))
    assert [made.step_number for made in checkpoints] == [96, 84, 72]
    assert checkpoints[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    assert checkpoints[0].metrics.train_loss == losses[96]
    known = {model.id for model in await listed(client.models.list())}
    assert {made.fine_tuned_model_checkpoint for made in checkpoints} <= known


async def removed(client: Any, model: str) -> None:
    """Delete the model, and every file."""
    assert (await got(client.models.delete(model))).deleted
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        await got(client.models.retrieve(model))
    for each in await listed(client.files.list()):
        assert (await got(client.files.delete(each.id))).deleted
    assert await listed(client.files.list()) == []


async def until(client: Any, job_id: str, status: str) -> Any:
    """Poll a job until it has a status."""
    for _ in range(9):
        job = await got(client.fine_tuning.jobs.retrieve(job_id))
        if job.status == status:
            return job
    pytest.fail(f"the job was never {status}")


def how(tenant: Tenant) -> dict[str, Any]:
    return {"base_url": tenant.base_url(), "api_key": tenant.api_key, "_strict_response_validation": True}


def test_the_synchronous_sdk_walks_it(tenant: Tenant, receiver: Receiver) -> None:
    with openai.OpenAI(**how(tenant)) as client:
        asyncio.run(walk(client, receiver))


def test_the_asynchronous_sdk_walks_it(tenant: Tenant, receiver: Receiver) -> None:
    async def walked() -> None:
        async with openai.AsyncOpenAI(**how(tenant)) as client:
            await walk(client, receiver)

    asyncio.run(walked())
