"""The key appears in no output, evidence or ledger, whatever a test does with it."""

import shutil
from pathlib import Path

from tests.contract.conftest import KEY, SECOND_KEY, Played
from tests.contract.suite import FAST, TESTS, Result, file, run

CARELESS = """
import logging
import sys

import pytest

from contract_tests.harness.facts import fact, free

pytestmark = free


@fact("models.list", "it compares the key", known="unverified")
def test_it_compares_the_key(line):
    key = line.key.reveal()
    assert key == "another", f"the key is {key}"


@fact("models.list", "it prints the key", known="unverified")
def test_it_prints_the_key(run):
    print(run.target.key.reveal(), run.target.second_key.reveal())
    print(run.target.key.reveal(), file=sys.stderr)
    logging.getLogger("careless").warning("the key is %s", run.target.key.reveal())
    raise ValueError(run.target.key.reveal())


@fact("models.list", "it skips by the key", known="unverified")
def test_it_skips_by_the_key(run):
    pytest.skip(f"not with {run.target.key.reveal()}")


@pytest.fixture
def broken(run):
    headers = {"authorization": f"Bearer {run.target.key.reveal()}"}
    raise RuntimeError(headers)


@fact("models.list", "its preparation fails", known="unverified")
def test_its_preparation_fails(broken):
    pass


@fact("models.list", "it observes the key", known="unverified")
def test_it_observes_the_key(run, observe):
    observe(key=run.target.key.reveal(), nested={"keys": [run.target.key.reveal()]})


@fact("models.list", "it tells the key", known="unverified")
def test_it_tells_the_key(run):
    run.tell(f"waiting with {run.target.key.reveal()}")
    assert run.target.key == "x"
"""


def careless(folder: Path, played: Played, *args: str) -> Result:
    """Run tests that do all that one should not with a key."""
    copy = folder / "contract_tests"
    shutil.copytree(TESTS, copy, ignore=shutil.ignore_patterns("__pycache__", "evidence", ".*", "test_*"))
    (copy / "nebius" / "test_careless.py").write_text(CARELESS, encoding="utf-8")
    options = ["--target", played.url, "--api-key-env", "CONTRACT_KEY", "--second-api-key-env", "OTHER_KEY", *FAST]
    variables = {"CONTRACT_KEY": KEY, "OTHER_KEY": SECOND_KEY}
    return run(folder, *options, *args, tests=copy, variables=variables)


def written(folder: Path) -> str:
    """Return all that a run wrote beside its code."""
    kept = [path for path in folder.rglob("*") if path.is_file() and "contract_tests" not in path.parts]
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in kept)


def test_the_key_is_in_no_output_of_careless_tests(tmp_path: Path, played: Played) -> None:
    asked = careless(tmp_path, played, "-vv", "--showlocals", "-rA", "--junitxml", str(tmp_path / "junit.xml"))
    all_written = asked.out + written(tmp_path)

    assert asked.code == 1
    assert asked.out.count("<key>") > 5
    assert "refuted" in all_written
    assert "testcase" in all_written
    assert KEY not in all_written
    assert SECOND_KEY not in all_written


def test_nor_is_it_where_every_test_fails(tmp_path: Path, played: Played) -> None:
    played.fault("models.*", "html_error=502")
    options = ["--target", played.url, "--api-key-env", "CONTRACT_KEY", *FAST, "--showlocals", "-vv"]
    asked = run(tmp_path, file("test_models"), *options, variables={"CONTRACT_KEY": KEY})

    assert asked.code == 1
    assert set(asked.outcomes.values()) == {"refuted"}
    assert KEY not in asked.out + written(tmp_path)
