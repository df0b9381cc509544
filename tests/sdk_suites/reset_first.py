"""A plugin for somebody else's pytest: the emulator's state is put back before each test.

The SDK's tests delete, cancel and complete what the tests after them ask for. Loaded with ``-p reset_first``; nothing
of this project is imported here, for it is not installed where those tests run.
"""

import os
import urllib.request

import pytest

RESET = urllib.request.Request(  # noqa: S310 -- the emulator's own address
    os.environ["EMULATOR_RESET_URL"],  # noqa: TID251 -- the only way in: it is loaded by another program
    data=b"",
    headers={"authorization": "Bearer My API Key"},
    method="POST",
)
TIMEOUT_S = 10


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    urllib.request.urlopen(RESET, timeout=TIMEOUT_S).close()  # noqa: S310 -- likewise
