"""No client of the provider's: curl and the requests package."""

import shutil

import pytest

from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, STATUSES, TABLE_HEAD, Walker, assert_whole

REQUESTS = "2.34.2"


def test_curl_walks_to_the_end_and_cleans_up(walker: Walker) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not on this machine")
    seen = walker.seen("sh", str(SCRIPTS / "curl.sh"))

    assert seen["said"] == "200 200 200 200 200 400 200 404 200 404"
    assert seen["name"] == "données 訓練.jsonl"
    assert seen["statuses"].split() == STATUSES[1:]
    assert seen["tuned"].startswith("ft:gpt-4o-mini-2024-07-18:personal:walk:")
    assert seen["events"] > 90
    assert seen["head"].split(",") == TABLE_HEAD
    assert seen["reply"] == "The number 3."


@pytest.mark.full
def test_requests_walks_to_the_end_and_cleans_up(walker: Walker) -> None:
    seen = walker.seen(python_with(f"requests=={REQUESTS}"), str(SCRIPTS / "plain_requests.py"))

    assert seen["version"] == REQUESTS
    assert_whole(seen)
