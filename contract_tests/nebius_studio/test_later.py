"""What came after 2025 is not there: as any path that the service does not have."""

import pytest

from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line

pytestmark = free


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param(method, path, marks=fact("later", f"has no {method} {path}", known="unverified"), id=path)
        for method, path in (
            ("GET", "/files/file-0/link"),
            ("POST", "/files/model_archive"),
            ("GET", "/datasets"),
            ("GET", "/operations"),
        )
    ],
)
def test_what_came_later_is_not_there(line: Line, method: str, path: str) -> None:
    assert line.send(method, path).status in (404, 405)
