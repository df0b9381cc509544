"""What HTTP takes as the name and the value of a header: anything else is refused when a rule is set."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FRAMING = {"content-length", "transfer-encoding"}


def _text(value: Any) -> Any:
    """Write a number or a truth value as a header does: in YAML and JSON, ``retry_after: 2`` is a number."""
    return str(value).lower() if isinstance(value, bool | int | float) else value


def _printable(value: str) -> str:
    if any(not (" " <= each <= "~" or "\xa0" <= each <= "\xff" or each == "\t") for each in value):
        raise ValueError("a header takes printable characters of Latin-1 on one line")
    return value


def _token(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header: letters, digits and hyphens are")
    return name


def _free(name: str) -> str:
    if name.lower() in FRAMING:
        raise ValueError(f"{name} is the server's own; truncate and empty_body are effects on the length of a body")
    return name


HeaderName = Annotated[str, StringConstraints(max_length=100), AfterValidator(_token)]
"""A token of RFC 9110."""

HeaderText = Annotated[
    str,
    StringConstraints(max_length=2000, strip_whitespace=True),
    AfterValidator(_printable),
    BeforeValidator(_text, json_schema_input_type=str | float | bool),
]
"""A header's value."""

Headers = Annotated[dict[Annotated[HeaderName, AfterValidator(_free)], HeaderText], Field(max_length=50)]
"""Headers to send, without those that frame the body."""
