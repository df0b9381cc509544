"""Tell how the structure of one OpenAPI 3.1 document differs from another's: the emulator's from its provider's, say.

``comparison`` operations held against each other · ``schemas`` and their schemas · ``spelling`` one spelling of what
means the same · ``difference`` what a difference does to a client.
"""

from emulator.drift.comparison import compare
from emulator.drift.spelling import Json

__all__ = ["differences"]


def differences(ours: Json, theirs: Json, *, extra: bool = False, lenient: bool = False) -> list[str]:
    """Return one line for each structural difference; none where ours offers all that theirs does.

    ``extra`` reports operations that only ours has. ``lenient``: see ``comparison.compare``.
    """
    found = compare(ours, theirs, lenient=lenient)
    lines = [str(each) for each in found.differences]
    lines += [f"{operation.name}: is missing" for operation in found.missing]
    return lines + ([f"{operation.name}: is extra" for operation in found.extra] if extra else [])
