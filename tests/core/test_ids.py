"""Ids: shapes that read back, and sealed values that open."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.ids import HANDLE_BITS, ORDINAL_BITS, Shape, Uuid4, Uuid7, draw, opened, seal

AT = datetime(2026, 1, 1, tzinfo=UTC)
SHAPES: list[Shape] = [Uuid4("ftckpt_"), Uuid4("ftjob-", dashes=False), Uuid4(""), Uuid7("file-")]
handles = st.integers(0, 2**HANDLE_BITS - 1)
ordinals = st.integers(0, 2**ORDINAL_BITS - 1)
shapes = st.sampled_from(SHAPES)


@given(shapes, st.data(), st.integers(0, 10**14))
def test_an_id_reads_back_as_the_value_that_it_was_written_from(shape: Shape, data: st.DataObject, micros: int) -> None:
    value = data.draw(st.integers(0, 2**shape.bits - 1))
    read = shape.read(shape.write(value, AT + timedelta(microseconds=micros)))

    assert read
    assert read[0] == value


@given(shapes, st.text(max_size=60))
def test_what_is_no_id_is_not_read(shape: Shape, text: str) -> None:
    read = shape.read(text)

    assert read is None or shape.write(read[0], AT) == text


@pytest.mark.parametrize("change", [str.upper, lambda text: text.replace("-", ""), lambda text: text + "0"])
def test_an_id_is_read_only_as_it_is_written(change: object) -> None:
    text = Uuid7("file-").write(2**73 + 5, AT)

    assert callable(change)
    assert Uuid7("file-").read(change(text)) is None


def test_a_file_id_is_a_version_7_uuid_whose_time_is_that_of_the_file() -> None:
    uuid = UUID(Uuid7("file-").write(12345, AT).removeprefix("file-"))

    assert (uuid.version, uuid.int >> 80) == (7, AT.timestamp() * 1000)


@given(handles, ordinals, st.sampled_from([74, 122]), st.sampled_from(["file", "event", "checkpoint"]))
def test_a_sealed_value_opens(handle: int, ordinal: int, bits: int, kind: str) -> None:
    assert opened(seal(handle, ordinal, kind=kind, bits=bits), kind=kind, bits=bits) == (handle, ordinal)


@given(handles, ordinals)
def test_a_value_sealed_as_one_kind_does_not_open_as_another(handle: int, ordinal: int) -> None:
    assert opened(seal(handle, ordinal, kind="event", bits=122), kind="checkpoint", bits=122) != (handle, ordinal)


def test_neighbours_look_like_strangers() -> None:
    ids = [Uuid4("").write(seal(77, ordinal, kind="event", bits=122), AT) for ordinal in range(100)]

    assert len({text[:4] for text in ids}) > 90


def test_draws_depend_on_every_part() -> None:
    assert len({draw("0", "tenant", 1, "file", bits=74), draw("0", "tenant", 2, "file", bits=74)}) == 2
    assert draw("a", bits=48) < 2**48
