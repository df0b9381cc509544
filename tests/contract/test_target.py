"""Which targets are somebody else's, which are none at all, and what their evidence is called."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.harness.options import read
from contract_tests.harness.target import BadTarget, checked, is_foreign, slug
from tests.contract.suite import file, run

ANYWHERE = "0.0.0.0"  # noqa: S104 -- an address to be recognised, not to be bound
TIMES = ("contract_interval", "contract_poll", "contract_patience")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1:8080"]
)
def test_loopback_is_this_machine(host: str) -> None:
    assert not is_foreign(f"http://{host}/v1")


@pytest.mark.parametrize(
    "host",
    [
        *("api.tokenfactory.nebius.com", "10.0.0.5", "192.168.1.2", "172.17.0.1:8080", "169.254.1.1", ANYWHERE),
        *("[::]", "[fe80::1]", "[fc00::1]", "[::ffff:10.0.0.1]", "8.8.8.8"),
        *("localhost.example.com", "emulator", "127.0.0.1.nip.io", "127.1"),
    ],
)
def test_everything_else_is_foreign(host: str) -> None:
    assert is_foreign(f"http://{host}/v1")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.tokenfactory.nebius.com/v1", "api.tokenfactory.nebius.com"),
        ("https://api.example.com:443/v1", "api.example.com"),
        ("https://api.example.com:8443/v1", "api.example.com-8443"),
        ("http://127.0.0.1:8080/v1", "127.0.0.1-8080"),
        ("http://[::1]:8080/v1", "ip6-__1-8080"),
        ("http://127.0.0.1:8080/openai/v1", "127.0.0.1-8080-openai"),
        ("https://api.example.com/Below/v1", "api.example.com-below"),
    ],
)
def test_evidence_is_named_for_the_host(url: str, name: str) -> None:
    assert slug(url) == name


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "ftp://a/v1", "http:///v1", "https://a.example", "https://a.example/", "http://a:b/v1"),
        *("https://user:word@a.example/v1", "https://a.example/v1?key=1", "https://a.example/v1#here"),
    ],
)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(BadTarget, match="takes a base URL"):
        checked(url)


def test_a_slash_at_the_end_is_no_part_of_it() -> None:
    assert checked("https://a.example/v1/") == "https://a.example/v1"


def asked(**changes: Any) -> Namespace:
    """Return the options of a command line that says nothing but what a test says."""
    usual = dict.fromkeys(
        ("target", "api_key_env", "second_api_key_env", "allow_spending", "model", "epochs", *TIMES), None
    )
    paths = {"evidence": Path("evidence"), "ledger": Path("ledger")}
    return Namespace(**{**usual, **paths, "dialect": "nebius", "foreign": False, "clean_up": False, **changes})


FOREIGN = "https://a.example/v1"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"target": "nonsense"}, "--target: got 'nonsense'; it takes a base URL such as https://"),
        ({"target": FOREIGN}, "is not this machine, so it takes a key: --api-key-env NAME"),
        ({"api_key_env": "NO_SUCH_VARIABLE"}, "the variable NO_SUCH_VARIABLE is not set, or is empty"),
        ({"api_key_env": "EMPTY"}, "the variable EMPTY is not set, or is empty"),
        ({"second_api_key_env": "EMPTY"}, "--second-api-key-env: the variable EMPTY is not set, or is empty"),
        ({"api_key_env": "UNSENDABLE"}, "what the variable UNSENDABLE holds cannot be sent in a header"),
        ({"allow_spending": "lots"}, "--allow-spending: got 'lots'; it takes US dollars above 0"),
        ({"allow_spending": "nan"}, "--allow-spending: got 'nan'; it takes US dollars above 0"),
        ({"allow_spending": "inf"}, "--allow-spending: got 'inf'; it takes US dollars above 0"),
        ({"allow_spending": "-1"}, "--allow-spending: got '-1'; it takes US dollars above 0"),
        ({"allow_spending": "0"}, "--allow-spending: got '0'; it takes US dollars above 0"),
        ({"dialect": "nebula"}, "--dialect: got 'nebula'; it takes one of nebius, nebius-studio"),
        ({"epochs": 0}, "--epochs: got 0; it takes 1 to 20"),
        ({"contract_poll": -1.0}, "--poll-interval: got -1; it takes 0 to 86400 seconds"),
        ({"contract_interval": float("nan")}, "--request-interval: got nan; it takes 0 to 86400 seconds"),
        ({"foreign": True}, "--foreign takes a --target"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], complaint: str
) -> None:
    monkeypatch.setenv("EMPTY", " ")
    monkeypatch.setenv("UNSENDABLE", "ключ")

    with pytest.raises(pytest.UsageError) as refused:
        read(asked(**changes))

    assert complaint in str(refused.value)
    assert "ключ" not in str(refused.value)


def test_a_foreign_host_is_treated_with_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "a-key")
    options = read(asked(target=FOREIGN, api_key_env="SOME_KEY"))

    assert options.foreign
    assert (options.interval_s, options.poll_s, options.epochs) == (1, 15, 1)
    assert repr(options).count("a-key") == 0


def test_this_machine_is_not() -> None:
    options = read(asked(target="http://localhost:8080/v1"))

    assert not options.foreign
    assert (options.interval_s, options.epochs) == (0, 3)


def test_a_refused_command_line_is_told_without_a_traceback(tmp_path: Path) -> None:
    refused = run(tmp_path, file("test_models"), "--target", FOREIGN)

    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: https://a.example/v1 is not this machine" in refused.out
    assert "Traceback" not in refused.out
    assert not (tmp_path / "evidence").exists()


def test_cleaning_up_takes_a_target(tmp_path: Path) -> None:
    refused = run(tmp_path, "--clean-up")

    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "--clean-up takes the --target of the run that died" in refused.out
