"""What the use cases act on (World), and who asks (Caller)."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.clock import Host, Mode, starting
from emulator.core.catalogue import Catalogue
from emulator.core.clocks import Clocks, tenant_of
from emulator.core.ids import Shapes
from emulator.core.presets import read_rules
from emulator.errors import StorageFailed
from emulator.faults.effect import Sight
from emulator.faults.rule import Rule
from emulator.settings import Settings
from emulator.storage import accounts, files
from emulator.storage.accounts import Account
from emulator.storage.blobs import Blobs
from emulator.storage.database import NOW_S, Database
from emulator.storage.document import Document
from emulator.storage.journal import Row
from emulator.storage.lock import locked


@dataclass(frozen=True, slots=True)
class Seed:
    """The state that a tenant starts from and is reset to.

    ``relative_to``: its instants count from this one of the server's clock; None: they are what they are.
    """

    document: Document
    relative_to: datetime | None
    held: tuple[str, ...] = ()
    """The bytes that are held for it, as often as they are."""


@dataclass(frozen=True, slots=True)
class World:
    """One server's settings and state."""

    settings: Settings
    db: Database
    blobs: Blobs
    clocks: Clocks
    scenarios: Catalogue
    rules: tuple[Rule, ...] = ()
    """The faults that it started with; tenants have their own besides."""
    unwritten: deque[Row] = field(default_factory=deque)
    """Entries of the journal that wait to be written."""
    aliases: dict[str, str] = field(default_factory=dict)
    """The tenants of keys that share another key's state, by the digests of both."""
    seeds: dict[str, Seed] = field(default_factory=dict)
    """The seed file's tenants."""
    own_seeds: dict[str, Seed] = field(default_factory=dict)
    """Those of tenants that were given one since the server started: each beats the seed file's."""

    def seed_of(self, tenant: str) -> Seed | None:
        """Return what a tenant is reset to; None: nothing."""
        return self.own_seeds.get(tenant) or self.seeds.get(tenant)

    def tenant_of(self, key: str) -> str:
        """Return the tenant of a key."""
        return self.called(tenant_of(key))

    def called(self, digest: str) -> str:
        """Return the tenant of a key's digest."""
        return self.aliases.get(digest, digest)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an account of a world, at a provider that writes its ids in these shapes."""

    world: World
    account: Account
    shapes: Shapes
    sight: Sight = Sight()  # noqa: RUF009 -- frozen
    scenario: str | None = None
    """How its request wants a new job to go, as it was written."""
    is_admin: bool = False
    """Whether it comes with an organization's key, and not with a project's."""

    @property
    def sees_s(self) -> float:
        """Up to when, in host seconds since 1970, what was stored is seen."""
        behind_s = max(self.sight.lag_s, self.sight.unseen_s)
        return self.world.clocks.host_s() - behind_s if behind_s else NOW_S

    @property
    def sees_actions_s(self) -> float:
        """Up to when, in host seconds since 1970, what was done is seen."""
        return self.world.clocks.host_s() - self.sight.lag_s if self.sight.lag_s else NOW_S

    def now(self) -> datetime:
        """Return the caller's time, or the one that it is shown."""
        return self.world.clocks.now(self.account.tenant, lag_s=self.sight.lag_s)


@contextmanager
def opened(settings: Settings, host: Host) -> Iterator[World]:
    """Open the state of a server: a kept folder, or a temporary one that goes with it."""
    with _folder(settings.data_dir) as folder, locked(folder / "lock"):
        durable = settings.synchronous == "full"
        db = Database(folder / "state.sqlite3", synchronous=settings.synchronous)
        try:
            scenarios = Catalogue(settings.scenario, settings.scenarios)
            blobs = Blobs(folder / "blobs", durable=durable)
            blobs.sweep(files.needed(db.reads))
            default = starting(Mode(settings.clock), settings.epoch)
            clocks = Clocks(host, default, accounts.clocks(db.reads))
            yield World(settings, db, blobs, clocks, scenarios, read_rules(settings.faults) if settings.faults else ())
        finally:
            db.close()


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is None:
        with TemporaryDirectory(prefix="ftemu-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
        return
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(f"the data directory {data_dir} cannot be made: {error.strerror}") from error
    yield data_dir.resolve()
