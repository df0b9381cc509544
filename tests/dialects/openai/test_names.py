"""How ids are written and read again, and models named: laws over all values."""

import re
import string
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core import ids
from emulator.core.ids import Shape
from emulator.dialects.openai.names import NAME, SHAPES, base_of
from tests.dialects.openai.api import FILES, JOBS, MODELS, Api

EPOCH = datetime.fromisoformat("2026-01-01T00:00:00Z")
BASE62 = "[0-9A-Za-z]{24}"
FORMS: dict[str, str] = {
    "file": "file-[1-9A-HJ-NP-Za-km-z]{22}",
    "job": f"ftjob-{BASE62}",
    "event": f"ftevent-{BASE62}",
    "checkpoint": f"ftckpt_{BASE62}",
    "upload": "upload_[0-9a-f]{32}",
    "part": "part_[0-9a-f]{32}",
    "permission": f"cp_{BASE62}",
}
"""As they were recorded; that of a permission is made after the documented example."""
instants = st.integers(0, 10**10).map(lambda seconds: EPOCH + timedelta(seconds=seconds % 10**9))
handles, ordinals = st.integers(0, 2**ids.HANDLE_BITS - 1), st.integers(0, 2**ids.ORDINAL_BITS - 1)


def shape_of(kind: str) -> Shape:
    shape = getattr(SHAPES, kind)
    assert isinstance(shape.bits, int)
    return shape  # type: ignore[no-any-return]  # by its name


@pytest.mark.parametrize("kind", FORMS)
@given(data=st.data(), at=instants)
def test_an_id_has_the_recorded_form_and_gives_its_value_back(kind: str, data: st.DataObject, at: datetime) -> None:
    shape = shape_of(kind)
    value = data.draw(st.integers(0, 2**shape.bits - 1))
    written = shape.write(value, at)
    read = shape.read(written)

    assert re.fullmatch(FORMS[kind], written)
    assert read is not None
    assert read[0] == value


@pytest.mark.parametrize("kind", FORMS)
@given(data=st.data(), at=instants)
def test_two_values_have_two_ids(kind: str, data: st.DataObject, at: datetime) -> None:
    shape = shape_of(kind)
    one, other = data.draw(st.tuples(*[st.integers(0, 2**shape.bits - 1)] * 2))

    assert (shape.write(one, at) == shape.write(other, at)) == (one == other)


@pytest.mark.parametrize("kind", FORMS)
@given(text=st.text(max_size=40) | st.text(string.ascii_letters + string.digits + "-_", max_size=40))
def test_what_is_read_as_an_id_is_one_and_nothing_else_is(kind: str, text: str) -> None:
    shape = shape_of(kind)
    for told in (text, FORMS[kind].partition("[")[0] + text):
        read = shape.read(told)

        assert read is None or (re.fullmatch(FORMS[kind], told) and 0 <= read[0] < 2**shape.bits)


@pytest.mark.parametrize("kind", ["file", "event", "checkpoint"])
@given(handle=handles, ordinal=ordinals, at=instants)
def test_a_sealed_id_leads_back_to_its_job_and_place(kind: str, handle: int, ordinal: int, at: datetime) -> None:
    shape = shape_of(kind)
    written = shape.write(ids.seal(handle, ordinal, kind=kind, bits=shape.bits), at)
    read = shape.read(written)

    assert read is not None
    assert ids.opened(read[0], kind=kind, bits=shape.bits) == (handle, ordinal)
    assert ids.opened(read[0], kind="another", bits=shape.bits) != (handle, ordinal)


@pytest.mark.parametrize("kind", ["upload", "part"])
@given(value=st.integers(0, 2**96 - 1), at=instants)
def test_the_first_digits_of_an_upload_are_its_time(kind: str, value: int, at: datetime) -> None:
    assert shape_of(kind).write(value, at).partition("_")[2][:8] == f"{int(at.timestamp()):08x}"


@given(st.text(max_size=60))
def test_no_text_is_too_strange_to_be_no_name(text: str) -> None:
    for name in (text, f"ft:{text}", f"ft:gpt-4o:personal:{text}:abcdefgh"):
        assert (SHAPES.model.tag(name) is None) or NAME.fullmatch(name)


@pytest.mark.parametrize(
    ("model", "base"),
    [("gpt-4o", "gpt-4o"), ("ft:gpt-4o:personal::abcdefgh", "gpt-4o"), ("ft:gpt-4o", "ft:gpt-4o"), ("ft:", "ft:")],
)
def test_the_base_of_a_model_is_in_its_name(model: str, base: str) -> None:
    assert base_of(model) == base


def test_ids_that_are_answered_have_these_forms(api: Api) -> None:
    job = api.done(suffix="mine")
    at = f"{JOBS}/{job['id']}"
    found = {
        "job": job["id"],
        "file": job["result_files"][0],
        "event": api.get(f"{at}/events")["data"][0]["id"],
        "checkpoint": api.get(f"{at}/checkpoints")["data"][0]["id"],
    }

    assert {kind: bool(re.fullmatch(FORMS[kind], id_)) for kind, id_ in found.items()} == dict.fromkeys(found, True)
    assert re.fullmatch(FORMS["file"], job["training_file"])
    assert re.fullmatch("org-[0-9A-Za-z]{24}", job["organization_id"])
    for model in api.get(MODELS)["data"][-3:]:
        assert re.fullmatch(r"ft:gpt-4o-mini-2024-07-18:personal:mine:\w{8}(:ckpt-step-\d+)?", model["id"])
    for digit in "0OIl":
        assert api.refused("GET", f"{FILES}/file-{digit * 22}", 404)["param"] == "id"
