"""The command line, and what of it cannot be taken."""

import importlib
import os
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contract_tests.harness.provider import Provider
from contract_tests.harness.secret import Key
from contract_tests.harness.spending import dollars
from contract_tests.harness.target import BadTarget, checked, is_foreign

HERE = Path(__file__).parent.parent
LOOPBACK = {"interval": 0.0, "poll": 0.05, "patience": 30.0}
FOREIGN = {"interval": 1.0, "poll": 15.0, "patience": 3 * 3600.0}
"""At a foreign host: a request a second, and Nebius's own advice on polling, 15 s (documented)."""
FOREIGN_EPOCHS = 1
UNTOLD = "nebius"
"""The provider that a server on this machine is asked as where nothing says which it is: its path is ``/v1``."""
SECONDS = (
    ("--request-interval", "interval", "Least seconds between two requests; loopback 0, elsewhere 1."),
    ("--poll-interval", "poll", "Seconds between two looks at a job; loopback 0.05, elsewhere 15."),
    ("--patience", "patience", "Seconds that a job may take; loopback 30, elsewhere three hours."),
)


def add(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("contract", "contract tests")
    group.addoption("--target", metavar="URL", help="Base URL of a service to ask; without it an emulator is started.")
    group.addoption("--api-key-env", metavar="NAME", help="Variable that holds the target's API key.")
    group.addoption("--second-api-key-env", metavar="NAME", help="Variable with the key of another account.")
    group.addoption(
        "--dialect", metavar="NAME", help="The provider, a folder here; else as the target tells, without one all."
    )
    group.addoption("--allow-spending", metavar="USD", help="Create jobs on a foreign target, up to this much in all.")
    group.addoption("--clean-up", action="store_true", help="Undo what dead runs left at the target; run no tests.")
    group.addoption("--foreign", action="store_true", help="Treat the target as foreign even on loopback.")
    group.addoption("--model", metavar="ID", help="Base model of the jobs; the provider's folder has a default.")
    group.addoption(
        "--epochs", type=int, metavar="N", help="Epochs of the job that is walked; elsewhere than on loopback 1."
    )
    group.addoption("--evidence", type=Path, default=HERE / "evidence", metavar="DIR", help="Folder of the evidence.")
    group.addoption("--ledger", type=Path, default=HERE / ".ledger", metavar="DIR", help="Folder of the ledgers.")
    for flag, dest, text in SECONDS:
        group.addoption(flag, type=float, dest=f"contract_{dest}", metavar="S", help=text)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked; times in seconds of the host. Without ``url`` an emulator is to be started."""

    url: str | None
    dialect: str
    provider: Provider
    key: Key | None
    second_key: Key | None
    foreign: bool
    ceiling: float | None
    model: str | None
    epochs: int
    interval_s: float
    poll_s: float
    patience_s: float
    evidence: Path
    ledger: Path

    @property
    def keys(self) -> list[Key]:
        """The keys that were given."""
        return [key for key in (self.key, self.second_key) if key]


def every(option: Namespace) -> list[Options]:
    """Return what was asked of each provider: of one, or of all there are where neither it nor a target is named."""
    if option.dialect or option.target:
        return [read(option)]
    if option.model:
        raise pytest.UsageError("--model takes a --dialect: another provider has other models")
    return [read(option, dialect) for dialect in providers()]


def providers() -> list[str]:
    """Return the names of the providers' folders."""
    folders = (path.parent.name for path in HERE.glob("*/provider.py"))
    return sorted(name_of(folder) for folder in folders if folder != "harness")


def folder_of(name: str) -> str:
    """Return the folder of a provider's tests: a package's name has no hyphen, a dialect's may have."""
    return name.replace("-", "_")


def name_of(folder: str) -> str:
    """Return the provider whose tests a folder has."""
    return folder.replace("_", "-")


def read(option: Namespace, dialect: str | None = None) -> Options:
    """Return what was asked of one provider; raise UsageError with what is taken."""
    try:
        url = checked(option.target) if option.target else None
    except BadTarget as error:
        raise pytest.UsageError(f"--target: {error}") from None
    provider = _provider(dialect or option.dialect or (_told(url) if url else UNTOLD))
    foreign = bool(option.foreign or (url and is_foreign(url)))
    if foreign and not url:
        raise pytest.UsageError("--foreign takes a --target")
    key = _key("--api-key-env", option.api_key_env)
    if foreign and not key:
        raise pytest.UsageError(f"{url} is not this machine, so it takes a key: --api-key-env NAME")
    usual = FOREIGN if foreign else LOOPBACK
    return Options(
        url=url,
        dialect=provider.name,
        provider=provider,
        key=key,
        second_key=_key("--second-api-key-env", option.second_api_key_env),
        foreign=foreign,
        ceiling=_ceiling(option.allow_spending),
        model=option.model,
        epochs=_epochs(option.epochs, FOREIGN_EPOCHS if foreign else provider.epochs),
        evidence=option.evidence,
        ledger=option.ledger,
        **{f"{dest}_s": _seconds(flag, getattr(option, f"contract_{dest}"), usual[dest]) for flag, dest, _ in SECONDS},
    )


def _key(flag: str, name: str | None) -> Key | None:
    if name is None:
        return None
    text = os.environ.get(name, "").strip()
    if not text:
        raise pytest.UsageError(f"{flag}: the variable {name} is not set, or is empty; it takes the name of one")
    if not text.isascii() or not text.isprintable():
        raise pytest.UsageError(f"{flag}: what the variable {name} holds cannot be sent in a header")
    return Key(text)


def _told(url: str) -> str:
    """Return the provider that a target is: by its host, or by a part of its path, as of ``/openai/v1``."""
    parts = urlsplit(url)
    of_host = (name for name in providers() if parts.hostname in _provider(name).hosts)
    of_path = (name for name in providers() if name in parts.path.split("/"))
    return next(of_host, None) or next(of_path, UNTOLD)


def _provider(dialect: str) -> Provider:
    if dialect not in providers():
        raise pytest.UsageError(f"--dialect: got {dialect!r}; it takes one of {', '.join(providers())}")
    provider: Provider = importlib.import_module(f"contract_tests.{folder_of(dialect)}.provider").PROVIDER
    return provider


def _ceiling(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return dollars(text)
    except ValueError:
        raise pytest.UsageError(f"--allow-spending: got {text!r}; it takes US dollars above 0, such as 0.50") from None


def _epochs(asked: int | None, usual: int) -> int:
    if asked is not None and not 1 <= asked <= 20:
        raise pytest.UsageError(f"--epochs: got {asked}; it takes 1 to 20")
    return asked or usual


def _seconds(flag: str, asked: float | None, usual: float) -> float:
    if asked is not None and not 0 <= asked <= 86400:
        raise pytest.UsageError(f"{flag}: got {asked:g}; it takes 0 to 86400 seconds")
    return usual if asked is None else asked
