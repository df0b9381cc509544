"""What Nebius takes as a row of a training file: the four forms of its documentation.

``rows`` says what a row may be, ``complaints`` says what is wrong with a line, and ``words`` says it in a person's
words. No real complaint is recorded: the wordings are unverified.
"""

from emulator.core.datasets import Grammar
from emulator.core.datasets.grammar import Read
from emulator.dialects.nebius.training.complaints import examine
from emulator.dialects.nebius.training.rows import DECODERS


def _quick(form: str, noted: frozenset[str]) -> Read:
    return DECODERS[form].decode


GRAMMAR = Grammar(quick=_quick, examine=examine)
"""Its rows, for the reader of training files. It has one method, so a file is good for all uses or for none."""
