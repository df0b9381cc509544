"""The openai package's command line, of 0.28 and of 1.x: each step a command, each answer what it printed."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).parent / "openai")
POLLS_MAX = 10
NEW = {
    "create": "fine_tuning.jobs.create --model gpt-4o-mini --suffix walk --training-file {file} --hyperparameters {{}}",
    "retrieve": "fine_tuning.jobs.retrieve --id {job}",
    "events": "fine_tuning.jobs.list_events --id {job} --limit 4",
    "list": "fine_tuning.jobs.list --limit 1",
    "cancel": "fine_tuning.jobs.cancel --id {job}",
    "model": "models.retrieve --id {tuned}",
    "delete": "models.delete --id {tuned}",
    "chat": "chat.completions.create --model {tuned} --message user 3?",
}
"""Of 1.x; its ``files.retrieve`` and ``files.delete`` refuse every argument, whatever the server."""
OLD = {
    "create": "fine_tuning.job.create --model gpt-4o-mini --suffix walk --training_file {file} --n_epochs 4",
    "retrieve": "fine_tuning.job.get --id {job}",
    "events": "fine_tuning.job.events --id {job} --limit 4",
    "list": "fine_tuning.job.list",
    "cancel": "fine_tuning.job.cancel --id {job}",
    "model": "models.get --id {tuned}",
    "delete": "models.delete --id {tuned}",
    "chat": "chat_completions.create --model {tuned} --message user 3?",
    "results": "fine_tuning.job.results --id {job}",
}
"""Of 0.28, which looks for the file that it is to train with before it uploads it, and by a path for its id."""


def told(command: str, **named: str) -> str:
    """Return what a command prints, errors too."""
    words = [word.format(**named) for word in command.split()]
    done = subprocess.run(
        [COMMAND, "api", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def first(pattern: str, text: str) -> str:
    """Return the first of a pattern's finds; a text without one is what there is to say."""
    found = re.search(pattern, text)
    if not found:
        sys.exit(text)
    return found[0]


def walk(data: Path) -> dict[str, Any]:
    """Return what somebody sees who types one command after the other."""
    isold = version("openai").startswith("0.")
    commands = OLD if isold else NEW
    file = str(data)
    if not isold:
        file = first(r"file-\w+", told(f"files.create --purpose fine-tune --file {data}"))
    created = told(commands["create"], file=file)
    job = first(r"ftjob-\w+", created)
    shown = [created]
    while '"succeeded"' not in shown[-1] and len(shown) < POLLS_MAX:
        shown.append(told(commands["retrieve"], job=job))
    tuned = first(r"ft:[^\"]+", shown[-1])
    return {
        "version": version("openai"),
        "statuses": [first(r'"status": "\w+', each).rpartition('"')[2] for each in shown],
        "tuned": tuned,
        "messages": re.findall(r'"message": "([^"]*)"', told(commands["events"], job=job)),
        "listed": job in told(commands["list"]),
        "results": told(commands["results"], job=job).strip() if isold else None,
        "model": tuned in told(commands["model"], tuned=tuned),
        "reply": told(commands["chat"], tuned=tuned).strip(),
        "refused": told(commands["cancel"], job=job).strip(),
        "deleted": '"deleted": true' in told(commands["delete"], tuned=tuned),
        "gone": told(commands["model"], tuned=tuned).strip(),
    }


if __name__ == "__main__":
    print(json.dumps(walk(Path(sys.argv[1]))))  # noqa: T201 -- the last line is what was seen
