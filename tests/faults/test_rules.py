"""Rules: the laws of budgets and matches, what is refused and how, and how a rule is kept."""

import json
import re
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emulator import dialects
from emulator.core.faults import RULES_MAX
from emulator.faults.match import Asked, Match
from emulator.faults.paths import shares
from emulator.faults.rule import Budget, Rule
from emulator.operations import Operation
from emulator.timeline.job import Status
from tests.conftest import Serve, client_of
from tests.faults.calls import FAULTS, set_fault, used

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPERATIONS = [operation for each in dialects.ALL for operation in each.operations]
COUNT = st.none() | st.integers(1, 12)
NUMBERS = range(1, 30)


def allowed(budget: Budget, *, age_s: float = 0.0, now: datetime = NOW, seed: str = "") -> list[int]:
    """Return the numbers of the requests that a budget lets a rule act on."""
    return [each for each in NUMBERS if budget.allows(each, age_s=age_s, now=now, rng=Random(f"{seed}{each}"))]


def asked(name: str = "jobs.create", **about: Any) -> Asked:
    """Return a request for an operation."""
    operation = next((each for each in OPERATIONS if each.name == name), None)
    path = operation.path if operation else "/v1/unknown"
    given: dict[str, Any] = {"operation": operation, "method": operation.method if operation else "GET", "path": path}
    return Asked(**{**given, "tenant": "0" * 32, "headers": {}, **about})


@given(first=COUNT, nth=COUNT, every=COUNT, after=st.none() | st.integers(0, 12))
def test_a_budget_allows_what_fits_all_its_numbers_and_is_refused_if_nothing_can(
    first: int | None, nth: int | None, every: int | None, after: int | None
) -> None:
    expected = [
        number
        for number in NUMBERS
        if number <= (first or number)
        and number == (nth or number)
        and number % (every or 1) == 0
        and number > (after or 0)
    ]

    if expected:
        assert allowed(Budget(first=first, nth=nth, every=every, after=after)) == expected
    else:
        with pytest.raises(ValidationError, match="no request is all of these"):
            Budget(first=first, nth=nth, every=every, after=after)


def test_a_budget_without_members_allows_all_and_a_first_of_0_none() -> None:
    assert allowed(Budget()) == [*NUMBERS]
    assert allowed(Budget(first=0, every=3)) == []


@given(seconds=st.floats(0, 100), age_s=st.floats(0, 100))
def test_seconds_count_from_when_the_rule_was_set(seconds: float, age_s: float) -> None:
    assert allowed(Budget(seconds=seconds), age_s=age_s) == ([*NUMBERS] if age_s < seconds else [])


@given(ahead=st.integers(-100, 100))
def test_until_is_on_the_tenants_clock(ahead: int) -> None:
    assert allowed(Budget(until=NOW + timedelta(seconds=ahead))) == ([*NUMBERS] if ahead > 0 else [])


@given(low=st.floats(0, 1), high=st.floats(0, 1), seed=st.text(max_size=5))
def test_a_higher_probability_allows_what_a_lower_one_does_and_more(low: float, high: float, seed: str) -> None:
    low, high = sorted((low, high))

    assert {*allowed(Budget(probability=low), seed=seed)} <= {*allowed(Budget(probability=high), seed=seed)}
    assert allowed(Budget(probability=0), seed=seed) == []
    assert allowed(Budget(probability=1), seed=seed) == [*NUMBERS]


FITS = [
    (Match(), asked("none")),
    (Match(operation=("jobs.create",)), asked()),
    (Match(operation=("files.*", "jobs.c*")), asked()),
    (Match(method="post"), asked()),
    (Match(path="/v1/fine_tuning/jobs"), asked()),
    (Match(path="/v1/*/jobs"), asked()),
    (Match(tenant="0" * 32), asked()),
    (Match(model="Qwen/*"), asked(body={"model": "Qwen/Qwen3-4B"})),
    (Match(model="*"), asked("jobs.retrieve", job_model="a")),
    (Match(status=(Status.RUNNING, Status.QUEUED)), asked("jobs.retrieve", job_status=Status.QUEUED)),
    (Match(header={"X-Retry": "1*"}), asked(headers={"x-retry": "12"})),
    (
        Match(body={"a.b": 3, "c": None, "d": "x", "e": True}),
        asked(body={"a": {"b": 3.0}, "c": None, "d": "x", "e": True}),
    ),
]
MISSES = [
    (Match(operation=("jobs.list",)), asked()),
    (Match(operation=("*",)), asked("none")),
    (Match(method="GET"), asked()),
    (Match(path="/v1/fine_tuning"), asked()),
    (Match(path="/v1/[f]*"), asked()),
    (Match(tenant="1" * 32), asked()),
    (Match(model="Qwen/*"), asked(body={"model": ["Qwen/Qwen3-4B"]})),
    (Match(model="*"), asked()),
    (Match(status=(Status.RUNNING,)), asked("jobs.retrieve")),
    (Match(header={"x-retry": "*"}), asked()),
    (Match(body={"a": 1}), asked(body={"a": True})),
    (Match(body={"a": True}), asked(body={"a": 1})),
    (Match(body={"a": None}), asked(body={})),
    (Match(body={"a.b": 1}), asked(body={"a": [{"b": 1}]})),
    (Match(body={"a": "1"}), asked(body={"a": 1})),
    (Match(operation=("jobs.create",), method="GET"), asked()),
]


@pytest.mark.parametrize(("match", "request_"), FITS, ids=range(len(FITS)))
def test_a_match_fits_a_request_that_has_all_that_it_asks_for(match: Match, request_: Asked) -> None:
    assert match.fits(request_)


@pytest.mark.parametrize(("match", "request_"), MISSES, ids=range(len(MISSES)))
def test_a_match_does_not_fit_a_request_that_lacks_anything(match: Match, request_: Asked) -> None:
    assert not match.fits(request_)


WORDS = st.text("abc/", min_size=1, max_size=4)


@given(operation=st.sampled_from(OPERATIONS), data=st.data())
def test_a_pattern_made_from_a_path_of_an_operation_is_never_called_impossible(
    operation: Operation, data: st.DataObject
) -> None:
    path = re.sub(r"\{\w+(:path)?\}", lambda _: data.draw(WORDS), operation.path)
    begin, end = sorted((data.draw(st.integers(0, len(path))), data.draw(st.integers(0, len(path)))))
    pattern = f"{path[:begin]}*{path[end:]}"
    fits = operation.pattern.fullmatch(path) is not None

    assert shares(operation.path, path) == fits
    assert shares(operation.path, pattern) or not fits


@pytest.mark.parametrize(
    ("path", "pattern", "possible"),
    [
        ("/v1/files/{file_id}", "/v1/files/*", True),
        ("/v1/files/{file_id}", "*-abc", True),
        ("/v1/files/{file_id}", "/v1/files/a/b", False),
        ("/v1/files/{file_id}", "/v1/files/", False),
        ("/v1/files/{file_id}/content", "/v1/files/file-*/content", True),
        ("/v1/files/{file_id}/content", "/v1/files/*/metadata", False),
        ("/v1/models/{model_id:path}", "/v1/models/Qwen/*", True),
        ("/v1/files", "/v1/file?", True),
        ("/v1/files", "/v1/files?", False),
    ],
)
def test_a_pattern_is_possible_if_it_has_a_path_in_common_with_an_operation(
    path: str, pattern: str, *, possible: bool
) -> None:
    assert shares(path, pattern) is possible


REFUSED = {
    '{"match": "jobs.lst", "effects": "status"}': "there is no operation 'jobs.lst'; did you mean jobs.list?",
    '{"match": {"path": "/v1/file"}, "effects": "status"}': "no such operation has a path like '/v1/file'; did you",
    '{"match": {"operation": "jobs.create", "method": "GET"}, "effects": "status"}': "has the method 'GET'",
    '{"match": {"operation": "files.list", "status": "running"}, "effects": "status"}': "jobs.retrieve is one that has",
    '{"match": {"operation": "files.list", "body": {"a": 1}}, "effects": "status"}': "jobs.create is one that has",
    '{"match": {"operation": "models.list", "model": "a"}, "effects": "status"}': "jobs.create is one that does",
    '{"match": {"status": "runing"}, "effects": "status"}': "Input should be 'validating_files', 'queued', 'starting'",
    '{"match": {"opration": "jobs.list"}, "effects": "status"}': "match: there is no member of a match 'opration'",
    '{"match": {"tenant": "me"}, "effects": "status"}': "match.tenant: takes the 32 hex digits of an API key's digest",
    '{"match": {"tenant": "00000000000000000000000000000000"}, "effects": "status"}': "asks for requests of another",
    '{"match": {"header": {"Authorization": "Bearer x"}}, "effects": "status"}': "holds a secret, which is not kept",
    '{"match": {"header": {"a b": "x"}}, "effects": "status"}': "'a b' is no name of a header",
    '{"match": {"body": {"hf.api_key": "x"}}, "effects": "status"}': "hf.api_key holds a secret, which is not kept",
    '{"match": {"body": {"a": [1]}}, "effects": "status"}': "match.body.a: takes a text, a number, true, false or null",
    '{"match": {"body": {"a": NaN}}, "effects": "status"}': "match.body.a: takes a text, a number, true, false or null",
    '{"match": {"body": {"a": "\\ud800"}}, "effects": "status"}': "takes a text of up to 2000 printable characters",
    '{"match": {"operation": "\\ud800"}, "effects": "status"}': "unable to parse raw data as a unicode string",
    '{"effects": "stats"}': "effects: there is no effect 'stats'; did you mean status?",
    '{"effects": "status=3"}': "effects: status: code: Input should be greater than or equal to 200, got '3'",
    '{"effects": "status,cod=3"}': "effects: there is no parameter of status 'cod'; did you mean code?",
    '{"effects": "status=500,code=501"}': "effects: status=500 sets code already, got code=501 besides",
    '{"effects": "empty_body=3"}': "effects: empty_body takes no value, got '3'",
    '{"effects": [{"effect": "empty_body", "a": 1}]}': "effects: empty_body takes no parameters, got 'a'",
    '{"effects": [{"efect": "status"}]}': 'an effect is a text such as "status=500", or an object such as {"effect"',
    '{"effects": 3}': "effects: takes a text such as 'latency=2; status=500', or a list",
    '{"effects": []}': "effects: takes from 1 to 20 effects",
    '{"effects": "\\ud800"}': "effects: got '\\ud800', takes NAME",
    '{"effects": [{"effect": "status", "\\ud800": 1}]}': "there is no parameter of status '\\ud800'",
    '{"effects": [{"effect": "status", "message": "\\ud800"}]}': "status: message: Input should be a valid string",
    '{"effects": [{"effect": "status", "retry_after": "1\\r\\nx: y"}]}': "takes printable characters of Latin-1 on one",
    '{"effects": [{"effect": "status", "headers": {"x": "€"}}]}': "headers.x: a header takes printable characters",
    '{"effects": [{"effect": "status", "headers": {"a\\nb": "c"}}]}': "is no name of a header",
    '{"effects": [{"effect": "status", "headers": {"Content-Length": "3"}}]}': "Content-Length is the server's own",
    '{"effects": [{"effect": "latency", "seconds": NaN}]}': "latency: seconds: Input should be a finite number",
    '{"effects": "status", "budget": {"fist": 2}}': "there is no member of a budget 'fist'; did you mean first?",
    '{"effects": "status", "budget": {"first": 2, "after": 3}}': "no request is all of these: first 2, after 3",
    '{"effects": "status", "budget": {"probability": NaN}}': "budget.probability: Input should be a finite number",
    '{"effects": "status", "budget": {"until": "2026-01-01T00:00:00"}}': "until: Input should have timezone info",
    '{"effects": "status", "id": "a b"}': "takes up to 64 letters, digits, dots, hyphens and underscores, got 'a b'",
    '{"effects": "status", "id": ".."}': "id: takes up to 64 letters",
    '{"effect": "status"}': "there is no member of a rule 'effect'; did you mean effects?",
    "{}": "effects: Field required",
    "[]": "a rule is an object, got '[]'",
    "3": "a rule is an object, got '3'",
    "{": "the body is not JSON",
    '{"rules": [{"effects": "status"}, {"effects": "statuss"}]}': "rules.1.effects: there is no effect 'statuss'",
    '{"rules": []}': "rules: List should have at least 1 item",
    '{"rules": [{"id": "a", "effects": "status"}, {"id": "a", "effects": "status"}]}': "two of the rules have the id",
    '{"preset": "flakey"}': "there is no preset 'flakey'; did you mean flaky?",
    '{"preset": "../faults/flaky"}': "there is no preset '../faults/flaky'",
    '{"preset": "flaky", "sed": "1"}': "there is no member of a body with a preset 'sed'; did you mean seed?",
    json.dumps({"effects": ["status"] * 10_000}): "effects: takes from 1 to 20 effects",
    json.dumps({"effects": "status;" * 100_000}): "effects: got a text of 700000 characters, takes at most 4000",
    json.dumps({"rules": [{"effects": "status"}] * (RULES_MAX + 1)}): "rules: List should have at most 500 items",
    '{"effects": "status", "budget": {"first": ' + "9" * 400 + "}}": "budget.first: Input should be less than or equal",
    '{"effects": "status", "budget": {"first": ' + "9" * 5000 + "}}": "the body cannot be read",
    "[" * 100_000: "the body cannot be read: nested too deeply",
    '{"match": {"body": {"a": ' + "[" * 400 + "]" * 400 + '}}, "effects": "status"}': "match.body.a: takes a text",
}


@pytest.mark.parametrize("body", REFUSED, ids=range(len(REFUSED)))
def test_a_rule_that_makes_no_sense_is_refused_in_a_sentence_and_none_is_set(client: httpx.Client, body: str) -> None:
    answer = client.post(FAULTS, content=body)

    assert 400 <= answer.status_code < 500
    assert [*answer.json()] == ["error"]
    assert REFUSED[body] in answer.json()["error"]
    assert len(answer.json()["error"]) < 1000
    assert used(client) == []


def test_a_tenant_has_a_bounded_number_of_rules(client: httpx.Client) -> None:
    assert client.post(FAULTS, json={"rules": [{"effects": "status"}] * RULES_MAX}).status_code == 200
    refused = client.post(FAULTS, json={"effects": "status"})

    assert refused.status_code == 409
    assert refused.json()["error"].startswith("a tenant may have 500 rules, and would have 501")
    assert client.post(FAULTS, json={"id": "rule-7", "effects": "reset"}).status_code == 200, "it replaces one"
    assert len(used(client)) == RULES_MAX


def test_a_rule_is_named_read_replaced_and_taken_back(client: httpx.Client) -> None:
    set_fault(client, "status")
    client.post(FAULTS, json={"id": "mine", "effects": "latency=1"})
    client.post(FAULTS, json={"id": "mine", "match": "jobs.*", "effects": "latency=2"})

    mine = client.get(f"{FAULTS}/mine").json()
    assert (mine["match"], mine["effects"]) == ({"operation": ["jobs.*"]}, [{"effect": "latency", "seconds": 2.0}])
    assert [rule["id"] for rule in client.delete(f"{FAULTS}/rule-1").json()["rules"]] == ["mine"]
    missing = client.get(f"{FAULTS}/mnie")
    assert (missing.status_code, missing.json()["error"]) == (404, "there is no rule 'mnie'; did you mean mine?")
    assert client.delete(f"{FAULTS}/none").status_code == 404


def test_what_the_server_started_with_stays(serve: Serve) -> None:
    with client_of(serve(faults="flaky")) as client:
        removed = client.delete(f"{FAULTS}/flaky-500")
        posted = client.post(FAULTS, json={"preset": "flaky"})

        assert (removed.status_code, posted.status_code) == (409, 409)
        assert "the server started with a rule 'flaky-500', which stays" in posted.json()["error"]
        assert {rule["source"] for rule in client.delete(FAULTS).json()["rules"]} == {"server"}


def test_a_preset_is_set_by_name_with_a_seed_that_may_be_a_number(client: httpx.Client) -> None:
    rules = client.post(FAULTS, json={"preset": "hostile", "seed": 7}).json()["rules"]

    assert len(rules) > 20
    assert {rule["budget"]["seed"] for rule in rules} == {"7"}
    assert {rule["source"] for rule in rules} == {"tenant"}


PARTS = st.fixed_dictionaries(
    {"effects": st.sampled_from(["status=503,retry_after=1", "latency=1; reset", "corrupt_download=short,at=0.5"])},
    optional={
        "id": st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True),
        "match": st.sampled_from(["jobs.*", {"status": "running"}, {"body": {"a.b": 1.5}, "header": {"x-a": "*"}}]),
        "budget": st.fixed_dictionaries(
            {}, optional={"first": st.integers(0, 5), "probability": st.floats(0, 1), "until": st.just(NOW.isoformat())}
        ),
    },
)


@given(rule=PARTS)
def test_a_rule_is_kept_and_read_back_as_it_was(rule: dict[str, Any]) -> None:
    made = Rule.model_validate(rule)

    assert Rule.model_validate_json(made.model_dump_json(exclude_unset=True)) == made


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("statu=500", "X-Emulator-Fault: there is no effect 'statu'; did you mean status?"),
        ("", "X-Emulator-Fault: got nothing, takes NAME, NAME=VALUE or NAME=VALUE,PARAMETER=VALUE"),
        ("status=9", "X-Emulator-Fault: status: code: Input should be greater than or equal to 200, got '9'"),
        ("status;" * 21, "X-Emulator-Fault: takes from 1 to 20 effects"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused_in_the_providers_words(
    client: httpx.Client, header: str, said: str
) -> None:
    answer = client.get("/v1/files", headers={"x-emulator-fault": header})

    assert (answer.status_code, answer.json()) == (400, {"detail": said})
