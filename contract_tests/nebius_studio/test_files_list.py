"""The list of files: what is held of Token Factory."""

from contract_tests.nebius import test_files_list
from contract_tests.nebius_studio.shared import shared

globals().update(shared(test_files_list))
