"""A client's walk: the script that it is a process of, and what every whole walk comes to, whatever the client.

Each script gets a file of training data, and its base URL and key in the variables that its client reads. What was seen
is the last line that it prints, as JSON.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

Seen = dict[str, Any]

SCRIPTS = Path(__file__).parent / "scripts"
WALK_S_MAX = 240
ROWS, EPOCHS = 12, 4
STEPS = ROWS * EPOCHS
"""A batch of so few rows is one row (observed)."""
STATUSES = ["validating_files", "validating_files", "queued", "running", "succeeded"]
"""As a poll clock shows them: created, then looked at."""
TABLE_HEAD = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
NOWHERE = "http://127.0.0.1:9"
"""Where nobody listens: a client that asks for anything beyond this machine fails at once."""


def rows() -> str:
    """Return training data that any client's own check takes, with replies that a tuned model is known by."""
    system = {"role": "system", "content": "You count."}
    talks = (
        [system, {"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": f"The number {n}."}]
        for n in range(ROWS)
    )
    return "".join(f"{json.dumps({'messages': talk})}\n" for talk in talks)


@dataclass(frozen=True)
class Walker:
    """Starts clients: each in a folder of its own, with the variables that it is told and no others of its kind."""

    url: str
    key: str
    data: Path
    home: Path
    own: Mapping[str, str] = field(default_factory=dict)

    def environment(self, base: str = "OPENAI_BASE_URL") -> dict[str, str]:
        """Return a client's variables; ``base`` is the one in which it looks for its base URL."""
        path = os.environ.get("PATH", os.defpath)  # noqa: TID251 -- where node and curl are
        told = {base: self.url, "OPENAI_API_KEY": self.key, **self.own}
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", "HTTPS_PROXY": NOWHERE, **told}

    def until(self, words: str, *command: str) -> None:
        """Start a client that does not end, and end it once it has said what is waited for."""
        with subprocess.Popen(
            [*command, str(self.data)],
            env={**self.environment(), "PYTHONUNBUFFERED": "1"},
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as running:
            late = Timer(WALK_S_MAX, running.kill)
            late.start()
            assert running.stdout
            said = any(words in line for line in running.stdout)
            late.cancel()
            running.kill()
        assert said

    def seen(self, *command: str, base: str = "OPENAI_BASE_URL") -> Seen:
        """Return what a client saw; fail with its last words where it did not get to the end."""
        done = subprocess.run(
            [*command, str(self.data)],
            env=self.environment(base),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=WALK_S_MAX,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        seen: Seen = json.loads(done.stdout.splitlines()[-1])
        return seen


def assert_whole(seen: Seen) -> None:
    """Assert that what a client saw is a whole walk whose parts agree with one another."""
    tuned = seen["tuned"]
    assert seen["file"] == ["training.jsonl", "processed", True]
    assert seen["statuses"] == STATUSES
    assert tuned.startswith("ft:gpt-4o-mini-2024-07-18:personal:walk:")
    assert seen["trained_tokens"] > 0
    assert (seen["reply"], seen["streamed"]) == ("The number 3.", "The number 4.")
    assert_table(seen["table"])
    for assert_part in (_assert_messages, _assert_checkpoints, _assert_deleted, _assert_cancelled):
        assert_part(seen)


def assert_table(table: list[list[str]]) -> None:
    """Assert that a table of steps has them all, in order, each with its loss."""
    head, *lines = table
    assert head == TABLE_HEAD
    assert [int(line[0]) for line in lines] == [*range(1, STEPS + 1)]
    assert all(float(line[1]) > 0 for line in lines)


def _assert_messages(seen: Seen) -> None:
    """Newest first, page after page, each once; not every client has events."""
    if "messages" in seen:
        messages = seen["messages"]
        assert messages[:2] == [
            "The job has successfully completed",
            f"New fine-tuned model created: {seen['tuned']}",
        ]
        assert messages[-1].startswith("Created fine-tuning job: ftjob-")
        assert len({each for each in messages if each.startswith("Step ")}) == STEPS
        assert len(messages) == len(set(messages))


def _assert_checkpoints(seen: Seen) -> None:
    """The last is the model itself, and the losses are those of the table; not every client has checkpoints."""
    if "checkpoints" in seen:
        steps, names, losses = zip(*seen["checkpoints"], strict=True)
        assert [*steps] == [STEPS, STEPS - ROWS, STEPS - 2 * ROWS]
        assert names[0] == seen["tuned"]
        assert [name.rpartition(":")[2] for name in names[1:]] == [f"ckpt-step-{step}" for step in steps[1:]]
        assert [round(loss, 5) for loss in losses] == [float(seen["table"][step][1]) for step in steps]


def _assert_deleted(seen: Seen) -> None:
    assert set(seen["deleted"]) == {True}
    if "gone" in seen:
        assert (seen["listed"], seen["gone"]) == (True, [404, "model_not_found"])


def _assert_cancelled(seen: Seen) -> None:
    """A second job is cancelled at once; the lists have what there is, newest first."""
    assert seen["cancelled"] == ["cancelled", None]
    assert seen["jobs"] == ["cancelled", "succeeded"]
    assert sorted(seen["files"]) == ["fine-tune", "fine-tune-results"]
