"""Hypothesis strategies for recipes, plans and what is done to jobs."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from emulator.timeline.actions import Action, Deed
from emulator.timeline.durations import Durations
from emulator.timeline.job import Dataset, Job, JobError, Kind, Lifecycle, Lora, Problem, Recipe, Status
from emulator.timeline.plan import Plan
from emulator.timeline.planning import make_plan
from emulator.timeline.scenario import Scenario

CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)

datasets = st.builds(
    Dataset,
    form=st.just("conversational"),
    rows=st.integers(1, 10**6),
    tokens=st.integers(1, 10**9),
    longest_tokens=st.integers(1, 9000),
    longest_line=st.integers(1, 10**6),
    problem=st.none() | st.builds(Problem, line=st.integers(0, 100), message=st.just("is broken")),
)

stages = st.sampled_from(["validation", "queue", "loading", "training", "saving"])
steps = st.integers(1, 60)
delays = st.sampled_from([0.0, 0.0, 1e-6, 3.0, 40.0, 500.0])

scenarios = st.builds(
    Scenario,
    pace=st.sampled_from([0.0, 0.1, 1.0, 50.0]),
    fails_at=st.none() | stages,
    fails_at_step=st.none() | steps,
    error_param=st.none() | st.sampled_from(["training_file", "validation_file"]),
    stuck_in=st.none() | stages,
    stuck_at_step=st.none() | steps,
    loss_diverges_at_step=st.none() | steps,
    checkpoints=st.booleans(),
    cancel_takes_s=delays,
    events_late_s=delays,
    last_event_late_s=delays,
    events_twice_every=st.none() | st.integers(1, 4),
)
"""Any scenario that takes the job."""

SHOWS = {
    "validation": Status.QUEUED,
    "queue": Status.QUEUED,
    "loading": Status.STARTING,
    "training": Status.RUNNING,
}
"""A walk that tells the loading from the steps, as one provider's does."""

recipes = st.builds(
    Recipe,
    model=st.just("Qwen/Qwen3-4B"),
    training=datasets,
    validation=st.none() | datasets,
    n_epochs=st.integers(1, 20),
    batch_size=st.integers(1, 64),
    context_length=st.just(8192),
    packing=st.booleans(),
    lora=st.none() | st.just(Lora(8, 8, 0.0)),
    told=st.frozensets(st.sampled_from(Kind)),
    lifecycle=st.sampled_from(Lifecycle),
    pace=st.sampled_from([0.0, 1e-6, 0.01, 1.0, 100.0]),
    step_events=st.integers(0, 3),
    durations=st.just(Durations()) | st.just(Durations(training_s=0, token_s=0, step_s=2.8, saving_s=4)),
    keep_last=st.sampled_from([0, 0, 1, 3]),
    metrics_file=st.booleans(),
    refusal=st.none() | st.none() | st.just(JobError("invalid_n_examples", "too few", "training_file")),
    scenario=st.just(Scenario()) | scenarios,
    shows=st.just({}) | st.just(SHOWS),
)

seeds = st.text(max_size=5)


def a_recipe(**changes: object) -> Recipe:
    """Give a small ordinary recipe, changed as asked."""
    ordinary: dict[str, object] = {
        "model": "Qwen/Qwen3-4B",
        "training": Dataset("conversational", rows=800, tokens=255_000, longest_tokens=900, longest_line=3),
        "validation": None,
        "n_epochs": 5,
        "batch_size": 32,
        "context_length": 8192,
        "packing": True,
        "lora": Lora(8, 8, 0.0),
        "told": frozenset(Kind),
    }
    return Recipe(**{**ordinary, **changes})  # type: ignore[arg-type]


def a_job(plan_seed: str = "seed") -> Job:
    """Give a job made at the first instant of 2026."""
    return Job("ftjob-1", plan_seed, CREATED_AT)


free_ats = st.sampled_from([timedelta(0), timedelta(0), timedelta(microseconds=1), timedelta(hours=1)])
plans = st.builds(make_plan, recipes, seed=seeds, free_at=free_ats)


@st.composite
def instants(draw: st.DrawFn, plan: Plan) -> datetime:
    """Draw an instant within or around a plan, with a liking for those at which something happens."""
    edges = [phase.begins for phase in plan.phases] + [plan.ends, plan.expected_end, plan.counted, plan.reaches]
    edges += [edge + plan.cancel_takes for edge in edges]
    edges += [plan.told_at(ordinal) for ordinal in range(min(9, plan.moments_by(plan.reaches)))]
    edge = draw(st.sampled_from(edges))
    offset = draw(st.sampled_from([-1, 0, 0, 1]) | st.integers(0, 10**6))
    spread = draw(st.booleans())
    at = timedelta(microseconds=draw(st.integers(0, 10**9))) if spread else edge + timedelta(microseconds=offset)
    return CREATED_AT + max(timedelta(0), min(at, (plan.expected_end + plan.reaches + plan.cancel_takes) * 2))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Plan, list[Action]]:
    """Draw a plan and what is done to its job, in order of time."""
    plan = draw(plans)
    times = sorted(draw(st.lists(instants(plan), max_size=6)))
    return plan, [Action(draw(st.sampled_from(Deed)), at) for at in times]
