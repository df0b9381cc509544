"""Training files: whether every row can be trained on, and about how many tokens it makes.

A file is checked while it is uploaded. A bad one is accepted all the same: what is wrong is kept with the file, and a
job that is made from it fails in validation. Not here: what becomes of the bytes (storage) and of the job (timeline).

``reader`` cuts a stream into lines, ``rows`` says what a row may be, ``complaints`` says what is wrong with a line,
``words`` says it in a person's words, and ``tokens`` estimates.
"""

from emulator.core.datasets.reader import Reader
from emulator.core.datasets.tokens import estimate_tokens

__all__ = ["Reader", "estimate_tokens"]
