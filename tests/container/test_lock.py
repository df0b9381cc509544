"""The lock files: what the image is made of, to the byte, covers what the project asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ASKED = {
    "requirements.lock": PROJECT["project"]["dependencies"],
    "requirements-build.lock": PROJECT["build-system"]["requires"],
}

pytestmark = pytest.mark.parametrize("name", ASKED)


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Return the packages of a lock file: version, and how many hashes it may have."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    found: dict[str, tuple[str, int]] = {}
    for entry in entries:
        package, version = re.match(r"(\S+)==(\S+)", entry).groups()  # type: ignore[union-attr]  # no match: it fails
        found[canonicalize_name(package)] = version, len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))
    return found


def test_each_asked_for_package_is_locked_at_a_version_that_is_asked_for(name: str) -> None:
    packages = locked(name)

    for requirement in map(Requirement, ASKED[name]):
        assert requirement.specifier.contains(packages[canonicalize_name(requirement.name)][0])


def test_each_package_has_hashes(name: str) -> None:
    assert [package for package, (_, hashes) in locked(name).items() if hashes == 0] == []


def test_packages_come_from_no_place_in_particular(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    assert re.findall(r"https?://|file://|--index-url|--find-links| @ ", text) == []


def test_it_says_how_it_is_made_anew(name: str) -> None:
    assert f"-o {name}" in (ROOT / name).read_text(encoding="utf-8").splitlines()[1]
