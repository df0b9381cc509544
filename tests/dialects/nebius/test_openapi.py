"""The dialect's OpenAPI document is the provider's, as far as the provider publishes it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator import dialects
from emulator.cli import main
from emulator.drift import differences

SPEC = Path(__file__).parents[3].parent / "shared" / "spec" / "nebius-fine-tuning.openapi.yaml"


@pytest.fixture
def published() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip(f"the provider's published document is not at {SPEC}")
    document = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def test_the_fine_tuning_part_equals_the_published_document(
    published: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["openapi", "nebius"])
    ours = json.loads(capsys.readouterr().out)

    assert differences(ours, published) == []
    assert set(published["components"]["schemas"]) <= set(ours["components"]["schemas"])


def test_operation_ids_and_security_are_the_published_ones(published: dict[str, Any]) -> None:
    ours = dialects.NEBIUS.face(None).openapi()
    for path, operations in published["paths"].items():
        for method, theirs in operations.items():
            mine = ours["paths"][path][method]

            assert (mine["operationId"], mine["security"]) == (theirs["operationId"], theirs["security"])


def test_a_changed_bound_is_noticed(published: dict[str, Any]) -> None:
    published["components"]["schemas"]["SupervisedHParameters"]["properties"]["batch_size"]["maximum"] = 32

    assert any("batch_size" in line for line in differences(dialects.NEBIUS.face(None).openapi(), published))
