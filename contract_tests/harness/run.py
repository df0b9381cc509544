"""One run: from the first request, which starts an emulator where no target was given, to the evidence."""

import json
import secrets
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from contract_tests.harness import cleanup, earlier, evidence
from contract_tests.harness.gate import Gate
from contract_tests.harness.ledger import Ledger
from contract_tests.harness.line import Line, Pace, PolitePassage
from contract_tests.harness.options import Options
from contract_tests.harness.own import NoEmulator, Own
from contract_tests.harness.secret import Key, scrubbed
from contract_tests.harness.spending import Spending
from contract_tests.harness.target import Target, slug

if TYPE_CHECKING:
    from contract_tests.harness.answers import Answer
    from contract_tests.harness.evidence import Finding


class Run:
    """What the tests of a session share. Nothing is sent, and nothing started, before a test asks for it."""

    def __init__(self, options: Options, config: pytest.Config) -> None:
        self.options, self._config = options, config
        self.id = secrets.token_hex(4)
        self.provider = options.provider
        self.spending = Spending(options.foreign, options.ceiling)
        self.pace = Pace(options.interval_s, self.tell)
        self.answers: list[Answer] = []
        self.findings: dict[str, Finding] = {}
        self.whole = False
        """Whether every test of the provider's folder was collected, selected or not."""
        self.summary: list[str] = []
        self._names = 0

    def name(self) -> str:
        """Return a name that nothing else at any target has; the ledger finds things by it."""
        self._names += 1
        return f"ct-{self.id}-{self._names}"

    def tell(self, text: str) -> None:
        """Say something on the terminal while a test waits."""
        terminal = self._config.pluginmanager.getplugin("terminalreporter")
        capture = self._config.pluginmanager.getplugin("capturemanager")
        if terminal and capture:
            with capture.global_and_fixture_disabled():
                terminal.ensure_newline()
                terminal.write_line(f"  {scrubbed(text, self.keys)}")

    @cached_property
    def target(self) -> Target:
        """The target; an emulator is started where none was given."""
        asked = self.options
        first = (asked.key if asked.url else None) or tenant(self.id)  # an emulator of one's own needs no real key
        second = (asked.second_key if asked.url else None) or (None if asked.foreign else tenant(f"{self.id}-second"))
        if not asked.url:
            self._own = self._started(first, second or first)
        return Target(
            url=asked.url or self._own.url,
            dialect=asked.dialect,
            key=first,
            second_key=second,
            foreign=asked.foreign,
            own=not asked.url,
        )

    def _started(self, *keys: Key) -> Own:
        try:
            return Own(dialect=self.options.dialect, manner=self.provider.manner, keys=keys)
        except NoEmulator as error:
            pytest.exit(f"{error}; install the project, or give a --target", pytest.ExitCode.USAGE_ERROR)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; that of an emulator of one's own goes with it, so it need not be found again."""
        folder = self.options.ledger
        if self.target.own:
            self._folder = tempfile.TemporaryDirectory(prefix="contract-tests-")
            folder = Path(self._folder.name)
        own = self.target.own
        return Ledger(folder, run=self.id, target=self.target.url, dialect=self.target.dialect, lasting=not own)

    @cached_property
    def gate(self) -> Gate:
        """What every request that creates something passes."""
        path = urlsplit(self.target.url).path
        return Gate(path, self.provider, self.ledger, self.id, self.target.second_key)

    @cached_property
    def passage(self) -> PolitePassage:
        """The one way to the target."""
        passage = PolitePassage(self.gate, self.pace, url=self.target.url, foreign=self.target.foreign)
        self._knock(passage)
        return passage

    def _knock(self, passage: PolitePassage) -> None:
        """End the run where nobody answers, instead of waiting for each test to find out."""
        try:
            Line(self.target.url, passage, None, []).get("")
        except httpx.TransportError as error:
            passage.close()
            pytest.exit(f"{self.target.url} does not answer: {error}", pytest.ExitCode.USAGE_ERROR)
        self.pace.sent = 0  # it was no test's

    @cached_property
    def line(self) -> Line:
        """The target under its key."""
        return self.line_of(self.target.key)

    def line_of(self, key: Key | None) -> Line:
        """Return the target under another key, or under none."""
        return Line(self.target.url, self.passage, key, self.answers)

    @property
    def keys(self) -> list[Key]:
        """Every key that must not be seen."""
        target = self.__dict__.get("target")
        given = [target.key, target.second_key] if target else []
        return [*self.options.keys, *(key for key in given if key)]

    def undo_surprises(self) -> None:
        """Cancel what a target made of orders that it should have refused, before the next test makes more of them."""
        if "gate" in self.__dict__ and self.gate.surprises:
            made = [entry for entry in self.ledger.entries if entry.intent in self.gate.surprises]
            self.gate.surprises.clear()
            self.summary += cleanup.undo(self.ledger, self.line, self._second_line, self.provider, only=made)

    @property
    def _second_line(self) -> Line | None:
        return self.line_of(self.target.second_key) if self.target.second_key else None

    def finish(self) -> bool:
        """Undo what was made, stop what was started, and write the evidence; say whether nothing was left behind."""
        clean = True
        if "passage" in self.__dict__:  # else nobody answered
            said = list(cleanup.undo(self.ledger, self.line, self._second_line, self.provider))
            clean = not self.ledger.entries
            self.summary += said if self.target.foreign or not clean else []
            if self.spending.spent and self.target.foreign:
                self.summary.append(f"jobs ordered: at most ${self.spending.spent:.4f}")
            self.ledger.close()
            self.passage.close()
        if "_own" in self.__dict__:
            self._own.stop()
        if "_folder" in self.__dict__:
            with suppress(OSError):
                self._folder.cleanup()
        return clean

    def write(self) -> None:
        """Write what was found, with an earlier run's where it did not try; nothing where nobody answered."""
        if "passage" not in self.__dict__:
            self.summary.insert(0, "no evidence is written: nothing was asked, or nobody answered")
            return
        document = scrubbed(self._document(), self.keys)
        name = slug(self.options.url) if self.options.url else f"emulator-{self.options.dialect}"
        path = self.options.evidence / f"{name}.json"
        said = self._merge(document, earlier.read(path)) if path.exists() else ""
        evidence.write(path, document)
        self.summary.insert(0, f"facts: {evidence.summary(document['facts'])}{said}; evidence in {_near(path)}")

    def _document(self) -> dict[str, Any]:
        """Return what this run found."""
        return {
            "version": evidence.VERSION,
            "target": self.target.url,
            "dialect": self.options.dialect,
            "ran_at": evidence.now(),
            "allow_spending": self.spending.allowed,
            "facts": [entry for finding in self.findings.values() for entry in finding.entries()],
        }

    def _merge(self, document: dict[str, Any], before: earlier.Document | None) -> str:
        """Add what an earlier run found and this one did not try; say how much that is, or why there is none."""
        if before is None:
            return ", in place of a file that was no evidence"
        if not earlier.of_the_same(before, document, own=self.target.own):
            return f", in place of those of {before['target']}, dialect {before['dialect']}"
        tried = sum(entry["outcome"] != "not_tried" for entry in document["facts"])
        document["facts"] = earlier.merged(before["facts"], document["facts"], whole=self.whole)
        kept = sum(entry["outcome"] != "not_tried" for entry in document["facts"]) - tried
        document["allow_spending"] |= bool(kept and before["allow_spending"])
        return f" ({kept} of them in an earlier run)" if kept else ""


def tenant(name: str) -> Key:
    """Return a key for a server on this machine that takes any: no secret, and found again from the run's name.

    It is a JSON Web Token, signed by nobody, because there are providers that take no other key.
    """
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, {"sub": f"contract-tests-{name}"}))
    header, claims = (urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return Key(f"{header}.{claims}.unsigned")


def _near(path: Path) -> Path:
    """Return a path as it is from here, where it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def clean_up(options: Options) -> Iterator[str]:
    """Undo what dead runs left at a target, and say what was done; of what stays it says ``left behind``."""
    if not options.url:
        raise pytest.UsageError("--clean-up takes the --target of the run that died; an emulator of its own is gone")
    worked = 0
    for ledger in cleanup.earlier(options.ledger, options.url):
        if isinstance(ledger, str):
            yield ledger
            continue
        worked += 1
        with closing(ledger):
            yield from _worked_off(options, options.url, ledger)
    if not worked:
        yield f"nothing to clean up: no ledger of {options.url} in {options.ledger}"


def _worked_off(options: Options, url: str, ledger: Ledger) -> Iterator[str]:
    """Undo what one dead run left, under the key that it had: on this machine one that its name tells."""
    gate = Gate(urlsplit(url).path, options.provider, ledger, ledger.run)
    passage = PolitePassage(gate, Pace(options.interval_s, lambda _: None), url=url, foreign=options.foreign)
    with closing(passage):
        line = Line(url, passage, options.key or tenant(ledger.run), [])
        key = options.second_key or (None if options.foreign else tenant(f"{ledger.run}-second"))
        second = Line(url, passage, key, []) if key else None
        yield from cleanup.undo(ledger, line, second, options.provider)
