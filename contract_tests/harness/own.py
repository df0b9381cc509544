"""The emulator, started for the run as a program of its own and stopped with it; nothing of it is imported."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable

from contract_tests.harness.provider import Manner
from contract_tests.harness.secret import Key

STOP_S = 10
DEATH_SIGNAL = 1
"""Linux's PR_SET_PDEATHSIG: a run that is killed takes its server with it."""


class NoEmulator(RuntimeError):
    """The emulator did not start; the message says what to do."""


class Own:
    """``ftemu serve`` on a free port of the loopback, which takes two keys and no others."""

    def __init__(self, *, dialect: str, manner: Manner, keys: tuple[Key, ...]) -> None:
        options = ["--port", "0", "--quiet", "--dialect", dialect, "--pace", str(manner.pace)]
        options += [part for key in keys for part in ("--api-key", key.reveal())]
        bare = {name: value for name, value in os.environ.items() if not name.startswith("FTEMU_")}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by stop
        self._process = subprocess.Popen(  # noqa: S603 -- this project's own program
            [sys.executable, "-m", "emulator", "serve", *options],
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env=bare,
            preexec_fn=_tied(),  # noqa: PLW1509 -- a run has no other thread when it starts its server
        )
        assert self._process.stdout
        ready = re.match(r"ftemu ready (\S+)", self._process.stdout.readline())
        if not ready:
            raise NoEmulator(self._why())
        self.url = f"{ready[1]}/{dialect}{manner.path}"

    def _why(self) -> str:
        self._process.wait(STOP_S)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        self.stop()
        return f"`python -m emulator serve` did not start: {said[-1] if said else 'it said nothing'}"

    def stop(self) -> None:
        """End the program."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._said.close()


def _tied() -> Callable[[], object] | None:
    """Return what a child does before it becomes the server: ask to die with its parent, where the system can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(DEATH_SIGNAL, signal.SIGTERM)
