"""What the use cases act on (World), and who asks (Caller)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from emulator.clock import Host, Mode, starting
from emulator.core.clocks import Clocks
from emulator.core.ids import Shapes
from emulator.core.presets import read_rules
from emulator.errors import StorageFailed
from emulator.faults.effect import Sight
from emulator.faults.rule import Rule
from emulator.settings import Settings
from emulator.storage import accounts, files
from emulator.storage.accounts import Account
from emulator.storage.blobs import Blobs
from emulator.storage.database import Database
from emulator.storage.lock import locked


@dataclass(frozen=True, slots=True)
class World:
    """One server's settings and state."""

    settings: Settings
    db: Database
    blobs: Blobs
    clocks: Clocks
    rules: tuple[Rule, ...] = ()
    """The faults that it started with; tenants have their own besides."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an account of a world, at a provider that writes its ids in these shapes."""

    world: World
    account: Account
    shapes: Shapes
    sight: Sight = Sight()  # noqa: RUF009 -- frozen

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
            blobs = Blobs(folder / "blobs", durable=durable)
            blobs.sweep(files.blobs(db.reads))
            default = starting(Mode(settings.clock), settings.epoch)
            clocks = Clocks(host, default, accounts.clocks(db.reads))
            yield World(settings, db, blobs, clocks, read_rules(settings.faults) if settings.faults else ())
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
