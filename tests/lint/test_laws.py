"""Laws of the judgement: it never fails, pages make no difference, and one tenant's clean walk stays clean."""

from dataclasses import asdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.lint import CHECKS, Lint
from emulator.dialects import ALL, NEBIUS
from emulator.server import Emulator
from emulator.storage.journal import Answer, Entry, Fault, Request
from tests.conftest import client_of
from tests.journal.made import EPOCH, made
from tests.lint.clients import FILES, JOBS, lint, order, raw, walked

ADVICE = {each.provider: each.advice for each in ALL}
IDS = ("a", "None", "ftjob-1", "file-1", "**********", "")
NAMES = [*(each.name for each in NEBIUS.operations), None]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.sampled_from(IDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
jobs = st.fixed_dictionaries(
    {
        "id": st.sampled_from(("ftjob-1", "ftjob-2")),
        "status": st.sampled_from(("running", "succeeded", "failed", "odd")),
    },
    optional={
        "result_files": st.lists(st.sampled_from(("file-1", "file-2")), max_size=3) | json_values,
        "data": json_values,
        "has_more": json_values,
        "filename": json_values,
        "bytes": json_values,
    },
)
bodies = jobs | json_values | st.fixed_dictionaries({"data": st.lists(jobs, max_size=12), "has_more": st.booleans()})
orders = st.fixed_dictionaries(
    {"model": st.just("m"), "training_file": st.sampled_from(("file-1", "None"))},
    optional={"hyperparameters": json_values, "method": json_values, "integrations": json_values},
)
headers = st.dictionaries(
    st.sampled_from(("retry-after", "retry-after-ms", "x-should-retry", "content-type", "content-length")),
    st.sampled_from(
        ("1", "0.5", "true", "application/json", "Thu, 01 Jan 2026 00:00:09 GMT", "multipart/form-data", "")
    ),
)


def _path(name: str | None, one: str, other: str) -> str:
    found = next((each.path for each in NEBIUS.operations if each.name == name), "/v1files")
    for parameter in ("{job_id}", "{file_id}", "{model_id:path}"):
        found = found.replace(parameter, one)
    return found.replace("{checkpoint_id}", other)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Return any entry, of which many are about the same few jobs and files."""
    name = draw(st.sampled_from(NAMES))
    path = _path(name, *draw(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS))))
    asked = Request(
        bytes=draw(st.integers(0, 9)),
        headers=draw(headers),
        body=draw(orders | json_values),
        left_out=draw(st.none() | st.just("too long")),
        parts=draw(st.none() | st.just(["file"])),
    )
    answer = Answer(bytes=1, headers=draw(headers), body=draw(bodies), complete=draw(st.booleans()))
    method = next((each.method for each in NEBIUS.operations if each.name == name), "GET")
    return made(
        at=EPOCH + timedelta(seconds=draw(st.integers(-5, 60))),
        started_at=EPOCH + timedelta(seconds=draw(st.integers(0, 60))),
        clock=draw(st.sampled_from(("real", "manual", "poll", None))),
        operation=name,
        provider=draw(st.sampled_from(("nebius", "nebius", "nebius", "strange"))),
        method=method,
        path=path,
        query=draw(st.dictionaries(st.sampled_from(("after", "limit", "api_key")), st.sampled_from(IDS))),
        status=draw(st.sampled_from((200, 200, 200, 400, 404, 429, 500, None))),
        job=draw(st.sampled_from(("ftjob-1", "ftjob-2", None))),
        retry=draw(st.sampled_from((None, 0, 1))),
        faults=[Fault(rule="r", effect="status,code=500")] if draw(st.booleans()) else [],
        request=asked,
        response=answer,
    )


def judged(pages: list[list[Entry]], **how: Any) -> dict[str, Any]:
    judge = Lint(ADVICE, **how)
    for page in pages:
        judge.see(page)
    return asdict(judge.report())


@given(
    found=st.lists(entries(), max_size=25),
    cuts=st.lists(st.integers(0, 25), max_size=5),
    poll_s=st.none() | st.just(3.0),
)
def test_any_entries_are_judged_and_the_same_however_the_pages_are_cut(
    found: list[Entry], cuts: list[int], poll_s: float | None
) -> None:
    numbered = [entry.model_copy(update={"id": number}) for number, entry in enumerate(found, 1)]
    edges = [0, *sorted(cuts), len(numbered)]
    pages = [numbered[low:high] for low, high in pairwise(edges)]
    whole = judged([numbered], poll_s=poll_s)
    assert judged(pages, poll_s=poll_s) == whole
    assert whole["entries"] == len(numbered)
    known = {each.name for each in CHECKS}
    for each in whole["findings"]:
        assert each["name"] in known
        assert len(numbered) >= each["count"] >= len(each["requests"]) >= 1
        assert len({*each["requests"]}) == len(each["requests"])
        assert {*each["requests"]} <= {*range(1, len(numbered) + 1)}
        assert len(each["requests"]) <= 20


def test_every_check_has_a_name_of_its_own_says_what_it_finds_and_the_worst_come_first() -> None:
    assert [each.severity.rank for each in CHECKS] == sorted(each.severity.rank for each in CHECKS)
    assert len({each.name for each in CHECKS}) == len(CHECKS)
    for each in CHECKS:
        assert each.about.endswith(".")
        assert each.do.endswith((".", ")"))
        assert each.__module__.rpartition(".")[2] == each.name


def test_a_clean_walk_stays_clean_among_the_requests_of_others(manual: Emulator, plain: httpx.Client) -> None:
    with client_of(manual, "somebody-else") as other:
        job = order(plain)
        order(other)
        for _ in range(40):
            plain.post("/_emulator/clock/advance", json={"seconds": 15})
            status = plain.get(f"{JOBS}/{job['id']}").json()["status"]
            for path in (f"{FILES}/None", JOBS, "/v1files"):
                other.get(path)
            if status == "succeeded":
                break
        assert lint(other)["findings"]
        assert {each["severity"] for each in lint(plain)["findings"]} == {"advice"}


@given(seen=st.lists(entries(), max_size=12))
def test_a_clean_walk_stays_clean_among_those_of_a_provider_that_is_not_judged(seen: list[Entry]) -> None:
    strange = [entry.model_copy(update={"provider": "strange"}) for entry in seen]
    assert judged([strange])["findings"] == []
    assert judged([strange])["entries"] == len(seen)


def test_what_is_told_of_the_journal_is_what_its_entries_tell(plain: httpx.Client) -> None:
    walked(plain)
    plain.get(f"{FILES}/None")
    own = judged([[Entry.model_validate(each) for each in raw(plain)]])
    answered = lint(plain)
    assert own["findings"] == answered["findings"]
    assert [each["name"] for each in answered["findings"]] == ["asks_for_nothing"]
