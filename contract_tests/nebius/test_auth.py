"""Who may ask: a bearer token, or a 401."""

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.target import Target
from contract_tests.nebius.calls import CALLS, tried
from contract_tests.nebius.provider import MODELS

pytestmark = free
NO_TOKEN = "Couldn't authenticate. Reason: token is not present"  # noqa: S105 -- the provider's sentence
BAD_TOKEN = "Couldn't authenticate. Reason: Unable authenticate"  # noqa: S105 -- the provider's sentence
WRONG = "contract-tests-wrong-key-5b7d"


def known(name: str) -> pytest.MarkDecorator:
    level = "observed" if name == "models.list" else "unverified"
    return pytest.mark.fact(name, "without a key is a 401 that says that there is no token", level)


@pytest.mark.parametrize("call", [pytest.param(call, marks=known(call[0]), id=call[0]) for call in CALLS])
def test_a_call_without_a_key_is_refused(anonymous: Line, call: tuple[str, str, str]) -> None:
    assert tried(anonymous, call).refused(401) == NO_TOKEN


def authorized(line: Line, value: str) -> Answer:
    return line.send("GET", MODELS, headers={"authorization": value})


def wrongly(target: Target, line: Line, call: tuple[str, str, str]) -> Answer:
    """Try a call under a wrong key; skip where a server on this machine takes every key, as the emulator may."""
    answer = tried(line, call, headers={"authorization": f"Bearer {WRONG}"})
    if answer.status not in (401, 403) and target.may_take_every_key and _takes_any(line):
        pytest.skip("this server takes every key: start it with --api-key")
    return answer


def _takes_any(line: Line) -> bool:
    return authorized(line, f"Bearer {WRONG}-too").status == 200


@fact("models.list", "under a wrong key is a 401 that says that it cannot authenticate", known="observed")
def test_a_wrong_key_is_refused_in_other_words_than_none(target: Target, anonymous: Line) -> None:
    assert wrongly(target, anonymous, ("models.list", "GET", MODELS)).refused(401) == BAD_TOKEN


@fact("models.list", "does not repeat a wrong key", known="unverified")
def test_a_wrong_key_is_not_repeated(target: Target, anonymous: Line) -> None:
    answer = wrongly(target, anonymous, ("models.list", "GET", MODELS))

    assert WRONG.encode() not in answer.content
    assert WRONG not in str(answer.headers)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(call, marks=fact(call[0], "under a wrong key is a 401", known="unverified"), id=call[0])
        for call in CALLS
        if call[0] != "models.list"
    ],
)
def test_every_call_under_a_wrong_key_is_refused(target: Target, anonymous: Line, call: tuple[str, str, str]) -> None:
    assert wrongly(target, anonymous, call).refused(401) == BAD_TOKEN


@fact("models.list", "takes no other scheme than bearer", known="documented")
def test_another_scheme_is_refused(run: Run, anonymous: Line) -> None:
    authorized(anonymous, f"Basic {run.target.key.reveal()}").refused(401)


@fact("models.list", "takes no key without its scheme", known="documented")
def test_a_bare_key_is_refused(run: Run, anonymous: Line) -> None:
    authorized(anonymous, run.target.key.reveal()).refused(401)


@fact("models.list", "takes an empty token for none", known="unverified")
def test_an_empty_token_is_none(anonymous: Line) -> None:
    assert authorized(anonymous, "Bearer").refused(401) == NO_TOKEN


@fact("models.list", "takes the scheme in any case, as HTTP has it", known="unverified")
def test_the_scheme_may_be_in_lower_case(run: Run, anonymous: Line) -> None:
    authorized(anonymous, f"bearer {run.target.key.reveal()}").ok()


@fact("models.list", "takes no key from the query", known="unverified")
def test_a_key_in_the_query_is_none(anonymous: Line) -> None:
    anonymous.get(MODELS, api_key="contract-tests-in-the-query").refused(401)


@fact("models.list", "takes no key from another provider's header", known="unverified")
def test_a_key_in_another_header_is_none(run: Run, anonymous: Line) -> None:
    anonymous.send("GET", MODELS, headers={"x-api-key": run.target.key.reveal()}).refused(401)


@fact("jobs.create", "asks for the key before it reads the body", known="unverified")
def test_a_bad_body_without_a_key_is_a_401(anonymous: Line) -> None:
    anonymous.send("POST", "/fine_tuning/jobs", content=b"{", headers={"content-type": "application/json"}).refused(401)
