"""The README and the reference are true: commands are what CI runs, code runs, tables are the program's."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import openai
import pytest

from emulator import dialects, pytest_plugin
from emulator.cli import _default, main
from emulator.client import Tenant
from emulator.client.clock import TenantClock
from emulator.client.faults import TenantFaults
from emulator.client.journal import TenantJournal
from emulator.client.scenarios import TenantScenarios
from emulator.client.state import TenantState
from emulator.client.webhooks import TenantWebhooks
from emulator.control.routes import TABLE
from emulator.core.catalogue import Catalogue
from emulator.core.presets import presets
from emulator.dialects.nscale import catalogue
from emulator.dialects.nscale.entrance import API
from emulator.faults import EFFECTS
from emulator.faults.rule import Rule
from emulator.server import Emulator
from emulator.settings import Settings, described_fields
from tests.catalogues import effects, scenarios
from tests.conftest import Serve

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "REFERENCE.md").read_text(encoding="utf-8")
OPENAI = (ROOT / "OPENAI.md").read_text(encoding="utf-8")
NSCALE = (ROOT / "NSCALE.md").read_text(encoding="utf-8")
SEAM = (ROOT / "emulator/dialects/README.md").read_text(encoding="utf-8")

WORDS = {19: "nineteen", 20: "twenty", 21: "twenty-one"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def rows(heading: str, page: str = REFERENCE) -> dict[str, list[str]]:
    """Return a page's table below a heading: the other cells by the first."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {cell[0].strip("`"): cell[1:] for cell in cells}


def test_the_two_commands_are_what_ci_runs() -> None:
    install_and_demo, test = blocks("console")[0].splitlines()
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert test in ci
    assert all(part.split()[0] in ci for part in install_and_demo.split(" && "))


def test_the_code_runs_and_prints_a_line_a_checkpoint(
    server: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    code = blocks("python")[0].replace("http://127.0.0.1:8080/v1", server.base_url()).replace("time.sleep(0.5)", "pass")
    opened = re.search(r"open\(\"(.*?)\", \"rb\"\)", code)
    assert opened
    with Path(opened[1]).open("rb") as file:  # the README leaves closing it to the interpreter
        exec(compile(code.replace(opened[0], "file_of_the_test"), "README", "exec"), {"file_of_the_test": file})  # noqa: S102 -- our own words

    assert re.fullmatch(r"(\d+ \d\.\d+ 6\n){3}", capsys.readouterr().out)


def test_the_test_passes_with_the_plugin_alone(tmp_path: Path) -> None:
    code = blocks("python")[1].replace('open("', f'open("{ROOT}/')
    (tmp_path / "test_of_the_readme.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "1 passed" in done.stdout, done.stdout


def test_the_call_that_moves_time_moves_it(serve: Serve) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    emulator = serve(clock="manual")
    line = next(line for block in blocks("console") for line in block.splitlines() if line.startswith("curl"))
    said = subprocess.run(
        shlex.split(line.replace("http://127.0.0.1:8080", emulator.url)), capture_output=True, text=True, check=True
    )

    assert json.loads(said.stdout)["now"] == "2026-01-01T01:00:00Z"


def test_every_setting_is_in_the_table_with_its_default_and_text() -> None:
    expected = {
        f"--{name.replace('_', '-')}": [f"`{_default(field.default)}`", field.metadata["help"]]
        for name, field in described_fields().items()
    }

    assert rows("Settings") == expected


def test_every_call_is_in_the_table_and_nothing_else() -> None:
    app = dialects.NEBIUS.face(None)
    calls = {f"{method.upper()} {path}" for path, operations in app.openapi()["paths"].items() for method in operations}

    assert set(rows("Calls")) == calls


def test_every_call_of_openai_is_on_its_page_and_nothing_else() -> None:
    told = {call: cells[0].strip("`") for call, cells in rows("Calls", OPENAI).items()}
    known = dialects.OPENAI.operations

    assert told == {f"{each.method} {each.path.replace(':path', '')}": each.name for each in known}


def test_the_code_for_openai_runs_and_its_model_answers(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    emulator = serve(dialect="openai", clock="poll")
    code = re.findall(r"```python\n(.*?)```", OPENAI, re.DOTALL)[0].replace(
        "http://127.0.0.1:8080/v1", emulator.base_url()
    )
    exec(compile(code.replace('open("', f'open("{ROOT}/'), "OPENAI.md", "exec"), {})  # noqa: S102 -- our own words

    assert capsys.readouterr().out.startswith("ft:gpt-4o-mini-2024-07-18:personal:mine:")


def test_every_call_of_nscale_is_on_its_page_and_nothing_else() -> None:
    told = {call: cells[0].strip("`") for call, cells in rows("Calls", NSCALE).items()}
    known = dialects.NSCALE.operations

    assert told == {f"{each.method} {each.path.removeprefix(API)}": each.name for each in known}


def test_the_code_for_nscale_runs_and_its_model_can_be_unpacked(
    serve: Serve, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    emulator = serve(dialect="nscale", clock="poll")
    code = re.findall(r"```python\n(.*?)```", NSCALE, re.DOTALL)[0].replace("http://127.0.0.1:8080", emulator.url)
    made: dict[str, Any] = {}
    exec(compile(code, "NSCALE.md", "exec"), made)  # noqa: S102 -- our own words
    made["client"].close()

    said = capsys.readouterr().out
    with tarfile.open(tmp_path / "fine_tuned_model.tar.gz") as archive:
        names = archive.getnames()
    assert said.startswith("{'cost': 2.0, 'tokens': ")
    assert "\ncompleted {'step': 75, " in said
    assert "adapter_model.safetensors" in names


def test_prices_of_nscale_are_those_of_its_page() -> None:
    table = NSCALE.partition("| models | US dollars")[2].partition("\n\n")[0]
    told = {float(price) for price in re.findall(r"\| (\d+\.\d\d) \|", table)}

    assert told == {model.usd_per_million_tokens for model in catalogue.offered(Settings())}


def test_every_dialect_has_the_five_files_of_the_page() -> None:
    folders = [path for path in (ROOT / "emulator/dialects").iterdir() if (path / "__init__.py").exists()]
    files = [name.removesuffix(".py") for name in re.findall(r"^\| `(\w+\.py)` \|", SEAM, re.MULTILINE)]

    assert len(files) == 5
    assert [
        f"{folder.name}/{name}"
        for folder in folders
        for name in files
        if not (folder / f"{name}.py").exists() and not (folder / name / "__init__.py").exists()
    ] == []


def test_every_member_of_a_tenant_is_in_the_reference() -> None:
    section = REFERENCE.split("\n## Python\n")[1].split("\n## ")[0]
    kinds = (Emulator, Tenant, TenantClock, TenantFaults, TenantJournal, TenantScenarios, TenantState, TenantWebhooks)
    members = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}

    assert [name for name in members - {"calls", "server"} if not re.search(rf"\b{name}\b", section)] == []
    assert [name for name in pytest_plugin.TAKES if f"| `{name}` |" not in section] == []
    assert [name for name, _, _ in pytest_plugin.OPTIONS if f"--ft-emulator-{name} " not in section] == []


def test_every_control_call_is_in_the_readme() -> None:
    assert [path for _, path, _, _ in TABLE if path.strip("/") not in REFERENCE] == []


def test_the_catalogues_are_those_of_the_code() -> None:
    assert scenarios() in REFERENCE
    assert effects() in REFERENCE
    assert f"[{WORDS[len(Catalogue().entries)]}](REFERENCE.md#scenarios)" in README
    assert f"[{WORDS[len(EFFECTS)]} effects](REFERENCE.md#effects)" in README


def test_each_way_of_naming_a_scenario_and_a_fault_is_one_that_is_read() -> None:
    named = re.findall(
        r"`suffix=\"emu:(.+?)\"`|X-Emulator-Scenario: (.+?)`|--scenario (\S+)`|scenarios next (\S+)", README
    )
    faults = re.findall(r"X-Emulator-Fault: (.+?)`|faults add '(.+?)'", README)
    presets_named = re.findall(r"--faults (\w+)`, `(\w+)` or `(\w+)`", README)

    assert len(named) == 4
    assert [Catalogue().written("".join(each)) for each in named]
    assert [Rule.model_validate({"effects": "".join(each)}) for each in faults]
    assert {*presets_named[0]} == {*presets()}


def test_the_calls_that_set_a_fault_and_ask_the_journal_do_so(serve: Serve) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    emulator = serve()
    text = "".join(block.replace("\\\n", "") for block in blocks("console"))
    lines = [line for line in text.splitlines() if line.startswith("curl") and "advance" not in line]
    with openai.OpenAI(base_url=emulator.base_url(), api_key="any-key") as sdk:
        asked = [shlex.split(line.replace("http://127.0.0.1:8080", emulator.url)) for line in lines]
        fault = subprocess.run(asked[0], capture_output=True, text=True, check=True)
        with (ROOT / "fixtures/shipped/sample/training.jsonl").open("rb") as data:
            file = sdk.files.create(file=data, purpose="fine-tune")
        sdk.fine_tuning.jobs.create(model="Qwen/Qwen3-4B", training_file=file.id)
        verdict = subprocess.run(asked[1], capture_output=True, text=True, check=True)

    assert json.loads(fault.stdout)["rules"][0]["id"] == "rule-1"
    assert json.loads(verdict.stdout)["holds"] is True


def test_every_command_is_in_the_readme_and_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^ {4}(\w+) {2,}", capsys.readouterr().out, re.MULTILINE)

    own = ["clock", "faults", "scenarios", "journal", "webhooks", "state", "snapshot", "reset"]
    others = ["lint", "record", "replay", "drift", "conformance", "token"]
    assert commands == ["serve", "demo", "health", "openapi", *own, *others]
    assert [name for name in commands if f"ftemu {name}" not in README + REFERENCE and name != "health"] == []


def test_routes_that_are_unbuilt_are_not_among_the_calls() -> None:
    for dialect in dialects.ALL:
        paths = dialect.face(None).openapi()["paths"]
        built = {(method.upper(), path) for path, operations in paths.items() for method in operations}

        assert built.isdisjoint(dialect.unbuilt), dialect.name
