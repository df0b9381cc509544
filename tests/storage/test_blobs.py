"""Blobs: whole or not there."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from emulator.storage.blobs import PIECE, Blobs, Incoming


def kept(blobs: Blobs, content: bytes) -> str:
    incoming = blobs.incoming()
    incoming.write(content)
    digest = incoming.finish()
    incoming.keep()
    incoming.discard()
    return digest


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_equal_contents_are_kept_once_under_their_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs", durable=True)

    assert kept(blobs, b"same") == kept(blobs, b"same") == hashlib.sha256(b"same").hexdigest()
    assert names(tmp_path / "blobs") == [hashlib.sha256(b"same").hexdigest()]


def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path, durable=False)
    incoming.write(b"half")
    incoming.discard()
    incoming.discard()

    assert names(tmp_path) == []


def test_a_sweep_takes_what_no_file_names(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path, durable=False)
    needed, _ = kept(blobs, b"needed"), kept(blobs, b"orphan")
    (tmp_path / "coming-half").write_bytes(b"x")
    blobs.sweep({needed})

    assert names(tmp_path) == [needed]


def test_a_reader_that_has_begun_is_not_torn_by_a_removal(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path, durable=False)
    digest = kept(blobs, b"x" * (PIECE + 1))
    pieces = blobs.read(digest, 0, PIECE + 1)
    next(pieces)
    blobs.drop(digest)

    assert next(pieces) == b"x"


@given(st.binary(max_size=100), st.integers(0, 100), st.integers(0, 100))
def test_a_range_is_the_slice_of_the_whole(content: bytes, start: int, stop: int) -> None:
    with TemporaryDirectory() as folder:
        blobs = Blobs(Path(folder), durable=False)
        digest = kept(blobs, content)

        assert b"".join(blobs.read(digest, start, stop)) == content[start:stop]
