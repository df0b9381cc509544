# ruff: noqa: INP001 -- a module for you to copy, no part of the package
"""The emulator as a container of a test: ``pip install testcontainers openai``, and copy this file to your tests.

    def test_my_client() -> None:
        with EmulatorContainer() as emulator:
            client = OpenAI(base_url=emulator.base_url(), api_key="any-key")

One container for all tests is enough, in a fixture of the session: each API key has files and jobs of its own.
"""

import os

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import CompositeWaitStrategy, HttpWaitStrategy, LogMessageWaitStrategy

IMAGE = os.environ.get("EMULATOR_IMAGE", "fine-tuning-emulator")  # noqa: TID251 -- yours, not a server's
PORT = 8080
READY_S = 60


class EmulatorContainer(DockerContainer):
    """A running emulator, ready when the ``with`` block begins.

    ``settings`` are those of ``ftemu serve``, as variables without their FTEMU_: ``EmulatorContainer(pace="0.001")``.
    The clock is ``poll`` unless they say otherwise: time moves when the client looks, so that no job is waited for.
    """

    def __init__(self, image: str = IMAGE, **settings: str) -> None:
        super().__init__(image)
        self.with_exposed_ports(PORT)
        self.with_env("FTEMU_CLOCK", "poll")
        for name, value in settings.items():
            self.with_env(f"FTEMU_{name.upper()}", value)
        answers = HttpWaitStrategy(PORT, "/_emulator/health").for_status_code(200)
        said = LogMessageWaitStrategy("ftemu ready")
        self.waiting_for(CompositeWaitStrategy(said, answers).with_startup_timeout(READY_S))

    def url(self) -> str:
        """Return where it answers, as seen from the test; below it are ``/_emulator`` and the providers."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    def base_url(self) -> str:
        """Return what a client takes as its base URL."""
        return f"{self.url()}/v1"
