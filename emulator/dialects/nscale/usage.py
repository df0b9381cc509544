"""What a job costs: billable tokens, and US dollars.

Documented is what it depends on (the tokens of both files, the epochs of training and evaluation, the base model) and
that a job costs 2.00 dollars at least. The formula and the prices are unverified:

    tokens = training tokens x n_epochs + validation tokens x evaluations
    cost   = max(2.00, tokens / 1,000,000 x the model's price), to the cent
"""

from dataclasses import dataclass

from emulator.timeline.job import Recipe

MINIMUM_USD = 2.0
"""What a job costs at least (documented)."""
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job will use: billable tokens, and US dollars."""

    tokens: int
    usd: float


def estimate(recipe: Recipe, *, evaluations: int, usd_per_million_tokens: float) -> Estimate:
    """Return what a job uses whose data are known."""
    looked_at = recipe.validation.tokens * evaluations if recipe.validation else 0
    tokens = recipe.training.tokens * recipe.n_epochs + looked_at
    return Estimate(tokens, max(MINIMUM_USD, round(tokens / MILLION * usd_per_million_tokens, 2)))
