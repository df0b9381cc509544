"""What was recorded of Nscale happens again: a server with faults, its recording, and one with what was made of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.dialects import ALL
from emulator.from_har.forms import data_of, error_of, instant_s, is_no_number, job_in
from emulator.from_har.reproduction import Reproduction, reproduce
from emulator.from_har.written import rule_file
from emulator.server import Emulator
from emulator.shorthand import spelled
from tests.commands.conftest import Command
from tests.commands.conftest import command as command  # noqa: PLC0414 -- a fixture
from tests.dialects.nscale.api import LLAMA, NOBODY, ORGANIZATION, asked, table
from tests.dialects.nscale.tokens import token
from tests.from_har.made import entry, har
from tests.from_har.recorder import Recorder
from tests.from_har.test_round_trip import AT, LOOKS, RETRIED, like, rules_in, serving

KEY = token("somebody")
OPERATIONS = [operation for each in ALL for operation in each.operations]
ENDS = {"completed", "failed", "cancelled"}
BASE = f"/api/v1/organizations/{ORGANIZATION}"


class Walk:
    """A client with retries of its own, from the upload to the archive. ``told`` is what it was told of the end."""

    def __init__(self, url: str, *, patience_s: float = 30.0) -> None:
        self.recorder, self.told = Recorder(), dict[str, Any]()
        headers = {"authorization": f"Bearer {KEY}"}
        with httpx.Client(
            base_url=f"{url}/nscale{BASE}", headers=headers, transport=self.recorder, timeout=patience_s
        ) as self._client:
            self._walk()

    def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response | None:
        for _ in range(3):
            try:
                answer = self._client.request(method, path, **sent)
            except httpx.TransportError:
                continue
            if answer.status_code not in RETRIED:
                return answer
        return None

    def _json(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        answer = self._ask(method, path, **sent)
        try:
            value = answer.json() if answer else {}
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def _walk(self) -> None:
        file = self._json("POST", "/files", files={"file": ("train.csv", table(16), "text/csv")}).get("id", NOBODY)
        body = {"name": "data", "training_file_id": file, "validation_file_id": file}
        data = self._json("POST", "/datasets", json=body).get("id", NOBODY)
        order = {"name": "a job", "base_model_id": LLAMA, "dataset": asked(data), "hyperparameters": {"n_epochs": 2}}
        job = (self._json("POST", "/jobs", json=order).get("job") or {}).get("id", NOBODY)
        self._json("GET", "/jobs")
        last: dict[str, Any] = {}
        for _ in range(LOOKS):
            last = self._json("GET", f"/jobs/{job}")
            if last.get("status") in ENDS:
                break
        metrics = self._json("GET", f"/jobs/{job}/metrics")
        archive = self._fetched(job)
        listed = self._json("GET", "/jobs").get("data") or []
        losses = [point["training_loss"] == "NaN" for point in metrics.get("data") or []]
        self.told = {name: last.get(name) for name in ("status", "error")}
        self.told |= {"losses": losses, "steps": metrics.get("training_steps"), "archive": archive, "jobs": len(listed)}

    def _fetched(self, job: str) -> int | None:
        """Follow the way to the archive; return the status with which it ends."""
        moved = self._ask("GET", f"/jobs/{job}/download")
        if moved is None or moved.status_code != 302:
            return None if moved is None else moved.status_code
        answer = self._ask("GET", moved.headers["location"])
        return None if answer is None else answer.status_code


def made_from(text: str) -> Reproduction:
    return reproduce(text, name="again", operations=OPERATIONS, at=AT)


def walked_twice(folder: Path, *, patience_s: float = 30.0, **given: Any) -> tuple[Walk, Walk, Reproduction]:
    """Walk on a server with what is given, then on one with what is made of the recording."""
    with serving(**given) as emulator:
        first = Walk(emulator.url, patience_s=patience_s)
    made = made_from(first.recorder.har())
    with like(made, folder) as emulator:
        return first, Walk(emulator.url, patience_s=patience_s), made


RULES = {
    "a refusal with advice": ("jobs.retrieve", "{after: 1, first: 2}", "status=429,message=Slow,retry_after=1"),
    "without a message": ("jobs.create", "{first: 1}", "status=500"),
    "every second": ("jobs.retrieve", "{every: 2}", "status=503"),
    "a duplicate job": ("jobs.create", "{first: 1}", "apply_then_fail=504"),
    "a duplicate job, dropped": ("jobs.create", "{first: 1}", "apply_then_fail=reset"),
    "dropped": ("datasets.create", "{first: 2}", "reset"),
    "dropped in the body": ("jobs.list", "{first: 1}", "reset=30"),
    "unanswered": ("jobs.list", "{first: 1}", "timeout"),
    "a gateway's page": ("jobs.metrics", "{first: 2}", "html_error=504"),
    "a truncated archive": ("jobs.content", "{first: 1}", "truncate=20"),
    "malformed": ("jobs.metrics", "{first: 1}", "malformed_json"),
    "misnamed": ("jobs.list", "{nth: 2}", "wrong_content_type"),
    "slow": ("jobs.list", "{nth: 2}", "latency=0.4"),
    "no credit": ("jobs.create", "{}", "status=402,message=No credit"),
    "no link": ("jobs.download", "{first: 1}", "status=503"),
    "revoked": ("'*'", "{}", "unauthorized_after=6"),
}


SHORT = ("without a message", "a duplicate job", "a truncated archive", "no link", "revoked")
"""What every run of CI tries; the full one tries all."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in SHORT else [pytest.mark.full]) for name in RULES]
)
def test_a_client_experiences_a_fault_again_as_it_was_recorded(name: str, tmp_path: Path) -> None:
    patience_s = 1.0 if name == "unanswered" else 30.0
    first, again, made = walked_twice(tmp_path, patience_s=patience_s, faults=rules_in(tmp_path, RULES[name]))

    caused = {each.name for each in spelled(RULES[name][2])}
    assert caused <= {effect["effect"] for written in made.rules for effect in written.rule["effects"]}
    assert (again.recorder.seen, again.told) == (first.recorder.seen, first.told)
    assert made.outcomes == []


SCENARIOS: dict[str, tuple[str, dict[str, Any]]] = {
    "fails_at_step=3": ("failed", {"fails_at_step": 3, "error_message": "Training failed after step 3 of 8"}),
    "out_of_memory": ("failed", {"fails_at": "loading"}),
    "fails_at_validation=No": ("failed", {"fails_at": "queue", "error_message": "No"}),
    "loss_diverges=3": ("failed", {"loss_diverges_at_step": 3, "error_message": "The training loss is not a number."}),
    "loss_diverges=3,fails_at=none": ("completed", {"loss_diverges_at_step": 3}),
    "stuck_in_queue": ("queued", {"stuck_in": "queue"}),
    "stuck_in_queue,stuck_in=loading": ("starting", {"stuck_in": "loading"}),
    "stuck_running=2": ("running", {"stuck_in": "training"}),
    "no_checkpoints": ("completed", {"checkpoints": False}),
    "missing_checkpoint_file=fine*": ("completed", {"missing_file": "fine_tuned_model.tar.gz"}),
    "succeeds": ("completed", {}),
}


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(name, marks=[pytest.mark.full] if place % 2 else []) for place, name in enumerate(SCENARIOS)],
)
def test_a_job_goes_again_as_it_was_recorded(scenario: str, tmp_path: Path) -> None:
    end, knobs = SCENARIOS[scenario]
    first, again, made = walked_twice(tmp_path, scenario=scenario)
    found = dict(made.outcomes[0].knobs) if made.outcomes else {}

    assert first.told["status"] == end
    assert (again.told, again.recorder.seen) == (first.told, first.recorder.seen)
    assert {name: found.get(name) for name in knobs} == knobs
    assert bool(found) is bool(knobs)


@contextmanager
def failing(folder: Path) -> Iterator[Emulator]:
    """Give a server on which much goes wrong at once."""
    faults = rules_in(folder, RULES["a duplicate job"], RULES["every second"], RULES["no link"])
    with serving(faults=faults, scenario="loss_diverges=3,fails_at=none") as emulator:
        yield emulator


def journal_of(emulator: Emulator) -> str:
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx.get(f"{emulator.url}/_emulator/journal", params={"format": "har"}, headers=headers).text


def test_the_emulators_own_journal_is_a_recording_of_nscale_too(tmp_path: Path) -> None:
    with failing(tmp_path) as emulator:
        first, made = Walk(emulator.url), made_from(journal_of(emulator))
    with like(made, tmp_path) as emulator:
        again = Walk(emulator.url)

    assert (again.told, again.recorder.seen) == (first.told, first.recorder.seen)
    assert (first.told["jobs"], first.told["archive"]) == (2, 200)


def test_the_command_makes_files_of_a_recording_without_a_secret_or_a_host(tmp_path: Path, command: Command) -> None:
    with failing(tmp_path) as emulator:
        Walk(emulator.url)
        (tmp_path / "incident.har").write_text(journal_of(emulator), encoding="utf-8")
    told = command("scenarios", "from-har", str(tmp_path / "incident.har"), "--out", str(tmp_path / "out"))
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.yaml")]

    assert (told.code, told.err, len(texts)) == (0, "", 2)
    assert "jobs.create 1" in told.out
    assert f"/nscale ({len(json.loads((tmp_path / 'incident.har').read_text())['log']['entries'])})" in told.out
    assert [text for text in texts for secret in (KEY, ORGANIZATION, "127.0.0.1", "signature") if secret in text] == []


def made_of(*entries: dict[str, Any]) -> Reproduction:
    return reproduce(har(*entries), name="seen", operations=OPERATIONS)


def error(code: str, message: str | None) -> dict[str, str | None]:
    return {"code": code, "message": message}


def test_a_refusal_is_told_again_with_its_code_and_its_words() -> None:
    made = made_of(
        entry("GET", f"{BASE}/jobs", 503, error("unavailable", "Later")),
        entry("GET", f"{BASE}/jobs", 500, error("internal", None)),
        entry("GET", f"{BASE}/jobs", 200, {"data": []}),
    )

    assert [rule.rule["effects"] for rule in made.rules] == [
        [{"effect": "status", "code": 503, "message": "Later", "error_code": "unavailable"}],
        [{"effect": "status", "code": 500, "error_code": "internal"}],
    ]
    assert 'unavailable: "Later"' in rule_file(made)


def test_a_dataset_that_there_is_not_is_the_clients_own_matter_whatever_else_its_organization_has() -> None:
    order = {"name": "a", "base_model_id": LLAMA, "dataset": asked(NOBODY)}
    made = made_of(
        entry("POST", f"{BASE}/jobs", 404, error("not_found", "no such dataset"), sent=order),
        entry("GET", f"{BASE}/jobs", 200, {"data": []}),
    )

    assert (made.rules, len(made.own)) == ([], 1)


def test_a_dataset_that_is_found_only_later_was_not_there_yet() -> None:
    data = {"id": NOBODY, "name": "d", "training_file_id": NOBODY}
    made = made_of(
        entry("POST", f"{BASE}/datasets", 200, data),
        entry("GET", f"{BASE}/datasets/{NOBODY}", 404, error("not_found", "no such dataset")),
        entry("GET", f"{BASE}/datasets/{NOBODY}", 200, data),
    )

    assert [each["effect"] for rule in made.rules for each in rule.rule["effects"]] == ["not_found_for"]


def test_a_link_that_is_over_is_refused_by_the_emulator_too() -> None:
    link = f"/downloads/organizations/{ORGANIZATION}/files/{NOBODY}?tenant=a&expires=1&signature=00"
    made = made_of(entry("GET", link, 403, error("permission_denied", "The link has expired.")))

    assert made.rules == []
    assert "a link that is over or forged" in made.own[0].why


def test_an_archive_that_is_shorter_than_the_next_one_was_corrupt_whatever_their_signatures() -> None:
    at = f"/downloads/organizations/{ORGANIZATION}/jobs/{NOBODY}/fine_tuned_model.tar.gz?signature="
    kind = {"headers": {"content-type": "application/gzip"}}
    made = made_of(
        entry("GET", f"{at}1", 200, b"\x1f\x8babc", announced=5, **kind),
        entry("GET", f"{at}2", 200, b"\x1f\x8babcdefgh", announced=10, **kind),
        entry("GET", f"{at}3", 200, b"\x1f\x8babcdefgh", announced=10, **kind),
    )

    [rule] = made.rules
    assert rule.rule["effects"] == [{"effect": "corrupt_download", "how": "short", "at": 0.5}]
    assert rule.rule["budget"] == {"first": 1}


def test_a_job_that_ran_and_stood_still_is_stuck_at_the_step_that_its_metrics_told() -> None:
    job = {"id": NOBODY, "status": "running", "created_at": "2026-05-04T12:00:00Z", "dataset": asked(NOBODY)}
    looks = [entry("GET", f"{BASE}/jobs/{NOBODY}", 200, job, at=900 * number) for number in range(4)]
    metrics = {"data": [{"step": 7, "training_loss": "1.5"}], "training_steps": 7}
    made = made_of(*looks, entry("GET", f"{BASE}/jobs/{NOBODY}/metrics", 200, metrics, at=2701))

    assert [each.knobs for each in made.outcomes] == [{"stuck_in": "training", "stuck_at_step": 7}]


def test_what_providers_write_otherwise_is_read_alike() -> None:
    assert job_in({"job": {"id": "1"}, "dry_run": False}) == {"id": "1"}
    assert job_in({"job": None, "id": "2"}) == {"job": None, "id": "2"}
    assert [data_of(each) for each in ({"dataset": {"id": "d"}}, {"training_file": "f"}, {})] == ["d", "f", None]
    times = (1767225600, "2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00", "soon", None, True)
    assert [instant_s(each) for each in times] == [1767225600.0, 1767225600.000001, None, None, None, None]
    assert error_of({"error": "It broke"}) == {"message": "It broke"}
    assert error_of({"error": {"code": "a", "message": "", "more": "b"}}) == {"code": "a"}
    assert [is_no_number(each) for each in ("NaN", None, float("nan"), "1.0", 0.0)] == [True] * 3 + [False] * 2
