"""One seed, one history: the same calls get the same bytes from the dialect too, and looking changes none of them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import Serve
from tests.dialects.openai.api import FILES, JOBS, MODELS, UPLOADS, Api, chats

UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at a second a run, shrinking would take minutes
HOST = {"date", "openai-processing-ms"}
"""Headers that tell of the host and not of the emulator."""
runs = count()

Answer = tuple[int, dict[str, str], bytes]
Deed = tuple[str, int]


class Recorder:
    """A tenant that keeps all that it is answered, and what there is of each kind."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.answers: list[Answer] = []
        self.known: dict[str, list[str]] = {
            "file": ["file-abc123"],
            "job": ["ftjob-abc123"],
            "upload": ["upload_abc123"],
            "part": ["part_abc123"],
            "model": ["ft:x"],
        }

    def __call__(self, method: str, path: str, kind: str = "", **sent: Any) -> httpx.Response:
        answer = self.api.client.request(method, path, **sent)
        headers = {name: value for name, value in answer.headers.items() if name not in HOST}
        self.answers.append((answer.status_code, headers, answer.content))
        if kind and answer.is_success:
            self.known[kind].append(answer.json()["id"])
        return answer

    def one(self, kind: str, pick: int) -> str:
        return self.known[kind][-1 - pick % len(self.known[kind])]

    def do(self, deed: str, pick: int) -> None:
        """Do something to what there is."""
        deeds: dict[str, Callable[[], object]] = {
            "upload": lambda: self("POST", FILES, "file", files={"file": ("a", DATA[pick % 3])}, data=FORM),
            "begin": lambda: self("POST", UPLOADS, "upload", json={**BEGUN, "bytes": len(DATA[0])}),
            "part": lambda: self(
                "POST", f"{UPLOADS}/{self.one('upload', 0)}/parts", "part", files={"data": ("p", DATA[0])}
            ),
            "complete": lambda: self(
                "POST", f"{UPLOADS}/{self.one('upload', 0)}/complete", json={"part_ids": [self.one("part", pick)]}
            ),
            "order": lambda: self("POST", JOBS, "job", json={**ORDER, "training_file": self.one("file", pick)}),
            "delete": lambda: self("DELETE", f"{FILES}/{self.one('file', pick)}"),
            "forget": lambda: self("DELETE", f"{MODELS}/{self.one('model', pick)}"),
            "advance": lambda: self.api.advance([0.5, 3, 4000][pick % 3]),
            "skip": self.api.skip,
        }
        act = deeds.get(deed, lambda: self("POST", f"{JOBS}/{self.one('job', pick)}/{deed}"))
        act()

    def look(self, pick: int) -> list[Answer]:
        """Return the answers to all looks, at one thing of each kind."""
        names = {kind: self.one(kind, pick) for kind in self.known}
        found = [self.api.client.request(method, path.format(**names)) for method, path in LOOKS]
        return [
            (
                each.status_code,
                {name: each.headers[name] for name in each.headers if name not in NOT_THE_SAME},
                each.content,
            )
            for each in found
        ]

    def models(self) -> None:
        """Learn which models there are by now."""
        listed = self("GET", MODELS).json()["data"]
        self.known["model"] = ["ft:x", *(each["id"] for each in listed if each["id"].startswith("ft:"))]


DATA = [chats(10), chats(11), b"no json"]
FORM = {"purpose": "fine-tune"}
BEGUN = {"filename": "b.jsonl", "purpose": "fine-tune", "mime_type": "text/jsonl"}
ORDER = {"model": "gpt-4o-mini", "hyperparameters": {"n_epochs": 2}, "metadata": {"a": "b"}, "suffix": "mine"}
NOT_THE_SAME = {*HOST, "x-request-id"}
LOOKS = [
    ("GET", FILES),
    ("GET", f"{FILES}?order=asc&limit=1&after={{file}}"),
    ("GET", f"{FILES}?purpose=fine-tune-results"),
    ("GET", f"{FILES}/{{file}}"),
    ("GET", f"{FILES}/{{file}}/content"),
    ("HEAD", f"{FILES}/{{file}}/content"),
    ("GET", JOBS),
    ("GET", f"{JOBS}?metadata[a]=b&limit=2"),
    ("GET", f"{JOBS}?metadata=null"),
    ("GET", f"{JOBS}/{{job}}"),
    ("GET", f"{JOBS}/{{job}}/events?limit=3"),
    ("GET", f"{JOBS}/{{job}}/checkpoints"),
    ("GET", MODELS),
    ("GET", f"{MODELS}/{{model}}"),
    ("GET", "/v1/fine_tuning/checkpoints/{model}/permissions"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/nothing"),
]
names = ["upload", "begin", "part", "complete", "order", "order", "delete", "forget", "advance", "skip"]
deeds = st.tuples(st.sampled_from([*names, "cancel", "pause", "resume"]), st.integers(0, 5))
scripts = st.lists(st.tuples(deeds, st.lists(st.integers(0, 5), max_size=2)), min_size=4, max_size=12)
BEGINNING = [("upload", 0), ("order", 0)]


def walk(emulator: Emulator, key: str = "a-key") -> list[Answer]:
    """Do a bit of everything; return every answer."""
    with closing(Api(emulator, key)) as api:
        call = Recorder(api)
        script = [*BEGINNING, ("upload", 1), ("begin", 0), ("part", 0), ("complete", 0), ("order", 1), ("pause", 0)]
        script += [("skip", 0)] * 3 + [("resume", 0), ("order", 0), ("cancel", 0), ("advance", 2)]
        for deed, pick in script:
            call.do(deed, pick)
        call.models()
        assert len(call.known["model"]) > 3
        for method, path in LOOKS:
            for pick in (0, 1):
                call(method, path.format(**{kind: call.one(kind, pick) for kind in call.known}))
        for file in api.get(FILES)["data"]:
            call("GET", f"{FILES}/{file['id']}/content")
        call.do("forget", 0)
        call.do("delete", 0)
        return call.answers


def test_the_same_calls_on_two_servers_of_one_seed_get_the_same_bytes(serve: Serve) -> None:
    one, other = (walk(serve(clock="manual", seed="7")) for _ in range(2))

    assert one == other


def test_another_seed_gives_other_ids(serve: Serve) -> None:
    one, other = (walk(serve(clock="manual", seed=seed)) for seed in "78")

    assert [status for status, _, _ in one] == [status for status, _, _ in other]
    assert one[0][2] != other[0][2]


def test_after_a_reset_the_same_calls_get_the_same_bodies_again(serve: Serve) -> None:
    emulator = serve(clock="manual")
    first = [(status, content) for status, _, content in walk(emulator)]
    with closing(Api(emulator, "a-key")) as api:
        api.control.post("/_emulator/reset").raise_for_status()

    assert [(status, content) for status, _, content in walk(emulator)] == first


@pytest.fixture(scope="module")
def twins() -> Iterator[tuple[Emulator, Emulator]]:
    """Two servers that answer alike."""
    same = Settings(port=0, quiet=True, clock="manual")
    with Emulator(same) as one, Emulator(same) as other:
        yield one, other


@given(script=scripts)
@settings(max_examples=8, deadline=None, phases=UNSHRUNK)
def test_any_number_of_gets_at_any_time_leaves_every_other_answer_unchanged(
    twins: tuple[Emulator, Emulator], script: list[tuple[Deed, list[int]]]
) -> None:
    key = f"run {next(runs)}"
    with closing(Api(twins[0], key)) as one, closing(Api(twins[1], key)) as other:
        silent, curious = Recorder(one), Recorder(other)
        for deed, between in [*((deed, [0]) for deed in BEGINNING), *script]:
            for pick in between:
                curious.look(pick)
            for actor in (silent, curious):
                actor.do(*deed)
        for actor in (silent, curious):
            actor.models()

        assert bare(silent.answers) == bare(curious.answers)
        assert [silent.look(pick) for pick in range(3)] == [curious.look(pick) for pick in range(3)]


def bare(answers: list[Answer]) -> list[tuple[int, bytes]]:
    """Return answers without their headers: a request's id counts the looks too."""
    return [(status, content) for status, _, content in answers]
