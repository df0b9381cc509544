"""instructor's command line, which waits for ``processed`` without end, and watches jobs in the same way."""

import pytest

from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, STATUSES, Walker

VERSION = "1.17.0"

pytestmark = pytest.mark.full


def test_its_user_uploads_trains_watches_and_deletes(walker: Walker) -> None:
    # It imports tqdm, and does not say so.
    seen = walker.seen(python_with(f"instructor=={VERSION}", "tqdm"), str(SCRIPTS / "instructor_cli.py"))

    assert seen["version"] == VERSION
    assert seen["tuned"].startswith("ft:gpt-4o-mini-2024-07-18:personal:walk:")
    assert seen["statuses"] == STATUSES[1:]
    assert seen["jobs"] == 2
    assert 'already has status "succeeded"' in seen["refused"]
    assert "deleted successfully" in seen["deleted"]
    assert seen["listed"]
