"""instructor's command line: the file that it waits for, the job that it watches without end, and what it says of them.

Its table is only drawn on a terminal, and only an interruption ends it: so it gets the one, and once it says
``succeeded`` the other.
"""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).parent / "instructor")
WIDE = {**os.environ, "COLUMNS": "250", "TERM": "xterm"}  # noqa: TID251 -- this client's own
SUCCEEDED = re.compile(r"succeeded.*\n")
"""A row of the table, whole."""
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def told(*arguments: str) -> str:
    """Return what a command says that ends by itself."""
    done = subprocess.run([COMMAND, *arguments], env=WIDE, capture_output=True, text=True, check=True)
    return COLOURS.sub("", done.stdout)


def watched(*arguments: str) -> str:
    """Return what a command shows that is interrupted at a job's success."""
    master, terminal = pty.openpty()
    with subprocess.Popen([COMMAND, *arguments], env=WIDE, stdin=terminal, stdout=terminal, stderr=terminal) as running:
        os.close(terminal)
        shown = ""
        while piece := read(master):
            isover = SUCCEEDED.search(shown)
            shown += piece
            if SUCCEEDED.search(shown) and not isover:
                running.send_signal(signal.SIGINT)
    return COLOURS.sub("", shown)


def read(terminal: int) -> str:
    """Return what is shown next, nothing once nobody is left who could."""
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:  # how Linux says so
        return ""


def walk(data: Path) -> dict[str, Any]:
    """Return what its user sees."""
    uploaded = told("files", "upload", str(data), "--poll", "1")
    [id_] = re.findall(r"File (file-\w+) uploaded", uploaded)
    options = ["--model", "gpt-4o-mini", "--n-epochs", "4"]
    shown = watched("jobs", "create-from-file", str(data), "--poll", "1", "--model-suffix", "walk", *options)
    [[job_id, file_id]] = re.findall(r"ID: (ftjob-\w+) from file ID:\s+(file-\w+)", shown)
    again = watched("jobs", "create-from-id", id_, *options)
    return {
        "version": version("instructor"),
        "tuned": re.findall(r"ft:\S+", shown)[-1],
        "statuses": list(dict.fromkeys(re.findall(r"validating_files|queued|running|succeeded", shown))),
        "jobs": len(set(re.findall(r"ftjob-\w+", again))),
        "refused": told("jobs", "cancel", job_id),
        "listed": file_id in told("files", "list"),
        "deleted": told("files", "delete", id_),
    }


if __name__ == "__main__":
    print(json.dumps(walk(Path(sys.argv[1]))))  # noqa: T201 -- the last line is what was seen
