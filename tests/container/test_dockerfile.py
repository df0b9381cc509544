"""The Dockerfile, read: what an image made of it is, without an engine to make one."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.settings import from_environment

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Line:
    """One instruction: its name, and what it is given with the flags before it apart."""

    name: str
    flags: tuple[str, ...]
    given: str

    @property
    def words(self) -> Any:
        """Return the words of an exec form; fail for a shell form, which needs a shell."""
        return json.loads(self.given)


def lines() -> list[Line]:
    """Return the Dockerfile's instructions in order."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    found = []
    for each in filter(str.strip, bare.replace("\\\n", " ").splitlines()):
        name, given = each.split(None, 1)
        flags = re.match(r"(?:--\S+\s+)*", given)
        assert flags
        found.append(Line(name, tuple(flags[0].split()), given[flags.end() :].strip()))
    return found


def final() -> dict[str, Line]:
    """Return the instructions of the last stage by name; of several, the last."""
    last = max(place for place, line in enumerate(lines()) if line.name == "FROM")
    return {line.name: line for line in lines()[last:]}


def variables() -> dict[str, str]:
    """Return the environment of the image."""
    return dict(pair.split("=", 1) for pair in final()["ENV"].given.split())


def test_both_stages_have_the_same_named_python() -> None:
    stages = [line.given.split()[0] for line in lines() if line.name == "FROM"]

    assert len(stages) == 2
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", stages[0])
    assert stages[0] == stages[1]


def test_its_user_is_a_number_and_not_root() -> None:
    user, _, group = final()["USER"].given.partition(":")

    assert int(user) > 0
    assert int(group) > 0


def test_what_runs_needs_no_shell() -> None:
    check = final()["HEALTHCHECK"].given.removeprefix("CMD ")

    assert final()["ENTRYPOINT"].words == ["ftemu"]
    assert final()["CMD"].words == ["serve"]
    assert json.loads(check) == ["ftemu", "health"]
    assert "ftemu" in PROJECT["project"]["scripts"]


def test_its_settings_are_settings_and_agree_with_what_it_declares() -> None:
    settings = from_environment({name: text for name, text in variables().items() if name.startswith("FTEMU_")})

    assert settings["host"] == "0.0.0.0"  # noqa: S104 -- inside a container
    assert str(settings["port"]) == final()["EXPOSE"].given
    assert str(settings["data_dir"]) == final()["VOLUME"].given == final()["WORKDIR"].given


def test_its_label_has_the_version_of_the_project() -> None:
    assert f'image.version="{PROJECT["project"]["version"]}"' in final()["LABEL"].given


@pytest.mark.parametrize("flag", ["--start-interval", "--mount", "--link", "--chmod", "<<"])
def test_it_needs_no_newer_builder(flag: str) -> None:
    assert flag not in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_what_is_locked_is_installed_by_hash_and_nothing_else_is() -> None:
    runs = [line.given for line in lines() if line.name == "RUN" and re.match(r"pip |python -m pip ", line.given)]
    locked = [given for given in runs if "requirements" in given]

    assert len(locked) == 2
    assert [given for given in locked if "--require-hashes --only-binary=:all:" not in given] == []
    assert [given for given in runs if given not in locked and "--no-index --no-deps" not in given] == []


def ignored() -> list[str]:
    text = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_build_sees_what_it_needs_and_nothing_else() -> None:
    build = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        "pyproject.toml",
        "requirements.lock",
        "requirements-build.lock",
        PROJECT["project"]["readme"],
        *PROJECT["project"]["license-files"],
        *build["packages"],
        *build["force-include"],
    }

    assert ignored()[0] == "*"
    assert {line.removeprefix("!") for line in ignored() if line.startswith("!")} == needed
    assert {"**/__pycache__", "**/*.pyc"} <= set(ignored())
