"""Where Nebius AI Studio kept things, and how they were undone: as Token Factory does."""

from contract_tests.nebius.provider import Nebius

PROVIDER = Nebius(name="nebius-studio", hosts=())
