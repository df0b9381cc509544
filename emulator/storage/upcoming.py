"""The column ``tenant.upcoming``: how the next jobs of a tenant are to go."""

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from emulator.errors import StorageFailed
from emulator.storage.database import Connection
from emulator.timeline.scenario import Scenario, turned


@dataclass(frozen=True, slots=True)
class Standing:
    """A scenario, by its name and by its knobs, for all jobs that nothing nearer is said of."""

    name: str
    knobs: Scenario


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A scenario, by its name and by its knobs, for so many of the next jobs, and what stands beneath it.

    ``left`` is None where it is the one that stands: for all jobs from now on.
    """

    name: str
    knobs: Scenario
    left: int | None
    then: Standing | None = None

    @property
    def standing(self) -> "Upcoming | None":
        """What is up once the counted jobs are made."""
        if self.left is None:
            return self
        return Upcoming(self.then.name, self.then.knobs, None) if self.then else None


def get(db: Connection, tenant: str) -> Upcoming | None:
    """Return what is up next for a tenant, or None."""
    row = db.execute("SELECT upcoming FROM tenant WHERE digest = ?", (tenant,)).fetchone()
    if row is None or row[0] is None:
        return None
    try:
        return msgspec.json.decode(row[0], type=Upcoming)
    except msgspec.ValidationError as error:
        raise StorageFailed(f"the stored scenario of the next jobs cannot be read: {error}") from error


def save(db: Connection, tenant: str, upcoming: Upcoming | None) -> None:
    """Keep what is up next for a tenant; None: nothing is."""
    text = None
    if upcoming:
        told = {**_told(upcoming), "left": upcoming.left}
        if upcoming.then:
            told["then"] = _told(upcoming.then)
        text = msgspec.json.encode(told).decode()
    sql = "INSERT INTO tenant (digest, upcoming) VALUES (?, ?) ON CONFLICT DO UPDATE SET upcoming = excluded.upcoming"
    db.execute(sql, (tenant, text))


def take(db: Connection, tenant: str) -> Upcoming | None:
    """Return what is up next for a tenant, and count it off."""
    upcoming = get(db, tenant)
    if upcoming and upcoming.left is not None:
        left = upcoming.left - 1
        save(db, tenant, replace(upcoming, left=left) if left > 0 else upcoming.standing)
    return upcoming


def _told(scenario: Upcoming | Standing) -> dict[str, Any]:
    return {"name": scenario.name, "knobs": turned(scenario.knobs)}
