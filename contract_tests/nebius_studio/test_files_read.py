"""Reading files: what is held of Token Factory."""

from contract_tests.nebius import test_files_read
from contract_tests.nebius_studio.shared import shared

globals().update(shared(test_files_read))
