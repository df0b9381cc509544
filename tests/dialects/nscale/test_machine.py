"""Two clients do what they like, in two organizations each, and every answer agrees with a small model of them."""

from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from emulator.server import Emulator
from tests.conftest import Serve
from tests.dialects.nscale.api import NOBODY, ORGANIZATION, Api, Json, asked, follow, ids, table

UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at seconds a run, shrinking would take minutes
GOOD, BROKEN = table(20), table(5) + b"a,b,c\n"
EARLIER = ["queued", "starting", "running"]
OVER = {"completed", "failed", "cancelled"}
runs = count()

who, pick = st.sampled_from([0, 1, 2]), st.integers(0, 30)
hyper = st.fixed_dictionaries({"n_epochs": st.integers(1, 3), "best_checkpoints": st.booleans()})


@dataclass
class Tenant:
    """What one client has done in one organization, and what follows from it."""

    api: Api
    files: dict[str, bytes] = field(default_factory=dict)
    datasets: dict[str, Json] = field(default_factory=dict)
    jobs: dict[str, Json] = field(default_factory=dict)
    doomed: set[str] = field(default_factory=set)
    measured: dict[str, list[Json]] = field(default_factory=dict)
    exports: dict[str, list[str]] = field(default_factory=dict)

    def look(self, wire: Json) -> Json:
        """Compare a job with what was seen of it before."""
        before, now = self.jobs[wire["id"]], wire["status"]
        if before["status"] in OVER:
            assert wire == before
        else:
            later = EARLIER[EARLIER.index(before["status"]) :]
            assert now in {*later, *OVER}
        assert (wire["completed_at"] is not None) == (now in OVER)
        assert (wire["started_at"] is not None) >= (now in {"running", "completed"})
        assert ("error" in wire) == (now == "failed")
        assert (now == "failed") <= (wire["id"] in self.doomed)
        assert (now == "completed") <= (wire["id"] not in self.doomed)
        changing = {"status", "started_at", "completed_at", "error"}
        assert {name for name in wire if wire[name] != before.get(name)} <= changing
        self.jobs[wire["id"]] = wire
        return wire


def one_of(things: Any, number: int) -> str:
    """Return one of the ids, or now and then one that nobody has."""
    names = [*things, NOBODY]
    return str(names[number % len(names)])


class Machine(RuleBasedStateMachine):
    """Clients of one server on manual clocks, each with a key that no run before had; two of them share theirs."""

    emulator: Emulator

    def __init__(self) -> None:
        super().__init__()
        run = next(runs)
        places = [("one", ORGANIZATION), ("one", "other"), ("two", ORGANIZATION)]
        self.tenants = [
            Tenant(Api(self.emulator, f"machine {run} {name}", organization=organization))
            for name, organization in places
        ]

    def teardown(self) -> None:
        for tenant in self.tenants:
            with closing(tenant.api):
                tenant.api.advance(10**7)
                for job in tenant.jobs:
                    assert tenant.look(tenant.api.job(job))["status"] in OVER
                    self.check_metrics(tenant, job)

    @initialize(order=hyper)
    def begin(self, order: Json) -> None:
        for of in range(3):
            self.bring(of, GOOD)
            self.pair(of, 0, 0)
            self.order(of, 0, order)

    @rule(of=who, content=st.sampled_from([GOOD, GOOD, BROKEN]))
    def bring(self, of: int, content: bytes) -> None:
        tenant = self.tenants[of]
        file = tenant.api.upload(content)
        assert [column["name"] for column in file["columns"]] == ["question", "answer"]
        tenant.files[file["id"]] = content

    @rule(of=who, training=pick, validation=pick)
    def pair(self, of: int, training: int, validation: int) -> None:
        tenant = self.tenants[of]
        body = {"name": "d", "training_file_id": one_of(tenant.files, training)}
        if validation % 2:
            body["validation_file_id"] = one_of(tenant.files, validation)
        if NOBODY in body.values():
            assert NOBODY in tenant.api.refused("POST", "/datasets", 404, json=body)
            return
        made = tenant.api.post("/datasets", body)
        sizes = [len(tenant.files[made[name]]) for name in body if name != "name"]
        assert made["total_bytes"] == sum(sizes)
        tenant.datasets[made["id"]] = made

    @rule(of=who, dataset=pick, order=hyper)
    def order(self, of: int, dataset: int, order: Json) -> None:
        tenant = self.tenants[of]
        data = one_of(tenant.datasets, dataset)
        body = tenant.api.asking(dataset=asked(data), hyperparameters=order)
        known = tenant.datasets.get(data)
        names = [known[name] for name in ("training_file_id", "validation_file_id") if known[name]] if known else []
        if not known or not {*names} <= {*tenant.files}:
            tenant.api.refused("POST", "/jobs", 404, json=body)
            return
        wire = tenant.api.post("/jobs", body)["job"]
        assert (wire["status"], wire["hyperparameters"]["n_epochs"]) == ("queued", order["n_epochs"])
        tenant.jobs[wire["id"]] = wire
        tenant.doomed |= {wire["id"]} if any(tenant.files[name] == BROKEN for name in names) else set()

    @rule(of=who, file=pick)
    def take_away(self, of: int, file: int) -> None:
        tenant = self.tenants[of]
        file_id = one_of(tenant.files, file)
        if file_id == NOBODY:
            tenant.api.refused("DELETE", f"/files/{file_id}", 404)
            return
        tenant.api.call("DELETE", f"/files/{file_id}", 204)
        del tenant.files[file_id]
        # A job that has not begun to run may still be reading it.
        reading = [job for job, wire in tenant.jobs.items() if wire["status"] == "queued"]
        tenant.doomed |= {
            job
            for job in reading
            if (shown := tenant.api.job(job))["status"] == "failed" and not tenant.jobs[job].update(shown)
        }

    @rule(of=who, job=pick)
    def cancel(self, of: int, job: int) -> None:
        tenant = self.tenants[of]
        job_id = one_of(tenant.jobs, job)
        if job_id == NOBODY:
            tenant.api.refused("POST", f"/jobs/{job_id}/cancel", 404)
            return
        before = tenant.look(tenant.api.job(job_id))
        if before["status"] in OVER:
            tenant.api.refused("POST", f"/jobs/{job_id}/cancel")
            return
        cancelled = tenant.api.post(f"/jobs/{job_id}/cancel")
        assert cancelled["status"] == "cancelled"
        tenant.jobs[job_id] = cancelled

    @rule(of=who, job=pick)
    def push(self, of: int, job: int) -> None:
        tenant = self.tenants[of]
        job_id = one_of(tenant.jobs, job)
        body = {"huggingface_user_id": "u", "huggingface_access_token": "t", "huggingface_repository_id": "u/r"}
        path = f"/jobs/{job_id}/exports/hugging-face"
        status = tenant.look(tenant.api.job(job_id))["status"] if job_id != NOBODY else ""
        if status != "completed":
            tenant.api.refused("POST", path, 400 if status else 404, json=body)
            tenant.api.refused("GET", f"/jobs/{job_id}/download", 400 if status else 404)
            return
        tenant.exports.setdefault(job_id, []).insert(0, tenant.api.post(path, body)["id"])
        assert ids(tenant.api.listed(f"/jobs/{job_id}/exports")) == tenant.exports[job_id]
        assert follow(tenant.api.link(job_id), "HEAD").status_code == 200

    @rule(of=who, seconds=st.sampled_from([0, 0.1, 0.3, 0.7, 4000]))
    def advance(self, of: int, seconds: float) -> None:
        self.tenants[of].api.advance(seconds)

    @rule(of=who, job=pick)
    def measure(self, of: int, job: int) -> None:
        tenant = self.tenants[of]
        if (job_id := one_of(tenant.jobs, job)) != NOBODY:
            self.check_metrics(tenant, job_id)

    @rule(of=who, job=pick, file=pick, dataset=pick)
    def look_at_another_tenants_things(self, of: int, job: int, file: int, dataset: int) -> None:
        mine, other = self.tenants[of].api, self.tenants[(of + 1) % 3]
        job_id = one_of(other.jobs, job)
        paths = [f"/jobs/{job_id}", f"/jobs/{job_id}/metrics", f"/files/{one_of(other.files, file)}"]
        for path in [*paths, f"/datasets/{one_of(other.datasets, dataset)}"]:
            mine.refused("GET", path, 404)

    def check_metrics(self, tenant: Tenant, job: str) -> None:
        told = tenant.api.metrics(job)
        points = told["data"] or []
        known = tenant.measured.get(job, [])
        assert points[: len(known)] == known
        assert (points[-1]["step"] if points else 0) <= told["training_steps"]
        tenant.measured[job] = points

    @invariant()
    def each_sees_its_own_and_nothing_else(self) -> None:
        for tenant in self.tenants:
            jobs = tenant.api.listed("/jobs", limit=1000)
            assert [tenant.look(job)["id"] for job in jobs] == [*reversed(tenant.jobs)]
            assert ids(tenant.api.listed("/files")) == [*reversed(tenant.files)]
            assert ids(tenant.api.listed("/datasets")) == [*reversed(tenant.datasets)]


def run_machine(serve: Serve, *, examples: int, steps: int) -> None:
    Machine.emulator = serve(clock="manual")
    chosen = settings(max_examples=examples, stateful_step_count=steps, deadline=None, phases=UNSHRUNK)
    run_state_machine_as_test(Machine, settings=settings(chosen, suppress_health_check=[HealthCheck.too_slow]))


def test_whatever_two_clients_do_the_answers_agree_with_a_model_of_them(serve: Serve) -> None:
    run_machine(serve, examples=4, steps=14)


@pytest.mark.full
def test_whatever_two_clients_do_for_long_the_answers_agree_with_a_model_of_them(serve: Serve) -> None:
    run_machine(serve, examples=40, steps=40)
