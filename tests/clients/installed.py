"""Clients in environments of their own, made once and kept: a folder each in the user's cache, by name and version.

``XDG_CACHE_HOME`` moves them; taking the folder away makes them anew. Where an index does not give a client, or Node is
not there, its tests are skipped, in a line that says why.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PYTHON = f"py{sys.version_info.major}.{sys.version_info.minor}"
INSTALL_S_MAX = 900
NODE_MAJOR_MIN = 18
"""The first with the File and fetch that openai-node takes for granted."""


def cache() -> Path:
    """Return the folder that the environments are kept in."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # noqa: TID251 -- the user's, not a setting
    return Path(home) / "fine-tuning-emulator" / "clients"


def python_with(*requirements: str, gigabytes: int = 1) -> str:
    """Return a Python that has these and what they need; skip where index or disk do not give them."""
    with _kept(f"{PYTHON}-{_slug(*requirements)}") as (folder, isnew):
        python = folder / "bin" / "python"
        if isnew:
            if shutil.disk_usage(cache()).free < gigabytes * 2**30:
                pytest.skip(f"{requirements[0]} takes up to {gigabytes} GB of disk, which are not free")
            _run("python", [sys.executable, "-m", "venv", str(folder)], folder.parent)
            _run("pip", [str(python), "-m", "pip", "install", "--quiet", *requirements], folder.parent)
    return str(python)


def node_with(package: str) -> Path:
    """Return a folder whose ``node_modules`` has this package; skip without Node, or where npm does not give it."""
    if node_major() < NODE_MAJOR_MIN:
        pytest.skip(f"Node {NODE_MAJOR_MIN} or later is not on this machine")
    with _kept(f"node-{_slug(package)}") as (folder, isnew):
        if isnew:
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
            _run("npm", ["npm", "install", "--silent", "--no-audit", "--no-fund", package], folder)
    return folder


def node_major() -> int:
    """Return the major version of this machine's Node, 0 without one."""
    if not shutil.which("node") or not shutil.which("npm"):
        return 0
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return int(told.lstrip("v").split(".")[0])


@contextmanager
def _kept(name: str) -> Iterator[tuple[Path, bool]]:
    """Give a folder, and whether it is yet to be made: one test makes it, others wait; half-made, it is made anew."""
    folder, done = cache() / name, cache() / f"{name}.done"
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        isnew = not done.exists()
        if isnew:
            shutil.rmtree(folder, ignore_errors=True)
        yield folder, isnew
        done.touch()


def _run(program: str, command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_S_MAX)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{program} was not done within {INSTALL_S_MAX} s")
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        pytest.skip(f"{program} does not give it: {said[-1] if said else done.returncode}")


def _slug(*parts: str) -> str:
    return "_".join(re.sub(r"[^A-Za-z0-9.]+", "-", part).strip("-") for part in parts)
