"""One seed, one history: the same calls get the same bytes from the dialect too, and looking changes none of them."""

import re
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
from tests.dialects.nscale.api import LLAMA, NOBODY, Api, follow, table

UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at a second a run, shrinking would take minutes
HOST = {"date"}
"""Headers that tell of the host and not of the emulator."""
runs = count()

Answer = tuple[int, dict[str, str], bytes]
Deed = tuple[str, int]
DATA = [table(20), table(9), b"a,b\n1\n"]
HYPER = {"n_epochs": 2, "n_evals": 3, "best_checkpoints": True}


class Recorder:
    """A tenant that keeps all that it is answered, and what there is of each kind."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.answers: list[Answer] = []
        self.known: dict[str, list[str]] = {kind: [NOBODY] for kind in ("file", "dataset", "job", "export")}

    def __call__(self, method: str, path: str, kind: str = "", **sent: Any) -> httpx.Response:
        answer = self.api.client.request(method, path, **sent)
        self.answers.append(self.kept(answer))
        if kind and answer.is_success:
            told = answer.json()
            self.known[kind].append((told["job"] if kind == "job" else told)["id"])
        return answer

    def kept(self, answer: httpx.Response) -> Answer:
        """Return what has to be the same: all but the host's date and the port."""
        port = str(self.api.control.base_url.port).encode()
        headers = {
            name: re.sub(r"127\.0\.0\.1:\d+", "host", value)
            for name, value in answer.headers.items()
            if name not in HOST
        }
        return answer.status_code, headers, answer.content.replace(b"127.0.0.1:" + port, b"host:00000")

    def one(self, kind: str, pick: int) -> str:
        return self.known[kind][-1 - pick % len(self.known[kind])]

    def do(self, deed: str, pick: int) -> None:
        """Do something to what there is."""
        name = {"name": f"n{pick}"}
        file, dataset, job = (self.one(kind, pick) for kind in ("file", "dataset", "job"))
        columns = {"id": dataset, "answer_column": "answer"}
        order = {"name": "n", "base_model_id": LLAMA, "dataset": columns, "hyperparameters": HYPER}
        push = {"huggingface_user_id": "u", "huggingface_access_token": "t", "huggingface_repository_id": "u/r"}
        deeds: dict[str, Callable[[], object]] = {
            "upload": lambda: self("POST", "/files", "file", files={"file": ("a.csv", DATA[pick % 3])}),
            "pair": lambda: self("POST", "/datasets", "dataset", json={**name, "training_file_id": file}),
            "rename": lambda: self("PATCH", f"/datasets/{dataset}", json={**name, "unset": {}}),
            "order": lambda: self("POST", "/jobs", "job", json=order),
            "reckon": lambda: self("POST", "/jobs", json={**order, "dry_run": True}),
            "cancel": lambda: self("POST", f"/jobs/{job}/cancel"),
            "push": lambda: self("POST", f"/jobs/{job}/exports/hugging-face", "export", json=push),
            "delete": lambda: self("DELETE", f"/files/{file}"),
            "undo": lambda: self("DELETE", f"/datasets/{dataset}"),
            "advance": lambda: self.api.advance([0.1, 0.5, 4000][pick % 3]),
            "skip": self.api.skip,
        }
        deeds[deed]()

    def look(self, pick: int) -> list[Answer]:
        """Return the answers to all looks, at one thing of each kind, and to what their links lead to."""
        names = {kind: self.one(kind, pick) for kind in self.known}
        found = [self.api.client.request(method, path.format(**names)) for method, path in LOOKS]
        links = [each.headers["location"] for each in found if "location" in each.headers]
        links += [told["download_url"] for each in found if b"download_url" in each.content and (told := each.json())]
        return [self.kept(each) for each in [*found, *map(follow, links)]]


LOOKS = [
    ("GET", "/base-models?limit=2"),
    ("GET", "/files"),
    ("GET", "/files/{file}"),
    ("HEAD", "/files/{file}"),
    ("GET", "/datasets?limit=3"),
    ("GET", "/datasets/{dataset}"),
    ("GET", "/jobs?pagination=False"),
    ("GET", "/jobs?status=completed"),
    ("GET", "/jobs?status=running&limit=1"),
    ("GET", "/jobs/{job}"),
    ("GET", "/jobs/{job}/metrics"),
    ("GET", "/jobs/{job}/download"),
    ("GET", "/jobs/{job}/exports"),
    ("GET", "/jobs/{job}/exports/{export}"),
    ("GET", "/nothing"),
]
BEGINNING = [("upload", 0), ("pair", 0), ("order", 0)]
names = ["upload", "pair", "rename", "order", "order", "reckon", "cancel", "push", "delete", "undo", "advance", "skip"]
deeds = st.tuples(st.sampled_from(names), st.integers(0, 5))
scripts = st.lists(st.tuples(deeds, st.lists(st.integers(0, 5), max_size=2)), min_size=4, max_size=10)


def walk(emulator: Emulator, name: str = "me") -> list[Answer]:
    """Do a bit of everything; return every answer."""
    with closing(Api(emulator, name)) as api:
        call = Recorder(api)
        script = [*BEGINNING, ("upload", 1), ("pair", 0), ("order", 0), ("rename", 0), ("reckon", 0), ("skip", 0)]
        script += [("order", 1), ("skip", 0), ("cancel", 0), ("advance", 1), ("advance", 1), ("push", 1), ("push", 2)]
        script += [("advance", 0), ("order", 0), ("advance", 0)]
        for deed, pick in script:
            call.do(deed, pick)
        assert len(call.known["export"]) == 3
        for pick in range(4):
            call.answers += call.look(pick)
        call.do("delete", 0)
        call.do("undo", 0)
        return call.answers


@pytest.fixture(scope="module")
def walked() -> Iterator[tuple[Emulator, list[Answer]]]:
    """A server on which somebody did a bit of everything, and what was answered."""
    with Emulator(Settings(port=0, quiet=True, clock="manual", seed="7")) as emulator:
        yield emulator, walk(emulator)


def test_the_same_calls_on_two_servers_of_one_seed_get_the_same_bytes(
    walked: tuple[Emulator, list[Answer]], serve: Serve
) -> None:
    assert walk(serve(clock="manual", seed="7")) == walked[1]
    assert {status for status, _, _ in walked[1]} >= {200, 204, 302, 404}


def test_another_seed_or_another_key_gives_other_ids(walked: tuple[Emulator, list[Answer]], serve: Serve) -> None:
    emulator, one = walked
    for other in (walk(emulator, "another"), walk(serve(clock="manual", seed="8"))):
        assert [status for status, _, _ in one] == [status for status, _, _ in other]
        assert one[0][2] != other[0][2]


def test_after_a_reset_the_same_calls_get_the_same_answers_again(walked: tuple[Emulator, list[Answer]]) -> None:
    emulator, first = walked
    with closing(Api(emulator, "me")) as api:
        api.control.post("/_emulator/reset").raise_for_status()

    assert walk(emulator) == first


@pytest.fixture(scope="module")
def twins() -> Iterator[tuple[Emulator, Emulator]]:
    """Two servers that answer alike."""
    same = Settings(port=0, quiet=True, clock="manual")
    with Emulator(same) as one, Emulator(same) as other:
        yield one, other


@given(script=scripts)
@settings(max_examples=3, deadline=None, phases=UNSHRUNK)
def test_any_number_of_gets_at_any_time_leaves_every_other_answer_unchanged(
    twins: tuple[Emulator, Emulator], script: list[tuple[Deed, list[int]]]
) -> None:
    name = f"run {next(runs)}"
    with closing(Api(twins[0], name)) as one, closing(Api(twins[1], name)) as other:
        silent, curious = Recorder(one), Recorder(other)
        for deed, between in [*((deed, [0]) for deed in BEGINNING), *script]:
            for pick in between:
                curious.look(pick)
            for actor in (silent, curious):
                actor.do(*deed)

        assert silent.answers == curious.answers
        assert [silent.look(pick) for pick in range(3)] == [curious.look(pick) for pick in range(3)]
