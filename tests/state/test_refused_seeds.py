"""A bad seed file is refused before the server listens, by its place and the nearest name, and no key is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.server import Emulator
from emulator.settings import BadSetting, Settings
from tests.state.looks import MODEL

KEY = "sk-c4nary-key"
LATE = {"mode": "manual", "now": "1970-01-02T00:00:00Z"}


def one(**members: Any) -> dict[str, Any]:
    """Return a seed file of one tenant."""
    return {"tenants": [{"keys": [KEY], **members}]}


def file(**members: Any) -> dict[str, Any]:
    given = {"name": "a.jsonl", "content": '{"text": "a row"}\n', **members}
    return {name: value for name, value in given.items() if value is not None}


def job(**members: Any) -> dict[str, Any]:
    given = {"model": MODEL, "training_file": "a.jsonl", **members}
    return {name: value for name, value in given.items() if value is not None}


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "tenants: Field required"),
    "no tenants": ({"tenants": []}, "tenants: "),
    "a list": ([], "a seed file is an object"),
    "a misspelled member": ({"tenant": []}, "there is no member of a seed file 'tenant'; did you mean tenants?"),
    "a misspelled member of a tenant": (
        one(file=[]),
        "tenants[0]: there is no member of a tenant 'file'; did you mean files?",
    ),
    "a misspelled member of a file": (
        one(files=[file(age=5)]),
        "tenants[0].files[0]: there is no member of a file 'age'",
    ),
    "a misspelled member of a job, not one of the provider's": (
        one(files=[file()], jobs=[job(agee_s=5)]),
        "tenants[0].jobs[0]: there is no member of a job 'agee_s'; did you mean age_s?",
    ),
    "a key for a tenant": ({"tenants": [KEY]}, "tenants[0]: a tenant is an object"),
    "a key for a member": ({"tenants": [{KEY: []}]}, "tenants[0]: a tenant takes the members dialect, organi"),
    "a key for a list": ({"tenants": [{"keys": KEY}]}, "tenants[0].keys: Input should be a valid list"),
    "an empty key": (one(keys=[""]), "tenants[0].keys[0]: "),
    "no key": (one(keys=[]), "tenants[0].keys: "),
    "a key twice": (
        {"tenants": [{"keys": [KEY]}, {"keys": ["b", KEY]}]},
        "tenants[1].keys[1]: it is the same key as tenants[0].keys[0]",
    ),
    "an unknown dialect": (
        one(dialect="nebus"),
        "tenants[0].dialect: there is no dialect 'nebus'; did you mean nebius?",
    ),
    "a file without content": (one(files=[file(content=None)]), "files[0]: a file has either content, base64 or path"),
    "a file of both": (one(files=[file(path="a")]), "files[0]: a file has either content, base64 or path"),
    "a file without a name": (one(files=[file(name=None)]), "files[0]: a file without a path has a name"),
    "a file that is not there": (one(files=[{"path": "no.jsonl"}]), "tenants[0].files[0]: "),
    "a file that is a folder": (one(files=[{"path": "."}]), "tenants[0].files[0]: "),
    "an unknown purpose": (
        one(files=[file(purpose="fine-tun")]),
        "tenants[0].files[0].purpose: there is no purpose 'fine-tun'; did you mean fine-tune?",
    ),
    "an id twice": (
        one(files=[file(id="f"), file(name="b", id="f")]),
        "tenants[0].files[1].id: 'f' is there twice",
    ),
    "a job's id twice": (
        one(files=[file()], jobs=[job(id="j"), job(id="j")]),
        "tenants[0].jobs[1].id: 'j' is there twice",
    ),
    "an id that is none": (one(files=[file(id="a/b")]), "tenants[0].files[0].id: "),
    "a negative age": (one(files=[file(age_s=-1)]), "tenants[0].files[0].age_s: "),
    "an age before time": (one(clock=LATE, files=[file(age_s=10**6)]), "age_s: got 1e+06, which lies before 1970"),
    "a clock of no mode": (one(clock={"mode": "slow"}), "tenants[0].clock.mode: "),
    "a clock past its end": (one(clock={"mode": "manual", "now": "9999-01-01T00:00:00Z"}), "clock.now: got 9999"),
    "an unknown file": (
        one(files=[file()], jobs=[job(training_file="a.json")]),
        "tenants[0].jobs[0].training_file: there is no file of that age 'a.json'; did you mean a.jsonl?",
    ),
    "a file of two": (
        one(files=[file(), file()], jobs=[job()]),
        "tenants[0].jobs[0].training_file: 'a.jsonl' is the name of 2 files",
    ),
    "a job before its file": (
        one(files=[file(age_s=1)], jobs=[job(age_s=2)]),
        "tenants[0].jobs[0].training_file: there is no file of that age",
    ),
    "a job without a model": (one(files=[file()], jobs=[job(model=None)]), "tenants[0].jobs[0].model: Field required"),
    "an unknown model": (
        one(files=[file()], jobs=[job(model="Qwen/Qwen3-4")]),
        "tenants[0].jobs[0]: model: Input should be 'Qwen/Qwen3-4B'",
    ),
    "a wrong hyperparameter": (
        one(files=[file()], jobs=[job(hyperparameters={"n_epochs": 0})]),
        "tenants[0].jobs[0].hyperparameters.n_epochs: ",
    ),
    "a cancellation before its job": (
        one(files=[file()], jobs=[job(cancelled_age_s=1)]),
        "tenants[0].jobs[0]: a job is created before it is cancelled",
    ),
    "a cancellation after its end": (
        one(files=[file()], jobs=[job(age_s=1000, cancelled_age_s=1)]),
        "tenants[0].jobs[0].cancelled_age_s: the job has succeeded by then",
    ),
    "an unknown scenario": (
        one(files=[file()], jobs=[job(scenario="fails_at_stp=4")]),
        "tenants[0].jobs[0]: scenario: there is no scenario 'fails_at_stp'; did you mean fails_at_step?",
    ),
    "a scenario that takes no job": (
        one(files=[file()], jobs=[job(scenario="quota_exceeded")]),
        "tenants[0].jobs[0]: its scenario is that no job is taken, the quota being used up",
    ),
    "a file of another purpose": (one(files=[file(purpose="batch")], jobs=[job()]), "tenants[0].jobs[0]: "),
    "a state beside files": (one(state="s.json", files=[file()]), "a tenant with a state has no files"),
    "a state that is not there": (one(state="s.json"), "tenants[0].state: "),
    "a state that is none": (one(state={"version": 9}), "tenants[0].state.version: got 9, this emulator reads 1"),
}


def refused(path: Path) -> str:
    """Start a server with a seed file; return what it says of it."""
    with pytest.raises(BadSetting) as refusal, Emulator(Settings(port=0, quiet=True, seed_file=path)):
        pass
    said = str(refusal.value)
    assert said.startswith(f"seed_file {path}: ")
    assert "c4nary" not in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("what", WRONG)
def test_a_bad_seed_file_is_refused_by_its_place_and_no_key_is_told(tmp_path: Path, what: str) -> None:
    asked, said = WRONG[what]
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(asked))

    assert said in refused(path)


BROKEN = {
    "alias.yaml": "tenants: [{keys: [sk-c4nary-key, *sk-c4nary-key]}]",
    "flow.yaml": "tenants:\n  - keys: [sk-c4nary-key\n  - files: []\n",
    "half.json": '{"tenants": [{"keys": ["sk-c4nary-key"',
    "tag.yaml": "tenants: [{keys: !sk-c4nary-key [a]}]",
    "dates.yaml": "tenants: [{keys: [a], jobs: [{model: sk-c4nary-key, training_file: 2026-99-99}]}]",
    "deep.yaml": "tenants: " + "[" * 5000,
    "deep.json": "[" * 100_000,
    "nul.yaml": "tenants: \x00",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_seed_file_that_cannot_be_read_is_refused_and_no_line_of_it_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(BROKEN[name])

    assert refused(path)


def test_a_seed_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refused(tmp_path / "none.yaml")
    path = tmp_path / "bytes.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    assert "not a text in UTF-8" in refused(path)


def test_a_date_in_a_job_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    lines = f"tenants: [{{keys: [a], files: [{{name: a.jsonl, content: x}}], jobs: [{{model: {MODEL}, day: 2026-01-01,"
    path.write_text(f"{lines} training_file: a.jsonl}}]}}]")

    assert "a date stands in quotes" in refused(path)


def test_the_command_refuses_a_bad_seed_file_before_it_listens(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(one(fils=[])))
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--seed-file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("tenants[0]: there is no member of a tenant 'fils'; did you mean files?")
