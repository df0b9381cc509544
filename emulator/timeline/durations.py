"""How long the stages of a job last where nobody hurries them, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Durations:
    """The realistic length of each stage of a provider's jobs; a plan draws each within a tenth of it.

    The training lasts ``training_s``, and ``token_s`` for each token of each epoch, and ``step_s`` for each step.

    The defaults are Nebius Token Factory's recorded runs (observed): datasets processed 28 to 30 s after creation;
    training 150 s for 0.3 M, 203 s for 1.3 M and 760 s for 18 M tokens, which 160 s and 33 s for a million tokens fit;
    success 20 to 70 s after training. Not recorded, and so unverified: how long a job is queued, and how long it loads
    the model before the first step (30 of the 160 s; the steps are spread over the rest).
    """

    validation_s: float = 30.0
    queue_s: float = 10.0
    loading_s: float = 30.0
    training_s: float = 120.0
    token_s: float = 33e-6
    step_s: float = 0.0
    saving_s: float = 45.0
