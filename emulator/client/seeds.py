"""A seed as it is sent: a tenant's part of a seed file, what it names by path put in.

A server reads no files of its clients: it may be in a container. So the bytes go along.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from emulator.client.running import Json

ONE = "write its files and jobs at the top, or tenants: with one entry (several are for the server's own --seed-file)"
"""How a seed file has one tenant."""


class BadSeed(ValueError):
    """What cannot be sent as a seed; the text says where and why, without a key."""


def told(seed: Mapping[str, Any] | str | Path) -> Json:
    """Return what a seed says, nothing of it by path: an object, whose paths count from here, or a file's.

    A file is YAML or JSON: one tenant's part of a seed file, or a whole one with one tenant, whose keys are left out.
    Raise BadSeed.
    """
    if isinstance(seed, Mapping):
        value, folder = dict(seed), Path()
    else:
        value, folder = _tenant(Path(seed)), Path(seed).parent
    if isinstance(value.get("files"), list):
        value["files"] = [_inline(file, folder, f"files[{number}]") for number, file in enumerate(value["files"])]
    if isinstance(value.get("uploads"), list):
        value["uploads"] = [_whole(each, folder, f"uploads[{number}]") for number, each in enumerate(value["uploads"])]
    if isinstance(value.get("state"), str | Path):
        value["state"] = _parsed(folder / value["state"])
    return value


def sendable(seed: Mapping[str, Any] | str | Path) -> bytes:
    """Return the JSON of a seed; raise BadSeed."""
    try:
        return json.dumps(told(seed), default=_plain, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise error if isinstance(error, BadSeed) else BadSeed(f"the seed is not JSON: {error}") from None


def _tenant(path: Path) -> Json:
    """Return what a file says of one tenant, without its keys."""
    value = _parsed(path)
    tenants = value.get("tenants", [value]) if isinstance(value, dict) else value
    if not isinstance(tenants, list) or len(tenants) != 1 or not isinstance(tenants[0], dict):
        many = f"{len(tenants)} tenants" if isinstance(tenants, list) and tenants else "no tenant"
        raise BadSeed(f"{path}: takes a seed file of one tenant, got {many}; {ONE}")
    return {name: value for name, value in tenants[0].items() if name != "keys"}


def _parsed(path: Path) -> Any:
    """Return the value of a JSON or YAML file; raise BadSeed."""
    text = _read(path)
    try:
        return json.loads(text) if path.suffix == ".json" else _yaml(text)
    except (ValueError, RecursionError):
        raise BadSeed(f"{path}: it is not {'JSON' if path.suffix == '.json' else 'YAML'} that can be read") from None


def _yaml(text: bytes) -> Any:
    import yaml  # noqa: PLC0415 -- most have no seed file, and it takes a while

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:  # whose text quotes the line, and so perhaps a key
        raise ValueError from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSeed(f"{path} cannot be read: {error.strerror}") from None


def _whole(upload: Any, folder: Path, where: str) -> Any:
    """Return an upload whose parts have their bytes; what is none is for the server to refuse."""
    if not isinstance(upload, Mapping) or not isinstance(parts := upload.get("parts"), list):
        return upload
    inline = [_inline(part, folder, f"{where}.parts[{number}]", named=False) for number, part in enumerate(parts)]
    return {**upload, "parts": inline}


def _inline(file: Any, folder: Path, where: str, *, named: bool = True) -> Any:
    """Return a file, or a part of one that has no name, with its bytes instead of a path.

    What is neither is for the server to refuse.
    """
    if not isinstance(file, Mapping) or not isinstance(file.get("path"), str | Path):
        return file
    if file.get("content") is not None or file.get("base64") is not None:
        raise BadSeed(f"{where}: a file has either content, base64 or path")
    path = folder / file["path"]
    content = _read(path)
    kept = {name: value for name, value in file.items() if name != "path"}
    told = {"name": path.name, **kept} if named else kept
    try:
        return {**told, "content": content.decode()}
    except UnicodeDecodeError:
        return {**told, "base64": b64encode(content).decode()}


def _plain(value: Any) -> str:
    """Return what YAML reads as a date, and what Python has as a path, as JSON has them."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no type that JSON has")
