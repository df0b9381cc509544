"""Seeds as they are sent: what they name by path goes along, and what cannot is refused before anything is asked."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator import Emulator, Tenant
from emulator.client import BadSeed
from tests.conftest import client_of

ROWS = '{"text": "a row"}\n' * 20
SEED_FILE = """
tenants:
- keys: [a-secret-key]
  clock: {mode: manual, now: 2026-03-01T00:00:00Z}
  files:
  - {path: data/rows.jsonl}
  - {path: data/raw.bin, name: renamed.bin, purpose: batch}
  jobs:
  - {model: Qwen/Qwen3-4B, training_file: rows.jsonl, age_s: 60, scenario: fails_at_step=1}
"""


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    """A seed file with data beside it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.jsonl").write_text(ROWS)
    (tmp_path / "data" / "raw.bin").write_bytes(b"\xff\x00")
    (tmp_path / "seed.yaml").write_text(SEED_FILE)
    return tmp_path / "seed.yaml"


def contents(client: httpx.Client) -> dict[str, bytes]:
    files = client.get("/v1/files").raise_for_status().json()["data"]
    return {file["filename"]: client.get(f"/v1/files/{file['id']}/content").content for file in files}


def test_a_seed_file_goes_along_with_the_data_beside_it(tenant: Tenant, still: Emulator, seed_file: Path) -> None:
    tenant.seed(seed_file)
    with client_of(still, tenant.api_key) as client:
        assert contents(client) == {"rows.jsonl": ROWS.encode(), "renamed.bin": b"\xff\x00"}
        tenant.clock.advance(hours=1)
        tenant.reset()
        [job] = client.get("/v1/fine_tuning/jobs").json()["data"]

    assert job["status"] == "failed"
    assert tenant.clock.now().isoformat() == "2026-03-01T00:00:00+00:00"


def test_an_object_is_a_seed_as_well(tenant: Tenant, still: Emulator) -> None:
    tenant.seed({"files": [{"name": "a", "content": "{}"}]})
    with client_of(still, tenant.api_key) as client:
        assert contents(client) == {"a": b"{}"}


def test_an_exported_state_beside_a_seed_file_goes_along(tenant: Tenant, seed_file: Path) -> None:
    tenant.seed(seed_file)
    document = tenant.state.export()
    seed_file.with_name("state.json").write_text(json.dumps(document))
    own = seed_file.with_name("own.json")
    own.write_text(json.dumps({"state": "state.json"}))
    tenant.forget()
    tenant.seed(own)

    assert tenant.state.export()["jobs"] == document["jobs"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tenants: [{keys: [a-secret-key]}, {keys: [b]}]", "takes a seed file of one tenant, got 2 tenants"),
        ("tenants: []", "takes a seed file of one tenant, got no tenant"),
        ("tenants: {keys: [a-secret-key]}", "takes a seed file of one tenant, got no tenant"),
        ("a-secret-key", "takes a seed file of one tenant, got no tenant"),
        ("{a-secret-key: [", "it is not YAML that can be read"),
        ("files: [{path: none.jsonl}]", "none.jsonl cannot be read: No such file or directory"),
        ("files: [{path: x, content: y}]", "files[0]: a file has either content, base64 or path"),
        ("jobs: [{model: .nan}]", "the seed is not JSON: "),
        ("jobs: [{model: !!binary aGk=}]", "the seed is not JSON: bytes is no type that JSON has"),
    ],
)
def test_what_cannot_be_sent_is_refused_without_a_key(tenant: Tenant, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "seed.yaml").write_text(text)
    with pytest.raises(BadSeed) as refused:
        tenant.seed(tmp_path / "seed.yaml")

    assert said in str(refused.value)
    assert "a-secret-key" not in str(refused.value)


@pytest.mark.parametrize("seed", [{"files": "x"}, {"files": [1]}, {"files": [{"path": 1}]}])
def test_what_is_no_upload_is_left_for_the_server_to_refuse(tenant: Tenant, seed: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"^files"):
        tenant.seed(seed)
