"""How a tenant's jobs go."""

from dataclasses import dataclass
from typing import Any

from emulator.client.running import Calls, Json

Known = list[Json]


@dataclass(frozen=True, slots=True)
class TenantScenarios:
    """The scenarios of the server, and what is up next for a tenant."""

    calls: Calls

    def list(self) -> Known:
        """Return the scenarios by name, summary and knobs."""
        known: Known = self.calls.ask("GET", "/scenarios")["scenarios"]
        return known

    def next(self, scenario: str, *, count: int | None = 1, **knobs: Any) -> Json:
        """Say how the next jobs go, ``fails_at_step=40`` say; knobs beat those of the short form.

        ``count`` None: all from now on, once those are made that are counted; the marker's ``scenario`` is such a one.
        Returns what is up next; raises Unanswered, naming the nearest, for a scenario or a knob that there is not.
        """
        body = {"scenario": scenario, "parameters": knobs, "count": count}
        up: Json = self.calls.ask("PUT", "/scenarios/next", body)["next"]
        return up

    def up_next(self) -> Json | None:
        """Return the scenario, the knobs and the count of the next jobs (None: all); None: nothing is said of them."""
        up: Json | None = self.calls.ask("GET", "/scenarios")["next"]
        return up

    def clear(self, *, standing: bool = False) -> None:
        """Take back what was said of so many next jobs; what was said of all from now on too where ``standing``."""
        if standing:
            self.calls.ask("PUT", "/scenarios/next")
        else:
            self.calls.ask("DELETE", "/scenarios/next")
