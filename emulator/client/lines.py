"""The journal as lines for people: one a request."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from emulator.client.running import Json

SHOWN_MAX = 50
"""Lines that are shown: the last ones, as what failed is near them."""
PATH_MAX = 80
"""Characters of a path that are shown where a request is no operation of the provider."""


def last(entries: Iterable[Json]) -> str:
    """Return the last entries as text, and how many came before them."""
    count, lines = 0, deque[str](maxlen=SHOWN_MAX)
    for count, entry in enumerate(entries, 1):  # noqa: B007 -- counted
        lines.append(line(entry))
    if not count:
        return "no request was made"
    before = count - len(lines)
    return "\n".join([*([f"({before} earlier requests are left out)"] if before else []), *lines])


def line(entry: Json) -> str:
    """Return when it ended by the tenant's clock, what was asked, the status, how long it took, and what was odd."""
    at = datetime.fromisoformat(entry["at"])
    asked = entry["operation"] or f"{entry['method']} {entry['path'][:PATH_MAX]}"
    status = "nothing answered" if entry["status"] is None else str(entry["status"])
    made = entry["job"] if entry["operation"] == "jobs.create" else None
    odd = (
        f"retry {entry['retry']}" if entry["retry"] else "",
        f"faults: {', '.join(fault['effect'].partition(',')[0] for fault in entry['faults'])}"
        if entry["faults"]
        else "",
        f"made {made}" if made else "",
        f"said: {entry['errors'][0][:PATH_MAX]}" if entry["errors"] else "",
    )
    when = f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
    return f"{when}  {asked:<22} {status:>3}  {entry['duration_ms']:>5.0f} ms  {'; '.join(filter(None, odd))}".rstrip()
