"""A failing test shows what its client asked; a passing one shows nothing, and nothing hides the failure itself."""

import pytest

from tests.plugin.conftest import Project

SECTION = "ft_emulator journal"
TESTS = """
def test_passes(ft_client):
    ft_client.files.list()

def test_fails(ft_client, ft_emulator):
    ft_emulator.faults.add("status=503,retry_after_ms=1", match="jobs.create", first=1)
    start(ft_client)
    assert False, "on purpose"

@pytest.fixture
def bad_setup(ft_client):
    ft_client.files.list(limit=7)
    raise RuntimeError("the set-up's own")

@pytest.fixture
def bad_teardown(ft_client):
    yield
    ft_client.files.list(limit=8)
    raise RuntimeError("the teardown's own")

def test_setup(bad_setup): pass

def test_teardown(bad_teardown): pass

def test_without(): assert False, "without"

@pytest.mark.xfail(strict=True)
def test_expected(ft_client):
    ft_client.files.list()
    assert False

def test_last(ft_emulator, bad_teardown): pass
"""
SECRET = "canary-0123456789"


def sections(out: str) -> dict[str, list[str]]:
    """Return the lines of the section of each failure, by the failure's title."""
    found: dict[str, list[str]] = {}
    title, within = "", False
    for line in out.splitlines():
        if line.startswith(("____", "====")):
            title, within = line.strip("_= "), False
        elif line.startswith("----"):
            within = SECTION in line
        elif within:
            found.setdefault(title, []).append(line)
    return found


@pytest.mark.parametrize("workers", ["0", pytest.param("2", marks=pytest.mark.full)])
def test_a_failure_in_any_phase_shows_the_journal_with_workers_and_without(project: Project, workers: str) -> None:
    project.write(test_journal=TESTS)
    ran = project.run("-n", workers)
    shown = sections(ran.out)

    assert {*ran.outcomes("PASSED")} == {"test_passes", "test_teardown", "test_last"}
    assert set(shown) == {
        "test_fails",
        "ERROR at setup of test_setup",
        "ERROR at teardown of test_teardown",
        "ERROR at teardown of test_last",
    }
    upload, refused, retried = (line.split()[1:] for line in shown["test_fails"])
    assert upload[:2] == ["files.create", "200"]
    assert (refused[:2], refused[4:6]) == (["jobs.create", "503"], ["faults:", "status;"])
    assert (retried[:2], retried[4:7]) == (["jobs.create", "200"], ["retry", "1;", "made"])
    assert retried[7].startswith("ftjob-")
    assert [len(lines) for lines in shown.values()].count(1) == 3


@pytest.mark.full
def test_the_last_fifty_lines_are_shown_what_made_something_before_them_too_and_the_others_counted(
    project: Project,
) -> None:
    test = """
def test_many(ft_client):
    start(ft_client)
    for number in range(57):
        with pytest.raises(Exception):
            ft_client.get(f"/none/{number}", cast_to=object)
    assert False
"""
    project.write(test_many=test)
    [lines] = sections(project.run("-n", "0").out).values()

    assert lines[0] == "(7 earlier requests are left out)"
    assert [line.split()[1] for line in lines[1:3]] == ["files.create", "jobs.create"]
    assert [line.split()[2].rpartition("/")[2] for line in lines[3:]] == [str(number) for number in range(7, 57)]


def test_a_poll_loop_is_a_line_a_status_and_a_failed_job_says_why(project: Project) -> None:
    test = """
@pytest.mark.ft_emulator(clock="manual", scenario="fails_at_step=1")
def test_loop(ft_client, ft_emulator):
    job = start(ft_client)
    def look(times):
        for _ in range(times):
            seen = ft_client.fine_tuning.jobs.retrieve(job.id)
            ft_client.models.list()
        return seen.error
    look(70)
    ft_emulator.clock.advance(days=1)
    print("error", look(90).message)
    with pytest.raises(Exception):
        ft_client.fine_tuning.jobs.cancel(job.id)
    look(1)
    assert False
"""
    project.write(test_loop=test)
    ran = project.run("-n", "0")
    [lines] = sections(ran.out).values()
    [message] = [line.removeprefix("error ") for line in ran.out.splitlines() if line.startswith("error ")]
    made = lines[1].split("made ")[1].split(",")[0]
    told = [line.split(maxsplit=1)[1] for line in lines]

    assert [line.split()[0] for line in told] == [
        *("files.create", "jobs.create", "jobs.retrieve", "models.list", "jobs.retrieve"),
        *("jobs.cancel", "jobs.retrieve", "models.list"),
    ]
    assert told[2].endswith(f"{made}, validating_files; ×70 until 00:00:00.000"), ran.out
    assert told[3].endswith("×160 until 00:00:00.000")
    assert f"  {made}, failed, " in told[4]
    assert f": {message[:80]}; ×90 until 00:00:00.000" in told[4]
    assert "×" not in told[6] + told[7]


@pytest.mark.full
def test_a_client_that_never_came_is_told_of(project: Project) -> None:
    project.write(test_none="def test_none(ft_emulator): assert False\n")

    assert sections(project.run("-n", "0").out) == {"test_none": ["no request was made"]}


def test_no_secret_is_shown(project: Project) -> None:
    test = f"""
def test_secret(ft_client, ft_emulator):
    integrations = [{{"type": "wandb", "wandb": {{"api_key": "{SECRET}", "project": "p"}}}}]
    with pytest.raises(Exception):
        start(ft_client, integrations=integrations, hyperparameters={{"n_epochs": "{SECRET}"}})
    print("key", ft_emulator.api_key)
    assert False
"""
    project.write(test_secret=test)
    ran = project.run("-n", "0")
    key = next(line.split()[1] for line in ran.out.splitlines() if line.startswith("key "))
    [lines] = sections(ran.out).values()

    assert "jobs.create" in lines[1]
    assert key not in "".join(lines)
    assert SECRET not in "".join(lines)


@pytest.mark.full
def test_a_journal_that_cannot_be_read_does_not_hide_the_failure(project: Project) -> None:
    test = """
def test_gone(ft_client, ft_emulator):
    ft_emulator.server.url = "http://127.0.0.1:1"
    ft_emulator.server.close()
    assert False, "on purpose"

def test_gone_and_passed(ft_emulator):
    ft_emulator.server.url = "http://127.0.0.1:1"
    ft_emulator.server.close()
"""
    project.write(test_gone=test)
    ran = project.run("-n", "0")

    assert "AssertionError: on purpose" in ran.out
    assert "the journal cannot be read: no emulator answers at http://127.0.0.1:1" in ran.out
    # The second test's set-up needs nothing of the server; that its tenant cannot be removed is an error of its own.
    assert "ft_emulator: the test's tenant could not be removed: no emulator answers at" in ran.out
