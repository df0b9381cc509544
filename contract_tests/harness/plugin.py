"""pytest's side of a run: which tests may run, what became of them, what the terminal says at the end."""

from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from contract_tests.harness import evidence
from contract_tests.harness.evidence import Finding
from contract_tests.harness.facts import complaints, costs_of, facts_of
from contract_tests.harness.options import HERE, Options, folder_of, name_of
from contract_tests.harness.run import Run
from contract_tests.harness.secret import scrubbed


class Plugin:
    """The hooks that the runs listen to; each provider has one run, and each test is of one provider's folder."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = {run.options.dialect: run for run in runs}
        self._sent = 0

    def _run(self, item: pytest.Item) -> Run:
        return self.runs[name_of(item.path.parent.name)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse tests that say no fact or no price; skip those that spend where nothing may be spent."""
        for run in self.runs.values():
            own = [item for item in items if self._run(item) is run]
            if wrong := list(complaints(own, run.provider.spending)):
                raise pytest.UsageError("\n".join(wrong))
            run.findings = {
                item.nodeid: Finding(item.nodeid, facts_of(item), costs_of(item), why=evidence.NOT_SELECTED)
                for item in own
            }
            refusal = run.spending.refusal(0)
            for item in own:
                if refusal and item.get_closest_marker("spends"):
                    item.add_marker(pytest.mark.skip(reason=refusal))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell those that were deselected from those that the run may not come to."""
        for dialect, run in self.runs.items():
            run.whole = whole(session.config, dialect, run.findings)
        for item in session.items:
            if item.nodeid in self._run(item).findings:  # none are there where the tests were refused
                self._run(item).findings[item.nodeid].why = "the run ended before it"

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a test's record."""
        run = self._run(item)
        self._sent = run.pace.sent
        run.answers.clear()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Keep the answers to the test itself apart from those to its preparation."""
        self._run(item).answers.clear()
        return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Undo what should never have been made."""
        self._run(item).undo_surprises()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Hide the keys in whatever a report shows, and take it into the evidence."""
        report, run = (yield), self._run(item)
        hide(run, report)
        finding = run.findings[item.nodeid]
        finding.take(report)
        finding.requests = run.pace.sent - self._sent
        if report.when == "call" and not finding.observed:
            finding.observed = evidence.of_answers(run.answers)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Undo what was made and write what was found, of an interrupted run too."""
        if session.config.option.collectonly:
            return
        for run in self.runs.values():
            if not run.finish():
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
                run.summary.append("something was left behind: run again with --clean-up, which runs no tests")
            if run.findings:
                run.write()

    def pytest_report_header(self) -> list[str]:
        """Say whom each run asks, and by which rules."""
        return [self._header(run.options) for run in self.runs.values()]

    def _header(self, asked: Options) -> str:
        rules = f"foreign: a request each {asked.interval_s:g} s, jobs " if asked.foreign else "this machine's: jobs "
        ceiling = f"up to ${asked.ceiling:g}" if asked.ceiling else "none" if asked.foreign else "for nothing"
        return f"target: {asked.url or 'an emulator of its own'} ({rules}{ceiling}), dialect {asked.dialect}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was found and undone."""
        for run in self.runs.values():
            for text in run.summary:
                terminalreporter.write_line(scrubbed(text, run.keys))


def whole(config: pytest.Config, dialect: str, collected: Iterable[str]) -> bool:
    """Say whether every test was collected: of each of the provider's files, no single one named, none left by --lf."""
    files = {Path(test.partition("::")[0]).name for test in collected}
    there = {path.name for path in (HERE / folder_of(dialect)).glob("test_*.py")}
    return there <= files and not any("::" in arg for arg in config.args) and not config.getoption("lf", default=False)


def hide(run: Run, report: pytest.TestReport) -> None:
    """Replace the keys in a report by a word, wherever they stand."""
    texts = [report.longreprtext, *(text for _, text in report.sections)]
    if all(key.reveal() not in text for key in run.keys for text in texts):
        return
    if isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, scrubbed(reason, run.keys))
    elif report.longrepr is not None:
        report.longrepr = scrubbed(report.longreprtext, run.keys)
    report.sections = [(name, scrubbed(text, run.keys)) for name, text in report.sections]
