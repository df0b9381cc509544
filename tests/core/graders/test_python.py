"""The grader that is a program, and is never executed."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from emulator.core.graders.grade import Kind
from emulator.core.graders.grader import run
from emulator.core.graders.python import SOURCE_BYTES_MAX, Python
from tests.core.graders.made import scope

GRADE = "def grade(sample, item):\n    return 1.0\n"


def said(source: str) -> str:
    return " ".join(flaw.msg for flaw in Python("", source).flaws())


@pytest.mark.parametrize(
    "source",
    [
        GRADE,
        "import json\n" + GRADE,
        "def grade(sample: dict, item: dict, /) -> float: return 1",
        "def grade(*both): return 1",
        "def grade(sample, item, more=0, *, other=1): return 1",
        "def grade(): pass\n" + GRADE,
    ],
)
def test_a_source_that_defines_grade_of_two_arguments_is_sound(source: str) -> None:
    assert said(source) == ""


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("", "must define a function 'grade(sample, item)'"),
        ("def grader(sample, item): return 1", "must define a function 'grade(sample, item)'"),
        ("class A:\n    def grade(self, item): return 1", "must define a function 'grade(sample, item)'"),
        ("def grade(sample): return 1", "must take exactly two arguments"),
        ("def grade(sample, item, more): return 1", "must take exactly two arguments"),
        ("def grade(sample, item, *, more): return 1", "must take exactly two arguments"),
        ("def grade(sample, item:\n", "not valid Python: line 1"),
        ("x = 1\n  y = 2", "not valid Python: line 2: unexpected indent"),
        ("a\0b", "not valid Python"),
        ("(" * 5000 + ")" * 5000, "not valid Python"),
        ("-" * 100_000 + "1", "not valid Python"),
        ("#" * SOURCE_BYTES_MAX, "smaller than 256 kB"),
        ("#" + "é" * (SOURCE_BYTES_MAX // 2), "smaller than 256 kB"),
    ],
)
def test_any_other_source_is_told_what_it_lacks(source: str, complaint: str) -> None:
    assert complaint in said(source)


def test_a_run_executes_nothing_and_says_so(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    writes = f"open({str(trace)!r}, 'w').close()\n"
    grader = Python("", writes + GRADE.replace("return", writes.strip() + "; return"))

    grade = run(grader, scope())

    assert (grade.reward, [failure.kind for failure in grade.failures]) == (0, [Kind.CODE])
    assert "never executes code" in grade.failures[0].details
    assert (said(grader.source), trace.exists()) == ("", False)


def test_nothing_is_printed_about_doubtful_escapes_in_a_source() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert said('"\\d"\n1 is 1\n' + GRADE) == ""


def test_a_source_nested_without_end_does_not_take_the_process_down() -> None:
    program = (
        "import threading\n"
        "from emulator.core.graders.python import Python\n"
        "for deep in ('(' * 120_000, '-' * 120_000, '[' * 90 + ']' * 90, 'a' + '.a' * 60_000, 'a' + '+a' * 60_000,"
        " 'a' + '()' * 60_000, 'f\"{' * 60_000, 'not ' * 50_000 + 'a', 'lambda:' * 30_000 + '0', 'if a:\\n ' * 20):\n"
        "    thread = threading.Thread(target=lambda: [*Python('', deep).flaws()])\n"
        "    thread.start(), thread.join()\n"
        "print('alive')\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (ended.stdout, ended.stderr, ended.returncode) == ("alive\n", "", 0)
