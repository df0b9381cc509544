"""The whole API beside a model of it in dicts: whatever two clients do, in any order, the answers agree with it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, pairwise
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from emulator.server import Emulator
from emulator.timeline.job import TRANSITIONS, Status
from tests.conftest import Serve, client_of

JSON = dict[str, Any]
JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"
NOBODY = "file-00000000-0000-7000-8000-000000000000"
OUTCOME = {"status", "error", "finished_at", "result_files"}
CHANGING = OUTCOME | {"trained_tokens", "trained_steps", "total_steps", "estimated_finish"}
CONTEXT = 8192
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at a second a run, shrinking would take minutes
ENOUGH = 2
runs = count()


@dataclass(frozen=True)
class Data:
    """A dataset whose size is known exactly: pretokenized rows, or bytes that no job can read."""

    rows: int
    tokens_per_row: int
    content: bytes = field(default=b"", repr=False)

    @property
    def tokens(self) -> int:
        return self.rows * self.tokens_per_row

    def steps(self, order: JSON) -> int:
        """Count the steps of a run; the formula is the emulator's guess that fits the recordings."""
        packs = -(-self.tokens // CONTEXT) if order["packing"] else self.rows
        batches: int = max(1, -(-packs // order["batch_size"])) * order["n_epochs"]
        return batches


def rows_of(rows: int, tokens: int) -> Data:
    return Data(rows, tokens, (json.dumps({"token_ids": [7] * tokens}) + "\n").encode() * rows)


GOOD = [rows_of(3, 10), rows_of(40, 1000)]
BAD = [Data(0, 0), Data(0, 0, b'{"token_ids": [1]}\nnot json\n')]


@dataclass
class Upload:
    wire: JSON
    data: Data
    project: str | None
    gone: bool = False


@dataclass
class Made:
    """A job of the model: what was asked, what was last seen of it and when, and whether its data can be read."""

    wire: JSON
    training: Upload
    doomed: bool
    project: str | None
    seen_at: datetime | None
    events: list[JSON] = field(default_factory=list)
    checkpoints: list[JSON] = field(default_factory=list)


@dataclass
class Tenant:
    """What one client has done and must therefore see; ``dropped`` are checkpoints' files that it deleted."""

    client: httpx.Client
    now: datetime
    files: dict[str, Upload] = field(default_factory=dict)
    jobs: dict[str, Made] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, path: str) -> int:
        return self.client.get(path).status_code

    def look(self, wire: JSON) -> Made:
        """Compare a job with what was seen of it before, and remember it."""
        made = self.jobs[wire["id"]]
        before = made.wire
        assert wire["status"] in reachable(before["status"])
        assert {name for name in before if before[name] != wire[name]} <= CHANGING
        if is_over(before) or made.seen_at == self.now:
            assert wire == before
        for number in ("trained_steps", "trained_tokens"):
            assert wire[number] >= before[number]
        check_outcome(wire, made, self.now)
        made.wire, made.seen_at = wire, self.now
        return made

    def validating(self, upload: Upload) -> Iterator[Made]:
        for job_id, made in self.jobs.items():
            if made.training is upload and self.look(self.get(f"{JOBS}/{job_id}")).wire["status"] == "validating_files":
                yield made


def reachable(status: str) -> set[str]:
    """Return the statuses that may be seen after one, when some in between were not looked at."""
    found, new = {Status(status)}, {Status(status)}
    while new:
        new = {after for each in new for after in TRANSITIONS[each] - {Status.PAUSED}} - found
        found |= new
    return {each.value for each in found}


def check_outcome(wire: JSON, made: Made, now: datetime) -> None:
    """Compare a job's numbers with one another and with its data."""
    status, order = wire["status"], wire["hyperparameters"]
    assert (wire["finished_at"] is not None) == is_over(wire)
    assert not is_over(wire) or wire["created_at"] <= wire["finished_at"] <= now.timestamp()
    assert (wire["error"] is not None) == (status == "failed")
    assert bool(wire["result_files"]) == (status == "succeeded")
    if made.doomed:
        assert status in {"validating_files", "failed", "cancelled"}
    if status in {"queued", "running", "succeeded"}:
        assert wire["total_steps"] == made.training.data.steps(order)
    assert wire["trained_steps"] <= (wire["total_steps"] or 0)
    if status == "succeeded":
        assert wire["trained_steps"] == wire["total_steps"]
        assert wire["trained_tokens"] == made.training.data.tokens * order["n_epochs"]


who = st.sampled_from([0, 1])
pick = st.integers(0, 30)
projects = st.sampled_from([None, "blue", "red"])
limits = st.sampled_from([1, 2, 3, 10])
orders = st.fixed_dictionaries(
    {"n_epochs": st.integers(1, 4), "batch_size": st.sampled_from([1, 2, 8, 64]), "packing": st.booleans()},
    optional={"lora": st.booleans(), "learning_rate": st.sampled_from([1e-5, 0.1])},
)


class Machine(RuleBasedStateMachine):
    """Two clients of one server on manual clocks, each with a key that no run before had."""

    emulator: Emulator

    def __init__(self) -> None:
        super().__init__()
        run = next(runs)
        clients = [client_of(self.emulator, f"run {run} client {number}") for number in (0, 1)]
        self.tenants = [Tenant(client, moved(client, "advance", seconds=0)) for client in clients]

    def teardown(self) -> None:
        for number, tenant in enumerate(self.tenants):
            tenant.now = moved(tenant.client, "advance", seconds=10**6)
            for job_id in tenant.jobs:
                made = tenant.look(tenant.get(f"{JOBS}/{job_id}"))
                assert made.wire["status"] in {"succeeded", "failed", "cancelled"}
                check_history(tenant, made, limit=3)
            self.delete_a_result(number, 0)
            tenant.client.close()

    @initialize(data=st.sampled_from(GOOD), order=orders)
    def begin(self, data: Data, order: JSON) -> None:
        for tenant in (0, 1):
            self.train(tenant, data, order, None)

    @rule(to=who, data=st.sampled_from(GOOD + BAD), project=projects, purpose=st.sampled_from(["fine-tune", "batch"]))
    def upload(self, to: int, data: Data, project: str | None, purpose: str) -> None:
        tenant = self.tenants[to]
        form = {"files": {"file": ("d.jsonl", data.content)}, "data": {"purpose": purpose}}
        wire = tenant.client.post(FILES, params=named(project), **form).json()  # type: ignore[arg-type]
        assert (wire["bytes"], wire["purpose"], wire["filename"]) == (len(data.content), purpose, "d.jsonl")
        tenant.files[wire["id"]] = Upload(wire, data, project)

    @rule(of=who, data=st.sampled_from(GOOD), order=orders, project=projects)
    def train(self, of: int, data: Data, order: JSON, project: str | None) -> None:
        self.upload(of, data, project, "fine-tune")
        self.create(of, len(self.tenants[of].files) - 1, None, order, project)

    @rule(of=who, file=pick, validation=st.none() | pick, order=orders, project=projects)
    def create(self, of: int, file: int, validation: int | None, order: JSON, project: str | None) -> None:
        tenant = self.tenants[of]
        chosen = [chosen_from(tenant.files, each) for each in (file, validation) if each is not None]
        body = {"model": "Qwen/Qwen3-4B", "hyperparameters": order, "training_file": chosen[0]}
        body |= {"validation_file": chosen[1]} if chosen[1:] else {}
        answer = tenant.client.post(JOBS, json=body, params=named(project))
        uploads = [tenant.files.get(each) for each in chosen]
        if refusals := {404 if is_missing(each) else 400 for each in uploads if not is_trainable(each)}:
            assert answer.status_code in refusals
        else:
            wire = answer.json()
            assert (answer.status_code, wire["status"]) == (200, "validating_files")
            whole = [upload for upload in uploads if upload]
            doomed = any(upload.data in BAD for upload in whole)
            tenant.jobs[wire["id"]] = Made(wire, whole[0], doomed, project, tenant.now)

    @precondition(lambda self: any(tenant.jobs for tenant in self.tenants))
    @rule(of=who, job=pick)
    def cancel(self, of: int, job: int) -> None:
        tenant = self.tenants[of]
        job_id = chosen_from(tenant.jobs, job)
        answer = tenant.client.post(f"{JOBS}/{job_id}/cancel")
        if job_id not in tenant.jobs:
            assert answer.status_code == 404
        elif tenant.jobs[job_id].wire["status"] == "cancelled" or answer.status_code == 400:
            before = tenant.look(tenant.get(f"{JOBS}/{job_id}"))
            assert (answer.status_code, is_over(before.wire)) == (400, True)
        else:
            tenant.jobs[job_id].seen_at = None
            assert tenant.look(answer.json()).wire["status"] == "cancelled"

    @rule(of=who, file=pick)
    def delete(self, of: int, file: int) -> None:
        tenant = self.tenants[of]
        file_id = chosen_from(tenant.files, file)
        upload = tenant.files.get(file_id)
        hit = [] if upload is None or upload.gone else [*tenant.validating(upload)]
        answer = tenant.client.delete(f"{FILES}/{file_id}")
        assert answer.status_code == (404 if is_missing(upload) else 200)
        for made in hit:
            made.seen_at = None
            error = tenant.look(tenant.get(f"{JOBS}/{made.wire['id']}")).wire["error"]
            assert error["code"] == "training_file_deleted"
        if upload:
            upload.gone = True
            assert tenant.status(f"{FILES}/{file_id}") == tenant.status(f"{FILES}/{file_id}/content") == 404
            check_files(tenant, 10, None, file_id)

    @rule(of=who, seconds=st.sampled_from([0, 0.5, 9, 30, 60, 200, 1e4]))
    def advance(self, of: int, seconds: float) -> None:
        tenant = self.tenants[of]
        tenant.now = moved(tenant.client, "advance", seconds=seconds)

    @rule(of=who)
    def skip(self, of: int) -> None:
        tenant = self.tenants[of]
        unfinished = any(not is_over(tenant.get(f"{JOBS}/{each}")) for each in tenant.jobs)
        before, tenant.now = tenant.now, moved(tenant.client, "skip")
        assert (tenant.now > before) == unfinished

    @rule(of=who, job=pick, file=pick, limit=limits, project=projects, after=st.none() | pick)
    def look_around(self, of: int, job: int, limit: int, project: str | None, *, after: int | None, file: int) -> None:
        tenant = self.tenants[of]
        if job_id := chosen_from(tenant.jobs, job, known=True):
            check_history(tenant, tenant.look(tenant.get(f"{JOBS}/{job_id}")), limit=limit)
        wanted = [each for each in reversed(tenant.jobs) if project in {None, tenant.jobs[each].project}]
        assert [tenant.look(each).wire["id"] for each in paged(tenant, JOBS, limit, None, **named(project))] == wanted
        check_files(tenant, limit, project, None if after is None else chosen_from(tenant.files, after, known=True))
        upload = tenant.files.get(chosen_from(tenant.files, file))
        if upload and not upload.gone:
            assert tenant.get(f"{FILES}/{upload.wire['id']}") == upload.wire
            assert tenant.client.get(f"{FILES}/{upload.wire['id']}/content").content == upload.data.content

    @rule(of=who, result=pick)
    def delete_a_result(self, of: int, result: int) -> None:
        tenant = self.tenants[of]
        results = dict.fromkeys(each for made in tenant.jobs.values() for each in made.wire["result_files"])
        if file_id := chosen_from(results, result, known=True):
            assert tenant.client.delete(f"{FILES}/{file_id}").is_success != (file_id in tenant.dropped)
            tenant.dropped.add(file_id)
            assert tenant.status(f"{FILES}/{file_id}") == tenant.status(f"{FILES}/{file_id}/content") == 404

    @precondition(lambda self: any(len(tenant.jobs) > ENOUGH for tenant in self.tenants))
    @rule()
    def reset(self) -> None:
        tenant = max(self.tenants, key=lambda tenant: len(tenant.jobs))
        assert tenant.client.post("/_emulator/reset").status_code == 200
        assert {tenant.status(f"{FILES}/{each}") for each in tenant.files} <= {404}
        assert {tenant.status(f"{JOBS}/{each}") for each in tenant.jobs} <= {404}
        tenant.now = moved(tenant.client, "advance", seconds=0)
        tenant.files, tenant.jobs, tenant.dropped = {}, {}, set()

    @rule(of=who, file=pick, job=pick)
    def look_at_the_other_tenants_things(self, of: int, file: int, job: int) -> None:
        mine, other = self.tenants[of], self.tenants[1 - of]
        file_path, job_path = f"{FILES}/{chosen_from(other.files, file)}", f"{JOBS}/{chosen_from(other.jobs, job)}"
        paths = [file_path, f"{file_path}/content", job_path, f"{job_path}/events", f"{job_path}/checkpoints"]
        assert [mine.status(path) for path in paths] == [404] * 5
        assert mine.client.post(f"{job_path}/cancel").status_code == mine.client.delete(file_path).status_code == 404

    @invariant()
    def each_sees_its_own_and_nothing_else(self) -> None:
        for tenant in self.tenants:
            jobs = tenant.get(JOBS, limit=1000)["data"]
            assert [tenant.look(job).wire["id"] for job in jobs] == [*reversed(tenant.jobs)]
            uploads = [each.wire for each in reversed(tenant.files.values()) if not each.gone]
            assert tenant.get(FILES, limit=1000)["data"] == uploads


def is_missing(upload: Upload | None) -> bool:
    return upload is None or upload.gone


def is_trainable(upload: Upload | None) -> bool:
    return upload is not None and not upload.gone and upload.wire["purpose"] == "fine-tune"


def is_over(wire: JSON) -> bool:
    return TRANSITIONS[Status(wire["status"])] == frozenset()


def chosen_from(things: dict[str, Any], pick: int, *, known: bool = False) -> str:
    """Return one of the ids, or now and then (unless it has to be known) one that nobody has."""
    ids = [*things] + ([] if known else [NOBODY])
    return ids[pick % len(ids)] if ids else ""


def named(project: str | None) -> dict[str, str]:
    return {"ai_project_id": project} if project else {}


def moved(client: httpx.Client, how: str, **body: float) -> datetime:
    answer = client.post(f"/_emulator/clock/{how}", json=body or None)
    assert answer.status_code == 200
    return datetime.fromisoformat(answer.json()["now"])


def paged(tenant: Tenant, path: str, limit: int, after: str | None, **query: str) -> Iterator[JSON]:
    """Walk the pages of a list as a client does; ``has_more``, where there is one, tells the truth."""
    while True:
        page = tenant.get(path, limit=limit, **({"after": after} if after else {}), **query)
        yield from page["data"]
        assert len(page["data"]) <= limit
        if not page["data"]:
            return
        after = page["data"][-1]["id"]
        rest = tenant.get(path, limit=1, after=after, **query)["data"]
        assert page.get("has_more", bool(rest)) == bool(rest)


def check_files(tenant: Tenant, limit: int, project: str | None, cursor: str | None) -> None:
    """Page through a tenant's files from a cursor, which may be a file that is gone."""
    older = [*tenant.files][: [*tenant.files].index(cursor)] if cursor else [*tenant.files]
    mine = [tenant.files[each] for each in reversed(older)]
    wanted = [each.wire for each in mine if not each.gone and project in {None, each.project}]
    assert [*paged(tenant, FILES, limit, cursor, **named(project))] == wanted


def check_history(tenant: Tenant, made: Made, *, limit: int) -> None:
    """Compare a job's events and checkpoints with those seen before, with its numbers and with its files."""
    wire, path = made.wire, f"{JOBS}/{made.wire['id']}"
    events, made_ones = (
        [*paged(tenant, f"{path}/events", limit, None)],
        [*paged(tenant, f"{path}/checkpoints", limit, None)],
    )
    assert events[: len(made.events)] == made.events
    assert made_ones[: len(made.checkpoints)] == made.checkpoints
    for earlier, later in pairwise(event["created_at"] for event in [*events, {"created_at": tenant.now.timestamp()}]):
        assert wire["created_at"] <= earlier <= later
    assert events[0]["message"] == "Job is submitted"
    assert len({event["id"] for event in events}) == len(events)
    epochs = wire["hyperparameters"]["n_epochs"]
    per_epoch = (wire["total_steps"] or 0) // epochs
    assert [each["step_number"] for each in made_ones] == [
        epoch * per_epoch for epoch in range(1, epochs + 1) if epoch * per_epoch <= wire["trained_steps"] and per_epoch
    ]
    assert wire["result_files"] == (made_ones[-1]["result_files"] if wire["status"] == "succeeded" else [])
    made.events, made.checkpoints = events, made_ones
    for checkpoint in made_ones[-1:]:
        check_checkpoint(tenant, checkpoint)


def check_checkpoint(tenant: Tenant, checkpoint: JSON) -> None:
    """Compare the newest checkpoint with its own file ``checkpoint.meta``."""
    there = [each for each in checkpoint["result_files"] if each not in tenant.dropped]
    for file in (tenant.get(f"{FILES}/{each}") for each in there):
        assert file["filename"].startswith(f"{checkpoint['id']}/")
        if file["filename"].endswith("/checkpoint.meta"):
            content = tenant.client.get(f"{FILES}/{file['id']}/content").content
            meta = json.loads(content)
            assert len(content) == file["bytes"]
            assert {"step": meta["step_number"], **meta["metrics"]}.items() <= checkpoint["metrics"].items()
            assert (meta["id"], meta["created_at"]) == (checkpoint["id"], checkpoint["created_at"])


def test_whatever_two_clients_do_the_answers_agree_with_a_model_of_them(serve: Serve) -> None:
    Machine.emulator = serve(clock="manual", pace=1.0, weight_bytes=1024)
    chosen = settings(max_examples=15, stateful_step_count=30, deadline=None, phases=UNSHRUNK)
    run_state_machine_as_test(Machine, settings=settings(chosen, suppress_health_check=[HealthCheck.too_slow]))
