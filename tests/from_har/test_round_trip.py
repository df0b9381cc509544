"""What was recorded happens again: a server with faults, its recording, and a second one with what was made of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from emulator.dialects import NEBIUS
from emulator.from_har.reproduction import Reproduction, Thresholds, reproduce
from emulator.from_har.written import rule_file, scenario_file
from emulator.server import Emulator
from emulator.settings import Settings
from emulator.shorthand import spelled
from tests.from_har.recorder import Recorder

DATA = Path(__file__).parents[2] / "fixtures/shipped/sample/training.jsonl"
ASKED = {"model": "Qwen/Qwen3-4B", "hyperparameters": {"lora": True, "n_epochs": 2}}
RETRIED = {408, 409, 429, *range(500, 600)}
LOOKS, LOOKS_FOR_A_FILE = 8, 5000
KEY = "a-key"
AT = Thresholds(slow_s=0.3, stuck_s=0.0)
"""The recordings are short: so a job that did not move in three looks is stuck, which it is on a poll clock."""

RULES = {
    "a refusal with advice": ("jobs.retrieve", "{after: 1, first: 3}", "status=429,message=Slow,retry_after=1"),
    "every second": ("jobs.retrieve", "{every: 2}", "status=503"),
    "a duplicate job": ("jobs.create", "{first: 1}", "apply_then_fail=500"),
    "a duplicate job, dropped": ("jobs.create", "{first: 1}", "apply_then_fail=reset"),
    "dropped": ("files.create", "{first: 2}", "reset"),
    "dropped after the headers": ("jobs.list", "{first: 1}", "reset=headers"),
    "dropped in the body": ("jobs.list", "{first: 1}", "reset=30"),
    "unanswered": ("jobs.list", "{first: 1}", "timeout"),
    "a gateway's page": ("jobs.events", "{first: 2}", "html_error=504"),
    "a truncated download": ("files.content", "{nth: 2}", "truncate=20"),
    "a short download": ("files.content", "{nth: 1}", "corrupt_download=short"),
    "malformed": ("jobs.checkpoints", "{first: 1}", "malformed_json"),
    "empty": ("files.retrieve", "{first: 1}", "empty_body"),
    "misnamed": ("jobs.list", "{nth: 2}", "wrong_content_type"),
    "slow": ("jobs.list", "{nth: 2}", "latency=0.4"),
    "slow and refused": ("jobs.list", "{first: 1}", "latency=0.4; status=502"),
    "no credit": ("jobs.create", "{}", "status=402,message=No credit"),
    "revoked": ("'*'", "{}", "unauthorized_after=9"),
    "not there yet": ("files.retrieve", "{}", "not_found_for=1"),
}
SCENARIOS = {
    "fails_at_step=3": "failed",
    "out_of_memory": "failed",
    "fails_at_validation=No": "failed",
    "internal_error_then_fine_on_retry": "failed",
    "loss_diverges=1": "failed",
    "loss_diverges=1,fails_at=none": "succeeded",
    "stuck_in_queue": "queued",
    "stuck_in_validation": "validating_files",
    "stuck_running=2": "running",
    "no_checkpoints": "succeeded",
    "missing_checkpoint_file": "succeeded",
    "duplicate_events": "succeeded",
    "succeeds": "succeeded",
}


class Walk:
    """A client with retries of its own, on the whole way of a job. ``told`` is what it was told of the job's end."""

    def __init__(self, url: str, *, patience_s: float = 30.0) -> None:
        self.recorder = Recorder()
        self.told: Any = None
        headers = {"authorization": f"Bearer {KEY}"}
        with httpx.Client(
            base_url=f"{url}/v1", headers=headers, transport=self.recorder, timeout=patience_s
        ) as self._client:
            self._walk()

    def _ask(self, method: str, path: str, **asked: Any) -> Any:
        for _ in range(3):
            try:
                answer = self._client.request(method, path, **asked)
            except httpx.TransportError:
                continue
            if answer.status_code not in RETRIED:
                return _value(answer)
        return {}

    def _walk(self) -> None:
        upload = {"files": {"file": ("training.jsonl", DATA.read_bytes())}, "data": {"purpose": "fine-tune"}}
        file = self._ask("POST", "/files", **upload).get("id", "file-x")
        self._find(file)
        job = self._ask("POST", "/fine_tuning/jobs", json={**ASKED, "training_file": file}).get("id", "ftjob-x")
        self._ask("GET", "/fine_tuning/jobs")
        last = self._watch(job)
        events = self._ask("GET", f"/fine_tuning/jobs/{job}/events").get("data", [])
        made = self._ask("GET", f"/fine_tuning/jobs/{job}/checkpoints").get("data", [])
        for result in made[-1]["result_files"] if made else []:
            self._ask("GET", f"/files/{result}")
            self._ask("GET", f"/files/{result}/content")
        self._ask("GET", "/fine_tuning/jobs")
        losses = [each["metrics"]["train_loss"] for each in made]
        self.told = [last.get(name) for name in ("status", "error", "trained_steps", "result_files")]
        self.told[-1] = len(self.told[-1] or [])
        self.told += [[event["message"] for event in events], [loss is None for loss in losses]]

    def _find(self, file: str) -> None:
        """Look for a file until it is there, as a client does that knows of lag."""
        for _ in range(LOOKS_FOR_A_FILE):
            if self._ask("GET", f"/files/{file}").get("id") or "x" in file:
                return

    def _watch(self, job: str) -> Any:
        last: Any = {}
        for _ in range(LOOKS):
            last = self._ask("GET", f"/fine_tuning/jobs/{job}")
            if last.get("status") in {"succeeded", "failed", "cancelled"}:
                break
        return last


def _value(answer: httpx.Response) -> Any:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def rules_in(folder: Path, *rules: tuple[str, str, str]) -> str:
    """Write a file of rules; return its name for the setting ``faults``."""
    lines = [
        f"- {{match: {{operation: {match}}}, budget: {budget}, effects: '{effects}'}}"
        for match, budget, effects in rules
    ]
    path = folder / "given.yaml"
    path.write_text("\n".join(["rules:", *lines]), encoding="utf-8")
    return str(path)


def made_from(recorder: Recorder) -> Reproduction:
    return reproduce(recorder.har(), name="again", operations=NEBIUS.operations, at=AT)


@contextmanager
def like(made: Reproduction, folder: Path) -> Iterator[Emulator]:
    """Serve with the files that a recording was made into, and nothing else."""
    asked: dict[str, Any] = {}
    if made.rules:
        (folder / "again.rules.yaml").write_text(rule_file(made), encoding="utf-8")
        asked["faults"] = str(folder / "again.rules.yaml")
    if made.outcomes:
        asked |= {"scenarios": folder / "scenarios", "scenario": made.outcomes[0].name}
        asked["scenarios"].mkdir()
    for each in made.outcomes:
        (asked["scenarios"] / f"{each.name}.yaml").write_text(scenario_file(each), encoding="utf-8")
    with serving(**asked) as emulator:
        yield emulator


def serving(**asked: Any) -> Emulator:
    return Emulator(Settings(port=0, quiet=True, clock="poll", **asked))


def walked_twice(folder: Path, *, patience_s: float = 30.0, **given: Any) -> tuple[Walk, Walk, Reproduction]:
    """Walk on a server with what is given, then on one with what is made of the recording."""
    with serving(**given) as emulator:
        first = Walk(emulator.url, patience_s=patience_s)
    made = made_from(first.recorder)
    with like(made, folder) as emulator:
        return first, Walk(emulator.url, patience_s=patience_s), made


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.full] * (at % 2)) for at, name in enumerate(RULES)]
)
def test_a_client_experiences_a_fault_again_as_it_was_recorded(name: str, tmp_path: Path) -> None:
    patience_s = 2.0 if name == "unanswered" else 30.0
    first, again, made = walked_twice(tmp_path, patience_s=patience_s, faults=rules_in(tmp_path, RULES[name]))

    caused = {each.name for each in spelled(RULES[name][2])}
    assert caused <= {effect["effect"] for written in made.rules for effect in written.rule["effects"]}
    if name == "not there yet":  # by time, so not by number
        assert sorted({*again.recorder.seen}, key=str) == sorted({*first.recorder.seen}, key=str)
    else:
        assert again.recorder.seen == first.recorder.seen
    assert again.told == first.told


@pytest.mark.parametrize(("scenario", "end"), SCENARIOS.items())
def test_a_job_goes_again_as_it_was_recorded(scenario: str, end: str, tmp_path: Path) -> None:
    first, again, made = walked_twice(tmp_path, scenario=scenario)

    assert first.told[0] == end
    assert bool(made.outcomes) is (scenario != "succeeds")
    assert (again.told, again.recorder.seen) == (first.told, first.recorder.seen)


BY_NUMBER = [name for name in RULES if name not in {"not there yet", "unanswered", "revoked"}]


@pytest.mark.full
# Each example is two servers: a failing one is small enough as it is.
@settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    names=st.lists(st.sampled_from(BY_NUMBER), unique_by=lambda name: RULES[name][0], max_size=5),
    scenario=st.sampled_from([name for name in SCENARIOS if not name.startswith("stuck")]),
)
def test_whatever_went_wrong_together_goes_wrong_together_again(
    names: list[str], scenario: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # The one list of checkpoints that was asked for cannot be read then: nothing recorded tells that it was empty.
    assume(not (scenario == "no_checkpoints" and "malformed" in names))
    folder = tmp_path_factory.mktemp("round-trip")
    given_rules: Any = {"faults": rules_in(folder, *(RULES[name] for name in names))} if names else {}

    first, again, _ = walked_twice(folder, scenario=scenario, **given_rules)

    assert again.recorder.seen == first.recorder.seen
    assert again.told == first.told


def journal_of(emulator: Emulator) -> str:
    """Return what the emulator itself recorded."""
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx.get(f"{emulator.url}/_emulator/journal", params={"format": "har"}, headers=headers).text


def made_from_journal(emulator: Emulator) -> Reproduction:
    return reproduce(journal_of(emulator), name="again", operations=NEBIUS.operations, at=AT)


def test_the_emulators_own_journal_is_a_recording_too(tmp_path: Path) -> None:
    faults = rules_in(tmp_path, RULES["a duplicate job"], RULES["a refusal with advice"], RULES["a gateway's page"])
    with serving(faults=faults, scenario="fails_at_step=2") as emulator:
        first = Walk(emulator.url)
        made = made_from_journal(emulator)

    with like(made, tmp_path) as emulator:
        again = Walk(emulator.url)

    assert (again.recorder.seen, again.told) == (first.recorder.seen, first.told)


def test_an_answer_that_no_parser_takes_and_silence_are_known_from_the_emulators_own_journal(tmp_path: Path) -> None:
    faults = rules_in(tmp_path, RULES["malformed"], RULES["unanswered"])
    with serving(faults=faults) as emulator:
        first = Walk(emulator.url, patience_s=3.0)
        made = made_from_journal(emulator)

    with like(made, tmp_path) as emulator:
        again = Walk(emulator.url, patience_s=3.0)

    assert {"malformed_json", "timeout"} <= {each["effect"] for rule in made.rules for each in rule.rule["effects"]}
    assert (again.recorder.seen, again.told) == (first.recorder.seen, first.told)


def openai_refusal(emulator: Emulator) -> tuple[int, str | None, str]:
    """Ask OpenAI's dialect for a job; return the status, the code and the words of the refusal."""
    with openai.OpenAI(base_url=emulator.base_url("openai"), api_key=KEY, max_retries=0) as sdk:
        file = sdk.files.create(file=DATA, purpose="fine-tune")
        with pytest.raises(openai.APIStatusError) as raised:
            sdk.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
    return raised.value.status_code, raised.value.code, raised.value.message


def test_a_pipeline_that_branches_on_openais_code_fails_as_it_did(tmp_path: Path) -> None:
    with serving(scenario="training_not_available") as emulator:
        first = openai_refusal(emulator)
        made = made_from_journal(emulator)

    with like(made, tmp_path) as emulator:
        assert openai_refusal(emulator) == first

    assert first[:2] == (403, "training_not_available")


def sdk_walk(url: str) -> list[str]:
    """Upload and create a job with the official SDK and its own retries; return what it raised, and the jobs there."""
    raised: list[str] = []
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as sdk:
        file = sdk.files.create(file=DATA, purpose="fine-tune")
        job = sdk.fine_tuning.jobs.create(model="Qwen/Qwen3-4B", training_file=file.id)
        for look in (lambda: sdk.fine_tuning.jobs.retrieve(job.id), lambda: sdk.fine_tuning.jobs.list_events(job.id)):
            try:
                look()
            except openai.APIError as error:
                raised.append(f"{type(error).__name__}: {error}")
        raised += [each.status for each in sdk.fine_tuning.jobs.list()]
    return raised


def answered(emulator: Emulator) -> list[tuple[str, int, int | None]]:
    """Return each request that a server had: its operation, its status and which retry it was."""
    entries = json.loads(journal_of(emulator))["log"]["entries"]
    return [(each["_operation"], each["response"]["status"], each["_retry"]) for each in entries]


def test_the_official_sdks_retries_its_errors_and_its_duplicate_jobs_are_the_same_again(tmp_path: Path) -> None:
    faults = rules_in(
        tmp_path,
        ("jobs.create", "{first: 1}", "apply_then_fail=503"),
        ("jobs.retrieve", "{first: 3}", "status=429,retry_after_ms=20"),
        ("jobs.events", "{first: 1}", "status=403,message=No"),
    )
    with serving(faults=faults) as emulator:
        first, seen, made = sdk_walk(emulator.url), answered(emulator), made_from_journal(emulator)

    with like(made, tmp_path) as emulator:
        again = sdk_walk(emulator.url)
        assert answered(emulator) == seen

    assert again == first
    assert [each.partition(":")[0] for each in first[:2]] == ["RateLimitError", "PermissionDeniedError"]
    assert len(first[2:]) == 2  # one job more than the client made
    assert [retry for operation, _, retry in seen if operation == "jobs.retrieve"] == [0, 1, 2]
