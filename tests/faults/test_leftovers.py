"""What is left of a request whose client has gone while a fault had it: nothing."""

import logging
from collections.abc import Iterator
from time import perf_counter

import pytest

from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.faults.calls import set_fault, upload, used
from tests.faults.sockets import asking, got

KEY = "a-key"
LONG = b'{"text": "a row"}\n' * 10_000


@pytest.fixture
def emulator(serve: Serve, caplog: pytest.LogCaptureFixture) -> Iterator[Emulator]:
    """A server of the test's own, whose errors are caught."""
    emulator, log = serve(clock="manual"), logging.getLogger("uvicorn.error")
    log.addHandler(caplog.handler)
    yield emulator
    log.removeHandler(caplog.handler)


def idle(emulator: Emulator) -> bool:
    """Wait until no request is being served; say whether that came to be."""
    latest_s = perf_counter() + 10
    while emulator._server.server_state.tasks and perf_counter() < latest_s:
        pass
    return not emulator._server.server_state.tasks


@pytest.mark.parametrize(
    "effect",
    [
        "timeout",
        "timeout=0.2",
        "apply_then_fail=timeout",
        "latency=0.2; reset",
        "latency=0.2; reset=10",
        "latency=0.2; truncate",
        "latency=0.2; apply_then_fail=reset",
        "latency=0.2; duplicate_delivery",
        "slow_body=1",
        "slow_body=100000; reset=100000",
    ],
)
@pytest.mark.parametrize("operation", ["models.list", "files.content"])
def test_nothing_is_left_of_a_request_whose_client_has_gone(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, effect: str, operation: str
) -> None:
    with client_of(emulator, KEY) as client:
        path = {"models.list": "/v1/models", "files.content": f"/v1/files/{upload(client, LONG)}/content"}[operation]
        set_fault(client, effect, operation)
        with asking(emulator.url, KEY, path):
            while used(client) != [(1, 1)]:
                pass

    assert idle(emulator)
    assert caplog.text == ""


@pytest.mark.parametrize(
    "effect", ["reset", "reset=headers", "reset=10", "truncate", "timeout=0", "apply_then_fail=reset"]
)
def test_a_connection_that_a_fault_ends_is_no_error_of_the_server(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, effect: str
) -> None:
    with client_of(emulator, KEY) as client:
        set_fault(client, effect, "models.list")
        got(emulator.url, KEY, "/v1/models")

    assert idle(emulator)
    assert caplog.text == ""
