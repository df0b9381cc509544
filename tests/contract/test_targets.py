"""The whole suite passes against an emulator in a thread, as a program, and ones that the suite starts itself."""

from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.contract.conftest import KEY, SECOND_KEY
from tests.contract.suite import Result, file, run

TESTS_MIN = {"nebius": 450, "nebius_studio": 450, "nscale": 700, "openai": 600}
"""Of each provider's folder."""


def whole(result: Result, *folders: str) -> None:
    """Hold that all was tried of some providers and nothing refuted."""
    outcomes = result.outcomes

    assert result.code == 0, result.out
    assert {test.partition("/")[0] for test in outcomes} == {*folders}
    assert len(outcomes) > sum(TESTS_MIN[folder] for folder in folders)
    assert {*outcomes.values()} == {"proven"}


@pytest.mark.full  # CI runs just that, as a command
def test_every_providers_suite_passes_on_an_emulator_of_its_own(tmp_path: Path) -> None:
    asked = run(tmp_path)

    whole(asked, "nebius", "nebius_studio", "nscale", "openai")
    assert "evidence/emulator-nebius.json" in asked.out
    assert "evidence/emulator-nebius-studio.json" in asked.out
    assert "evidence/emulator-nscale.json" in asked.out
    assert "evidence/emulator-openai.json" in asked.out


def on_a_server_in_a_thread(folder: Path, serve: Serve, path: str, **settings: str) -> Result:
    keys = (KEY, "contract-tests-second")
    emulator = serve(api_key=keys, **settings)
    variables = {"CONTRACT_KEY": keys[0], "OTHER_KEY": keys[1]}
    named = ("--api-key-env", "CONTRACT_KEY", "--second-api-key-env", "OTHER_KEY")
    return run(folder, "--target", f"{emulator.url}{path}", *named, variables=variables)


@pytest.mark.full
def test_the_suite_passes_on_a_server_in_a_thread(tmp_path: Path, serve: Serve) -> None:
    whole(on_a_server_in_a_thread(tmp_path, serve, "/v1"), "nebius")


@pytest.mark.full
def test_the_suite_of_the_other_provider_passes_beside_it(tmp_path: Path, serve: Serve) -> None:
    whole(on_a_server_in_a_thread(tmp_path, serve, "/openai/v1"), "openai")


@pytest.mark.full
def test_the_suite_of_the_older_edition_passes_beside_it(tmp_path: Path, serve: Serve) -> None:
    whole(on_a_server_in_a_thread(tmp_path, serve, "/nebius-studio/v1"), "nebius_studio")


@pytest.mark.full
def test_the_suite_of_an_organizations_provider_passes_beside_it(tmp_path: Path, serve: Serve) -> None:
    path = "/nscale/api/v1/organizations/a7467a9d-90d4-4976-8a08-cc5bd358b56e"

    whole(on_a_server_in_a_thread(tmp_path, serve, path), "nscale")


@pytest.mark.full
def test_the_suite_passes_on_a_server_whose_quirks_are_the_services_own(tmp_path: Path, serve: Serve) -> None:
    asked = on_a_server_in_a_thread(tmp_path, serve, "/openai/v1", quirks="faithful")
    untried = {test.rpartition("::")[2] for test, outcome in asked.outcomes.items() if outcome == "not_tried"}

    assert asked.code == 0, asked.out
    assert "refuted" not in asked.outcomes.values()
    assert untried == {
        "test_the_client_retrieves_a_job",
        "test_the_client_pages_jobs",
        "test_the_asynchronous_client_retrieves_a_job",
    }


@pytest.mark.full
def test_of_a_server_that_takes_every_key_only_wrong_keys_are_not_tried(tmp_path: Path, serve: Serve) -> None:
    asked = run(tmp_path, "--target", f"{serve().url}/v1")

    only_wrong_keys_untried(asked)


def test_of_such_a_server_they_are_not_tried_under_foreign_rules_either(tmp_path: Path, serve: Serve) -> None:
    rules = ("--foreign", "--api-key-env", "CONTRACT_KEY", "--request-interval", "0")
    asked = run(tmp_path, file("test_auth"), "--target", f"{serve().url}/v1", *rules, variables={"CONTRACT_KEY": KEY})

    only_wrong_keys_untried(asked)


def test_a_server_whose_keys_are_listed_refuses_wrong_ones_under_foreign_rules(tmp_path: Path, serve: Serve) -> None:
    rules = ("--foreign", "--api-key-env", "CONTRACT_KEY", "--request-interval", "0")
    url = f"{serve(api_key=(KEY,)).url}/v1"
    asked = run(tmp_path, file("test_auth"), "--target", url, *rules, variables={"CONTRACT_KEY": KEY})

    assert set(asked.outcomes.values()) == {"proven"}


def test_with_two_keys_named_a_server_that_takes_every_other_is_refuted(tmp_path: Path, serve: Serve) -> None:
    rules = ("--foreign", "--api-key-env", "CONTRACT_KEY", "--second-api-key-env", "OTHER_KEY")
    variables = {"CONTRACT_KEY": KEY, "OTHER_KEY": SECOND_KEY}
    named = (file("test_auth"), "-k", "wrong_key_is_refused", "--request-interval", "0")
    asked = run(tmp_path, *named, "--target", f"{serve().url}/v1", *rules, variables=variables)

    assert asked.code == 1
    assert "refuted" in asked.outcomes.values()


def only_wrong_keys_untried(asked: Result) -> None:
    """Hold that all was proven but what is held of wrong keys, and that it is said why."""
    untried = {fact["why"] for fact in asked.evidence["facts"] if fact["outcome"] == "not_tried"}

    assert asked.code == 0, asked.out
    assert untried == {"this server takes every key: start it with --api-key"}
    assert all("wrong_key" in test for test, outcome in asked.outcomes.items() if outcome == "not_tried")
