"""The checkpoints of the job that is walked: one an epoch, oldest first."""

import math
from collections.abc import Callable
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nebius.orders import NO_CHECKPOINT
from contract_tests.nebius.provider import JOBS

pytestmark = spends


@pytest.fixture
def made(walk: Walk) -> list[Obj]:
    """The checkpoints at the end."""
    return walk.last.checkpoints.rows()


@pytest.fixture
def several(made: list[Obj]) -> list[Obj]:
    """The same where their order can be seen."""
    if len(made) == 1:
        pytest.skip("the job has one checkpoint, whose order cannot be seen: --epochs 2")
    return made


@pytest.fixture
def path(walk: Walk) -> str:
    return f"{JOBS}/{walk.created['id']}/checkpoints"


@fact("jobs.checkpoints", "are a list in its published shape at every time", known="documented")
def test_checkpoints_are_as_published(walk: Walk, schema: Schema, observe: Callable[..., None]) -> None:
    observe(checkpoints=shape(walk.last.checkpoints.ok()))

    for look in walk.all:
        schema.holds("ListCheckpointsResponse", look.checkpoints.ok())


@fact("jobs.checkpoints", "are one an epoch", known="observed")
def test_there_is_one_an_epoch(made: list[Obj], order: Obj) -> None:
    assert len(made) == order["hyperparameters"]["n_epochs"]


@fact("jobs.checkpoints", "are told oldest first", known="observed")
def test_the_oldest_checkpoint_is_first(several: list[Obj]) -> None:
    steps = [checkpoint["step_number"] for checkpoint in several]

    assert steps == sorted(set(steps))


@fact("jobs.checkpoints", "have times that do not go back", known="observed")
def test_times_do_not_go_back(made: list[Obj]) -> None:
    times = [checkpoint["created_at"] for checkpoint in made]

    assert times == sorted(times)


@fact("jobs.checkpoints", "end with the job's last step", known="observed")
def test_the_last_checkpoint_is_of_the_last_step(walk: Walk, made: list[Obj]) -> None:
    assert made
    assert made[-1]["step_number"] == walk.last.job["total_steps"]


@fact("jobs.checkpoints", "are at the ends of epochs", known="observed")
def test_checkpoints_are_at_the_ends_of_epochs(walk: Walk, made: list[Obj], order: Obj) -> None:
    a_epoch = walk.last.job["total_steps"] // order["hyperparameters"]["n_epochs"]

    assert [checkpoint["step_number"] for checkpoint in made] == [a_epoch * (place + 1) for place in range(len(made))]


@fact("jobs.checkpoints", "have ids of the form ftckpt_<uuid4>", known="observed")
def test_a_checkpoints_id_is_a_uuid_behind_its_prefix(made: list[Obj]) -> None:
    for checkpoint in made:
        prefix, _, rest = str(checkpoint["id"]).partition("_")
        assert prefix == "ftckpt"
        assert [len(part) for part in rest.split("-")] == [8, 4, 4, 4, 12]
        assert rest[14] == "4"


@fact("jobs.checkpoints", "have an id each", known="documented")
def test_no_two_checkpoints_have_one_id(made: list[Obj]) -> None:
    assert len({checkpoint["id"] for checkpoint in made}) == len(made)


@fact("jobs.checkpoints", "name their job", known="documented")
def test_a_checkpoint_names_its_job(walk: Walk, made: list[Obj]) -> None:
    assert {checkpoint["fine_tuning_job_id"] for checkpoint in made} == {walk.created["id"]}


@fact("jobs.checkpoints", "are called fine_tuning.job.checkpoint", known="documented")
def test_they_are_called_checkpoints(made: list[Obj]) -> None:
    assert {checkpoint["object"] for checkpoint in made} == {"fine_tuning.job.checkpoint"}


@fact("jobs.checkpoints", "are told in whole unix seconds within the job's life", known="observed")
def test_checkpoints_lie_within_the_jobs_life(walk: Walk, made: list[Obj]) -> None:
    job = walk.last.job

    for checkpoint in made:
        assert type(checkpoint["created_at"]) is int
        assert job["created_at"] <= checkpoint["created_at"] <= job["finished_at"]


@fact("jobs.checkpoints", "have a training loss, finite and above 0", known="observed")
def test_a_training_loss_is_told(made: list[Obj]) -> None:
    for checkpoint in made:
        loss = checkpoint["metrics"]["train_loss"]
        assert isinstance(loss, float)
        assert 0 < loss < math.inf


@fact("jobs.checkpoints", "have a validation loss where there is a validation file", known="observed")
def test_a_validation_loss_is_told(made: list[Obj]) -> None:
    for checkpoint in made:
        loss = checkpoint["metrics"]["valid_loss"]
        assert isinstance(loss, float)
        assert 0 < loss < math.inf


@fact("jobs.checkpoints", "have losses of their own", known="observed")
def test_losses_differ_from_checkpoint_to_checkpoint(several: list[Obj]) -> None:
    assert len({checkpoint["metrics"]["train_loss"] for checkpoint in several}) == len(several)


@fact("jobs.checkpoints", "have accuracies from 0 to 1, if any", known="documented")
def test_an_accuracy_is_a_share(made: list[Obj]) -> None:
    for checkpoint in made:
        for name in ("train_mean_token_accuracy", "valid_mean_token_accuracy"):
            assert 0 <= (checkpoint["metrics"].get(name) or 0) <= 1


@fact("jobs.checkpoints", "have metrics of their own step", known="documented")
def test_metrics_are_of_the_step(made: list[Obj]) -> None:
    for checkpoint in made:
        assert checkpoint["metrics"].get("step") in (None, checkpoint["step_number"])


@fact("jobs.checkpoints", "name the model with the base model and the step in it", known="documented")
def test_a_checkpoints_model_names_base_and_step(walk: Walk, made: list[Obj]) -> None:
    for checkpoint in made:
        name = checkpoint["fine_tuned_model_checkpoint"]
        assert name.startswith(f"ft:{walk.created['model']}")
        assert name.endswith(f":ckpt-step-{checkpoint['step_number']}")


@fact("jobs.checkpoints", "have a model name each", known="documented")
def test_no_two_checkpoints_have_one_model(made: list[Obj]) -> None:
    assert len({checkpoint["fine_tuned_model_checkpoint"] for checkpoint in made}) == len(made)


@fact("jobs.checkpoints", "have result files, none of them another's", known="observed")
def test_result_files_are_each_checkpoints_own(made: list[Obj]) -> None:
    files = [file for checkpoint in made for file in checkpoint["result_files"]]

    assert all(checkpoint["result_files"] for checkpoint in made)
    assert len(set(files)) == len(files)


@fact("jobs.checkpoints", "that were seen stay as they were, and stay first", known="documented")
def test_what_was_made_stays(walk: Walk) -> None:
    for earlier, later in pairwise(walk.all):
        before = earlier.checkpoints.rows()
        assert later.checkpoints.rows()[: len(before)] == before


@fact("jobs.checkpoints", "are none before the job runs", known="documented")
def test_there_is_no_checkpoint_before_the_job_runs(walk: Walk) -> None:
    # A look reads the job first: what follows may be one step ahead of it, never two.
    for earlier, later in pairwise(walk.looks):
        if later.job["status"] in ("validating_files", "queued"):
            assert earlier.checkpoints.rows() == []


@fact("jobs.checkpoints", "are no more once the job has ended", known="documented")
def test_nothing_is_made_after_the_end(walk: Walk, made: list[Obj]) -> None:
    assert [look.checkpoints.rows() for look in walk.after] == [made, made]


@fact("jobs.checkpoints", "name the first and the last of a page", known="documented")
def test_the_ends_of_the_page_are_named(walk: Walk, made: list[Obj]) -> None:
    page = walk.last.checkpoints.ok()

    assert made
    assert (page["first_id"], page["last_id"]) == (made[0]["id"], made[-1]["id"])


@fact("jobs.checkpoints", "name no first and no last where there are none", known="documented")
def test_an_empty_page_has_no_ends(walk: Walk) -> None:
    for look in walk.looks:
        if not look.checkpoints.rows():
            page = look.checkpoints.ok()
            assert (page.get("first_id"), page.get("last_id")) == (None, None)


@fact("jobs.checkpoints", "say that they are a list", known="documented")
def test_the_list_calls_itself_one(walk: Walk) -> None:
    assert walk.last.checkpoints.ok()["object"] == "list"


@fact("jobs.checkpoints", "have no more where all are told", known="documented")
def test_the_whole_list_announces_no_more(walk: Walk) -> None:
    assert walk.last.checkpoints.ok()["has_more"] is False


@fact("jobs.checkpoints", "are as many as limit says, the oldest, and more are announced", known="documented")
def test_a_limit_is_kept(line: Line, path: str, several: list[Obj]) -> None:
    page = line.get(path, limit=1).ok()

    assert (page["data"], page["has_more"]) == (several[:1], True)


@fact("jobs.checkpoints", "name the ends of a part as they name the whole's", known="documented")
def test_the_ends_of_a_part_are_named(line: Line, path: str, several: list[Obj]) -> None:
    page = line.get(path, limit=1).ok()

    assert (page["first_id"], page["last_id"]) == (several[0]["id"], several[0]["id"])


@fact("jobs.checkpoints", "go on after a checkpoint, which is not in the page", known="documented")
def test_a_page_begins_behind_its_cursor(line: Line, path: str, several: list[Obj]) -> None:
    assert line.get(path, after=several[0]["id"]).rows() == several[1:]


@fact("jobs.checkpoints", "in pages of one have every checkpoint once", known="documented")
def test_pages_have_neither_gap_nor_overlap(line: Line, path: str, made: list[Obj]) -> None:
    assert line.pages(path, limit=1) == made


@fact("jobs.checkpoints", "have nothing after the last", known="documented")
def test_nothing_comes_after_the_last(line: Line, path: str, made: list[Obj]) -> None:
    page = line.get(path, after=made[-1]["id"]).ok()

    assert (page["data"], page["has_more"]) == ([], False)


@fact("jobs.checkpoints", "after an unknown checkpoint are a 404", known="unverified")
def test_an_unknown_cursor_is_a_404(line: Line, path: str) -> None:
    line.get(path, after=NO_CHECKPOINT).refused(404)


@fact("jobs.checkpoints", "with a limit of 0 are a 422 at query, limit", known="unverified")
def test_a_limit_of_0_is_a_422(line: Line, path: str) -> None:
    line.get(path, limit=0).flaw("query", "limit")


@fact("jobs.checkpoint", "is what the list says of it", known="documented")
def test_a_checkpoint_is_the_lists_entry(line: Line, path: str, made: list[Obj], schema: Schema) -> None:
    single = "openai__types__fine_tuning__jobs__fine_tuning_job_checkpoint__FineTuningJobCheckpoint"
    found = line.get(f"{path}/{made[0]['id']}").ok()

    schema.holds(single, found)
    assert {name: found[name] for name in schema.members(single)} == {
        name: made[0][name] for name in schema.members(single)
    }


@fact("jobs.checkpoint", "has its result files, beyond the published schema", known="unverified")
def test_a_checkpoint_has_its_files(line: Line, path: str, made: list[Obj]) -> None:
    assert line.get(f"{path}/{made[0]['id']}").ok()["result_files"] == made[0]["result_files"]


@fact("jobs.checkpoint", "of an unknown id of a job that there is, is a 404", known="documented")
def test_an_unknown_checkpoint_is_a_404(line: Line, path: str) -> None:
    line.get(f"{path}/{NO_CHECKPOINT}").refused(404)
