"""The whole application: where things are mounted, behind what, and for whom."""

import httpx
import pytest

from emulator.server import Emulator
from tests.conftest import Serve, client_of


def test_the_chosen_dialect_answers_at_the_root_and_under_its_name(client: httpx.Client) -> None:
    assert client.get("/v1/models").json() == client.get("/nebius/v1/models").json()


def test_both_places_show_the_same_state(client: httpx.Client) -> None:
    made = client.post("/v1/files", files={"file": ("a", b"{}")}, data={"purpose": "batch"}).json()

    assert client.get(f"/nebius/v1/files/{made['id']}").json() == made


@pytest.mark.parametrize("path", ["/openapi.json", "/nebius/openapi.json", "/docs", "/_emulator/health"])
def test_what_is_public_needs_no_key(server: Emulator, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 200


@pytest.mark.parametrize("path", ["/v1/models", "/nebius/v1/files", "/v1/nowhere"])
def test_all_else_needs_one(server: Emulator, path: str) -> None:
    answer = httpx.get(server.url + path)

    assert answer.status_code == 401
    assert answer.json() == {"detail": "Couldn't authenticate. Reason: token is not present"}


def test_a_proxy_may_serve_it_under_a_path(serve: Serve) -> None:
    emulator = serve(root_path="/emulator")
    bare = emulator.url  # what the proxy asks, having taken its path off

    assert emulator.base_url() == f"{bare}/v1"
    emulator.reset()
    with client_of(emulator) as client:
        assert client.get(f"{bare}/v1/models").status_code == 200
        assert client.get(f"{bare}/nebius/v1/models").status_code == 200
        assert client.get(f"{bare}/openapi.json", headers={"authorization": ""}).status_code == 200
        moved = client.get(f"{bare}/v1/files/", follow_redirects=False)

    assert moved.headers["location"] == f"{bare}/emulator/v1/files"


def test_browsers_of_listed_origins_may_read_answers_and_others_may_not(serve: Serve) -> None:
    ask = {"origin": "https://app.example", "access-control-request-method": "POST"}
    allowed = httpx.options(f"{serve(cors=('https://app.example',)).url}/v1/files", headers=ask)
    refused = httpx.options(f"{serve(cors=('https://other.example',)).url}/v1/files", headers=ask)

    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in refused.headers


def test_a_server_offers_further_models(serve: Serve) -> None:
    with client_of(serve(model=("acme/one",))) as client:
        assert client.get("/v1/models/acme%2Fone").json()["id"] == "acme/one"
        assert client.get("/v1/models/acme/one").json()["id"] == "acme/one"
        assert "acme/one" in [model["id"] for model in client.get("/v1/models").json()["data"]]
        assert client.get("/v1/models", params={"verbose": True}).json()["data"][0]["name"]


def test_weights_are_as_large_as_the_setting_says(serve: Serve) -> None:
    row = b'{"text": "one"}\n'
    with client_of(serve(weight_bytes=4_000_000, clock="manual")) as client:
        file = client.post("/v1/files", files={"file": ("a.jsonl", row)}, data={"purpose": "fine-tune"}).json()
        ask = {"model": "Qwen/Qwen3-4B", "training_file": file["id"], "hyperparameters": {"lora": True, "n_epochs": 1}}
        job = client.post("/v1/fine_tuning/jobs", json=ask).json()
        client.post("/_emulator/clock/advance", json={"seconds": 3600})
        files = client.get(f"/v1/fine_tuning/jobs/{job['id']}").json()["result_files"]
        shown = [client.get(f"/v1/files/{file}").json() for file in files]
        sizes = {each["filename"].split("/")[1]: each["bytes"] for each in shown}

    assert 3_600_000 < sizes["adapter_model.safetensors"] < 4_400_000


def test_a_checkpoint_file_is_found_by_its_own_id_only(client: httpx.Client) -> None:
    row = b'{"text": "one"}\n'
    file = client.post("/v1/files", files={"file": ("a.jsonl", row)}, data={"purpose": "fine-tune"}).json()
    ask = {"model": "Qwen/Qwen3-4B", "training_file": file["id"], "hyperparameters": {"lora": True, "n_epochs": 2}}
    job = client.post("/v1/fine_tuning/jobs", json=ask).json()
    while job["status"] != "succeeded":
        job = client.get(f"/v1/fine_tuning/jobs/{job['id']}").json()
    own = job["result_files"][0]
    last_of_time = len("file-xxxxxxxx-xxx")
    other = own[:last_of_time] + ("0" if own[last_of_time] != "0" else "1") + own[last_of_time + 1 :]

    assert client.get(f"/v1/files/{own}").status_code == 200
    assert client.get(f"/v1/files/{other}").status_code == 404
    assert client.delete(f"/v1/files/{other}").status_code == 404
