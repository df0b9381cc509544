"""How tests ask a server for its journal, and for what stands in it."""

from typing import Any

import httpx

from emulator.dialects.nebius import catalogue

Json = dict[str, Any]
JOBS = "/v1/fine_tuning/jobs"
JOURNAL = "/_emulator/journal"
LOOKS = 2000
"""How often it is looked whether a server has noted what its client gave up; each look takes it milliseconds."""


def page(client: httpx.Client, **filters: object) -> Json:
    answer = client.get(JOURNAL, params={name: str(each) for name, each in filters.items()})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def entries(client: httpx.Client, **filters: object) -> list[Json]:
    """Return all entries that fit, at most a page of them."""
    found: list[Json] = page(client, limit=1000, **filters)["data"]
    return found


def entry(client: httpx.Client, **filters: object) -> Json:
    """Return the one entry that fits."""
    [found] = entries(client, **filters)
    return found


def noted(client: httpx.Client, **filters: object) -> Json:
    """Return the one entry that fits, once the server has noticed that its client is gone."""
    for _ in range(LOOKS):
        if found := entries(client, **filters):
            return found[0]
    raise AssertionError("nothing was noted")


def fault(client: httpx.Client, match: str, effects: str, **budget: object) -> None:
    body = {"match": match, "effects": effects, **({"budget": budget} if budget else {})}
    assert client.post("/_emulator/faults", json=body).status_code == 200


def upload(client: httpx.Client, content: bytes = b'{"text": "a"}\n') -> str:
    form = {"file": ("a.jsonl", content)}
    return str(client.post("/v1/files", files=form, data={"purpose": "fine-tune"}).json()["id"])


def order(client: httpx.Client, **more: object) -> httpx.Response:
    body = {"model": catalogue.base_models()[0], "training_file": upload(client), **more}
    return client.post(JOBS, json=body)


def verify(client: httpx.Client, *expectations: Json, **more: object) -> Json:
    answer = client.post(f"{JOURNAL}/verify", json={"expectations": expectations, **more})
    assert answer.status_code == 200, answer.text
    verdict: Json = answer.json()
    return verdict
