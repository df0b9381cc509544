import pytest

from emulator.dialects import NEBIUS
from emulator.from_har.exchange import Recording, recording
from emulator.from_har.har import read
from tests.from_har.made import HOST, JOB, JOBS, entry, har


def recorded(*entries: dict[str, object]) -> Recording:
    return recording(read(har(*entries)).entries, NEBIUS.operations)


@pytest.mark.parametrize(
    ("host", "base"),
    [
        (HOST, HOST),
        ("https://gateway.example:8443/proxy", "https://gateway.example:8443/proxy"),
        ("http://user:secret@gateway.example/a/v1/b", "http://gateway.example/a/v1/b"),
        ("https://api.studio.nebius.ai", "https://api.studio.nebius.ai"),
    ],
)
def test_a_call_is_known_behind_any_host_and_prefix(host: str, base: str) -> None:
    seen = recorded(entry("GET", f"{JOB}/events?limit=5", host=host))

    assert [(each.name, each.parameters) for each in seen.exchanges] == [("jobs.events", {"job_id": "ftjob-1"})]
    assert dict(seen.bases) == {base: 1}


def test_a_slash_in_a_name_may_be_encoded() -> None:
    assert recorded(entry("GET", "/v1/models/Qwen%2FQwen3-4B")).exchanges[0].thing == "Qwen/Qwen3-4B"


def test_what_is_not_asked_of_the_provider_is_left_out_and_counted_by_why() -> None:
    seen = recorded(
        entry("OPTIONS", JOBS, 204),
        entry("POST", "/collect", host="https://analytics.example"),
        entry("GET", JOBS, cached=True),
        entry("GET", JOBS, 307),
        entry("GET", JOBS, 0, error="net::ERR_NAME_NOT_RESOLVED"),
        entry("GET", JOBS, 0, error="net::ERR_BLOCKED_BY_CLIENT"),
        entry("GET", JOBS),
    )

    assert [(each.entry.number, each.number) for each in seen.exchanges] == [(7, 1)]
    assert dict(seen.left) == {
        "a browser's preflights": 1,
        "other calls": 1,
        "answered by the browser's cache": 1,
        "redirected elsewhere": 1,
        "never left the client's machine": 2,
    }


def test_a_request_has_the_number_that_it_has_among_its_operations_own() -> None:
    seen = recorded(entry("GET", JOBS), entry("GET", JOB), entry("HEAD", JOB), entry("GET", JOBS))

    assert [(each.name, each.number) for each in seen.exchanges] == [
        ("jobs.list", 1),
        ("jobs.retrieve", 1),
        ("jobs.retrieve", 2),
        ("jobs.list", 2),
    ]


def test_an_answer_that_nothing_was_modified_is_the_providers() -> None:
    assert len(recorded(entry("GET", JOBS, 304)).exchanges) == 1


@pytest.mark.parametrize("url", ["http://[bad/v1/files", "not a url", "http://host:port/v1/files", ""])
def test_a_url_that_cannot_be_read_is_no_call_of_the_providers(url: str) -> None:
    assert recorded(entry("GET", "", host=url), entry("GET", "/v1/files")).exchanges[0].name == "files.list"
