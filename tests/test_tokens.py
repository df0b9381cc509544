"""Service tokens: well formed, the same for the same name, and taken as a key by every dialect."""

import base64
import hmac
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import emulator
from emulator import Emulator, service_token
from emulator.dialects import ALL
from emulator.tokens import SECRET

NAMES = st.text(st.characters())


def part(text: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


@given(NAMES)
def test_a_token_is_a_jwt_of_which_any_library_makes_sense(name: str) -> None:
    header, claims, signature = service_token(name).split(".")
    signed = hmac.digest(SECRET, f"{header}.{claims}".encode(), "sha256")

    assert part(header) == {"alg": "HS256", "typ": "JWT"}
    assert set(part(claims)) == {"iss", "sub", "exp"}
    assert base64.urlsafe_b64encode(signed).rstrip(b"=").decode() == signature


@given(NAMES, NAMES)
def test_the_same_name_is_the_same_token_and_another_is_another(one: str, other: str) -> None:
    assert service_token(one) == service_token(one)
    assert (service_token(one) == service_token(other)) == (one == other)


@given(st.text(st.characters(), min_size=4))
def test_a_token_is_of_one_length_and_does_not_tell_the_name(name: str) -> None:
    token = service_token(name)

    assert len(token) == len(service_token("a"))
    assert name not in "".join(map(str, part(token.split(".")[1]).values()))


@pytest.mark.parametrize("name", ["", "\ud800", "ä\n\x00", "x" * 10**6])
def test_any_text_is_a_name(name: str) -> None:
    assert len(service_token(name)) == len(service_token("a"))


def test_a_token_does_not_change_from_one_version_to_the_next() -> None:
    """People write them down: in seed files, in the settings of their CI."""
    assert service_token("team").endswith(".7GfxP6ugqBiN7IQoGM-igiKkZGQI1dhk4K2xoOjQCZg")


def test_it_is_offered_where_people_look() -> None:
    assert emulator.service_token is service_token
    assert emulator.__all__ == ["Emulator", "Tenant", "Unanswered", "service_token"]


@pytest.mark.parametrize("dialect", [each.name for each in ALL])
def test_every_dialect_takes_a_token(server: Emulator, key: str, dialect: str) -> None:
    tenant = server.tenant(service_token(key), dialect=dialect)
    organization = f"/organizations/{tenant.organization}" if tenant.has_organization else ""
    url = f"{tenant.base_url()}{organization}/files"

    assert httpx.get(url, headers={"authorization": f"Bearer {tenant.api_key}"}).json()["data"] == []


@pytest.mark.parametrize("dialect", [each.name for each in ALL])
def test_every_dialect_names_a_key_that_it_takes(server: Emulator, dialect: str) -> None:
    [any_key] = [each.any_key for each in ALL if each.name == dialect]
    tenant = server.tenant(any_key, dialect=dialect)
    organization = f"/organizations/{tenant.organization}" if tenant.has_organization else ""
    answer = httpx.get(f"{tenant.base_url()}{organization}/files", headers={"authorization": f"Bearer {any_key}"})

    assert answer.status_code == httpx.codes.OK
