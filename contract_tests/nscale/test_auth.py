"""Who may ask: a service token, which is a JSON Web Token, or a 401."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.target import Target
from contract_tests.nscale.calls import CALLS, Call, tried
from contract_tests.nscale.envelope import refused
from contract_tests.nscale.provider import JOBS, MODELS

pytestmark = free
UNAUTHENTICATED = "unauthenticated"
NO_JWT = "contract-tests-no-jwt-5b7d"


def part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


HEADER, CLAIMS = part({"alg": "RS256", "typ": "JWT"}), part({"sub": "contract-tests-wrong"})
WRONG = f"{HEADER}.{CLAIMS}.c2lnbmVkLWJ5LW5vYm9keQ"
"""A well-formed token that nobody has signed."""


def marked(words: str, known: str = "unverified") -> list[object]:
    return [pytest.param(call, marks=pytest.mark.fact(call[0], words, known), id=call[0]) for call in CALLS]


@pytest.mark.parametrize("call", marked("without a token is a 401", "documented"))
def test_a_call_without_a_token_is_refused(anonymous: Line, call: Call) -> None:
    refused(tried(anonymous, call), 401, UNAUTHENTICATED)


@pytest.mark.parametrize("call", marked("under a token that is no JWT is a 401"))
def test_a_call_under_what_is_no_jwt_is_refused(anonymous: Line, call: Call) -> None:
    answer = tried(anonymous, call, headers={"authorization": f"Bearer {NO_JWT}"})

    refused(answer, 401, UNAUTHENTICATED)


def wrongly(target: Target, line: Line, call: Call) -> Answer:
    """Try a call under a wrong token; skip where a server on this machine takes every one, as the emulator may."""
    answer = tried(line, call, headers={"authorization": f"Bearer {WRONG}"})
    if answer.status not in (401, 403) and target.may_take_every_key and _takes_any(line):
        pytest.skip("this server takes every key: start it with --api-key")
    return answer


def _takes_any(line: Line) -> bool:
    return authorized(line, f"Bearer {WRONG}-too").status == 200


def authorized(line: Line, value: str) -> Answer:
    return line.send("GET", MODELS, headers={"authorization": value})


@pytest.mark.parametrize("call", marked("under a wrong key is a 401", "documented"))
def test_every_call_under_a_wrong_key_is_refused(target: Target, anonymous: Line, call: Call) -> None:
    refused(wrongly(target, anonymous, call), 401, UNAUTHENTICATED)


@fact("models.list", "does not repeat a wrong token", known="unverified")
def test_a_wrong_key_is_not_repeated(target: Target, anonymous: Line) -> None:
    answer = wrongly(target, anonymous, ("models.list", "GET", MODELS))

    assert WRONG.rpartition(".")[2].encode() not in answer.content
    assert WRONG not in str(answer.headers)


@fact("models.list", "does not repeat what is no token", known="unverified")
def test_what_is_no_jwt_is_not_repeated(anonymous: Line) -> None:
    answer = authorized(anonymous, f"Bearer {NO_JWT}")

    assert NO_JWT.encode() not in answer.content
    assert NO_JWT not in str(answer.headers)


@fact("models.list", "tells no token in other words than a wrong one", known="unverified")
def test_no_token_is_told_in_other_words_than_a_wrong_one(anonymous: Line) -> None:
    none = refused(anonymous.get(MODELS), 401, UNAUTHENTICATED)
    wrong = refused(authorized(anonymous, f"Bearer {NO_JWT}"), 401, UNAUTHENTICATED)

    assert none != wrong


MALFORMED = {
    "two parts": f"{HEADER}.{CLAIMS}",
    "four parts": f"{HEADER}.{CLAIMS}.c2ln.c2ln",
    "a header that is no object": f"{part(['alg'])}.{CLAIMS}.c2ln",
    "claims that are no object": f"{HEADER}.{part('me')}.c2ln",
    "a header that is no base64": f"%%%.{CLAIMS}.c2ln",
    "a header without an algorithm": f"{part({'typ': 'JWT'})}.{CLAIMS}.c2ln",
    "an OpenAI key": "sk-proj-contracttests0000000000000000",
}


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(token, marks=fact("models.list", f"takes no token of {words}", known="unverified"), id=words)
        for words, token in MALFORMED.items()
    ],
)
def test_a_malformed_token_is_refused(anonymous: Line, token: str) -> None:
    refused(authorized(anonymous, f"Bearer {token}"), 401, UNAUTHENTICATED)


@fact("models.list", "takes no other scheme than bearer", known="documented")
def test_another_scheme_is_refused(run: Run, anonymous: Line) -> None:
    refused(authorized(anonymous, f"Basic {run.target.key.reveal()}"), 401, UNAUTHENTICATED)


@fact("models.list", "takes no token without its scheme", known="documented")
def test_a_bare_key_is_refused(run: Run, anonymous: Line) -> None:
    refused(authorized(anonymous, run.target.key.reveal()), 401, UNAUTHENTICATED)


@fact("models.list", "takes an empty token for none", known="unverified")
def test_an_empty_token_is_none(anonymous: Line) -> None:
    none = refused(anonymous.get(MODELS), 401, UNAUTHENTICATED)

    assert refused(authorized(anonymous, "Bearer"), 401, UNAUTHENTICATED) == none


@fact("models.list", "takes the scheme in any case, as HTTP has it", known="unverified")
def test_the_scheme_may_be_in_lower_case(run: Run, anonymous: Line) -> None:
    authorized(anonymous, f"bearer {run.target.key.reveal()}").ok()


@fact("models.list", "takes no token from the query", known="unverified")
def test_a_key_in_the_query_is_none(run: Run, anonymous: Line) -> None:
    refused(anonymous.get(MODELS, access_token=run.target.key.reveal()), 401, UNAUTHENTICATED)


@fact("models.list", "takes no token from another provider's header", known="unverified")
def test_a_key_in_another_header_is_none(run: Run, anonymous: Line) -> None:
    answer = anonymous.send("GET", MODELS, headers={"x-api-key": run.target.key.reveal()})

    refused(answer, 401, UNAUTHENTICATED)


@fact("jobs.create", "asks for the token before it reads the body", known="unverified")
def test_a_bad_body_without_a_token_is_a_401(anonymous: Line) -> None:
    answer = anonymous.send("POST", JOBS, content=b"{", headers={"content-type": "application/json"})

    refused(answer, 401, UNAUTHENTICATED)


@fact("routes", "that there are not are a 401 without a token", known="unverified")
def test_an_unknown_route_without_a_token_is_a_401(anonymous: Line) -> None:
    refused(anonymous.get("/no-such-thing"), 401, UNAUTHENTICATED)
