"""Two clients do what they like, parts and pauses included, and every answer agrees with a small model of them."""

from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from emulator.server import Emulator
from emulator.timeline.job import TRANSITIONS, Status
from tests.conftest import Serve
from tests.dialects.openai.api import FILES, JOBS, MODELS, UPLOADS, Api, Json, chats, ids

UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at seconds a run, shrinking would take minutes
NOBODY = "nobody-1"
HOUR_S = 3600
GOOD, SHORT = chats(10), chats(9)
OVER = {"succeeded", "failed", "cancelled"}
runs = count()

who, pick = st.sampled_from([0, 1]), st.integers(0, 30)
orders = st.fixed_dictionaries({"n_epochs": st.integers(1, 3), "batch_size": st.sampled_from([1, 4, 64])})
metadata = st.none() | st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2)


@dataclass
class Made:
    """A job as it was last seen."""

    wire: Json
    doomed: bool
    paused: bool = False
    events: list[Json] = field(default_factory=list)


@dataclass
class Parts:
    """An upload, what it was told to hold and what has come of it."""

    pieces: list[bytes]
    ends_s: float
    brought: dict[int, str] = field(default_factory=dict)
    state: str = "pending"


class Tenant:
    """What one client has done, and what follows from it."""

    def __init__(self, emulator: Emulator, key: str) -> None:
        self.api = Api(emulator, key)
        self.now_s = 0.0
        self.files: dict[str, bytes] = {}
        self.gone: set[str] = set()
        self.jobs: dict[str, Made] = {}
        self.uploads: dict[str, Parts] = {}

    def look(self, wire: Json) -> Made:
        """Compare a job with what was seen of it before."""
        made = self.jobs[wire["id"]]
        before, now = made.wire["status"], wire["status"]
        assert now in reachable(before)
        if made.paused or before in OVER:
            assert wire == made.wire
        assert not made.doomed or now in {"validating_files", "failed", "cancelled"}
        assert (wire["error"] is not None) == (now == "failed")
        for name in ("finished_at", "fine_tuned_model", "trained_tokens"):
            assert (wire[name] is not None) == (now == "succeeded")
        for name in ("id", "created_at", "model", "training_file", "seed", "metadata", "organization_id"):
            assert wire[name] == made.wire[name]
        made.wire = wire
        return made

    def models(self) -> set[str]:
        """Return the names of the models that there have to be."""
        made = [each for each in self.jobs.values() if each.wire["status"] == "succeeded"]
        return {each.wire["fine_tuned_model"] for each in made} - self.gone

    def results(self) -> set[str]:
        """Return the ids of the results that there have to be."""
        return {each for made in self.jobs.values() for each in made.wire["result_files"]} - self.gone

    def state(self, upload: str) -> str:
        """Return the state of an upload by now."""
        told = self.uploads[upload]
        return "expired" if told.state == "pending" and self.now_s >= told.ends_s else told.state

    def advance(self, seconds: float) -> None:
        """Let time go on."""
        self.api.advance(seconds)
        self.now_s += seconds


def reachable(status: str) -> set[str]:
    """Return the statuses that may be seen after one; a paused job shows where it stands."""
    found, new = {Status(status)}, {Status(status)}
    while new:
        new = {after for each in new for after in TRANSITIONS[each] - {Status.PAUSED}} - found
        found |= new
    return {each.value for each in found}


def one_of(things: Any, number: int, *, known: bool = False) -> str:
    """Return one of the ids, or now and then (unless it has to be known) one that nobody has."""
    names = [*things] + ([] if known else [NOBODY])
    return str(names[number % len(names)]) if names else ""


class Machine(RuleBasedStateMachine):
    """Two clients of one server on manual clocks, each with a key that no run before had."""

    emulator: Emulator

    def __init__(self) -> None:
        super().__init__()
        run = next(runs)
        self.tenants = [Tenant(self.emulator, f"machine {run} client {number}") for number in (0, 1)]

    def teardown(self) -> None:
        for tenant in self.tenants:
            with closing(tenant.api):
                for job, made in tenant.jobs.items():
                    tenant.api.client.post(f"{JOBS}/{job}/resume")
                    made.paused = False
                tenant.advance(10**7)
                for job in tenant.jobs:
                    made = tenant.look(tenant.api.job(job))
                    assert made.wire["status"] in OVER
                    check_history(tenant, made)

    @initialize(order=orders)
    def begin(self, order: Json) -> None:
        for of in (0, 1):
            self.bring(of, GOOD)
            self.order(of, 0, order, None)

    @rule(of=who, content=st.sampled_from([GOOD, GOOD, SHORT]))
    def bring(self, of: int, content: bytes) -> None:
        tenant = self.tenants[of]
        tenant.files[tenant.api.upload(content)] = content

    @rule(of=who, file=pick, order=orders, has=metadata)
    def order(self, of: int, file: int, order: Json, has: Json | None) -> None:
        tenant = self.tenants[of]
        file_id = one_of(tenant.files, file)
        body = {"model": "gpt-4o-mini", "training_file": file_id, "hyperparameters": order, "metadata": has}
        if file_id not in tenant.files or file_id in tenant.gone:
            assert tenant.api.refused("POST", JOBS, json=body)["param"] == "training_file"
            return
        wire = tenant.api.post(JOBS, body)
        assert (wire["status"], wire["metadata"], wire["hyperparameters"]["n_epochs"]) == (
            *("validating_files", has),
            order["n_epochs"],
        )
        tenant.jobs[wire["id"]] = Made(wire, doomed=tenant.files[file_id] == SHORT)

    @rule(of=who, job=pick, deed=st.sampled_from(["cancel", "pause", "pause", "resume"]))
    def act(self, of: int, job: int, deed: str) -> None:
        tenant = self.tenants[of]
        job_id = one_of(tenant.jobs, job)
        if job_id not in tenant.jobs:
            assert tenant.api.refused("POST", f"{JOBS}/{job_id}/{deed}", 404)["code"] == "fine_tune_not_found"
            return
        made = tenant.look(tenant.api.job(job_id))
        if made.wire["status"] in OVER:
            tenant.api.refused("POST", f"{JOBS}/{job_id}/{deed}")
            return
        made.paused = made.paused and deed == "pause"
        tenant.look(tenant.api.post(f"{JOBS}/{job_id}/{deed}"))
        made.paused = deed == "pause"
        assert (made.wire["status"] == "cancelled") == (deed == "cancel")

    @rule(of=who, file=pick)
    def delete(self, of: int, file: int) -> None:
        tenant = self.tenants[of]
        file_id = one_of({**tenant.files, **dict.fromkeys(sorted(tenant.results()))}, file)
        there = file_id not in tenant.gone | {NOBODY}
        hit = [made for made in tenant.jobs.values() if made.wire["training_file"] == file_id]
        hit = [
            made for made in hit if tenant.look(tenant.api.job(made.wire["id"])).wire["status"] == "validating_files"
        ]
        tenant.api.call("DELETE", f"{FILES}/{file_id}", 200 if there else 404)
        tenant.gone.add(file_id)
        for made in hit if there else ():
            made.paused = False
            assert tenant.look(tenant.api.job(made.wire["id"])).wire["error"]["code"] == "deleted_training_file"
        assert tenant.api.client.get(f"{FILES}/{file_id}").status_code == 404

    @rule(of=who, model=pick)
    def forget(self, of: int, model: int) -> None:
        tenant = self.tenants[of]
        name = one_of(sorted(tenant.models()), model)
        tenant.api.call("DELETE", f"{MODELS}/{name}", 404 if name == NOBODY else 200)
        tenant.gone.add(name)

    @rule(of=who, places=st.lists(st.integers(1, len(GOOD) - 1), unique=True, max_size=2))
    def announce(self, of: int, places: list[int]) -> None:
        tenant, ends = self.tenants[of], [0, *sorted(places), len(GOOD)]
        body = {"filename": "p.jsonl", "purpose": "fine-tune", "bytes": len(GOOD), "mime_type": "text/jsonl"}
        told = tenant.api.post(UPLOADS, body)
        pieces = [GOOD[start:end] for start, end in pairwise(ends)]
        tenant.uploads[told["id"]] = Parts(pieces, tenant.now_s + HOUR_S)

    @rule(of=who, upload=pick, part=pick)
    def bring_a_part(self, of: int, upload: int, part: int) -> None:
        tenant = self.tenants[of]
        upload_id = one_of(tenant.uploads, upload)
        told = tenant.uploads.get(upload_id, Parts([b"x"], 0))
        place = part % len(told.pieces)
        sent = {"data": ("part", told.pieces[place])}
        status = 404 if upload_id == NOBODY else 200 if tenant.state(upload_id) == "pending" else 400
        answer = tenant.api.call("POST", f"{UPLOADS}/{upload_id}/parts", status, files=sent)
        if status == 200:
            told.brought[place] = answer["id"]

    @rule(of=who, upload=pick, give_up=st.booleans())
    def finish(self, of: int, upload: int, *, give_up: bool) -> None:
        tenant = self.tenants[of]
        if not (upload_id := one_of(tenant.uploads, upload, known=True)):
            return
        told, pending = tenant.uploads[upload_id], tenant.state(upload_id) == "pending"
        parts = [told.brought[place] for place in sorted(told.brought)]
        right = pending and (give_up or len(parts) == len(told.pieces))
        deed, body = ("cancel", None) if give_up else ("complete", {"part_ids": parts})
        answer = tenant.api.call("POST", f"{UPLOADS}/{upload_id}/{deed}", 200 if right else 400, json=body)
        if right:
            told.state = "cancelled" if give_up else "completed"
            assert answer["status"] == told.state
            tenant.files |= {} if give_up else {answer["file"]["id"]: GOOD}

    @rule(of=who, seconds=st.sampled_from([0, 0.3, 1, 10, HOUR_S]))
    def advance(self, of: int, seconds: float) -> None:
        self.tenants[of].advance(seconds)

    @rule(of=who, job=pick, limit=st.integers(1, 50))
    def look_around(self, of: int, job: int, limit: int) -> None:
        tenant = self.tenants[of]
        if job_id := one_of(tenant.jobs, job, known=True):
            check_history(tenant, tenant.look(tenant.api.job(job_id)))
        listed = [tenant.look(each).wire["id"] for each in tenant.api.pages(JOBS, limit)]
        assert listed == [*reversed(tenant.jobs)]
        files = [*tenant.api.pages(FILES, limit)]
        assert files == tenant.api.get(FILES)["data"]
        assert [*tenant.api.pages(FILES, limit, order="asc")] == files[::-1]
        for each in files[:2]:
            assert each == tenant.api.get(f"{FILES}/{each['id']}")

    @rule(of=who, job=pick, file=pick, upload=pick)
    def look_at_the_other_tenants_things(self, of: int, job: int, file: int, upload: int) -> None:
        mine, other = self.tenants[of].api, self.tenants[1 - of]
        job_id, file_id, upload_id = one_of(other.jobs, job), one_of(other.files, file), one_of(other.uploads, upload)
        paths = [f"{FILES}/{file_id}", f"{FILES}/{file_id}/content", f"{JOBS}/{job_id}", f"{JOBS}/{job_id}/events"]
        paths += [f"{MODELS}/{name}" for name in sorted(other.models())[:1]]
        for path in paths:
            mine.refused("GET", path, 404)
        mine.refused("POST", f"{UPLOADS}/{upload_id}/cancel", 404)
        mine.refused("POST", f"{JOBS}/{job_id}/pause", 404)

    @invariant()
    def each_sees_its_own_and_nothing_else(self) -> None:
        for tenant in self.tenants:
            jobs = tenant.api.get(JOBS, limit=1000)["data"]
            assert [tenant.look(job).wire["id"] for job in jobs] == [*reversed(tenant.jobs)]
            files = tenant.api.get(FILES)["data"]
            assert {each["id"] for each in files} == {*tenant.files} - tenant.gone | tenant.results()
            times = [each["created_at"] for each in files]
            assert times == sorted(times, reverse=True)
            tuned = {each for each in ids(tenant.api.get(MODELS)) if each.startswith("ft:") and ":ckpt-" not in each}
            assert tuned == tenant.models()


def check_history(tenant: Tenant, made: Made) -> None:
    """Compare a job's events and checkpoints with those seen before and with the job."""
    wire, path = made.wire, f"{JOBS}/{made.wire['id']}"
    events = [*tenant.api.pages(f"{path}/events", 40)][::-1]
    checkpoints = tenant.api.get(f"{path}/checkpoints")["data"]
    assert events[: len(made.events)] == made.events
    assert not made.paused or not made.events or len(events) >= len(made.events)
    made.events = events
    names = [each["fine_tuned_model_checkpoint"] for each in checkpoints]
    if wire["status"] == "succeeded":
        assert names[0] == wire["fine_tuned_model"]
        assert len(names) == min(3, wire["hyperparameters"]["n_epochs"])
        assert events[-1]["message"] == "The job has successfully completed"
    steps = [event["data"]["step"] for event in events if event["type"] == "metrics"]
    assert steps == [*range(1, len(steps) + 1)]
    assert not checkpoints or checkpoints[0]["step_number"] <= len(steps)


def test_whatever_two_clients_do_the_answers_agree_with_a_model_of_them(serve: Serve) -> None:
    Machine.emulator = serve(clock="manual")
    chosen = settings(max_examples=12, stateful_step_count=25, deadline=None, phases=UNSHRUNK)
    run_state_machine_as_test(Machine, settings=settings(chosen, suppress_health_check=[HealthCheck.too_slow]))
