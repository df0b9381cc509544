"""The contract tests pass behind the recorder as they do without it, and what they asked can be asked again."""

from pathlib import Path

import pytest

from emulator.cli import main
from tests.conftest import Serve
from tests.contract.conftest import KEY
from tests.contract.suite import run
from tests.recording.conftest import Record

KEYS = (KEY, "contract-tests-second")


@pytest.mark.full
def test_a_recorder_in_between_changes_no_fact(
    tmp_path: Path, serve: Serve, record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator = serve(api_key=KEYS)
    recording = record(emulator.url)
    variables = {"CONTRACT_KEY": KEYS[0], "OTHER_KEY": KEYS[1]}
    named = ("--api-key-env", "CONTRACT_KEY", "--second-api-key-env", "OTHER_KEY")
    straight, behind = (
        run(tmp_path / name, "--target", f"{url}/v1", *named, variables=variables)
        for name, url in (("straight", emulator.url), ("behind", recording.url))
    )
    ended = recording.stop()
    evidence = [str(path) for each in (straight, behind) for path in (each.folder / "evidence").glob("*.json")]

    assert (straight.code, behind.code, ended) == (0, 0, 0), behind.out
    assert set(behind.outcomes.values()) == {"proven"}
    assert main(["conformance", *evidence]) == 0, capsys.readouterr().out
    assert main(["replay", str(recording.folder)]) == 0, capsys.readouterr().out
