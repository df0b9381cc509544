"""Virtual time: the map from host time, whose time it is, and the control calls that move it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.clock import LATEST, ORIGIN, Clock, Mode, host_clock, instant, micros, seconds, starting
from emulator.core.clocks import Clocks, tenant_of
from tests.conftest import Serve, client_of

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"

instants = st.datetimes(datetime(1970, 1, 1), datetime(8999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds
rates = st.sampled_from([0.0, 1e-9, 1.0, 60.0, 1e9]) | st.floats(0, 1e9)
hosts = st.floats(0, 1e10)
clocks = st.builds(Clock, mode=st.sampled_from(Mode), rate=rates, base=instants, mark_s=hosts)
deeds = st.one_of(
    st.tuples(st.just("wait"), st.floats(0, 1e8)),
    st.tuples(st.just("rate"), rates),
    st.tuples(st.just("move"), st.floats(0, 1e11)),
)


@given(clocks, hosts, st.lists(deeds, max_size=20))
def test_no_change_of_rate_and_no_move_forward_makes_time_go_back(
    clock: Clock, host_s: float, script: list[tuple[str, float]]
) -> None:
    times = [clock.now(host_s)]
    for deed, much in script:
        if deed == "wait":
            host_s += much
        elif deed == "rate":
            clock = clock.at_rate(much, host_s)
        else:
            clock = clock.moved_to(
                times[-1] + timedelta(seconds=min(much, (LATEST - times[-1]).total_seconds())), host_s
            )
        times.append(clock.now(host_s))

    assert times == sorted(times)
    assert times[-1] <= LATEST


@given(clocks, rates, hosts)
def test_a_change_of_rate_does_not_make_time_leap(clock: Clock, rate: float, host_s: float) -> None:
    assert clock.at_rate(rate, host_s).now(host_s) == clock.now(host_s)


@given(clocks, hosts)
def test_a_host_that_was_set_back_never_takes_a_clock_before_its_base(clock: Clock, host_s: float) -> None:
    assert clock.now(host_s) >= clock.base


@given(clocks, instants, hosts)
def test_a_clock_that_was_moved_is_where_it_was_moved_to(clock: Clock, at: datetime, host_s: float) -> None:
    assert clock.moved_to(at, host_s).now(host_s) == at


def test_a_clock_goes_at_its_rate() -> None:
    clock = Clock(Mode.REAL, 60.0, EPOCH, mark_s=1000.0)

    assert clock.now(1002.5) == EPOCH + timedelta(seconds=150)


def test_a_clock_stands_still_at_the_latest_instant_there_is() -> None:
    clock = Clock(Mode.REAL, 1e9, EPOCH, mark_s=0.0)

    assert clock.now(1e12) == LATEST
    assert clock.moved_to(LATEST + timedelta(days=9), 0.0).now(1e12) == LATEST
    assert clock.at_rate(5.0, 1e12).now(2e12) == LATEST


def test_a_real_clock_starts_at_the_hosts_time_and_the_others_stand_at_the_epoch() -> None:
    now = {mode: starting(mode, EPOCH).now(1_800_000_000.5) for mode in Mode}

    assert now[Mode.REAL] == ORIGIN + timedelta(seconds=1_800_000_000.5)
    assert now[Mode.MANUAL] == now[Mode.POLL] == EPOCH


def test_the_hosts_clock_only_goes_forward() -> None:
    host = host_clock()
    times = [host() for _ in range(1000)]

    assert times == sorted(times)


@given(instants)
def test_an_instant_is_stored_exactly_and_answered_in_whole_seconds(at: datetime) -> None:
    assert instant(micros(at)) == at
    assert ORIGIN + timedelta(seconds=seconds(at)) == at.replace(microsecond=0)


# Whose time it is.


class Host:
    """A host clock that a test moves."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def running() -> tuple[Host, Clocks]:
    host = Host()
    return host, Clocks(host, Clock(Mode.REAL, 1.0, EPOCH, 100.0), {})


def test_a_pinned_tenant_stays_where_it_is_and_then_catches_up() -> None:
    host, times = running()
    with times.pinned("a") as at:
        host.s += 5
        assert (times.now("a"), times.now("b")) == (at, EPOCH + timedelta(seconds=5))

    assert at == EPOCH
    assert times.now("a") == EPOCH + timedelta(seconds=5)


def test_of_several_pins_the_earliest_holds_until_it_goes() -> None:
    host, times = running()
    earlier, later = times.pinned("a"), times.pinned("a")
    earlier.__enter__()
    host.s += 1
    # An action is stamped with the running time: held back, it would be the same instant as the one before it.
    assert later.__enter__() == EPOCH + timedelta(seconds=1)
    host.s += 1
    assert times.now("a") == EPOCH
    earlier.__exit__(None, None, None)
    assert times.now("a") == EPOCH + timedelta(seconds=1)
    later.__exit__(None, None, None)
    assert times.now("a") == EPOCH + timedelta(seconds=2)


def test_pins_of_one_instant_are_counted() -> None:
    host, times = running()
    with times.pinned("a"):
        with times.pinned("a"):
            pass
        host.s += 1
        assert times.now("a") == EPOCH

    assert times.now("a") == EPOCH + timedelta(seconds=1)


def test_an_action_that_fails_lets_go_of_its_pin() -> None:
    host, times = running()
    with pytest.raises(RuntimeError), times.pinned("a"):
        raise RuntimeError
    host.s += 1

    assert times.now("a") == EPOCH + timedelta(seconds=1)


def test_a_tenant_has_the_servers_clock_until_it_sets_its_own_and_after_it_is_forgotten() -> None:
    _, times = running()
    own = Clock(Mode.MANUAL, 0.0, LATEST, 0.0)
    times.set("a", own)
    assert (times.of("a"), times.of("b").mode) == (own, Mode.REAL)
    times.restart("a", None)
    times.restart("a", None)

    assert times.of("a") == times.of("b")


def test_a_tenant_is_a_digest_that_does_not_tell_the_key() -> None:
    digests = {tenant_of(key) for key in ("secret", "Secret", "secret ", "s\u00e9cret")}

    assert len(digests) == 4
    assert all(len(digest) == 32 and "secret" not in digest for digest in digests)


# The control calls.


@pytest.fixture
def manual(serve: Serve) -> Any:
    with client_of(serve(clock="manual", pace=1.0)) as client:
        yield client


def put(client: httpx.Client, **body: Any) -> Any:
    answer = client.put("/_emulator/clock", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client: httpx.Client, how: str, **body: float) -> datetime:
    answer = client.post(f"/_emulator/clock/{how}", json=body or None)
    assert answer.status_code == 200, answer.text
    return datetime.fromisoformat(answer.json()["now"])


def now(client: httpx.Client) -> datetime:
    return datetime.fromisoformat(client.get("/_emulator/clock").json()["now"])


def create(client: httpx.Client, content: bytes = b'{"token_ids": [1]}\n', n_epochs: int = 2) -> str:
    upload = client.post(FILES, files={"file": ("d.jsonl", content)}, data={"purpose": "fine-tune"}).json()
    order = {"model": "Qwen/Qwen3-4B", "training_file": upload["id"], "hyperparameters": {"n_epochs": n_epochs}}
    return str(client.post(JOBS, json=order).json()["id"])


@pytest.mark.parametrize(("mode", "rate"), [("real", 1.0), ("manual", 0.0), ("poll", 0.0)])
def test_a_server_starts_on_the_clock_that_was_asked_for(serve: Serve, mode: str, rate: float) -> None:
    with client_of(serve(clock=mode)) as client:
        state = client.get("/_emulator/clock").json()

    assert (state["mode"], state["rate"]) == (mode, rate)


def test_a_new_mode_comes_with_its_own_rate_and_the_time_stays(manual: httpx.Client) -> None:
    assert put(manual, mode="poll") == {"mode": "poll", "rate": 0.0, "now": "2026-01-01T00:00:00Z"}
    real = put(manual, mode="real")
    assert (real["mode"], real["rate"]) == ("real", 1.0)
    assert timedelta(0) <= now(manual) - EPOCH < timedelta(minutes=1)
    assert put(manual, mode="manual", rate=0)["rate"] == 0.0
    assert now(manual) == now(manual)


def test_a_rate_makes_a_clock_go_that_much_faster_than_the_host(manual: httpx.Client) -> None:
    put(manual, mode="real", rate=1e6)
    before = now(manual)
    # A call takes more than a microsecond and less than a quarter of an hour.
    assert timedelta(seconds=1) < now(manual) - before < timedelta(days=10_000)
    assert put(manual, rate=0)["mode"] == "real"
    assert now(manual) == now(manual)


def test_now_sets_a_clock_forward_and_is_refused_backward(manual: httpx.Client) -> None:
    assert put(manual, now="2026-01-01T12:00:00+02:00")["now"] == "2026-01-01T10:00:00Z"
    refused = manual.put("/_emulator/clock", json={"now": "2026-01-01T09:59:59Z", "mode": "poll"})

    assert refused.status_code == 409
    assert "does not go back" in refused.json()["error"]
    assert manual.get("/_emulator/clock").json() == {"mode": "manual", "rate": 0.0, "now": "2026-01-01T10:00:00Z"}


@pytest.mark.parametrize(
    "body",
    [{"rate": -1}, {"rate": 1e10}, {"mode": "fast"}, {"now": "2026-01-01T00:00:00"}, {"speed": 2}, {"now": 5e300}],
)
def test_what_a_clock_does_not_take_is_refused_and_changes_nothing(manual: httpx.Client, body: dict[str, Any]) -> None:
    before = manual.get("/_emulator/clock").content
    refused = manual.put("/_emulator/clock", json=body)

    assert (refused.status_code, [*refused.json()]) == (422, ["error"])
    assert next(iter(body)) in refused.json()["error"]
    assert manual.get("/_emulator/clock").content == before


@pytest.mark.parametrize("body", [{"seconds": -1}, {"seconds": "NaN"}, {"hours": 1}, {}, {"seconds": 1e12}])
def test_an_advance_takes_seconds_forward_only(manual: httpx.Client, body: dict[str, Any]) -> None:
    assert manual.post("/_emulator/clock/advance", json=body).status_code == 422
    assert now(manual) == EPOCH


def test_an_advance_adds_up_and_stops_at_the_latest_instant(manual: httpx.Client) -> None:
    assert post(manual, "advance", seconds=0.25) == EPOCH + timedelta(seconds=0.25)
    assert post(manual, "advance", seconds=3600) == EPOCH + timedelta(seconds=3600.25)
    for _ in range(3):
        last = post(manual, "advance", seconds=1e11)

    assert last == LATEST == post(manual, "advance", seconds=1)
    assert manual.get(FILES).status_code == 200
    assert create(manual).startswith("ftjob-")


def test_skips_go_from_moment_to_moment_and_then_stay(manual: httpx.Client) -> None:
    job = create(manual)
    seen = [told(manual, job)]
    times = [now(manual)]
    while (to := post(manual, "skip")) > times[-1]:
        times.append(to)
        seen.append(told(manual, job))

    assert all(before != after for before, after in pairwise(seen))
    # One more than was seen before: nothing is passed over.
    assert all(len(after[1]) - len(before[1]) <= 1 and after[2] - before[2] <= 1 for before, after in pairwise(seen))
    assert [*dict.fromkeys(status for status, _, _ in seen)] == ["validating_files", "queued", "running", "succeeded"]
    assert [len(seen[-1][1]), seen[-1][2]] == [3, 2]


def told(client: httpx.Client, job: str) -> tuple[str, list[str], int]:
    """Return a job's status, the messages of its events and how many checkpoints it has."""
    messages = [event["message"] for event in client.get(f"{JOBS}/{job}/events").json()["data"]]
    checkpoints = client.get(f"{JOBS}/{job}/checkpoints").json()["data"]
    return client.get(f"{JOBS}/{job}").json()["status"], messages, len(checkpoints)


def cancel(client: httpx.Client) -> None:
    assert client.post(f"{JOBS}/{create(client)}/cancel").json()["status"] == "cancelled"


def finish(client: httpx.Client) -> None:
    create(client)
    post(client, "advance", seconds=10**6)


def fail(client: httpx.Client) -> None:
    create(client, b"not json")
    post(client, "advance", seconds=10**6)


@pytest.mark.parametrize("end", [cancel, finish, fail])
def test_a_skip_stays_where_every_job_is_over(manual: httpx.Client, end: Callable[[httpx.Client], None]) -> None:
    end(manual)
    before = now(manual)

    assert post(manual, "skip") == before == now(manual)


def test_a_skip_goes_to_the_next_moment_of_any_job(manual: httpx.Client) -> None:
    create(manual)
    first = post(manual, "skip")
    create(manual, n_epochs=20)
    times = [first, *(post(manual, "skip") for _ in range(40))]

    assert times == sorted(times)
    assert {job["status"] for job in manual.get(JOBS).json()["data"]} == {"succeeded"}


def test_each_tenant_has_a_time_of_its_own(serve: Serve) -> None:
    emulator = serve(clock="manual", pace=1.0)
    with client_of(emulator, "one") as one, client_of(emulator, "other") as other:
        create(one)
        job = create(other)
        post(one, "skip")
        post(one, "advance", seconds=1000)
        put(one, mode="poll")

        assert other.get("/_emulator/clock").json() == {"mode": "manual", "rate": 0.0, "now": "2026-01-01T00:00:00Z"}
        assert other.get(f"{JOBS}/{job}").json()["status"] == "validating_files"


def test_a_wait_of_four_hours_is_one_call(serve: Serve) -> None:
    emulator = serve(clock="manual", pace=1.0)
    with client_of(emulator) as client:
        data = {"file": ("d.jsonl", b'{"text": "hello"}\n')}
        file = client.post("/v1/files", files=data, data={"purpose": "fine-tune"}).json()["id"]
        ask = {"model": "Qwen/Qwen3-4B", "training_file": file, "suffix": "emu:slow=60"}
        path = f"/v1/fine_tuning/jobs/{client.post('/v1/fine_tuning/jobs', json=ask).json()['id']}"
        client.post("/_emulator/clock/advance", json={"seconds": 3 * 3600})
        early = client.get(path).json()
        client.post("/_emulator/clock/advance", json={"seconds": 3 * 3600})
        late = client.get(path).json()

    assert (early["status"], late["status"]) == ("running", "succeeded")
    assert 3 * 3600 < late["finished_at"] - late["created_at"] < 6 * 3600
