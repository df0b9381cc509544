"""Files of checkpoints: what is held of Token Factory, but for the ids of the time."""

from contract_tests.harness.facts import fact
from contract_tests.nebius import test_checkpoint_files
from contract_tests.nebius.test_checkpoint_files import Download
from contract_tests.nebius_studio.shared import shared

globals().update(shared(test_checkpoint_files, but=("test_a_result_files_id_is_a_uuid7",)))


@fact("files.retrieve", "gives result files ids of the form file-<uuid4>", known="unverified")
def test_a_result_files_id_is_a_uuid4(downloads: list[Download]) -> None:
    assert {each.file_id.removeprefix("file-")[14] for each in downloads} == {"4"}
