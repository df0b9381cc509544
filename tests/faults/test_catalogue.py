"""The catalogue of effects: each file of the folder is one, and the table in REFERENCE.md can be made from them."""

import inspect
from pathlib import Path

import pytest

import emulator.faults
from emulator.faults import EFFECTS
from emulator.faults.effect import Effect
from emulator.faults.rule import Rule
from tests.catalogues import effects, short

FRAME = {"answer", "connection", "effect", "header", "match", "paths", "rule", "__init__"}


def test_each_file_of_the_folder_that_is_not_the_frame_is_an_effect_of_that_name() -> None:
    folder = Path(inspect.getfile(emulator.faults)).parent

    assert {path.stem for path in folder.glob("*.py")} - FRAME == {*EFFECTS}
    assert [*EFFECTS] == sorted(EFFECTS)


@pytest.mark.parametrize("kind", EFFECTS.values(), ids=EFFECTS)
def test_an_effect_is_described_and_so_is_each_of_its_parameters(kind: type[Effect]) -> None:
    assert f"| `{short(kind)}` | " in effects()
    assert (kind.__doc__ or "").strip().splitlines()[0].endswith(".")
    assert [name for name, field in kind.model_fields.items() if not field.description] == []
    assert kind.main is None or kind.main in kind.model_fields


@pytest.mark.parametrize("kind", EFFECTS.values(), ids=EFFECTS)
def test_an_effect_as_the_table_writes_it_is_the_effect_with_its_defaults(kind: type[Effect]) -> None:
    (read,) = Rule.model_validate({"effects": short(kind).removesuffix("=…")}).effects

    assert read == kind()
