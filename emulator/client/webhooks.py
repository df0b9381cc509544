"""What a tenant's endpoints are told."""

from dataclasses import dataclass
from urllib.parse import quote

from emulator.client.running import Calls, Json

PAGE = 1000
"""Deliveries that are asked for at a time; the most that a page has."""
Deliveries = list[Json]


@dataclass(frozen=True, slots=True)
class TenantWebhooks:
    """The deliveries to a tenant's endpoints: each an event, and what came of the tries to tell of it."""

    calls: Calls

    def deliveries(self, *, state: str | None = None) -> Deliveries:
        """Return all of them, newest first, or those in a state: ``pending``, ``delivered``, ``failed``."""
        found: Deliveries = []
        more = True
        while more:
            after = found[-1]["id"] if found else None
            page = self.calls.ask("GET", "/webhooks/deliveries", state=state, limit=PAGE, after=after)
            found, more = found + page["data"], page["has_more"]
        return found

    def redeliver(self, delivery_id: str) -> Json:
        """Make one once more, at once, under the same ids; raise Unanswered where there is none of that id."""
        path = f"/webhooks/deliveries/{quote(delivery_id, safe='')}/redeliver"
        answer: Json = self.calls.ask("POST", path)
        return answer
