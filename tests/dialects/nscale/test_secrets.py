"""A secret that is sent to the dialect never comes out: not in an answer, not on disk, not in what a server prints.

A signature is a secret too: it stands in the answers that give a link, and nowhere else.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.dialects.nscale.api import LLAMA, NOBODY, ORGANIZATION, Json, asked, follow, table
from tests.dialects.nscale.tokens import HEADER, part
from tests.test_secrets import CANARY, Served, leaks, run

BASE = f"/nscale/api/v1/organizations/{ORGANIZATION}"
TOKEN = ".".join([part(HEADER), part({"sub": "me"}), CANARY["api_key"]])
HF = CANARY["hf_export"]
HIDDEN: Json = {
    "api_key": CANARY["unknown"],
    "nested": [{"hf_token": {"value": CANARY["unknown"]}}, {"deeper": {"Password": CANARY["unknown"]}}],
}
PUSH: Json = {"huggingface_user_id": "u", "huggingface_access_token": HF, "huggingface_repository_id": "u/r"}
PUSHES: dict[str, Any] = {
    "as it is": PUSH,
    "with unknown members": {**PUSH, **HIDDEN},
    "with a bad repository": {**PUSH, "huggingface_repository_id": "no"},
    "with the token as a list": {**PUSH, "huggingface_access_token": [HF]},
    "with the token deeper": {**PUSH, "huggingface_access_token": {"value": HF}},
    "without a user": {name: value for name, value in PUSH.items() if name != "huggingface_user_id"},
    "in a list": [PUSH],
    "in a text": json.dumps(PUSH),
}


def post(client: httpx.Client, path: str, body: Any, kind: str = "application/json") -> httpx.Response:
    content = body if isinstance(body, str) else json.dumps(body)
    return client.post(f"{BASE}{path}", content=content.encode(), headers={"content-type": kind})


class Tried:
    """What was answered, and the signatures in it."""

    def __init__(self) -> None:
        self.seen: list[httpx.Response] = []
        self.signatures: set[str] = set()

    def try_all(self, served: Served) -> None:
        """Plant the canaries wherever there is room."""
        client = served.client
        client.headers["authorization"] = f"Bearer {TOKEN}"
        job, file = self._begun(client)
        self.seen += self._sent(client, job)
        urls = [client.get(f"{BASE}/files/{file}").json()["download_url"]]
        urls += [client.get(f"{BASE}/jobs/{job}/download").headers["location"] for _ in range(2)]
        for url in urls:
            self.signatures |= {*re.findall("signature=([0-9a-f]+)", url)}
            self.seen += [follow(url), follow(f"{url}0"), follow(url, "HEAD"), follow(url, authorization="Bearer x")]
            self.seen += [follow(url.replace("tenant=", "tenant=0")), follow(f"{url}&signature=x")]
        for path in ("/_emulator/journal", "/_emulator/state", "/_emulator/journal?format=har", "/_emulator/health"):
            self.seen.append(client.get(path))
        for path in ("/jobs", "/files", "/datasets", f"/jobs/{job}", f"/jobs/{job}/exports", "/base-models"):
            self.seen.append(client.get(f"{BASE}{path}"))

    def _begun(self, client: httpx.Client) -> tuple[str, str]:
        """Return a completed job and its file; what they were answered is kept."""
        answers = [client.post(f"{BASE}/files", files={"file": ("a.csv", table(9))})]
        file = answers[0].json()["id"]
        answers.append(post(client, "/datasets", {"name": "d", "training_file_id": file, **HIDDEN}))
        data = asked(answers[1].json()["id"])
        body = {"name": "n", "base_model_id": LLAMA, "dataset": data, "hyperparameters": HIDDEN, **HIDDEN}
        answers += [post(client, "/jobs", {**body, "dry_run": True}), post(client, "/jobs", body)]
        job = answers[-1].json()["job"]["id"]
        answers += [client.get(f"{BASE}/jobs/{job}") for _ in range(5)]
        assert answers[-1].json()["status"] == "completed"
        self.seen += answers
        return job, file

    def _sent(self, client: httpx.Client, job: str) -> Iterator[httpx.Response]:
        query = f"?api_key={CANARY['query']}&token={CANARY['query']}&signature={CANARY['query']}&limit=abc"
        for body in PUSHES.values():
            for of in (job, NOBODY):
                yield post(client, f"/jobs/{of}/exports/hugging-face{query}", body)
        whole = json.dumps(PUSH)
        for cut in (10, len(whole) // 2, len(whole) - 1):
            yield post(client, f"/jobs/{job}/exports/hugging-face", whole[:cut])
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"):
            yield post(client, f"/jobs/{job}/exports/hugging-face", whole, kind)
        for path in ("/files", "/jobs", "/datasets", "/nothing"):
            yield client.get(f"{BASE}{path}{query}")
            yield client.put(f"{BASE}{path}{query}")
        for given in (CANARY["api_key"], f"Basic {TOKEN}", f"Bearer {TOKEN}.x", f"Bearer {CANARY['api_key']}"):
            yield client.get(f"{BASE}/files", headers={"authorization": given})


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tried, str, list[bytes]]:
    """What was tried, what the server printed and what it kept."""
    data_dir = tmp_path_factory.mktemp("secrets") / "data"
    all_of_it = Tried()
    printed = run(data_dir, "text", all_of_it.try_all)
    return all_of_it, printed, [path.read_bytes() for path in data_dir.rglob("*") if path.is_file()]


def test_no_answer_holds_a_secret(tried: tuple[Tried, str, list[bytes]]) -> None:
    seen = tried[0].seen

    assert {each.status_code for each in seen} >= {200, 400, 401, 403, 404, 405}
    assert all(each.status_code < 500 for each in seen)
    assert [(str(each.url), each.text) for each in seen if leaks(each.content, str(each.headers))] == []


def test_nothing_on_disk_and_nothing_printed_holds_a_secret(tried: tuple[Tried, str, list[bytes]]) -> None:
    _, printed, kept = tried

    assert len(kept) >= 3
    assert leaks(*kept) == []
    assert printed.count(BASE) > 2 * len(PUSHES)
    assert leaks(printed) == []


def test_a_signature_is_kept_nowhere_and_printed_nowhere(tried: tuple[Tried, str, list[bytes]]) -> None:
    all_of_it, printed, kept = tried
    signatures = [each.encode() for each in all_of_it.signatures]

    assert len(signatures) == 2
    assert [each for each in signatures for text in [printed.encode(), *kept] if each in text] == []
    told = [each for each in all_of_it.seen if "_emulator" in str(each.url)]
    assert [each.status_code for each in told] == [200] * 4
    assert [str(each.url) for each in told for signature in signatures if signature in each.content] == []
    assert b"/downloads/organizations/" in told[0].content
