"""The recipes: their clients walk a real server, their files are well-formed, and what they name is what there is."""

import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from emulator.server import Emulator
from emulator.settings import Settings, described_fields

RECIPES = Path(__file__).parents[2] / "recipes"
FILES = sorted(path for path in RECIPES.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
CLIENTS = {
    "curl": ["sh", str(RECIPES / "clients/client.sh")],
    "python": [sys.executable, str(RECIPES / "clients/client.py")],
    "node": ["node", str(RECIPES / "clients/client.mjs")],
}
SCHEMAS = {
    "github-actions.yml": "vendor.github-workflows",
    "gitlab-ci.yml": "vendor.gitlab-ci",
    "compose.yaml": "vendor.compose-spec",
}
IMAGE = "fine-tuning-emulator"
NODE_MAJOR_MIN = 18
"""The first with fetch and FormData of its own."""


def can_run(name: str) -> bool:
    if name != "node":
        return name == "python" or shutil.which(name) is not None
    told = (
        subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
        if shutil.which("node")
        else None
    )
    return told is not None and int(told.stdout.lstrip("v").split(".")[0]) >= NODE_MAJOR_MIN


def walked(name: str, url: str, key: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one of the clients to its end."""
    if not can_run(name):
        pytest.skip(f"{name} is not on this machine, or too old")
    told = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": key, **more}
    environment = {"PATH": os.defpath, **os.environ, **told}  # noqa: TID251 -- a client's
    return subprocess.run(CLIENTS[name], env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_walks_to_the_end(server: Emulator, name: str, key: str) -> None:
    done = walked(name, server.base_url(), key)

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"succeeded: 3 events, 3 checkpoints, a first file of [1-9]\d+ bytes\n", done.stdout)


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_fails_where_the_job_does(server: Emulator, client: httpx.Client, name: str, key: str) -> None:
    client.put("/_emulator/scenarios/next", json={"scenario": "fails_at_step=1"}).raise_for_status()
    done = walked(name, server.base_url(), key)

    assert done.returncode == 1
    assert "failed" in done.stderr


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_fails_where_it_is_refused(name: str, serve: Any) -> None:
    done = walked(name, serve(api_key=("another-key",)).base_url(), "a-key")

    assert done.returncode != 0
    assert "succeeded" not in done.stdout
    assert re.search("authenticate|401", done.stderr)


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_says_in_a_line_that_nobody_listens(name: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        done = walked(name, f"http://127.0.0.1:{port}/v1", "a-key")

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line.replace(" port ", ":")
    assert re.search("refused|connect to", line, re.IGNORECASE)


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_looks_as_seldom_as_it_is_told(name: str, serve: Any) -> None:
    emulator = serve()
    done = walked(name, emulator.base_url(), "a-key", POLL_S="0.5")
    with httpx.Client(base_url=emulator.url, headers={"authorization": "Bearer a-key"}, timeout=30) as client:
        looks = client.get("/_emulator/journal", params={"operation": "jobs.retrieve"}).json()["data"]
        told = client.get("/_emulator/journal/lint", params={"poll_s": 0.5}).raise_for_status().json()

    assert done.returncode == 0, done.stderr
    assert len(looks) > 2
    assert "polls_too_fast" not in [finding["name"] for finding in told["findings"]]


@pytest.mark.parametrize("name", CLIENTS)
def test_each_client_refuses_an_interval_that_is_none(server: Emulator, name: str, key: str) -> None:
    done = walked(name, server.base_url(), key, POLL_S="often")

    assert (done.returncode, done.stderr) == (1, "POLL_S: got often; it takes seconds, such as 15\n")


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_file_of_a_ci_says_what_else_it_takes_in_a_repository_of_yours(name: str) -> None:
    text = (RECIPES / name).read_text(encoding="utf-8")
    heading = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))

    assert "copy recipes/clients" in heading
    assert ("line `build` out" in heading) == ("build:" in text)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_file_of_a_ci_holds_to_its_schema(name: str) -> None:
    if not find_spec("check_jsonschema"):
        pytest.skip("check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name], str(RECIPES / name)]

    assert subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).returncode == 0


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".sh"], ids=lambda path: path.name)
def test_each_script_is_one_to_the_shell(path: Path) -> None:
    assert subprocess.run(["sh", "-n", str(path)], capture_output=True, check=False).stderr == b""


def emulators() -> dict[str, dict[str, Any]]:
    """Return, of each CI, the service that is the emulator."""
    read = {name: yaml.safe_load((RECIPES / name).read_text(encoding="utf-8")) for name in SCHEMAS}
    return {
        "github-actions.yml": read["github-actions.yml"]["jobs"]["walk"]["services"]["emulator"],
        "gitlab-ci.yml": read["gitlab-ci.yml"]["default"]["services"][0],
        "compose.yaml": read["compose.yaml"]["services"]["emulator"],
    }


def test_the_image_is_a_variable_of_one_name() -> None:
    images = [service.get("image") or service["name"] for service in emulators().values()]

    assert images == ["${{ vars.EMULATOR_IMAGE }}", "$EMULATOR_IMAGE", f"${{EMULATOR_IMAGE:-{IMAGE}}}"]


def test_every_variable_of_the_emulator_is_one_that_it_knows() -> None:
    known = {f"FTEMU_{name.upper()}" for name in described_fields()}
    named = {(path.name, each) for path in FILES for each in re.findall(r"\bFTEMU_[A-Z_]+\b", path.read_text("utf-8"))}

    assert {each for _, each in named} != set()
    assert {(name, each) for name, each in named if each not in known} == set()


def test_every_port_is_that_of_the_image() -> None:
    port = Settings().port
    ports = {each for path in FILES for each in re.findall(r"(?:127\.0\.0\.1|emulator):(\d+)", path.read_text("utf-8"))}

    assert ports == {str(port)}
    assert emulators()["github-actions.yml"]["ports"] == [f"{port}:{port}"]
    assert emulators()["compose.yaml"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_services_are_waited_for_by_the_health_of_the_program() -> None:
    compose = yaml.safe_load((RECIPES / "compose.yaml").read_text(encoding="utf-8"))["services"]

    assert emulators()["github-actions.yml"]["options"].split()[::2] == ["--health-interval", "--health-retries"]
    assert emulators()["compose.yaml"]["healthcheck"]["test"] == ["CMD", "ftemu", "health"]
    assert [compose[name]["depends_on"] for name in ("javascript", "python", "curl")] == [
        {"emulator": {"condition": "service_healthy"}}
    ] * 3


def test_every_file_that_a_recipe_names_is_there() -> None:
    named = {each for path in FILES for each in re.findall(r"\brecipes/[\w./-]*\w", path.read_text("utf-8"))}

    assert [each for each in sorted(named) if not (RECIPES.parent / each).exists()] == []


def test_every_recipe_is_in_the_list_of_them() -> None:
    index = (RECIPES / "README.md").read_text(encoding="utf-8")

    assert [
        path.name for path in FILES if path.name != "README.md" and f"({path.relative_to(RECIPES)})" not in index
    ] == []


def test_testcontainers_runs_it(key: str) -> None:
    image = os.environ.get("EMULATOR_IMAGE")  # noqa: TID251 -- of the tests, not of the emulator
    if not image or not find_spec("testcontainers"):
        pytest.skip("testcontainers is not installed, or EMULATOR_IMAGE names no image")
    recipe = runpy.run_path(str(RECIPES / "testcontainers_emulator.py"))
    with recipe["EmulatorContainer"](image, pace="0.001") as emulator:
        walk = walked("python", emulator.base_url(), key)

    assert walk.stdout.startswith("succeeded")
