"""200 tests of a client's, each with a tenant of its own, on four workers: none sees another's jobs.

    python benchmarks/plugin_200.py [TESTS] [WORKERS]

Makes a project in a temporary folder, runs pytest on it, and prints what pytest said last, the host seconds that it
took, and the seconds of CPU time of all its processes. The exit code is pytest's. Needs openai and pytest-xdist.
"""

import resource
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS, WORKERS = 200, 4
MODULE = "emulator.pytest_plugin"
PROJECT = """
import pytest

DATA = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\\n' * 4

@pytest.mark.ft_emulator(clock="poll")
@pytest.mark.parametrize("number", range(TESTS))
def test_a_job_is_alone(ft_client, ft_emulator, number):
    jobs = ft_client.fine_tuning.jobs
    assert jobs.list().data == [] == ft_client.files.list().data
    file = ft_client.files.create(file=(f"{number}.jsonl", DATA), purpose="fine-tune")
    job = made = jobs.create(model="Qwen/Qwen3-4B", training_file=file.id, suffix=f"n{number}")
    while job.status not in ("succeeded", "failed"):
        job = jobs.retrieve(made.id)
    assert job.status == "succeeded"
    assert [each.id for each in jobs.list()] == [made.id]
    ft_emulator.journal.verify(operation="jobs.create", count=1)
"""


def main(tests: int, workers: int) -> int:
    """Run, and print."""
    installed = any(each.value == MODULE for each in entry_points(group="pytest11"))
    with TemporaryDirectory() as folder:
        (Path(folder) / "test_many.py").write_text(f"TESTS = {tests}\n{PROJECT}", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-n", str(workers), f"--rootdir={folder}"]
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 -- our own command
            [*command, *([] if installed else ["-p", MODULE])], cwd=folder, capture_output=True, text=True, check=False
        )
        took_s = time.perf_counter() - began
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(done.stdout, done.stderr)
    print(done.stdout.strip().splitlines()[-1])
    print(f"{took_s:.1f} host seconds, {spent.ru_utime + spent.ru_stime:.1f} seconds of CPU time")
    return done.returncode


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*given, *(TESTS, WORKERS)[len(given) :]))
