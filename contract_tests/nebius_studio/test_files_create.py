"""Uploads: what is held of Token Factory, but for the ids of the time."""

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact
from contract_tests.nebius import test_files_create
from contract_tests.nebius_studio.shared import shared

globals().update(
    shared(
        test_files_create,
        but=(
            "test_a_files_id_is_a_uuid7_behind_its_prefix",
            "test_a_files_id_holds_its_instant",
        ),
    )
)


@fact("files.create", "gives ids of the form file-<uuid4>", known="observed")
def test_a_files_id_is_a_uuid4_behind_its_prefix(training: Answer) -> None:
    prefix, _, rest = str(training.ok()["id"]).partition("-")

    assert prefix == "file"
    assert [len(part) for part in rest.split("-")] == [8, 4, 4, 4, 12]
    assert rest[14] == "4"
    assert set(rest) <= set("0123456789abcdef-")
