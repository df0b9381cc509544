"""Many clients at once: nothing lost, nothing twice, nothing of one given to another."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx

from emulator.server import Emulator
from tests.conftest import Serve, client_of

ROW = b'{"text": "one"}\n'
CLIENTS = 12


def upload(client: httpx.Client, content: bytes = ROW) -> str:
    answer = client.post("/v1/files", files={"file": ("a.jsonl", content)}, data={"purpose": "fine-tune"})
    return str(answer.raise_for_status().json()["id"])


def order(client: httpx.Client, file: str) -> str:
    ask = {"model": "Qwen/Qwen3-4B", "training_file": file, "hyperparameters": {"lora": True, "n_epochs": 1}}
    return str(client.post("/v1/fine_tuning/jobs", json=ask).raise_for_status().json()["id"])


def walk(emulator: Emulator, key: str) -> tuple[str, list[str]]:
    """Walk with a client of its own; return the job's last status and the names of what it made."""
    with client_of(emulator, key) as client:
        job = order(client, upload(client))
        path, status = f"/v1/fine_tuning/jobs/{job}", ""
        while status not in ("succeeded", "failed", "cancelled"):
            shown = client.get(path).raise_for_status().json()
            status = shown["status"]
        return status, [client.get(f"/v1/files/{file}").json()["filename"] for file in shown["result_files"]]


def test_clients_of_many_keys_walk_at_once(server: Emulator, key: str) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        walks = [*pool.map(partial(walk, server), [f"{key} {each}" for each in range(3 * CLIENTS)])]

    assert {status for status, _ in walks} == {"succeeded"}
    assert len({names[0] for _, names in walks}) == len(walks)
    assert {len(names) for _, names in walks} == {6}


def test_clients_of_one_key_get_files_and_jobs_of_their_own(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client, ThreadPoolExecutor(CLIENTS) as pool:
        files = [*pool.map(lambda each: upload(client, b'{"text": "%d"}\n' % (each % 3)), range(60))]
        jobs = [*pool.map(partial(order, client), files)]
        listed = client.get("/v1/fine_tuning/jobs", params={"limit": 100}).json()["data"]

        assert len(set(files)) == len(set(jobs)) == 60
        assert {job["id"]: job["training_file"] for job in listed} == dict(zip(jobs, files, strict=True))
        assert [client.get(f"/v1/files/{file}/content").status_code for file in files] == [200] * 60


def test_equal_contents_uploaded_and_deleted_at_once_are_there_for_as_long_as_a_file_names_them(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client, ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(5):
            files = [*pool.map(lambda _: upload(client), range(CLIENTS))]
            kept, *deleted = files
            outcomes = pool.map(lambda file: client.delete(f"/v1/files/{file}").status_code, deleted)
            again = [*pool.map(lambda _: upload(client), range(3))]

            assert {*outcomes} == {200}
            assert {client.get(f"/v1/files/{file}/content").content for file in (kept, *again)} == {ROW}


def test_a_job_is_cancelled_once_however_many_ask(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client, ThreadPoolExecutor(CLIENTS) as pool:
        job = order(client, upload(client))
        path = f"/v1/fine_tuning/jobs/{job}"
        answers = [*pool.map(lambda _: client.post(f"{path}/cancel").status_code, range(CLIENTS))]
        messages = [event["message"] for event in client.get(f"{path}/events").json()["data"]]

    assert sorted(answers) == [200] + [400] * (CLIENTS - 1)
    assert messages.count("Job is cancelled") == 1
