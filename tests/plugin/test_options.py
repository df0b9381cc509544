"""The options: a server that runs already, shared with others, and chaos."""

from collections.abc import Iterator

import pytest

from emulator import Emulator
from tests.plugin.conftest import Project

TOKEN = "canary-token"
TESTS = """
def test_it(ft_client, ft_emulator):
    assert ft_client.files.list().data == []
    start(ft_client)
    print("key", ft_emulator.api_key)
    ft_emulator.clock.now()
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    """A server that runs already, whose control calls need a token."""
    with Emulator(control_token=TOKEN, clock="manual") as emulator:
        yield emulator


def keys(out: str) -> list[str]:
    return [line.split()[1] for line in out.splitlines() if line.startswith("key ")]


@pytest.mark.full
def test_two_runs_on_one_server_never_meet_and_leave_nothing(project: Project, shared: Emulator) -> None:
    project.write(test_it=TESTS)
    options = ("-n", "0", f"--ft-emulator-url={shared.url}/v1")
    one = project.run(*options, f"--ft-emulator-token={TOKEN}")
    other = project.run(*options, FTEMU_CONTROL_TOKEN=TOKEN)
    assert (one.code, other.code) == (0, 0), one.out + other.out

    [[first], [second]] = keys(one.out), keys(other.out)
    assert first != second
    for key in (first, second):
        assert shared.tenant(key).state.export()["files"] == []
    assert TOKEN not in one.out + other.out


@pytest.mark.full
def test_a_test_whose_teardown_fails_leaves_nothing_either(project: Project, shared: Emulator) -> None:
    test = """
@pytest.fixture
def bad(ft_client):
    yield
    raise RuntimeError("of the teardown")

def test_it(bad, ft_client, ft_emulator):
    start(ft_client)
    print("key", ft_emulator.api_key)
"""
    project.write(test_it=test)
    ran = project.run("-n", "0", f"--ft-emulator-url={shared.url}", f"--ft-emulator-token={TOKEN}")

    assert (ran.outcomes("PASSED"), ran.outcomes("ERROR")) == (["test_it"], ["test_it"]), ran.out
    assert shared.tenant(keys(ran.out)[0]).state.export()["files"] == []


@pytest.mark.full
def test_a_run_with_a_name_repeats_and_wipes_what_a_killed_one_left(project: Project, shared: Emulator) -> None:
    project.write(test_it=TESTS)
    options = (f"--ft-emulator-url={shared.url}", f"--ft-emulator-token={TOKEN}", "--ft-emulator-run=mine")
    [key] = keys(project.run("-n", "0", *options).out)
    shared.tenant(key).seed({"files": [{"name": "left", "content": "{}"}]})
    again = project.run("-n", "0", *options)

    assert again.code == 0, again.out
    assert keys(again.out) == [key]
    assert shared.tenant(key).state.export()["files"] == []


@pytest.mark.full
def test_a_configuration_file_may_name_the_server(project: Project, shared: Emulator) -> None:
    project.write(test_it=TESTS)
    (project.folder / "pytest.ini").write_text(f"[pytest]\nft_emulator_url = {shared.url}\n")
    ran = project.run("-n", "0", FTEMU_CONTROL_TOKEN=TOKEN)

    assert ran.code == 0, ran.out
    assert len(keys(ran.out)) == 1


@pytest.mark.full
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ft-emulator-url=http://127.0.0.1:1",), "ft_emulator: no emulator answers at http://127.0.0.1:1: "),
        (("--ft-emulator-url=URL",), "ft_emulator: control calls need the control token in the header"),
    ],
    ids=["nobody there", "no token"],
)
def test_a_server_that_cannot_be_used_is_an_error_that_says_why(
    project: Project, shared: Emulator, options: tuple[str, ...], said: str
) -> None:
    project.write(test_it=TESTS)
    ran = project.run("-n", "0", *(option.replace("=URL", f"={shared.url}") for option in options))

    assert ran.code == pytest.ExitCode.TESTS_FAILED
    assert said in ran.out
    assert "Traceback" not in ran.out


@pytest.mark.parametrize(
    "url",
    [
        *(pytest.param(each, marks=pytest.mark.full) for each in ("ftp://x", "http://", "http://[", "127.0.0.1:8080")),
        "nonsense",
        "http://x:y",
    ],
)
def test_what_is_no_url_is_a_usage_error_before_any_test(project: Project, url: str) -> None:
    project.write(test_it=TESTS)
    ran = project.run("-n", "0", f"--ft-emulator-url={url}")

    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert f"--ft-emulator-url: got {url!r}, takes a URL like http://127.0.0.1:8080" in ran.out
    assert "Traceback" not in ran.out


LISTED = (
    "ft_emulator: each test has an API key of its own, and the server takes listed keys only: take its api_key away "
    "(--api-key, FTEMU_API_KEY, ft_emulator_settings)"
)


@pytest.mark.full
def test_a_server_that_takes_listed_keys_only_is_told_of_as_that(project: Project) -> None:
    project.write(test_it=TESTS)
    with Emulator(api_key=["listed-key"]) as emulator:
        far = project.run("-n", "0", f"--ft-emulator-url={emulator.url}")
    own = '@pytest.fixture(scope="session")\ndef ft_emulator_settings(): return {"api_key": ["listed-key"]}\n'
    project.write(conftest=f"import pytest\n{own}")
    near = project.run("-n", "0")

    for ran in (far, near):
        assert ran.code == pytest.ExitCode.TESTS_FAILED
        assert LISTED in ran.out
        assert "say whose state it is" not in ran.out
        assert "listed-key" not in ran.out


def test_a_preset_that_there_is_not_is_a_usage_error_before_any_test(project: Project) -> None:
    project.write(test_it=TESTS)
    ran = project.run("-n", "0", "--ft-emulator-chaos=flakey")

    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "--ft-emulator-chaos: there is no preset 'flakey'; did you mean flaky?" in ran.out
    assert keys(ran.out) == []


@pytest.mark.full
def test_chaos_is_drawn_from_the_test_and_so_the_same_again(project: Project) -> None:
    test = """
import httpx

def test_chaos(ft_emulator):
    ft_emulator.clock.set(mode="manual")
    rules = ft_emulator.faults.list()
    headers = {"authorization": f"Bearer {ft_emulator.api_key}"}
    seen = []
    with httpx.Client(base_url=ft_emulator.base_url(), headers=headers, trust_env=False, timeout=60) as client:
        for _ in range(60):
            try:
                seen.append(client.get("/files").status_code)
            except httpx.HTTPError:
                seen.append(0)
    print("seen", len(rules) > 1, seen)
    assert set(seen) - {200}
    ft_emulator.reset()
    assert ft_emulator.faults.list() == [{**rule, "hits": 0, "matches": 0} for rule in rules]
"""
    project.write(test_chaos=test)
    runs = [project.run("-n", "0", "--ft-emulator-chaos=flaky") for _ in range(2)]
    seen = [[line for line in ran.out.splitlines() if line.startswith("seen True")] for ran in runs]

    assert [ran.code for ran in runs] == [0, 0], runs[0].out
    assert seen[0] == seen[1] != []


@pytest.mark.full
def test_the_sessions_server_has_the_settings_that_a_conftest_gives(project: Project) -> None:
    conftest = """
import pytest

@pytest.fixture(scope="session")
def ft_emulator_settings():
    return {settings}
"""
    test = """
from emulator import Tenant

@pytest.fixture(scope="module")
def longer(ft_emulator_server):
    return Tenant(ft_emulator_server, "for-the-module")

def test_settings(ft_client, ft_emulator, longer):
    assert "my/model" in {model.id for model in ft_client.models.list()}
    assert ft_emulator.clock.get()["mode"] == "poll" == longer.clock.get()["mode"]
"""
    project.write(test_it=test, conftest=conftest.format(settings={"model": ["my/model"], "clock": "poll"}))
    assert project.run("-n", "0").outcomes("PASSED") == ["test_settings"]

    project.write(conftest=conftest.format(settings={"modle": ["my/model"]}))
    wrong = project.run("-n", "0")
    assert "ft_emulator: there is no setting 'modle'; did you mean model?" in wrong.out
    assert wrong.outcomes("ERROR") == ["test_settings"]
