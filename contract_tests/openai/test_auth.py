"""Who is let in: a bearer token that the target knows, and nobody else; what the others are told."""

import pytest

from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.secret import Key
from contract_tests.harness.target import Target
from contract_tests.openai.calls import CALLS, Call, tried
from contract_tests.openai.envelope import invalid
from contract_tests.openai.provider import FILES, JOBS, MODELS

pytestmark = free
NONE = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e."
    " Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from"
    " your browser and are prompted for a username and password. You can obtain an API key from"
    " https://platform.openai.com/account/api-keys."
)
WRONG, WHERE = (
    "Incorrect API key provided: ",
    "You can find your API key at https://platform.openai.com/account/api-keys.",
)
KEY = "sk-contract-tests-wrong-key-0123456789abcdef"
"""A key that nobody was given."""


@pytest.fixture
def wrong(run: Run, target: Target) -> Line:
    """The target, asked under a key that nobody was given."""
    line = run.line_of(Key(KEY))
    if target.may_take_every_key and line.get(MODELS).status == 200:
        pytest.skip("this server takes every key: start it with --api-key")
    return line


def each(words: str, names: frozenset[str] | None = None) -> list[object]:
    return [
        pytest.param(call, marks=pytest.mark.fact(call[0], words, known=call[3]), id=call[0])
        for call in CALLS
        if names is None or call[0] in names
    ]


@pytest.mark.parametrize("call", each("without a key is a 401"))
def test_a_request_without_a_key_is_refused(anonymous: Line, call: Call) -> None:
    invalid(tried(anonymous, call), 401)


@pytest.mark.parametrize("call", each("under a wrong key is a 401 of the code invalid_api_key"))
def test_a_request_with_a_wrong_key_is_refused(wrong: Line, call: Call) -> None:
    assert invalid(tried(wrong, call), 401)["code"] == "invalid_api_key"


@fact("files.list", "without a key is told in the observed words, for no param and no code", known="observed")
def test_a_missing_key_is_told_in_the_observed_words(anonymous: Line) -> None:
    error = invalid(anonymous.get(FILES), 401)

    assert error["message"] == NONE
    assert (error["param"], error["code"]) == (None, None)


@fact("files.list", "under a wrong key is told in the observed words", known="observed")
def test_a_wrong_key_is_told_in_the_observed_words(wrong: Line) -> None:
    error = invalid(wrong.get(FILES), 401)

    assert error["message"].startswith(WRONG)
    assert error["message"].endswith(f". {WHERE}")
    assert error["param"] is None


@fact("jobs.list", "under a wrong key does not repeat the key, but for its ends", known="observed")
def test_a_wrong_key_is_not_repeated(wrong: Line) -> None:
    shown = str(invalid(wrong.get(JOBS), 401)["message"]).removeprefix(WRONG).partition(". ")[0]

    assert KEY[12:-8] not in shown
    assert "*" in shown


@fact("models.list", "takes the scheme in lower case", known="unverified")
def test_the_scheme_may_be_in_lower_case(anonymous: Line, target: Target) -> None:
    anonymous.send("GET", MODELS, headers={"authorization": f"bearer {target.key.reveal()}"}).ok()


@fact("models.list", "under another scheme than Bearer is a 401", known="unverified")
def test_another_scheme_is_refused(anonymous: Line, target: Target) -> None:
    invalid(anonymous.send("GET", MODELS, headers={"authorization": f"Token {target.key.reveal()}"}), 401)


@fact("models.list", "under a scheme without a key is a 401", known="unverified")
def test_a_scheme_alone_is_no_key(anonymous: Line) -> None:
    invalid(anonymous.send("GET", MODELS, headers={"authorization": "Bearer"}), 401)


@fact("jobs.create", "without a key says nothing of what else is wrong", known="unverified")
def test_a_key_is_asked_for_before_anything_else(anonymous: Line) -> None:
    assert invalid(anonymous.send("POST", JOBS, content=b"{"), 401)["message"] == NONE


@fact("files.create", "without a key keeps nothing", known="documented")
def test_nothing_is_kept_of_an_upload_without_a_key(anonymous: Line) -> None:
    form = {"file": ("none.jsonl", b'{"a": 1}\n')}

    invalid(anonymous.send("POST", FILES, files=form, data={"purpose": "fine-tune"}), 401)
