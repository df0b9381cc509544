"""The schema that contract tests measure by is the published one, without its prose.

To make it anew: ``python -m tests.contract.test_published_schema``.
"""

import json
from typing import Any

import pytest

from contract_tests.harness.options import folder_of
from emulator.dialects import NEBIUS, NEBIUS_STUDIO, NSCALE, OPENAI
from tests.contract.suite import TESTS

FACES = {each.name: each.face for each in (NEBIUS, NEBIUS_STUDIO, NSCALE, OPENAI)}
PROSE = ("description", "summary", "title")


def without_prose(node: Any) -> Any:
    """Return a document without its texts and examples; a member that happens to be called so stays."""
    match node:
        case dict():
            return {
                name: without_prose(member)
                for name, member in node.items()
                if not (name in PROSE and isinstance(member, str))
                and not (name == "examples" and isinstance(member, list))
            }
        case list():
            return [without_prose(member) for member in node]
        case _:
            return node


def published(dialect: str) -> Any:
    return without_prose(json.loads(json.dumps(FACES[dialect](None).openapi())))


@pytest.mark.parametrize("dialect", FACES)
def test_the_contracts_schema_is_the_programs_own(dialect: str) -> None:
    assert json.loads((TESTS / folder_of(dialect) / "schema.json").read_text(encoding="utf-8")) == published(dialect)


if __name__ == "__main__":
    for name in FACES:
        (TESTS / folder_of(name) / "schema.json").write_text(
            json.dumps(published(name), indent=1) + "\n", encoding="utf-8"
        )
