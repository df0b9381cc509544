"""What a client of Nscale sees of an organization: every answer to a GET; and a way to make a state of it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tests.state.looks import advance, answered

ORGANIZATION = "a7467a9d-90d4-4976-8a08-cc5bd358b56e"
MODEL = "5b912da4-4a68-43eb-9224-38239535d934"
ROWS = b'question,answer\n"one, two","a ""b"""\n' + b"c,d\n" * 20
SIGNED = re.compile(rb"\?tenant=[^\"]*")
"""What a link has that is the tenant's own."""


def path_of(organization: str) -> str:
    return f"/nscale/api/v1/organizations/{quote(organization, safe='').replace('.', '%2E')}"


def upload(client: httpx.Client, at: str, content: bytes = ROWS, name: str = "d.csv") -> str:
    return str(answered(client.post(f"{at}/files", files={"file": (name, content, "text/csv")}))["id"])


def put_together(client: httpx.Client, at: str, training: str, validation: str | None = None, name: str = "d") -> str:
    files = {"training_file_id": training, "validation_file_id": validation}
    return str(answered(client.post(f"{at}/datasets", json={"name": name, **files}))["id"])


def create(client: httpx.Client, at: str, dataset: str, **more: Any) -> str:
    columns = {"prompt_column": "question", "answer_column": "answer"}
    body = {"name": "j", "base_model_id": MODEL, "dataset": {"id": dataset, **columns}, **more}
    return str(answered(client.post(f"{at}/jobs", json=body))["job"]["id"])


def push(client: httpx.Client, at: str, job: str, place: str) -> str:
    body = {"huggingface_user_id": "me", "huggingface_access_token": "hf_c4nary", "huggingface_repository_id": place}
    return str(answered(client.post(f"{at}/jobs/{job}/exports/hugging-face", json=body))["id"])


def lived(client: httpx.Client, organization: str = ORGANIZATION) -> dict[str, str]:
    """Make a state with something of everything; return the ids by what they are."""
    at = path_of(organization)
    first, second, gone = upload(client, at), upload(client, at, name="ä.csv"), upload(client, at, b"", "gone.csv")
    broken = upload(client, at, b"question,answer\nx\n", "broken.csv")
    whole, bad = put_together(client, at, first, second), put_together(client, at, broken, name="bad")
    deleted, orphan = put_together(client, at, first, name="deleted"), put_together(client, at, gone, name="orphan")
    done = create(client, at, whole, hyperparameters={"n_epochs": 2, "n_evals": 2})
    failed = create(client, at, bad)
    advance(client, 100)
    sent = push(client, at, done, "me/sent")
    advance(client, 100)
    sending = push(client, at, done, "me/sending")
    answered(client.patch(f"{at}/datasets/{whole}", json={"name": "renamed", "unset": {"validation_file_id": True}}))
    for path in (f"{at}/datasets/{deleted}", f"{at}/files/{gone}"):
        assert client.delete(path).status_code == httpx.codes.NO_CONTENT
    cancelled, running = create(client, at, whole), create(client, at, whole)
    answered(client.post(f"{at}/jobs/{cancelled}/cancel"))
    advance(client, 0.1)
    ids = {"first": first, "whole": whole, "orphan": orphan, "done": done, "failed": failed, "sent": sent}
    return {**ids, "sending": sending, "cancelled": cancelled, "running": running, "deleted": deleted}


def everything(client: httpx.Client, organization: str = ORGANIZATION) -> dict[str, tuple[int, bytes]]:
    """Return the answer to every GET that the dialect has for what is there, whoever asks, on a clock that stands."""
    at = path_of(organization)
    seen: dict[str, tuple[int, bytes]] = {}

    def look(path: str) -> Any:
        answer = client.get(path, headers={"accept": "application/json"})
        told = answer.content.replace(str(client.base_url).rstrip("/").encode(), b"")
        seen[path.partition("?tenant=")[0]] = answer.status_code, SIGNED.sub(b"", told)
        return answer.json() if answer.headers["content-type"] == "application/json" else None

    for name in ("base-models", "jobs?status=completed", "jobs?status=running"):
        look(f"{at}/{name}")
    for dataset in look(f"{at}/datasets")["data"]:
        look(f"{at}/datasets/{dataset['id']}")
    links = [look(f"{at}/files/{file['id']}")["download_url"] for file in look(f"{at}/files")["data"]]
    for job in look(f"{at}/jobs")["data"]:
        links += _of_job(look, f"{at}/jobs/{job['id']}")
    for link in links:
        parts = urlsplit(link)
        look(f"{parts.path}?{parts.query}")
    return seen


def _of_job(look: Any, path: str) -> Iterator[str]:
    """Look at what there is of a job; yield the link to its archive."""
    look(path)
    look(f"{path}/metrics")
    for each in look(f"{path}/exports")["data"]:
        look(f"{path}/exports/{each['id']}")
    yield from [url] if (url := look(f"{path}/download").get("download_url")) else []
