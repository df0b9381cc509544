"""storage_full, as clients meet it."""

import httpx
import openai
import pytest

from tests.faults.calls import jobs, listed, set_fault, upload, used


def test_the_sdk_retries_a_full_disk_and_raises_the_providers_507(client: httpx.Client, sdk: openai.OpenAI) -> None:
    file = upload(client)
    set_fault(client, "storage_full", "jobs.create")

    with pytest.raises(openai.InternalServerError) as raised:
        sdk.with_options(max_retries=1).fine_tuning.jobs.create(model="Qwen/Qwen3-4B", training_file=file)
    assert raised.value.status_code == 507
    assert raised.value.body == {"detail": "the data directory takes no more bytes: No space left on device"}
    assert used(client) == [(2, 2)]
    assert jobs(client) == []


def test_a_long_upload_is_refused_and_not_kept(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "storage_full", "files.create", first=1)
    content = b"a long row\n" * 1_000_000
    with pytest.raises(openai.InternalServerError):
        sdk.files.create(file=("a.jsonl", content), purpose="fine-tune")

    assert listed(client) == []
    assert sdk.files.create(file=("a.jsonl", content), purpose="fine-tune").bytes == len(content)
