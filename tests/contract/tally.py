"""A pytest plugin that says at the end how many sabotages were caught, whichever process tried them."""

import pytest

KEY = "sabotages caught"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what the tests of sabotages noted."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    noted = [value for report in reports for name, value in report.user_properties if name == KEY]
    if noted:
        caught, tried = (sum(counts) for counts in zip(*noted, strict=True))
        terminalreporter.write_line(f"{caught}/{tried} sabotages caught")
