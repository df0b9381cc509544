"""What is wrong with a client, told from what it asked and was answered: pure.

``asked`` one request · ``client`` what the client had done and been shown by then · ``advice`` what the provider asks
of clients · ``finding`` what a check is · ``duplicates`` jobs that were made twice · and a check in each other file.

A check sees each request once, oldest first, with what the client knew before it, and speaks at the end. Precision
comes first: what an honest client may do in any of its days is no error and no warning. What cannot be known of a
recording is not guessed: ``not_judged`` says it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from emulator.core.lint.advice import Advice
from emulator.core.lint.asked import Asked
from emulator.core.lint.asks_for_nothing import AsksForNothing
from emulator.core.lint.cancels_after_the_end import CancelsAfterTheEnd
from emulator.core.lint.client import Client
from emulator.core.lint.creates_twice import CreatesTwice
from emulator.core.lint.deletes_file_in_use import DeletesFileInUse
from emulator.core.lint.exposes_secrets import ExposesSecrets
from emulator.core.lint.finding import Check, Finding, NotJudged, Severity
from emulator.core.lint.gives_up_early import GivesUpEarly
from emulator.core.lint.ignores_has_more import IgnoresHasMore
from emulator.core.lint.ignores_retry_after import IgnoresRetryAfter
from emulator.core.lint.leaves_files import LeavesFiles
from emulator.core.lint.never_downloads import NeverDownloads
from emulator.core.lint.orders_again import OrdersAgain
from emulator.core.lint.pays_twice import PaysTwice
from emulator.core.lint.polls_after_the_end import PollsAfterTheEnd
from emulator.core.lint.polls_too_fast import PollsTooFast
from emulator.core.lint.reads_one_page import ReadsOnePage
from emulator.core.lint.reads_results_too_early import ReadsResultsTooEarly
from emulator.core.lint.repeats_failed_jobs import RepeatsFailedJobs
from emulator.core.lint.retries_refused import RetriesRefused
from emulator.core.lint.stops_watching import StopsWatching
from emulator.core.lint.unknown_members import UnknownMembers
from emulator.core.lint.uploads_again import UploadsAgain
from emulator.core.lint.wrong_base_url import WrongBaseUrl
from emulator.core.lint.wrong_content_type import WrongContentType
from emulator.storage.journal import Entry

CHECKS: tuple[type[Check], ...] = (
    AsksForNothing,
    CreatesTwice,
    PaysTwice,
    ExposesSecrets,
    IgnoresRetryAfter,
    RetriesRefused,
    WrongBaseUrl,
    WrongContentType,
    PollsTooFast,
    StopsWatching,
    PollsAfterTheEnd,
    IgnoresHasMore,
    ReadsOnePage,
    ReadsResultsTooEarly,
    UnknownMembers,
    DeletesFileInUse,
    RepeatsFailedJobs,
    NeverDownloads,
    LeavesFiles,
    OrdersAgain,
    UploadsAgain,
    GivesUpEarly,
    CancelsAfterTheEnd,
)
"""All checks, the worst first."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in so many entries, the worst first, and what could not be judged.

    ``calls``: how many of the entries are operations of a provider's API. Where there is none, nothing was judged but
    the paths.
    """

    findings: list[Finding]
    not_judged: list[NotJudged]
    entries: int
    calls: int


class Lint:
    """The checks at work: ``see`` takes a tenant's entries, oldest first, ``report`` tells what was found so far.

    ``advice`` is that of each provider. ``poll_s`` stands in for the provider's own seconds between polls.
    """

    def __init__(self, advice: Mapping[str, Advice], *, poll_s: float | None = None) -> None:
        self._advice, self._client = advice, Client()
        self._calls = 0
        self._checks = [PollsTooFast(poll_s) if each is PollsTooFast else each() for each in CHECKS]

    def see(self, entries: Iterable[Entry]) -> None:
        """Look at further entries; those of a provider that is not known are counted, and no more."""
        for entry in entries:
            if entry.provider not in self._advice:
                self._client.entries += 1
                continue
            self._calls += entry.operation is not None
            asked = Asked(entry, self._advice[entry.provider])
            for check in self._checks:
                check.see(asked, self._client)
            self._client.look(asked)

    def report(self) -> Report:
        """Return what was found; nothing more can be seen after it."""
        findings = [found for check in self._checks for found in check.found(self._client)]
        unjudged = [NotJudged(check.name, why) for check in self._checks for why in check.unjudged(self._client)]
        return Report(findings, unjudged, self._client.entries, self._calls)


__all__ = ["CHECKS", "Advice", "Check", "Finding", "Lint", "NotJudged", "Report", "Severity"]
