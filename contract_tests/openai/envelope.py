"""OpenAI's envelope of what went wrong, and the refusal that says nothing of what was asked."""

import pytest

from contract_tests.harness.answers import Answer, Obj

MEMBERS = {"message", "type", "param", "code"}
CLOSED = "training_not_available"
"""The code of a 403 to an account that may not create jobs any more (observed since May 2026)."""


def opened(answer: Answer) -> Answer:
    """Return an answer to the order of a job; skip where the target takes none from this account at all."""
    if answer.status == 403 and CLOSED.encode() in answer.content:
        pytest.skip("this target is closed to the account's training (403 training_not_available)")
    return answer


def refused(answer: Answer, status: int) -> Obj:
    """Return the error of a refusal of that status; fail where the envelope is another."""
    opened(answer)
    assert answer.status == status, f"{status} was expected of {answer!r}"
    found = answer.json()
    assert isinstance(found, Obj), f"an object was expected of {answer!r}"
    assert set(found) - {"detail"} == {"error"}, f"nothing but error and detail was expected of {answer!r}"
    error = found["error"]
    assert isinstance(error, Obj), f"an object was expected for the error of {answer!r}"
    assert set(error) == MEMBERS, f"the members {sorted(MEMBERS)} were expected of {answer!r}"
    return error


def invalid(answer: Answer, status: int = 400) -> Obj:
    """Return the error of a refusal that the service calls the request's fault (observed of nearly all)."""
    error = refused(answer, status)
    assert error["type"] == "invalid_request_error", f"invalid_request_error was expected of {answer!r}"
    assert error["message"], f"a message was expected of {answer!r}"
    return error
