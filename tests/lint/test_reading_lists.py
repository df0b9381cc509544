"""How a client reads lists: all pages, one page, or one page that was enough."""

import httpx

from emulator.server import Emulator
from tests.lint.clients import FILES, JOBS, MODEL, advance, finding, names, official, order, upload


def many(client: httpx.Client, count: int) -> list[str]:
    """Create jobs of one file."""
    body = {"model": MODEL, "training_file": upload(client)}
    return [client.post(JOBS, json={**body, "suffix": f"{n}"}).raise_for_status().json()["id"] for n in range(count)]


def test_a_first_page_of_25_jobs_is_not_all_of_them_and_of_20_it_is(plain: httpx.Client) -> None:
    many(plain, 20)
    plain.get(JOBS).raise_for_status()
    assert "ignores_has_more" not in names(plain)
    many(plain, 5)
    plain.get(JOBS).raise_for_status()
    what = finding(plain, "ignores_has_more")["what"]
    assert "jobs.list answered 20 entries and has_more (entry 29), and 5 of the client's own are not on it" in what


def test_a_page_of_checkpoints_that_says_has_more_and_is_the_only_one_is_told(plain: httpx.Client) -> None:
    job = order(plain, hyperparameters={"n_epochs": 5})["id"]
    advance(plain, 36_000)
    plain.get(f"{JOBS}/{job}/checkpoints", params={"limit": 2}).raise_for_status()
    found = finding(plain, "ignores_has_more")
    assert (found["severity"], found["requests"]) == ("warning", [3])
    assert f"jobs.checkpoints of {job} answered 2 entries and has_more (entry 3)" in found["what"]

    last = plain.get(f"{JOBS}/{job}/checkpoints", params={"limit": 2}).json()["last_id"]
    plain.get(f"{JOBS}/{job}/checkpoints", params={"after": last}).raise_for_status()
    assert "ignores_has_more" not in names(plain)


def test_the_newest_two_jobs_may_be_all_that_is_wanted(plain: httpx.Client) -> None:
    many(plain, 4)
    plain.get(JOBS, params={"limit": 2}).raise_for_status()
    assert "ignores_has_more" not in names(plain)


def test_one_full_page_of_files_is_told_where_files_of_ones_own_are_missing(plain: httpx.Client) -> None:
    for number in range(11):
        upload(plain, f"{number}.jsonl")
    assert "reads_one_page" not in names(plain)
    plain.get(FILES).raise_for_status()
    found = finding(plain, "reads_one_page")
    assert found["severity"] == "warning"
    assert "files.list answered 10 entries which is a full page (entry 12), and 1 of the client's own" in found["what"]


def test_one_full_page_of_files_may_be_all_there_is_and_all_one_looked_for(plain: httpx.Client) -> None:
    files = [upload(plain, f"{number}.jsonl") for number in range(10)]
    plain.get(FILES).raise_for_status()
    assert "reads_one_page" not in names(plain)

    plain.delete("/_emulator/journal")
    plain.get(FILES).raise_for_status()
    assert "reads_one_page" in names(plain)
    plain.get(f"{FILES}/{files[4]}").raise_for_status()
    assert "reads_one_page" not in names(plain)


def test_the_sdks_first_page_is_told_and_its_iteration_is_not(manual: Emulator, plain: httpx.Client, key: str) -> None:
    with official(manual, key) as sdk:
        for number in range(12):
            sdk.files.create(file=(f"{number}.jsonl", b'{"text": "a"}\n'), purpose="fine-tune")
        assert len(sdk.files.list().data) == 10
        assert "reads_one_page" in names(plain)
        assert len([*sdk.files.list()]) == 12
        assert "reads_one_page" not in names(plain)
