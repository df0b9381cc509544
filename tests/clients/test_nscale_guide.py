"""Nscale's guide, as somebody follows it who has read nothing else: the requests package and no client of anybody's."""

import math
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from emulator import service_token
from emulator.server import Emulator
from tests.clients import nscale
from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, Seen, Walker

REQUESTS = "2.34.2"
Follow = Callable[..., Seen]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One server for all of them, on a poll clock."""
    with Emulator(port=0, quiet=True, dialect="nscale", clock="poll") as shared:
        yield shared


@pytest.fixture
def follow(emulator: Emulator, tmp_path: Path, key: str) -> Follow:
    """Give what follows the guide with some Python, at some face of the server."""

    def follow(python: str, face: str = "") -> Seen:
        data, home = tmp_path / "data", tmp_path / "home"
        data.mkdir()
        home.mkdir()
        (data / "train.csv").write_text(nscale.table(), encoding="utf-8")
        (data / "validation.csv").write_text(nscale.table(nscale.VALIDATION_ROWS), encoding="utf-8")
        own = {"NSCALE_API_TOKEN": service_token(key), "ORGANIZATION_ID": nscale.ORGANIZATION}
        walker = Walker(f"{emulator.url}{face}", "no-key", data, home, own)
        return walker.seen(python, str(SCRIPTS / "nscale_guide.py"), base="NSCALE_URL")

    return follow


@pytest.mark.skipif(find_spec("requests") is None, reason="the requests package is not installed here")
@pytest.mark.parametrize("face", nscale.FACES)
def test_who_follows_the_guide_gets_a_model_both_ways_and_the_data_back(follow: Follow, face: str) -> None:
    assert_whole(follow(sys.executable, nscale.FACES[face]))


@pytest.mark.full
def test_a_fresh_environment_with_requests_alone_is_enough(follow: Follow) -> None:
    seen = follow(python_with(f"requests=={REQUESTS}"))

    assert seen["version"] == REQUESTS
    assert_whole(seen)


def assert_whole(seen: Seen) -> None:
    """Assert that a whole walk was seen, whose parts agree with one another."""
    for assert_part in (_assert_ordered, _assert_watched, _assert_downloaded):
        assert_part(seen)


def _assert_ordered(seen: Seen) -> None:
    """The model is the table's, the columns show five values each, a dry run makes nothing and reckons the same."""
    assert seen["model"] == nscale.MODEL
    assert seen["columns"] == [["question", 5], ["answer", 5]]
    assert set(seen["dataset"].values()) == {True}
    assert seen["dry"] == [True, None, []]
    dry, real = seen["usage"]
    assert dry == real
    assert (dry["cost"], dry["tokens"] > nscale.ROWS * nscale.EPOCHS) == (2.0, True)
    assert (seen["created"], seen["echoed"]) == ("queued", True)


def _assert_watched(seen: Seen) -> None:
    """Each status is seen, in order; metrics only grow, and the last point is of the last step."""
    assert seen["early"] == [400, "failed_precondition"]
    assert [*dict.fromkeys(seen["statuses"])] == nscale.MOVES
    assert seen["points"] == sorted(seen["points"])
    assert seen["times"] == sorted(seen["times"])
    assert seen["filtered"] == {"queued": 0, "completed": 1, "failed": 0, "cancelled": 0}
    last = seen["last"]
    assert (last["step"], seen["steps"]) == (nscale.STEPS, nscale.STEPS)
    assert math.isclose(math.log(float(last["perplexity"])), float(last["validation_loss"]), abs_tol=1e-5)
    assert 0 < float(last["training_loss"]) != float(last["validation_loss"])


def _assert_downloaded(seen: Seen) -> None:
    """Both ways lead to the same archive, and the tables come back as they were."""
    assert seen["archives"] == [nscale.ARCHIVED, nscale.ARCHIVED]
    assert (seen["same"], seen["originals"]) == (True, [True, True])
    assert (seen["export"]["status"], seen["export"]["huggingface_repository_id"]) == ("running", "me/mine")
    assert "hf_xxx" not in str(seen["export"])
