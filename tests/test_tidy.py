"""House rules that a linter cannot hold."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "emulator").rglob("*.py"))
SOURCES = PACKAGE + [path for folder in ("tests", "contract_tests") for path in sorted((ROOT / folder).rglob("*.py"))]
LINES_MAX = 400
FUNCTION_LINES_MAX = 50
FUNCTION_LINES_MEDIAN_MAX = 10


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            yield node.name, node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_400_lines_and_its_functions_fit_on_a_screen(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= LINES_MAX
    assert [name for name, lines in functions(path) if lines >= FUNCTION_LINES_MAX] == []


def test_the_median_function_has_at_most_10_lines() -> None:
    assert statistics.median(lines for path in PACKAGE for _, lines in functions(path)) <= FUNCTION_LINES_MEDIAN_MAX


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_module_is_named_for_what_collects_dust() -> None:
    dusty = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "constants", "misc"}

    assert [path for path in PACKAGE if path.stem in dusty or path.parent.name in dusty] == []


def test_every_exemption_from_a_lint_rule_names_it_and_says_why() -> None:
    bare = re.compile(r"# noqa(?!: [A-Z]+\d+(, [A-Z]+\d+)* -)|# type: ignore(?!\[)")
    lines = [(path.name, line) for path in PACKAGE for line in path.read_text(encoding="utf-8").splitlines()]

    assert [found for found in lines if bare.search(found[1])] == []


def test_the_changelog_has_an_entry_for_what_is_not_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.search(r"^## Unreleased\n\n### (Added|Changed|Fixed)\n\n- ", text, re.MULTILINE)


def test_no_tracked_file_is_large() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if not names:
        pytest.skip("not a git checkout")

    assert [name for name in names if (ROOT / name).exists() and (ROOT / name).stat().st_size > 300_000] == []
