"""Looking changes nothing, save on a poll clock, whose rule is tested here too.

The law: any number of GETs, at any time, leaves every other answer unchanged.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from emulator.app import create_app
from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import Serve, client_of

JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"
ROWS = b'{"token_ids": [1, 2, 3]}\n' * 20
EPOCH = datetime.fromisoformat("2026-01-01T00:00:00Z")
DOCUMENTED = ["validating_files", "queued", "running", "succeeded"]
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at a second a run, shrinking would take minutes
runs = count()

Deed = tuple[str, Any]
"""What a client does besides looking, and an argument, which picks among what there is."""

Look = tuple[tuple[str, str], int]

deeds = st.one_of(
    st.tuples(st.just("upload"), st.sampled_from([ROWS, b"", b"not json"])),
    st.tuples(st.just("create"), st.integers(0, 9)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("advance"), st.sampled_from([1, 31, 200])),
    st.tuples(st.just("skip"), st.none()),
)

LOOKS = (
    ("GET", "/v1/models"),
    ("GET", "/openapi.json"),
    ("GET", "/_emulator/clock"),
    ("GET", "/_emulator/health"),
    ("GET", FILES),
    ("GET", f"{FILES}?limit=1&after={{file}}"),
    ("GET", f"{FILES}?limit=0"),
    ("GET", f"{FILES}/{{file}}"),
    ("GET", f"{FILES}/{{file}}/content"),
    ("HEAD", f"{FILES}/{{file}}/content"),
    ("GET", f"{FILES}/{{result}}/content"),
    ("GET", f"{FILES}/file-nobody"),
    ("GET", JOBS),
    ("GET", f"{JOBS}?limit=1&after={{job}}"),
    ("GET", f"{JOBS}/{{job}}"),
    ("GET", f"{JOBS}/{{job}}/events?limit=1"),
    ("GET", f"{JOBS}/{{job}}/checkpoints"),
    ("GET", f"{JOBS}/ftjob-nobody"),
    ("GET", "/v0/models"),
)
looks = st.lists(st.tuples(st.sampled_from(LOOKS), st.integers(0, 9)), max_size=5)


class Actor:
    """A client that follows a script; what it was answered decides what it does next."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.ids: dict[str, list[str]] = {"file": ["file-0"], "job": ["ftjob-0"], "result": ["file-0"]}

    def do(self, deed: str, argument: Any) -> tuple[int, bytes]:
        match deed:
            case "upload":
                answer = upload(self.client, argument)
            case "create":
                answer = self.client.post(JOBS, json=order(self.one("file", argument), n_epochs=1 + argument % 3))
            case "cancel":
                answer = self.client.post(f"{JOBS}/{self.one('job', argument)}/cancel")
            case "delete":
                answer = self.client.delete(f"{FILES}/{self.one('file', argument)}")
            case "advance":
                answer = self.client.post("/_emulator/clock/advance", json={"seconds": argument})
            case _:
                answer = self.client.post("/_emulator/clock/skip")
        if deed in {"upload", "create"} and answer.is_success:
            self.ids["file" if deed == "upload" else "job"].append(answer.json()["id"])
        return answer.status_code, answer.content

    def look(self, method: str, path: str, pick: int) -> httpx.Response:
        return self.client.request(method, path.format(**{kind: self.one(kind, pick) for kind in self.ids}))

    def one(self, kind: str, pick: int) -> str:
        return self.ids[kind][pick % len(self.ids[kind])]

    def everything(self) -> list[tuple[int, bytes]]:
        """Return all that can be seen, errors included."""
        results = [job["result_files"] for job in self.client.get(JOBS).json()["data"]]
        self.ids["result"] = ["file-0", *(result for each in results for result in each)]
        paths = [f"{JOBS}/{each}{more}" for each in self.ids["job"] for more in ("", "/events", "/checkpoints")]
        paths += [f"{FILES}/{each}" for each in [*self.ids["file"], *self.ids["result"]]]
        answers = [self.client.get(path) for path in paths] + [self.look(*each, 1) for each in LOOKS]
        return [(answer.status_code, answer.content) for answer in answers]


def upload(client: httpx.Client, content: bytes = ROWS) -> httpx.Response:
    return client.post(FILES, files={"file": ("d.jsonl", content)}, data={"purpose": "fine-tune"})


def order(file_id: str, **hyperparameters: int) -> dict[str, Any]:
    return {"model": "Qwen/Qwen3-4B", "training_file": file_id, "hyperparameters": {"lora": True, **hyperparameters}}


def create(client: httpx.Client) -> str:
    answer = client.post(JOBS, json=order(upload(client).json()["id"]))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def now(client: httpx.Client) -> datetime:
    return datetime.fromisoformat(client.get("/_emulator/clock").json()["now"])


def status(client: httpx.Client, job: str) -> str:
    return str(client.get(f"{JOBS}/{job}").json()["status"])


@pytest.fixture(scope="module")
def twins() -> Iterator[tuple[Emulator, Emulator]]:
    """Two servers that answer alike: the same seed, and time that nobody but the test moves."""
    same = Settings(port=0, quiet=True, clock="manual", pace=1.0, weight_bytes=1024)
    with Emulator(same) as one, Emulator(same) as other:
        yield one, other


STILL = [{"mode": "manual"}, {"mode": "real", "rate": 0, "now": "2100-01-01T00:00:00Z"}]


@given(script=st.lists(st.tuples(deeds, looks), min_size=4, max_size=14), clock=st.sampled_from(STILL))
@settings(max_examples=10, deadline=None, phases=UNSHRUNK)
def test_any_number_of_gets_at_any_time_leaves_every_other_answer_unchanged(
    twins: tuple[Emulator, Emulator], script: list[tuple[Deed, list[Look]]], clock: dict[str, Any]
) -> None:
    key = f"run {next(runs)}"
    with client_of(twins[0], key) as one, client_of(twins[1], key) as other:
        silent, curious = Actor(one), Actor(other)
        for actor in (silent, curious):
            assert actor.client.put("/_emulator/clock", json=clock).status_code == 200
            actor.do("upload", ROWS)
            actor.do("create", 1)
        for (deed, argument), between in script:
            for (method, path), pick in between:
                curious.look(method, path, pick)
            assert silent.do(deed, argument) == curious.do(deed, argument)

        assert silent.everything() == curious.everything() == curious.everything()


# The poll clock, the law's stated exception.


def test_a_poll_clock_moves_to_the_change_of_the_job_that_was_shown(client: httpx.Client) -> None:
    job = create(client)
    begun = now(client)
    seen = client.get(f"{JOBS}/{job}").json()
    after = now(client)

    assert (seen["status"], begun) == ("validating_files", EPOCH)
    assert begun < after
    # Not past the change, and not short of it: the state that follows is the next one.
    assert status(client, job) == "queued"


@pytest.mark.parametrize("more", ["", "/events", "/checkpoints", "/events?limit=1", "?x=1"])
def test_every_answer_that_shows_an_unfinished_job_moves_a_poll_clock(client: httpx.Client, more: str) -> None:
    job = create(client)
    before = now(client)
    assert client.get(f"{JOBS}/{job}{more}").status_code == 200

    assert before < now(client)


def test_one_checkpoint_moves_a_poll_clock_until_its_job_is_over(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        job = create(client)
        while not (made := client.get(f"{JOBS}/{job}/checkpoints").json()["data"]):
            client.post("/_emulator/clock/skip")
        client.put("/_emulator/clock", json={"mode": "poll"})
        before = now(client)
        client.get(f"{JOBS}/{job}/checkpoints/{made[0]['id']}")

        assert before < now(client)
        assert status(client, job) == "succeeded"


def test_what_shows_no_unfinished_job_leaves_a_poll_clock_where_it_is(client: httpx.Client) -> None:
    job = create(client)
    file = client.get(FILES).json()["data"][0]["id"]
    before = now(client)
    answers = [
        client.head(f"{JOBS}/{job}"),
        client.head(f"{FILES}/{file}/content"),
        client.get(f"{FILES}/{file}"),
        client.get(f"{FILES}/{file}/content"),
        client.get(FILES),
        client.get("/v1/models"),
        client.get(f"{JOBS}/ftjob-nobody"),
        client.get(f"{JOBS}/ftjob-nobody/events"),
        client.get(f"{JOBS}/{job}/events?after=nobody"),
        client.get(f"{JOBS}/{job}/events?limit=0"),
        client.get(f"{JOBS}/{job}/events?limit=many"),
        client.get(f"{JOBS}/{job}/checkpoints?limit=0"),
        client.get(f"{JOBS}/{job}/checkpoints/nobody"),
        client.get(f"{JOBS}?limit=0"),
        client.get(f"{JOBS}?ai_project_id=empty"),
        client.get(JOBS, headers={"authorization": ""}),
        client.get(JOBS, headers={"authorization": "Bearer another"}),
        client.get("/_emulator/health"),
        client.post(JOBS, json=order(file)),
        client.post(f"{JOBS}/{job}/cancel"),
        client.post(f"{JOBS}/{job}/cancel"),
        client.delete(f"{FILES}/{file}"),
    ]

    assert now(client) == before
    assert {answer.status_code for answer in answers} == {200, 400, 401, 404, 405, 422}


def test_a_poll_clock_stays_when_every_job_that_was_shown_is_over(client: httpx.Client) -> None:
    job = create(client)
    over = create(client)
    client.post(f"{JOBS}/{over}/cancel")
    before = now(client)
    answers = [client.get(f"{JOBS}/{over}{more}") for more in ("", "/events", "/checkpoints")]
    answers.append(client.get(JOBS, params={"limit": 1}))

    assert {answer.status_code for answer in answers} == {200}
    assert now(client) == before
    assert status(client, job) == "validating_files"


def test_a_list_moves_a_poll_clock_to_the_earliest_change_of_the_jobs_it_shows(serve: Serve) -> None:
    with client_of(serve(clock="manual", pace=1.0)) as client:
        older = create(client)
        client.post("/_emulator/clock/advance", json={"seconds": 20})
        newer = create(client)
        client.put("/_emulator/clock", json={"mode": "poll"})
        client.get(JOBS)
        client.put("/_emulator/clock", json={"mode": "manual"})

        assert [status(client, newer), status(client, older)] == ["validating_files", "queued"]


def test_a_page_of_a_list_moves_a_poll_clock_for_the_jobs_on_it_alone(serve: Serve) -> None:
    with client_of(serve(clock="manual", pace=1.0)) as client:
        older = create(client)
        client.post("/_emulator/clock/advance", json={"seconds": 20})
        newer = create(client)
        client.put("/_emulator/clock", json={"mode": "poll"})
        client.get(JOBS, params={"limit": 1})
        client.put("/_emulator/clock", json={"mode": "manual"})

        assert [status(client, newer), status(client, older)] == ["queued", "running"]


def test_a_polling_client_sees_every_documented_state_once(client: httpx.Client) -> None:
    job = create(client)

    assert [status(client, job) for _ in range(6)] == [*DOCUMENTED, "succeeded", "succeeded"]


def test_in_the_observed_lifecycle_a_polling_client_sees_running_and_then_the_end(serve: Serve) -> None:
    with client_of(serve(clock="poll", lifecycle="observed")) as client:
        job = create(client)

        assert [status(client, job) for _ in range(3)] == ["running", "succeeded", "succeeded"]


def test_a_client_that_polls_the_list_sees_every_state_of_every_job(server: Emulator, key: str) -> None:
    for each in range(5):
        with client_of(server, f"{key} {each}") as client:
            jobs = [create(client), create(client), create(client)]
            pages = [client.get(JOBS).json()["data"] for _ in range(1 + 3 * len(jobs))]
            seen = {job: [wire["status"] for page in pages for wire in page if wire["id"] == job] for job in jobs}

            assert [[*dict.fromkeys(statuses)] for statuses in seen.values()] == [DOCUMENTED] * len(jobs)


def in_turns(client: httpx.Client) -> list[list[str]]:
    """Poll two jobs in turns; return the statuses of each."""
    jobs = [create(client), create(client)]
    seen = [[status(client, job) for job in jobs] for _ in range(8)]
    return [[*each] for each in zip(*seen, strict=True)]


def test_two_jobs_polled_in_turns_both_go_forward_to_their_ends(server: Emulator, key: str) -> None:
    for each in range(5):
        with client_of(server, f"{key} {each}") as client:
            for statuses in in_turns(client):
                assert statuses == sorted(statuses, key=DOCUMENTED.index)
                assert statuses[-1] == "succeeded"


def test_an_answer_that_is_not_wholly_sent_leaves_a_poll_clock_where_it_is() -> None:
    async def broken_send(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the client has gone")

    async def times() -> list[str]:
        app = create_app(Settings(clock="poll", quiet=True))
        transport = httpx.ASGITransport(app)
        keyed = {"authorization": "Bearer a-key"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test", headers=keyed) as client,
        ):
            file = await client.post(FILES, files={"file": ("d.jsonl", ROWS)}, data={"purpose": "fine-tune"})
            job = await client.post(JOBS, json=order(file.json()["id"]))
            scope = {"type": "http", "method": "GET", "path": f"{JOBS}/{job.json()['id']}", "query_string": b""}
            sent = {**scope, "headers": [(b"authorization", b"Bearer a-key")], "http_version": "1.1", "scheme": "http"}
            with pytest.raises(OSError, match="the client has gone"):
                await app(sent, nothing_more, broken_send)
            before = await client.get("/_emulator/clock")
            await client.get(f"{JOBS}/{job.json()['id']}")
            after = await client.get("/_emulator/clock")
        return [before.json()["now"], after.json()["now"]]

    before, after = asyncio.run(times())

    assert datetime.fromisoformat(before) == EPOCH < datetime.fromisoformat(after)


async def nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def test_a_job_that_was_seen_running_on_a_poll_clock_can_be_cancelled(client: httpx.Client) -> None:
    file = client.post(FILES, files={"file": ("d.jsonl", ROWS)}, data={"purpose": "fine-tune"}).json()
    job = client.post(JOBS, json=order(file["id"])).json()
    while job["status"] != "running":
        job = client.get(f"{JOBS}/{job['id']}").json()
    cancelled = client.post(f"{JOBS}/{job['id']}/cancel").json()

    assert cancelled["status"] == "cancelled"
    assert cancelled["trained_steps"] == job["trained_steps"]
    assert client.get(f"{JOBS}/{job['id']}").json() == cancelled
