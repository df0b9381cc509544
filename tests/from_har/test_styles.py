"""Recordings in the forms of the recorders, from ``hars``: each says in its comment where its form is from."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.dialects import NEBIUS
from emulator.from_har.reproduction import Reproduction, reproduce
from emulator.from_har.written import rule_file, scenario_file, short

HARS = Path(__file__).parent / "hars"


def made_of(recorder: str) -> Reproduction:
    text = (HARS / f"{recorder}.har").read_text(encoding="utf-8")
    return reproduce(text, name=recorder, operations=NEBIUS.operations)


def lines(made: Reproduction) -> list[str]:
    """Return each rule on a line."""
    return [_line(rule.rule) for rule in made.rules]


def _line(rule: dict[str, Any]) -> str:
    effects = "; ".join(str(short(each)) for each in rule["effects"])
    return f"{rule['match']} {json.dumps(rule.get('budget', {}))} {effects}"


def test_a_recording_of_chrome_is_read() -> None:
    made = made_of("chrome")
    refused = {
        "effect": "status",
        "code": 429,
        "message": "Too many requests for …",
        "retry_after": "4",
        "headers": {"x-ratelimit-limit-requests": "60"},
    }

    assert lines(made) == [
        'jobs.create {"first": 1} apply_then_fail=reset',
        f'jobs.retrieve {{"after": 1, "first": 3}} {refused}',
        'jobs.retrieve {"nth": 4} latency=30.0; html_error=502',
        'jobs.retrieve {"nth": 5} timeout',
    ]
    assert made.recording.left.total() == 4
    assert made.ways == [None, "chrome"]
    assert made.outcomes[0].knobs == {
        "fails_at_step": 3,
        "error_code": "internal_error",
        "error_message": "The training worker was lost.",
    }


def test_a_recording_of_firefox_is_read() -> None:
    made = made_of("firefox")

    assert lines(made) == [
        "jobs.retrieve {} not_found_for=1.9",
        'jobs.list {"first": 1} timeout',
        'jobs.list {"nth": 2} reset',
        'jobs.retrieve {"nth": 5} latency=5.0; html_error=504',
    ]
    assert [each.knobs for each in made.outcomes] == [{"stuck_in": "queue"}]
    assert [*made.recording.bases] == ["https://gateway.example/proxy"]


def test_a_recording_of_mitmproxy_is_read() -> None:
    made = made_of("mitmproxy")

    assert lines(made) == [
        'jobs.retrieve {"first": 1} timeout',
        'jobs.retrieve {"nth": 2} reset',
        'jobs.list {"first": 1} truncate=1699',
    ]
    assert [each.knobs for each in made.outcomes] == [
        {"loss_diverges_at_step": 2, "missing_file": "adapter_model.safetensors", "events_twice_every": 2}
    ]


@pytest.mark.parametrize("path", sorted(HARS.glob("*.har")), ids=lambda path: path.stem)
def test_nothing_of_a_recorded_key_cookie_or_host_is_written(path: Path) -> None:
    made = made_of(path.stem)
    entries = json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
    sent = {
        header["value"].removeprefix("Bearer ")
        for entry in entries
        for header in entry["request"]["headers"]
        if header["name"].lower() in {"authorization", "cookie"}
    }
    written = "".join([rule_file(made), *map(scenario_file, made.outcomes)])

    assert sent
    assert not [secret for secret in sent if secret in written]
    assert "example" not in written
    assert "nebius.com" not in written
