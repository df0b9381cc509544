"""Authentication: what is held of Token Factory."""

from contract_tests.nebius import test_auth
from contract_tests.nebius_studio.shared import shared

globals().update(shared(test_auth))
