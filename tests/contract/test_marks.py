"""No contract test without its fact and its price; nothing in them that only the emulator has."""

import ast
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.contract.suite import TESTS, Result, file, run

HEAD = "from contract_tests.harness.facts import fact, free, spends\n\n\n"
FACT = '@fact("models.list", "is a list", known="documented")\n'


def with_a_test(folder: Path, text: str) -> Result:
    """Run a copy of the contract tests that has one file more."""
    copy = folder / "contract_tests"
    shutil.copytree(TESTS, copy, ignore=shutil.ignore_patterns("__pycache__", "evidence", ".*", "test_*"))
    (copy / "nebius" / "test_added.py").write_text(HEAD + text, encoding="utf-8")
    return run(folder, tests=copy)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"{FACT}def test_it() -> None: ...\n", "is marked neither; it takes one of free and spends"),
        (f"@free\n@spends\n{FACT}def test_it() -> None: ...\n", "is marked free and spends; it takes one of"),
        ("@free\ndef test_it() -> None: ...\n", "names no fact; it takes @fact(operation, words, known=…)"),
        (
            '@free\n@fact("models.list", "is", known="surely")\ndef test_it() -> None: ...\n',
            "known is 'surely'; it takes one of observed, documented, unverified",
        ),
        (
            f"@free\n{FACT}def test_one() -> None: ...\n\n\n@free\n{FACT}def test_it() -> None: ...\n",
            "names the fact of nebius/test_added.py::test_one: models.list is a list",
        ),
        (f"@free\n{FACT}def test_it(walk: object) -> None: ...\n", "which creates a job, so it takes the mark spends"),
    ],
)
def test_a_test_that_does_not_say_what_it_holds_or_costs_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    refused = with_a_test(tmp_path, text)

    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert complaint in refused.out
    assert "test_added.py::test_it" in refused.out
    assert "Traceback" not in refused.out


def test_a_job_whose_price_nobody_counted_is_not_sent(tmp_path: Path) -> None:
    text = (
        f"@free\n{FACT}def test_it(line, training_file) -> None:\n"
        '    body = {"model": "Qwen/Qwen3-4B", "training_file": training_file["id"]}\n'
        '    line.post("/fine_tuning/jobs", body)\n'
    )
    refused = with_a_test(tmp_path, text)

    assert refused.code == pytest.ExitCode.TESTS_FAILED
    assert "its price was not counted" in refused.out


def test_several_workers_are_refused(tmp_path: Path) -> None:
    refused = run(tmp_path, file("test_models"), "-n", "2")

    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "contract tests run in one process, because each worker would create jobs: add -n 0" in refused.out


def test_nothing_of_the_emulator_is_imported() -> None:
    imported = Counter[str]()
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported[node.module.partition(".")[0]] += 1

    assert imported["contract_tests"] > 50
    assert not {"emulator", "tests"} & imported.keys()


def test_the_harness_knows_no_provider() -> None:
    harness = [path.read_text(encoding="utf-8") for path in (TESTS / "harness").glob("*.py")]

    assert not [text for text in harness if re.search(r"contract_tests\.(nebius|openai)", text)]
