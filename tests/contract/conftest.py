"""Servers that play the target, and what they were asked."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from emulator.server import Emulator
from emulator.settings import Settings

KEY = "contract-canary-key-7e3b1d"
SECOND_KEY = "contract-canary-second-key-2a9c"


class Played:
    """A server that plays the target, and what of it only its own control calls tell."""

    def __init__(self, emulator: Emulator, dialect: str = "nebius", path: str = "/v1") -> None:
        self.url = f"{emulator.url}/{dialect}{path}" if dialect != "nebius" else f"{emulator.url}{path}"
        self._base = self.url.removeprefix(emulator.url)
        self._client = httpx.Client(
            base_url=emulator.url, headers={"authorization": f"Bearer {KEY}"}, timeout=30, trust_env=False
        )

    def get(self, path: str) -> Any:
        """Read below the base URL."""
        return self._client.get(f"{self._base}{path}").raise_for_status().json()

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """Return the journal's entries of one operation, oldest first."""
        found = self._client.get("/_emulator/journal", params={"operation": operation, "limit": 1000})
        return list(found.raise_for_status().json()["data"])

    def fault(self, match: str, effects: str, **budget: Any) -> None:
        """Make requests of an operation go wrong."""
        body = {"match": match, "budget": budget, "effects": effects}
        self._client.post("/_emulator/faults", json=body).raise_for_status()

    def scenario(self, name: str) -> None:
        """Let the next jobs go another way."""
        body = {"scenario": name, "count": 10}
        self._client.put("/_emulator/scenarios/next", json=body).raise_for_status()

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self._client.delete("/_emulator/faults").raise_for_status()

    def left(self) -> tuple[list[Any], list[str]]:
        """Return the files, and the statuses of jobs that there are."""
        files = self.get("/files?limit=100")["data"]
        return files, [job["status"] for job in self.get("/fine_tuning/jobs?limit=100")["data"]]

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def played_openai() -> Iterator[Played]:
    """The same, asked as OpenAI."""
    with Emulator(Settings(port=0, quiet=True, pace=0.006, api_key=(KEY, SECOND_KEY))) as emulator:
        target = Played(emulator, "openai")
        yield target
        target.close()


@pytest.fixture
def played() -> Iterator[Played]:
    """A server that takes two keys and whose jobs last two seconds."""
    with Emulator(Settings(port=0, quiet=True, pace=0.006, api_key=(KEY, SECOND_KEY))) as emulator:
        target = Played(emulator)
        yield target
        target.close()
