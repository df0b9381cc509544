"""Each test has a tenant of its own, and a run repeats byte for byte."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import Project

TESTS = """
import json
from pathlib import Path

pytestmark = pytest.mark.ft_emulator(clock="poll")

def live(client, emulator, request):
    assert client.fine_tuning.jobs.list().data == [] == client.files.list().data
    job = made = start(client)
    while job.status not in ("succeeded", "failed"):
        job = client.fine_tuning.jobs.retrieve(made.id)
    assert [each.id for each in client.fine_tuning.jobs.list()] == [made.id]
    state = emulator.state.export()
    del state["exported_at"]
    out = Path(request.config.getoption("out"))
    said = {"test": request.node.nodeid, "key": emulator.api_key, "state": state}
    (out / f"{emulator.api_key}.json").write_text(json.dumps(said, sort_keys=True))

@pytest.mark.parametrize("number", range(6))
def test_numbered(ft_client, ft_emulator, request, number):
    live(ft_client, ft_emulator, request)

@pytest.mark.parametrize("text", ["ä", "ö", "日本", "\\ud800", "a" * 5000, "a" * 5000 + "b", "", "\\n"])
def test_texts(ft_client, ft_emulator, request, text):
    live(ft_client, ft_emulator, request)

class TestOne:
    def test_same_name(self, ft_client, ft_emulator, request):
        live(ft_client, ft_emulator, request)

class TestOther:
    def test_same_name(self, ft_client, ft_emulator, request):
        live(ft_client, ft_emulator, request)

    @pytest.mark.ft_emulator(seed=7)
    def test_seeded(self, ft_client, ft_emulator, request):
        live(ft_client, ft_emulator, request)
"""
MANY = 17
CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--out")
    parser.addoption("--backwards", action="store_true")

def pytest_collection_modifyitems(config, items):
    if config.getoption("backwards"):
        items.reverse()
"""


def told(folder: Path) -> dict[str, Any]:
    """Return what each test had, by its id."""
    return {told["test"]: told for told in (json.loads(path.read_text()) for path in folder.iterdir())}


@pytest.mark.full
def test_no_test_sees_anothers_jobs_and_runs_repeat_in_any_order_on_any_worker(project: Project) -> None:
    project.write(test_many=TESTS, conftest=CONFTEST)
    runs = []
    for name, options in {"one": ["-n", "0"], "two": ["-n", "3", "--backwards"]}.items():
        (project.folder / name).mkdir()
        ran = project.run(f"--out={name}", *options)
        assert ran.code == 0, ran.out
        runs.append(told(project.folder / name))

    assert len({each["key"] for each in runs[0].values()}) == MANY
    jobs = [each["state"]["jobs"][0]["id"] for each in runs[0].values()]
    assert len({*jobs}) == MANY
    assert runs[0] == runs[1]


@pytest.mark.full
def test_another_seed_is_another_run(project: Project) -> None:
    test = """
@pytest.mark.ft_emulator(seed={seed!r})
def test_it(ft_emulator):
    print("key", ft_emulator.api_key)
"""
    said = []
    for seed in (1, 2, "2"):
        project.write(test_it=test.format(seed=seed))
        said.append(next(line for line in project.run("-n", "0").out.splitlines() if line.startswith("key")))

    one, two, text = said
    assert one != two == text
