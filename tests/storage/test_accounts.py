"""Accounts: one key's state at one provider, and in one organization where its paths name one."""

import pytest

from emulator.storage.accounts import Account, face_of

NAMES = {
    "nebius": ("nebius", ""),
    "nebius-studio": ("nebius-studio", ""),
    "nscale": ("nscale", ""),
    "nscale/one": ("nscale", "one"),
    "nscale/": ("nscale", ""),
    "nscale/a/b": ("nscale", "a/b"),
    "nscale/../x": ("nscale", "../x"),
    "": ("", ""),
}


@pytest.mark.parametrize("provider", NAMES)
def test_an_account_is_of_a_provider_and_perhaps_of_an_organization(provider: str) -> None:
    account = Account("t", provider)

    assert (account.face, account.organization) == NAMES[provider]
    assert face_of(provider) == account.face


def test_accounts_of_two_organizations_are_not_the_same() -> None:
    assert len({Account("t", name) for name in NAMES}) == len(NAMES)
