"""Files that come in parts: announced, brought in parts in any order, put together, or given up.

That an upload has expired follows from the time; nothing has to happen for it.
"""

import hashlib
from asyncio import to_thread
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from emulator.core import files, ids
from emulator.core.file import File
from emulator.core.files import Intake, Wanted
from emulator.core.ids import Shape
from emulator.core.state import drop
from emulator.core.world import Caller
from emulator.errors import ApiError, Missing, Refused
from emulator.storage import accounts
from emulator.storage import uploads as rows
from emulator.storage.database import Connection
from emulator.storage.uploads import StoredPart, StoredUpload
from emulator.timeline.job import Dataset

LASTS = timedelta(hours=1)
"""How long an upload takes parts (documented and observed)."""
MD5_LETTERS = 32


@dataclass(frozen=True, slots=True)
class Announced:
    """What somebody wants to bring in parts: ``bytes`` in all, kept as ``wanted``."""

    wanted: Wanted
    mime_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Shown:
    """An upload as its owner sees it now; ``state`` is pending, completed, cancelled or expired."""

    stored: StoredUpload
    state: str
    file: File | None


async def create(caller: Caller, announced: Announced) -> Shown:
    """Begin an upload."""
    at, wanted = caller.now(), announced.wanted

    def change(db: Connection) -> StoredUpload:
        about = (wanted.name, wanted.purpose, announced.mime_type, announced.bytes, wanted.lasts_s)
        upload = StoredUpload(_new_id(db, caller, caller.shapes.upload), at, at + LASTS, *about)
        rows.insert(db, caller.account, upload)
        return upload

    return _shown(caller, await caller.world.db.write(change))


def get(caller: Caller, upload_id: str) -> Shown:
    """Return one of the caller's uploads; raise Missing."""
    return _get(caller.world.db.reads, caller, upload_id)


async def add_part(caller: Caller, upload_id: str, intake: Intake, blob: str) -> StoredPart:
    """Add a part whose bytes have arrived; raise Missing, and Refused where the upload takes no more."""
    at = caller.now()

    def change(db: Connection) -> StoredPart:
        _pending(_get(db, caller, upload_id))
        part = StoredPart(_new_id(db, caller, caller.shapes.part), at, intake.bytes, blob)
        intake.keep()
        rows.add_part(db, caller.account, upload_id, part)
        return part

    return await caller.world.db.write(change)


async def cancel(caller: Caller, upload_id: str) -> Shown:
    """Give an upload up, and its parts with it; raise Missing, and Refused where it is not pending."""

    def change(db: Connection) -> set[str]:
        _pending(_get(db, caller, upload_id))
        return rows.end(db, caller.account, upload_id, "cancelled")

    unneeded = await caller.world.db.write(change)
    await caller.world.db.write(lambda db: drop(db, caller.world, unneeded))
    return get(caller, upload_id)


async def complete(
    caller: Caller,
    upload_id: str,
    part_ids: Sequence[str],
    *,
    md5: str | None,
    intake: Callable[[], Intake],
    refusal: Callable[[Dataset], ApiError | None],
) -> Shown:
    """Put the parts together, in this order, into a file; raise Missing, Refused, or what ``refusal`` says of the data.

    An ``md5`` that is none (32 hexadecimal digits) is not compared: unverified, the SDK's own tests send ``md5``.
    """
    world = caller.world
    shown, parts = await world.db.write(lambda db: _held(db, caller, upload_id, part_ids))
    held, whole = [part.blob for part in parts], intake()
    try:
        read = await to_thread(_joined, caller, whole, parts, md5)
        if read[1] and (wrong := refusal(read[1])):
            raise wrong
        await world.db.write(lambda db: _ended(db, caller, shown.stored, whole, read))
    finally:
        whole.discard()

        def let_go(db: Connection) -> None:
            world.blobs.let_go(held)
            drop(db, world, held)

        await world.db.write(let_go)
    return get(caller, upload_id)


def _held(db: Connection, caller: Caller, upload_id: str, part_ids: Sequence[str]) -> tuple[Shown, list[StoredPart]]:
    """Return an upload and those parts of it, whose bytes are held: it may be cancelled meanwhile."""
    shown = _pending(_get(db, caller, upload_id))
    known = {part.id: part for part in rows.parts(db, caller.account, upload_id)}
    for part_id in part_ids:
        if part_id not in known:
            raise Missing("part", part_id)
    parts = [known[part_id] for part_id in part_ids]
    if (size := sum(part.bytes for part in parts)) != shown.stored.bytes:
        raise Refused(f"The parts have {size} bytes together, and {shown.stored.bytes} were announced.")
    caller.world.blobs.hold(part.blob for part in parts)
    return shown, parts


def _joined(caller: Caller, whole: Intake, parts: Sequence[StoredPart], md5: str | None) -> tuple[str, Dataset | None]:
    """Put the bytes of parts together; slow: not for the event loop's own thread. Raise Refused."""
    checksum = hashlib.md5(usedforsecurity=False)
    for part in parts:
        for piece in caller.world.blobs.read(part.blob, 0, part.bytes):
            checksum.update(piece)
            whole.write(piece)
    told = (md5 or "").lower()
    is_one = len(told) == MD5_LETTERS and set(told) <= set("0123456789abcdef")
    if is_one and told != checksum.hexdigest():
        raise Refused(f"The md5 checksum of the parts is {checksum.hexdigest()}, and {told} was expected.")
    return whole.finish()


def _ended(
    db: Connection, caller: Caller, upload: StoredUpload, whole: Intake, read: tuple[str, Dataset | None]
) -> None:
    _pending(_get(db, caller, upload.id))
    wanted = Wanted(upload.name, upload.purpose, None, upload.file_lasts)
    # Its file was made when the upload was (observed).
    file = files.add(db, caller, whole, read, wanted=wanted, at=upload.created_at)
    rows.end(db, caller.account, upload.id, "completed", file.id)


def _new_id(db: Connection, caller: Caller, shape: Shape | None) -> str:
    assert shape  # noqa: S101 -- who has uploads has shapes for their ids
    number, seed = accounts.count(db, caller.account.tenant), caller.world.settings.seed
    return shape.write(ids.draw(seed, caller.account.tenant, number, "upload", bits=shape.bits), caller.now())


def _get(db: Connection, caller: Caller, upload_id: str) -> Shown:
    stored = rows.get(db, caller.account, upload_id)
    if stored is None:
        raise Missing("upload", upload_id)
    return _shown(caller, stored)


def _shown(caller: Caller, stored: StoredUpload) -> Shown:
    expired = stored.state == "pending" and stored.expires_at <= caller.now()
    try:
        file = files.get(caller, stored.file) if stored.file else None
    except Missing:  # deleted since, or expired
        file = None
    return Shown(stored, "expired" if expired else stored.state, file)


def _pending(shown: Shown) -> Shown:
    """Return an upload that takes parts; raise Refused for one that does no more."""
    if shown.state != "pending":
        raise Refused(f"Upload {shown.stored.id} is {shown.state}; only a pending one can be changed.")
    return shown
