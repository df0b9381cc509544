"""Whose time it is: the clock of each tenant, and the pin that keeps a reader from overtaking an action."""

from asyncio import Lock
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b

from emulator.clock import Clock, Host

REMEMBERED = 64
"""Changes of a clock that are remembered, for a reader that lags behind."""


def tenant_of(key: str) -> str:
    """Return the digest under which a key's state is kept: the key itself is kept nowhere."""
    return blake2b(key.encode(), digest_size=16, person=b"ftemu-tenant").hexdigest()


class Clocks:
    """The clocks of all tenants: the server's own, unless a tenant has set another. Hold ``changing`` to change one."""

    def __init__(self, host: Host, default: Clock, own: dict[str, Clock]) -> None:
        self._host, self.default, self._own = host, default, own
        self._pins: dict[str, Counter[datetime]] = {}
        self._past: dict[str, deque[tuple[float, Clock]]] = {}
        self.due: dict[str, datetime] = {}
        """Where a tenant's poll clock goes before its next request; a new start of its time takes that back."""
        self.changing = Lock()
        self.changed: Callable[[], object] | None = None
        """Who hears of each change of a clock, in whatever thread: it takes no time and raises nothing."""

    def of(self, tenant: str) -> Clock:
        """Return a tenant's clock."""
        return self._own.get(tenant, self.default)

    def own(self, tenant: str) -> Clock | None:
        """Return the clock that a tenant has of its own."""
        return self._own.get(tenant)

    def now(self, tenant: str, *, lag_s: float = 0.0) -> datetime:
        """Return a tenant's time, or the time that it had ``lag_s`` host seconds ago."""
        if lag_s:
            return self._back_then(tenant, self._host() - lag_s)
        pins = self._pins.get(tenant)
        return min(pins) if pins else self._running(tenant)

    def host_s(self) -> float:
        """Return the host's time in seconds since 1970."""
        return self._host()

    def set(self, tenant: str, clock: Clock) -> None:
        """Give a tenant a clock of its own."""
        self._past.setdefault(tenant, deque(maxlen=REMEMBERED)).append((self._host(), self.of(tenant)))
        self._own[tenant] = clock
        self._tell()

    def restart(self, tenant: str, clock: Clock | None) -> None:
        """Give a tenant a clock as if it never had another, None: the server's. Only here may its time go back."""
        self._past.pop(tenant, None)
        self.due.pop(tenant, None)
        if clock:
            self._own[tenant] = clock
        else:
            self._own.pop(tenant, None)
        self._tell()

    @contextmanager
    def pinned(self, tenant: str) -> Iterator[datetime]:
        """Hold a tenant's time while an action of that time is being committed.

        A reader in between would otherwise see a later instant without the action, and then the action in its past.
        """
        at = self._running(tenant)
        pins = self._pins.setdefault(tenant, Counter())
        pins[at] += 1
        try:
            yield at
        finally:
            pins[at] -= 1
            self._pins[tenant] = +pins
            if not self._pins[tenant]:
                del self._pins[tenant]

    def _back_then(self, tenant: str, host_s: float) -> datetime:
        """Return the time that a tenant had at a host time, by the clock that it had then."""
        past = self._past.get(tenant, ())
        clock = next((clock for until_s, clock in past if host_s < until_s), self.of(tenant))
        return min(clock.now(host_s), self.now(tenant))

    def _running(self, tenant: str) -> datetime:
        return self.of(tenant).now(self._host())

    def _tell(self) -> None:
        if hears := self.changed:
            hears()
