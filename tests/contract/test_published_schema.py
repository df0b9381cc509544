"""The schema that contract tests measure by is the published one, without its prose.

To make it anew: ``python -m tests.contract.test_published_schema``.
"""

import json
from typing import Any

from emulator.dialects import nebius
from tests.contract.suite import TESTS

PATH = TESTS / "nebius" / "schema.json"
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


def published() -> Any:
    return without_prose(json.loads(json.dumps(nebius.face(None).openapi())))


def test_the_contracts_schema_is_the_programs_own() -> None:
    assert json.loads(PATH.read_text(encoding="utf-8")) == published()


if __name__ == "__main__":
    PATH.write_text(json.dumps(published(), indent=1) + "\n", encoding="utf-8")
