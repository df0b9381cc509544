"""Whatever is set wrong and asked for, the server answers on, jobs keep to the table, and a reset is a new start."""

from contextlib import suppress
from itertools import count, pairwise
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from emulator.faults import EFFECTS
from emulator.server import Emulator
from emulator.timeline.job import TRANSITIONS, Status
from tests.conftest import Serve, client_of

JSON = dict[str, Any]
FILES, JOBS, FAULTS = "/v1/files", "/v1/fine_tuning/jobs", "/_emulator/faults"
LINE = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
PATIENCE_S = 20
"""Longer than any effect here lasts: a request that its client gave up would go on, and outlive a reset."""
MARK = {"x-faulty": "yes"}
"""The header of the client that meets faults; the other one has it not, and looks past them."""
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
runs = count()

# Quick forms of the effects that would otherwise take their time.
QUICK = {
    "latency": "latency=0.01",
    "timeout": "timeout=0.05",
    "slow_body": "slow_body=1000000",
    "stale_read": "stale_read=0.05",
    "not_found_for": "not_found_for=0.05",
}
effects = st.lists(st.sampled_from(sorted(EFFECTS)), min_size=1, max_size=3, unique=True).map(
    lambda names: "; ".join(QUICK.get(name, name) for name in names)
)
operations = st.sampled_from(["jobs.*", "files.*", "jobs.create", "jobs.retrieve", "files.content", "jobs.cancel", "*"])
budgets = st.sampled_from(
    [{}, {"first": 2}, {"every": 2}, {"after": 1}, {"nth": 2}, {"first": 5, "every": 2}, {"probability": 0.4}]
)
scenarios = st.sampled_from(
    ["succeeds", "fails_at_step=1", "stuck_in_queue", "late_events", "out_of_memory", "instant"]
)
pick = st.integers(0, 9)


class Disorder(RuleBasedStateMachine):
    """One tenant whose requests meet faults, and who looks again without them."""

    emulator: Emulator
    model: str
    rising: bool
    """Whether a list of events has the oldest first."""

    def __init__(self) -> None:
        super().__init__()
        key = f"disorder {next(runs)}"
        self.faulted, self.sound = client_of(self.emulator, key), client_of(self.emulator, key)
        self.faulted.timeout = httpx.Timeout(PATIENCE_S)
        self.faulted.headers.update(MARK)
        self.seen: dict[str, Status] = {}

    def teardown(self) -> None:
        self.faulted.close()
        self.sound.close()

    @initialize()
    def begin(self) -> None:
        self.start = self.state()

    def state(self) -> JSON:
        document: JSON = self.sound.get("/_emulator/state").raise_for_status().json()
        return {key: value for key, value in document.items() if key != "exported_at"}

    def attempt(self, method: str, path: str, **asked: Any) -> None:
        """Ask while faults are about: whatever comes of it is in order."""
        with suppress(httpx.HTTPError):
            self.faulted.request(method, path, **asked)

    def ids(self, path: str) -> list[str]:
        return [each["id"] for each in self.sound.get(path).raise_for_status().json()["data"]]

    @rule(match=operations, budget=budgets, what=effects)
    def set_a_fault(self, match: str, budget: JSON, what: str) -> None:
        fault = {"match": {"operation": match, "header": MARK}, "budget": budget, "effects": what}
        made = self.sound.post(FAULTS, json=fault)
        assert made.status_code == httpx.codes.OK, made.text

    @rule(name=st.sampled_from(["flaky", "hostile", "degraded"]), seed=pick)
    def set_a_preset(self, name: str, seed: int) -> None:
        rules = self.sound.post(FAULTS, json={"preset": name, "seed": str(seed)}).raise_for_status().json()["rules"]
        parts = ("id", "budget", "effects")
        marked = [
            {**{part: each[part] for part in parts}, "match": {**each["match"], "header": MARK}} for each in rules
        ]
        self.sound.post(FAULTS, json={"rules": marked}).raise_for_status()

    @rule()
    def take_the_faults_back(self) -> None:
        assert self.sound.delete(FAULTS).json() == {"rules": []}

    @rule(what=st.none() | effects)
    def upload(self, what: str | None) -> None:
        headers = {"x-emulator-fault": what} if what else {}
        form = {"files": {"file": ("d.jsonl", LINE * 12)}, "data": {"purpose": "fine-tune"}}
        self.attempt("POST", FILES, headers=headers, **form)

    @rule(scenario=scenarios, file=pick, epochs=st.integers(1, 3))
    def order(self, scenario: str, file: int, epochs: int) -> None:
        if not (files := self.ids(FILES)):
            return
        body = {"model": self.model, "training_file": files[file % len(files)], "suffix": f"emu:{scenario}"}
        self.attempt("POST", JOBS, json={**body, "hyperparameters": {"n_epochs": epochs}})

    @rule(job=pick, part=st.sampled_from(["", "/events", "/checkpoints"]))
    def look(self, job: int, part: str) -> None:
        if jobs := self.ids(JOBS):
            self.attempt("GET", f"{JOBS}/{jobs[job % len(jobs)]}{part}")

    @rule(job=pick, deed=st.sampled_from(["cancel", "pause", "resume"]))
    def act(self, job: int, deed: str) -> None:
        if jobs := self.ids(JOBS):
            self.attempt("POST", f"{JOBS}/{jobs[job % len(jobs)]}/{deed}")

    @rule(file=pick, download=st.booleans())
    def take_or_delete(self, file: int, *, download: bool) -> None:
        if files := self.ids(FILES):
            path = f"{FILES}/{files[file % len(files)]}"
            self.attempt(*(("GET", f"{path}/content") if download else ("DELETE", path)))

    @rule(seconds=st.sampled_from([0, 0.3, 1, 10]))
    def advance(self, seconds: float) -> None:
        self.sound.post("/_emulator/clock/advance", json={"seconds": seconds}).raise_for_status()

    @rule()
    def skip(self) -> None:
        self.sound.post("/_emulator/clock/skip").raise_for_status()

    @rule()
    def save_and_load(self) -> None:
        before = self.state()
        self.sound.put("/_emulator/snapshots/now").raise_for_status()
        self.sound.post("/_emulator/clock/advance", json={"seconds": 5}).raise_for_status()
        self.sound.post("/_emulator/snapshots/now/load").raise_for_status()
        assert self.state() == before
        self.seen = {}

    @rule()
    def reset(self) -> None:
        self.sound.post("/_emulator/reset").raise_for_status()
        self.sound.delete("/_emulator/snapshots/now")
        self.seen = {}
        assert self.state() == self.start
        assert self.sound.get(FAULTS).json() == {"rules": []}
        assert self.sound.get("/_emulator/journal").json()["data"] == []

    @rule()
    def forget(self) -> None:
        self.sound.put("/_emulator/snapshots/now").raise_for_status()
        self.sound.delete("/_emulator/state").raise_for_status()
        self.seen = {}
        assert self.state() == self.start
        assert self.sound.get(FAULTS).json() == {"rules": []}
        assert self.sound.get("/_emulator/snapshots").json() == {"snapshots": []}
        assert self.sound.get("/_emulator/journal").json()["data"] == []

    @invariant()
    def the_server_answers(self) -> None:
        assert self.sound.get("/_emulator/health").status_code == httpx.codes.OK

    @invariant()
    def every_job_is_in_one_piece_and_went_a_way_of_the_table(self) -> None:
        for job in self.sound.get(JOBS).raise_for_status().json()["data"]:
            job_id, status = job["id"], Status(job["status"])
            before = self.seen.get(job_id)
            assert before is None or status is before or status in reachable(before)
            self.seen[job_id] = status
            times = [event["created_at"] for event in self.sound.get(f"{JOBS}/{job_id}/events").json()["data"]]
            assert all(earlier <= later for earlier, later in pairwise(times if self.rising else times[::-1]))


def reachable(status: Status) -> set[Status]:
    """Return the statuses that may be seen at some time after one."""
    found: set[Status] = set()
    todo = {status}
    while todo:
        todo = {after for each in todo for after in TRANSITIONS[each]} - found
        found |= todo
    return found


@pytest.mark.parametrize(
    ("dialect", "model", "rising", "examples"),
    [("nebius", "Qwen/Qwen3-4B", True, 15), ("openai", "gpt-4o-mini", False, 8)],
)
def test_whatever_goes_wrong_the_server_answers_on_and_a_reset_is_a_new_start(
    serve: Serve, dialect: str, model: str, examples: int, *, rising: bool
) -> None:
    Disorder.emulator, Disorder.model, Disorder.rising = (
        serve(clock="manual", weight_bytes=1024, dialect=dialect),
        model,
        rising,
    )
    chosen = settings(max_examples=examples, stateful_step_count=25, deadline=None, phases=UNSHRUNK)
    run_state_machine_as_test(Disorder, settings=settings(chosen, suppress_health_check=[HealthCheck.too_slow]))
