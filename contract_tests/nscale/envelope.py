"""Nscale's envelope of what went wrong, and how it tells instants and ids."""

import re
from datetime import datetime, timedelta

from contract_tests.harness.answers import Answer, Obj

MEMBERS = {"code", "message"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
"""RFC 3339 in UTC; how many digits a fraction has varies (observed)."""


def refused(answer: Answer, status: int, code: str) -> str:
    """Return the message of a refusal; fail where its status, code or envelope is another."""
    assert answer.status == status, f"{status} was expected of {answer!r}"
    found = answer.json()
    assert isinstance(found, Obj), f"an object was expected of {answer!r}"
    assert set(found) == MEMBERS, f"nothing but code and message was expected of {answer!r}"
    assert found["code"] == code, f"{code} was expected of {answer!r}"
    assert isinstance(found["message"], str), f"a sentence was expected of {answer!r}"
    assert found["message"], f"a sentence was expected of {answer!r}"
    return found["message"]


def invalid(answer: Answer) -> str:
    """Return what is said of a request that is not understood."""
    return refused(answer, 400, "invalid_argument")


def impossible(answer: Answer) -> str:
    """Return what is said of a request that is understood, and not possible now."""
    return refused(answer, 400, "failed_precondition")


def missing(answer: Answer) -> str:
    """Return what is said of something that is not there."""
    return refused(answer, 404, "not_found")


def instant(text: object) -> datetime:
    """Return an instant; fail where it is told otherwise than RFC 3339 in UTC does."""
    assert isinstance(text, str), f"an instant was expected, not {text!r}"
    assert INSTANT.fullmatch(text), f"RFC 3339 in UTC was expected, not {text!r}"
    found = datetime.fromisoformat(text)
    assert found.utcoffset() == timedelta(0), f"UTC was expected, not {text!r}"
    return found


def is_uuid(text: object) -> bool:
    """Say whether something is a UUID of version 4, in lower case, without a prefix."""
    return isinstance(text, str) and bool(UUID.fullmatch(text)) and text[14] == "4" and text[19] in "89ab"
