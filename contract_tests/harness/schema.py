"""A provider's published schema, and whether what was answered is as it says."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""OpenAPI 3.1's schemas are JSON Schema 2020-12."""
COMPLAINTS_MAX = 3


class Schema:
    """An OpenAPI 3.1 document's components, by which values are measured."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        self._components: dict[str, Any] = document["components"]
        self._validator = cache(self._made)

    def holds(self, name: str, value: Any) -> None:
        """Fail where a value is not what the component of that name describes."""
        wrong = [
            f"{'/'.join(map(str, error.instance_path)) or 'it'}: {error.message}"
            for error in self._validator(name).iter_errors(value)
        ]
        assert not wrong, f"no {name}: {'; '.join(wrong[:COMPLAINTS_MAX])}"

    def members(self, name: str) -> set[str]:
        """Return the names of the members that a component lists."""
        return set(self._components["schemas"][name]["properties"])

    def _made(self, name: str) -> Any:
        return jsonschema_rs.validator_for(
            {"$schema": DRAFT, "$ref": f"#/components/schemas/{name}", "components": self._components}
        )
