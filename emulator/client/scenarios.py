"""How a tenant's jobs go."""

from dataclasses import dataclass
from typing import Any

from emulator.client.running import Calls, Json

ALWAYS = 10**6
"""As many jobs as can be up next: more than a test makes."""
Known = list[Json]


@dataclass(frozen=True, slots=True)
class TenantScenarios:
    """The scenarios of the server, and what is up next for a tenant."""

    calls: Calls

    def list(self) -> Known:
        """Return the scenarios by name, summary and knobs."""
        known: Known = self.calls.ask("GET", "/scenarios")["scenarios"]
        return known

    def next(self, scenario: str, *, count: int = 1, **knobs: Any) -> Json:
        """Say how the next jobs go, ``fails_at_step=40`` say; knobs beat those of the short form.

        Returns what is up next; raises Unanswered, naming the nearest, for a scenario or a knob that there is not.
        """
        body = {"scenario": scenario, "parameters": knobs, "count": count}
        up: Json = self.calls.ask("PUT", "/scenarios/next", body)["next"]
        return up

    def up_next(self) -> Json | None:
        """Return the scenario, the knobs and the count of the next jobs; None: nothing is said of them."""
        up: Json | None = self.calls.ask("GET", "/scenarios")["next"]
        return up

    def clear(self) -> None:
        """Take back what was said of the next jobs."""
        self.calls.ask("DELETE", "/scenarios/next")
