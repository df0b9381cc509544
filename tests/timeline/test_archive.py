"""Artifacts in a ``.tar.gz``: what every reader of one makes of it, any range of it, and what a range costs."""

import hashlib
import io
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.timeline.artifacts import Archive, Artifact, archive, checkpoint_files
from tests.timeline.test_artifacts import HUGE, a_source

AT = 1790264256
PIECE_MAX = 64 * 1024
SHARE = 65531
"""Bytes of the tar in one stored block."""
FILES = checkpoint_files(a_source(weight_bytes=150_000))
SMALL = archive("model.tar.gz", FILES, folder="job", created_at=AT)
WHOLE = b"".join(SMALL.read())


@dataclass(frozen=True, slots=True)
class Counted(Artifact):
    """An artifact that counts how many of its bytes were drawn."""

    drawn: list[int] = field(default_factory=list, compare=False)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        for piece in Artifact.read(self, start, stop):
            self.drawn.append(len(piece))
            yield piece


@dataclass(frozen=True, slots=True)
class Zeros(Artifact):
    """An artifact of zeros, which are drawn faster than noise."""

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        first, last, _ = slice(start, stop).indices(self.size)
        for at in range(first, last, PIECE_MAX):
            yield bytes(min(PIECE_MAX, last - at))


class View(io.RawIOBase):
    """The tar within an archive, as a file that nobody has read."""

    def __init__(self, of: Archive) -> None:
        self._tar, self._at = of._tar, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset + (0, self._at, self._tar.size)[whence]
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        assert 0 <= size <= PIECE_MAX
        found = b"".join(self._tar.read(self._at, min(self._at + size, self._tar.size)))
        self._at += len(found)
        return found


def counted(size: int, key: str = "noise") -> Counted:
    return Counted("weights", size, b"head", key)


def opened(of: Archive) -> tarfile.TarFile:
    stream: Any = View(of)
    return tarfile.open(fileobj=stream, mode="r:")


def run(*command: str) -> bytes:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, input=WHOLE, capture_output=True, check=True).stdout


def test_an_archive_is_as_long_as_it_says() -> None:
    pieces = list(SMALL.read())

    assert sum(map(len, pieces)) == SMALL.size
    assert all(0 < len(piece) <= PIECE_MAX for piece in pieces)


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 8704, 8705, SHARE, 10 * SHARE])
def test_an_archive_of_any_length_is_one_gzip_member_of_a_tar(size: int) -> None:
    made = archive("a", [Artifact("a", size, b"", "k"), Artifact("b", 3, b"abc")], created_at=AT)
    content = b"".join(made.read())
    unzip = zlib.decompressobj(wbits=31)
    tar = unzip.decompress(content)

    assert len(content) == made.size
    assert (unzip.eof, unzip.unused_data) == (True, b"")
    assert len(tar) % tarfile.RECORDSIZE == 0
    assert tar.endswith(bytes(2 * tarfile.BLOCKSIZE))
    assert [(member.name, member.size) for member in opened(made)] == [("a", size), ("b", 3)]


edges = st.none() | st.integers(-len(WHOLE) - 9, len(WHOLE) + 9)
seams = st.builds(lambda number, off: 10 + number * PIECE_MAX + off, st.integers(0, 4), st.integers(-7, 7))
ends = st.integers(len(WHOLE) - 12, len(WHOLE))
places = edges | seams | ends | st.integers(0, 20)


@given(places, places)
@example(-8, None)
@example(0, None)
@example(9, 16)
@example(15, -7)
def test_any_range_is_that_slice_of_the_whole(start: int | None, stop: int | None) -> None:
    pieces = list(SMALL.read(start or 0, stop))

    assert b"".join(pieces) == WHOLE[start or 0 : stop]
    assert all(0 < len(piece) <= PIECE_MAX for piece in pieces)


def test_python_finds_every_file_as_it_is_outside_of_the_archive() -> None:
    with tarfile.open(fileobj=io.BytesIO(WHOLE), mode="r:gz") as tar:
        folder, *members = tar.getmembers()
        contents = [tar.extractfile(member) for member in members]
        read = [content.read() for content in contents if content]

    assert (folder.name, folder.isdir(), folder.mode) == ("job", True, 0o755)
    assert [member.name for member in members] == [f"job/{artifact.name}" for artifact in FILES]
    assert read == [b"".join(artifact.read()) for artifact in FILES]
    for member in (folder, *members):
        assert (member.uid, member.gid, member.uname, member.gname, member.mtime) == (0, 0, "", "", AT)
    assert {member.mode for member in members} == {0o644}


def test_the_programs_that_everybody_has_take_it(tmp_path: Path) -> None:
    run("gzip", "-t")
    run("tar", "xzf", "-", "-C", str(tmp_path))

    assert {path.name: path.read_bytes() for path in (tmp_path / "job").iterdir()} == {
        artifact.name: b"".join(artifact.read()) for artifact in FILES
    }
    assert run("tar", "tzf", "-").decode().splitlines() == ["job/", *(f"job/{artifact.name}" for artifact in FILES)]


def test_without_a_folder_the_files_stand_alone() -> None:
    assert opened(archive("a", FILES, created_at=AT)).getnames() == [artifact.name for artifact in FILES]


def test_the_same_arguments_give_the_same_bytes_everywhere() -> None:
    again = archive("another-name.tgz", checkpoint_files(a_source(weight_bytes=150_000)), folder="job", created_at=AT)

    assert b"".join(again.read()) == WHOLE
    # Noted when this was written. A change of it changes what clients downloaded before: the changelog should say so.
    assert hashlib.sha256(WHOLE).hexdigest() == "cf0c1238138b509c7051a433411be1d4bdb8b32a2ea068098a8b8fa20f022809"


@pytest.mark.parametrize("folder", [".", "..", "a/b", "/", "../a", "a\0b"])
def test_a_folder_is_a_single_name(folder: str) -> None:
    with pytest.raises(ValueError, match="no name of a folder"):
        archive("a", FILES, folder=folder, created_at=AT)


@pytest.mark.parametrize(("folder", "read"), [("модель 😀", "модель 😀"), ("x" * 250, "x" * 250), ("a\ud800", "a?")])
def test_a_folder_may_be_named_with_any_letters(folder: str, read: str) -> None:
    assert opened(archive("a", [counted(9)], folder=folder, created_at=AT)).getnames() == [read, f"{read}/weights"]


@pytest.mark.parametrize("at", [-1, 0, 8**11 - 1, 8**11, 221_845_392_000])
def test_every_virtual_time_can_be_written(at: int) -> None:
    assert [member.mtime for member in opened(archive("a", [counted(9)], folder="f", created_at=at))] == [at, at]


def test_a_file_over_8_gib_is_found_and_so_is_the_one_after_it() -> None:
    large, last = counted(12 * 2**30 + 1), counted(100)
    made = archive("a", [large, last], created_at=AT)
    tar = opened(made)
    members = tar.getmembers()
    after = tar.extractfile(members[1])

    assert [member.size for member in members] == [large.size, 100]
    assert after
    assert after.read() == b"".join(last.read())
    assert sum(large.drawn) == 0


@given(st.integers(0, HUGE - 1), st.integers(1, 200_000))
def test_the_middle_of_50_gb_is_read_without_what_lies_around_it(at: int, size: int) -> None:
    weights = counted(HUGE)
    made = archive("a", [weights], created_at=AT)
    block, within = divmod(512 + at, SHARE)  # the tar begins with the header of its first file
    start = 10 + block * PIECE_MAX + 5 + within
    found = b"".join(made.read(start, start + min(size, SHARE - within, HUGE - at)))
    drawn = sum(weights.drawn)

    assert found == b"".join(weights.read(at, at + len(found)))
    assert drawn == len(found) > 0


FULL = SHARE * tarfile.RECORDSIZE
"""A tar of so many bytes ends with a block that is full."""


@pytest.mark.parametrize("tar_bytes", [FULL, FULL + tarfile.RECORDSIZE, 75 * FULL])
def test_the_last_block_and_no_other_says_that_it_is_the_last(tar_bytes: int) -> None:
    weights = counted(tar_bytes - 3 * 512)  # a header and the end
    made = archive("a", [weights], created_at=AT)
    before, left = divmod(tar_bytes - 1, SHARE)
    last = 10 + before * PIECE_MAX
    size = (left + 1).to_bytes(2, "little") + (left + 1 ^ 0xFFFF).to_bytes(2, "little")

    assert b"".join(made.read(last, last + 5)) == b"\1" + size
    assert b"".join(made.read(last - PIECE_MAX, last - PIECE_MAX + 5)) == b"\0\xfb\xff\x04\0"
    assert made.size == last + 5 + left + 1 + 8
    assert sum(weights.drawn) < 2 * PIECE_MAX


def test_a_byte_is_drawn_once_where_all_is_read_and_once_for_any_number_of_looks_at_the_end() -> None:
    first, second = counted(1_000_000, "once"), counted(1_000_000, "again")
    read, looked = archive("a", [first], created_at=AT), archive("a", [second], created_at=AT)
    b"".join(read.read())
    ends = {b"".join(looked.read(looked.size - 1 - more % 8)) for more in range(16)}

    assert (sum(first.drawn), sum(second.drawn)) == (1_000_000, 1_000_000)
    assert len(ends) == 8
    assert sum(second.drawn) == 1_000_000


@pytest.mark.full
def test_the_end_of_an_archive_over_4_gib_is_what_gzip_makes_of_it() -> None:
    made = archive("a", [Zeros("zeros", 2**32 + 2**31, b"")], created_at=AT)
    crc = 0
    for piece in made._tar.read(0, made._tar.size):
        crc = zlib.crc32(piece, crc)
    end = b"".join(made.read(-8))

    assert end == crc.to_bytes(4, "little") + (made._tar.size - 2**32).to_bytes(4, "little")
