"""What OpenAI takes as a training file, and in which words it refuses one.

``rows`` and ``messages`` say what a row may be, ``complaints`` says what is wrong with a line, ``words`` says it in the
provider's words, and ``verdict`` says what becomes of a file. What is recorded and what is made after it is marked
beside each.

Not here: the moderation of training data, limits on the length of examples, and whether an image can be fetched.
"""

from emulator.core.datasets import Grammar
from emulator.dialects.openai.training.complaints import examine, quick
from emulator.dialects.openai.training.verdict import refusal, upload_refusal

__all__ = ["GRAMMAR", "refusal", "upload_refusal"]

GRAMMAR = Grammar(quick=quick, examine=examine)
"""Its rows, for the reader of training files."""
