"""Exports: a completed job's model, pushed to a repository; on this machine nothing is sent."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nscale.envelope import instant, invalid, is_uuid, missing
from contract_tests.nscale.orders import HF_SECRET, NO_EXPORT, pushed
from contract_tests.nscale.provider import JOBS

pytestmark = spends


@pytest.fixture(scope="module")
def export(run: Run, walk: Walk) -> Answer:
    """The answer to the order of an export."""
    return run.line.post(exports(walk, "/hugging-face"), pushed())


def exports(walk: Walk, below: str = "") -> str:
    assert walk.last.status == "completed"
    return f"{JOBS}/{walk.created['id']}/exports{below}"


@pytest.fixture(scope="module")
def started(export: Answer) -> Obj:
    """The export, as its order was answered."""
    return export.ok()


@pytest.fixture(scope="module")
def ended(run: Run, walk: Walk, started: Obj) -> Obj:
    """The export, once it is completed, or when patience ends."""
    until = time.monotonic() + run.options.patience_s
    while True:
        found = run.line.get(exports(walk, f"/{started['id']}")).ok()
        if found["status"] != "running" or time.monotonic() > until:
            return found
        time.sleep(run.options.poll_s)


@fact("exports.create", "answers 200 in JSON", known="unverified")
def test_an_export_answers_200(export: Answer) -> None:
    assert (export.status, export.media_type) == (200, "application/json")


@fact("exports.create", "answers an export as its schema says", known="unverified")
def test_an_export_is_as_published(started: Obj, schema: Schema, observe: Callable[..., None]) -> None:
    observe(members=sorted(started))

    schema.holds("Export", started)


@fact("exports.create", "gives UUIDs for ids", known="unverified")
def test_an_exports_id_is_a_uuid(started: Obj) -> None:
    assert is_uuid(started["id"])


@fact("exports.create", "answers an export that is running", known="documented")
def test_a_new_export_is_running(started: Obj) -> None:
    assert (started["status"], started["completed_at"]) == ("running", None)


@fact("exports.create", "names its job", known="unverified")
def test_an_export_names_its_job(started: Obj, walk: Walk) -> None:
    assert started["job_id"] == walk.created["id"]


@fact("exports.create", "says where it goes", known="unverified")
def test_an_export_says_where_it_goes(started: Obj) -> None:
    told = [started[name] for name in ("type", "huggingface_user_id", "huggingface_repository_id")]

    assert told == ["hugging-face", "contract-tests", "contract-tests/tuned"]


@fact("exports.create", "tells when it was", known="unverified")
def test_an_export_has_its_instant(started: Obj, walk: Walk) -> None:
    assert instant(started["created_at"]) > instant(walk.last.job["completed_at"])


@fact("exports.create", "keeps the token to itself", known="unverified")
def test_the_token_is_not_answered(export: Answer, line: Line, walk: Walk) -> None:
    export.ok()

    assert HF_SECRET.encode() not in export.content
    assert HF_SECRET.encode() not in line.get(exports(walk)).content


@fact("exports.retrieve", "comes to completed", known="documented")
def test_an_export_is_completed_in_the_end(ended: Obj) -> None:
    assert ended["status"] == "completed"
    assert instant(ended["completed_at"]) > instant(ended["created_at"])


@fact("exports.retrieve", "answers what its order did, but for its end", known="unverified")
def test_an_export_is_what_was_ordered(started: Obj, ended: Obj) -> None:
    assert ended == started | {"status": "completed", "completed_at": ended["completed_at"]}


@fact("exports.retrieve", "is the same of a completed export for ever", known="unverified")
def test_a_completed_export_stays(line: Line, walk: Walk, ended: Obj) -> None:
    assert line.get(exports(walk, f"/{ended['id']}")).ok() == ended


@fact("exports.list", "shows an export as it is on its own", known="unverified")
def test_an_export_is_listed(line: Line, walk: Walk, ended: Obj, schema: Schema) -> None:
    found = line.get(exports(walk)).ok()

    schema.holds("Exports", found)
    assert ended in found["data"]


@fact("exports.list", "has nothing beside data", known="unverified")
def test_there_is_nothing_beside_the_data(line: Line, walk: Walk) -> None:
    assert list(line.get(exports(walk)).ok()) == ["data"]


@fact("exports.create", "may be done again, the newest of which is listed first", known="unverified")
def test_a_model_may_be_exported_twice(line: Line, walk: Walk, ended: Obj) -> None:
    again = line.post(exports(walk, "/hugging-face"), pushed(huggingface_repository_id="contract-tests/again")).ok()
    listed = [each["id"] for each in line.get(exports(walk)).rows()]

    assert again["id"] != ended["id"]
    assert listed.index(again["id"]) < listed.index(ended["id"])


@fact("exports.list", "has as many entries as the limit says", known="unverified")
def test_a_limit_is_heeded(line: Line, walk: Walk, ended: Obj) -> None:
    line.post(exports(walk, "/hugging-face"), pushed()).ok()

    assert line.get(exports(walk), limit=1).rows() == line.get(exports(walk)).rows()[:1]
    assert ended["id"] not in [each["id"] for each in line.get(exports(walk), limit=1).rows()]


@fact("jobs.retrieve", "leaves a job as it is while its model is exported", known="unverified")
def test_an_export_leaves_its_job_as_it_is(line: Line, walk: Walk, ended: Obj) -> None:
    assert ended["job_id"] == walk.created["id"]
    assert line.get(f"{JOBS}/{walk.created['id']}").ok() == walk.last.job


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("exports.create", f"refuses an order without {name}, by name", known="documented"), id=name
        )
        for name in pushed()
    ],
)
def test_a_required_member_must_be_sent(line: Line, walk: Walk, name: str) -> None:
    body = {member: value for member, value in pushed().items() if member != name}

    assert f"{name}:" in invalid(line.post(exports(walk, "/hugging-face"), body))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(
            name,
            value,
            marks=fact("exports.create", f"takes no {words}", known="unverified"),
            id=words.replace(" ", "-"),
        )
        for words, name, value in (
            ("empty user", "huggingface_user_id", ""),
            ("number for a user", "huggingface_user_id", 7),
            ("empty token", "huggingface_access_token", ""),
            ("null for a token", "huggingface_access_token", None),
            ("repository without a user", "huggingface_repository_id", "tuned"),
            ("repository with a space", "huggingface_repository_id", "contract tests/tuned"),
            ("repository with two slashes", "huggingface_repository_id", "contract/tests/tuned"),
            ("list of repositories", "huggingface_repository_id", ["contract-tests/tuned"]),
        )
    ],
)
def test_a_bad_order_is_refused(line: Line, walk: Walk, name: str, value: Any) -> None:
    answer = line.post(exports(walk, "/hugging-face"), pushed(**{name: value}))

    assert f"{name}:" in invalid(answer)
    assert HF_SECRET.encode() not in answer.content


@fact("exports.retrieve", "of an export that there is not is a 404 that names it", known="unverified")
def test_an_unknown_export_is_missing(line: Line, walk: Walk) -> None:
    assert NO_EXPORT in missing(line.get(exports(walk, f"/{NO_EXPORT}")))


@fact("exports.retrieve", "of another job's export is a 404", known="unverified")
def test_another_jobs_export_is_missing(line: Line, failing: Walk, ended: Obj) -> None:
    missing(line.get(f"{JOBS}/{failing.created['id']}/exports/{ended['id']}"))


@fact("exports.create", "of half an object is a 400", known="unverified")
def test_what_is_no_order_is_refused(line: Line, walk: Walk) -> None:
    answer = line.send(
        "POST", exports(walk, "/hugging-face"), content=b"{", headers={"content-type": "application/json"}
    )

    invalid(answer)
