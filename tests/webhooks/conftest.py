"""A server that speaks as OpenAI on clocks that stand still, an endpoint, and a tenant of each test's own."""

import json
from collections.abc import Iterator

import openai
import pytest

from emulator import Emulator, Tenant
from tests.webhooks.receiver import Receiver, receiving

ENDS = ["fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled"]
ROWS = b"\n".join(
    json.dumps({"messages": [{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": f"{n}!"}]}).encode()
    for n in range(10)
)
DAY_S = 86400


@pytest.fixture(scope="module")
def still() -> Iterator[Emulator]:
    """A server whose clocks stand still."""
    with Emulator(clock="manual", dialect="openai") as emulator:
        yield emulator


@pytest.fixture
def tenant(still: Emulator, key: str) -> Iterator[Tenant]:
    """A tenant of the test's own."""
    tenant = still.tenant(key)
    yield tenant
    tenant.forget()


@pytest.fixture
def sdk(tenant: Tenant) -> Iterator[openai.OpenAI]:
    """The official SDK, strict about what it is answered."""
    with client(tenant) as official:
        yield official


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An endpoint that takes what it is sent."""
    with receiving() as listening:
        yield listening


def client(tenant: Tenant) -> openai.OpenAI:
    """Return the official SDK as a tenant, strict about what it is answered."""
    strict = {"max_retries": 0, "_strict_response_validation": True}
    return openai.OpenAI(base_url=tenant.base_url(), api_key=tenant.api_key, **strict)  # type: ignore[arg-type]  # mixed


def subscribed(sdk: openai.OpenAI, url: str, *types: str) -> tuple[str, str]:
    """Make an endpoint for these types of events, or for all ends of jobs; return its id and its secret."""
    made = sdk.webhooks.create(name="ends", url=url, event_types=[*(types or ENDS)])
    return made.id, made.signing_secret


def ordered(sdk: openai.OpenAI, suffix: str | None = None) -> str:
    """Order a job; return its id."""
    file = sdk.files.create(file=("a.jsonl", ROWS), purpose="fine-tune")
    model = "gpt-4o-mini-2024-07-18"
    extra = {} if suffix is None else {"X-Emulator-Scenario": suffix}
    return sdk.fine_tuning.jobs.create(model=model, training_file=file.id, extra_headers=extra).id
