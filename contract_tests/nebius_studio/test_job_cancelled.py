"""Cancellations: what is held of Token Factory."""

from contract_tests.nebius import test_job_cancelled
from contract_tests.nebius_studio.shared import shared

globals().update(shared(test_job_cancelled))
