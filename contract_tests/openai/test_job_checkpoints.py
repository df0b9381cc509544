"""The checkpoints of a job: the last three epochs, the newest first, and the models that they are."""

import re
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.openai.provider import CHECKPOINTS_KEPT, GOING, JOBS

pytestmark = spends
SHARED = 5
"""How many of the letters in a model's name all models of a job share (observed)."""


@pytest.fixture
def made(walk: Walk) -> list[Obj]:
    """The checkpoints of the job that was walked, the newest first."""
    rows = walk.last.checkpoints.rows()
    assert rows, "the job that was walked has no checkpoint"
    return rows


@pytest.fixture
def path(walk: Walk) -> str:
    return f"{JOBS}/{walk.created['id']}/checkpoints"


def several(made: list[Obj]) -> list[Obj]:
    if len(made) < CHECKPOINTS_KEPT:
        pytest.skip(f"takes {CHECKPOINTS_KEPT} epochs: --epochs {CHECKPOINTS_KEPT}")
    return made


@fact("jobs.checkpoints", "answer a list in its published shape", known="documented")
def test_the_list_is_as_published(walk: Walk, schema: Schema) -> None:
    for look in walk.all:
        body = look.checkpoints.ok()
        schema.holds("ListFineTuningJobCheckpointsResponse", body)


@fact("jobs.checkpoints", "have ids of ftckpt_ and 24 letters, each its own", known="observed")
def test_a_checkpoints_id_is_24_letters_behind_its_prefix(made: list[Obj]) -> None:
    ids = [each["id"] for each in made]

    assert all(re.fullmatch(r"ftckpt_[0-9A-Za-z]{24}", id_) for id_ in ids)
    assert len(set(ids)) == len(ids)


@fact("jobs.checkpoints", "are called fine_tuning.job.checkpoint, and name their job", known="observed")
def test_a_checkpoint_names_its_job(made: list[Obj], walk: Walk) -> None:
    assert {(each["object"], each["fine_tuning_job_id"]) for each in made} == {
        ("fine_tuning.job.checkpoint", walk.created["id"])
    }


@fact("jobs.checkpoints", "are those of the last three epochs", known="observed")
def test_the_last_three_epochs_are_kept(run: Run, made: list[Obj]) -> None:
    assert len(made) == min(run.options.epochs, CHECKPOINTS_KEPT)


@fact("jobs.checkpoints", "of ten epochs with ten steps each are 100, 90 and 80", known="observed")
def test_of_ten_epochs_three_are_kept(plain_walk: Walk) -> None:
    assert [each["step_number"] for each in plain_walk.last.checkpoints.rows()] == [100, 90, 80]


@fact("jobs.checkpoints", "are told newest first, an epoch apart", known="observed")
def test_the_newest_is_first(run: Run, made: list[Obj], order: Obj) -> None:
    epoch = 10 // order["method"]["supervised"]["hyperparameters"]["batch_size"]
    last = epoch * run.options.epochs

    assert [each["step_number"] for each in made] == [last - epoch * back for back in range(len(made))]


@fact("jobs.checkpoints", "name the job's model first, which bears no step", known="observed")
def test_the_last_checkpoint_is_the_model(made: list[Obj], walk: Walk) -> None:
    assert made[0]["fine_tuned_model_checkpoint"] == walk.last.job["fine_tuned_model"]


@fact("jobs.checkpoints", "name models of their own with :ckpt-step- and the step", known="observed")
def test_an_earlier_checkpoint_bears_its_step(made: list[Obj]) -> None:
    for each in several(made)[1:]:
        assert each["fine_tuned_model_checkpoint"].endswith(f":ckpt-step-{each['step_number']}")


def letters(made: list[Obj]) -> list[str]:
    return [each["fine_tuned_model_checkpoint"].split(":")[4] for each in made]


@fact("jobs.checkpoints", "have each eight letters of its own in the name of the model", known="observed")
def test_each_checkpoint_has_letters_of_its_own(made: list[Obj]) -> None:
    found = letters(several(made))

    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[0-9A-Za-z]{8}", each) for each in found)


@fact("jobs.checkpoints", "share the first five of those letters within a job", known="observed")
def test_a_jobs_models_share_five_letters(made: list[Obj], plain_walk: Walk) -> None:
    own = {each[:SHARED] for each in letters(several(made))}
    other = {each[:SHARED] for each in letters(plain_walk.last.checkpoints.rows())}

    assert (len(own), len(other), len(own | other)) == (1, 1, 2)


@fact("jobs.checkpoints", "name the same base, organization and suffix in every model", known="observed")
def test_a_jobs_models_differ_in_their_letters_alone(made: list[Obj], walk: Walk) -> None:
    before = {each["fine_tuned_model_checkpoint"].rpartition(letters([each])[0])[0] for each in made}

    assert before == {str(walk.last.job["fine_tuned_model"])[:-8]}


@fact("jobs.checkpoints", "have the numbers of their step, and the kind of training", known="observed")
def test_a_checkpoint_has_its_numbers(made: list[Obj]) -> None:
    names = {"step", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy"}
    for each in made:
        assert set(each["metrics"]) == names | {"type"}
        assert each["metrics"]["type"] == "supervised"


@fact("jobs.checkpoints", "have no validation where there is none", known="observed")
def test_without_validation_there_is_none(plain_walk: Walk) -> None:
    for each in plain_walk.last.checkpoints.rows():
        assert set(each["metrics"]) == {"step", "train_loss", "train_mean_token_accuracy", "type"}


@fact("jobs.checkpoints", "agree with the event of their step", known="observed")
def test_a_checkpoint_agrees_with_its_step(made: list[Obj], walk: Walk) -> None:
    told = {event["data"]["step"]: event["data"] for event in walk.last.events.rows() if event["type"] == "metrics"}
    for each in made:
        step = told[each["step_number"]]
        own = {name: value for name, value in each["metrics"].items() if name != "type"}
        assert {name: step[name] for name in own} == own


@fact("jobs.checkpoints", "say their step twice", known="observed")
def test_a_checkpoint_says_its_step_twice(made: list[Obj]) -> None:
    for each in made:
        assert each["metrics"]["step"] == each["step_number"]


@fact("jobs.checkpoints", "are made while the job trains, in the order of their steps", known="observed")
def test_checkpoints_are_made_in_their_order(made: list[Obj], walk: Walk) -> None:
    times = [each["created_at"] for each in made]

    assert {type(at) for at in times} == {int}
    assert times == sorted(times, reverse=True)
    assert walk.created["created_at"] <= times[-1] <= times[0] <= walk.last.job["finished_at"] + 60


@fact("jobs.checkpoints", "that were seen stay as they were", known="documented")
def test_what_was_made_stays(walk: Walk) -> None:
    for earlier, later in pairwise(walk.all):
        now = {each["id"]: each for each in later.checkpoints.rows()}
        assert all(now.get(each["id"], each) == each for each in earlier.checkpoints.rows())


@fact("jobs.checkpoints", "are none of a job that does not run yet", known="observed")
def test_nothing_is_made_before_the_job_runs(walk: Walk) -> None:
    for earlier, later in pairwise(walk.looks):
        if later.job["status"] in GOING - {"running"}:
            assert earlier.checkpoints.rows() == []


@fact("jobs.checkpoints", "have no more, and name the first and the last", known="observed")
def test_the_ends_of_the_list_are_named(walk: Walk, made: list[Obj]) -> None:
    page = walk.last.checkpoints.ok()

    assert (page["object"], page["has_more"]) == ("list", False)
    assert (page["first_id"], page["last_id"]) == (made[0]["id"], made[-1]["id"])


@fact("jobs.checkpoints", "are as many as limit says, the newest", known="documented")
def test_a_limit_is_kept(line: Line, path: str, made: list[Obj]) -> None:
    page = line.get(path, limit=2).ok()

    assert page["data"] == several(made)[:2]
    assert page["has_more"] is True


@fact("jobs.checkpoints", "go on after a checkpoint, which is not in the page", known="documented")
def test_a_page_begins_behind_its_cursor(line: Line, path: str, made: list[Obj]) -> None:
    page = line.get(path, after=several(made)[0]["id"]).ok()

    assert (page["data"], page["has_more"]) == (made[1:], False)


@fact("jobs.checkpoints", "after an unknown checkpoint are none", known="unverified")
def test_an_unknown_cursor_is_an_empty_page(line: Line, path: str) -> None:
    assert line.get(path, after="ftckpt_000000000000000000000000").rows() == []
