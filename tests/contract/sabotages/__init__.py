"""Emulators with one behaviour broken each: what the contract tests are tested with.

They are made of what the provider documents and was seen to do, and of how such services go wrong; they know nothing of
the contract tests. ``wrapping`` runs one, ``changes`` has the words; ``openai`` has those of that provider, ``studio``
those of what is AI Studio's own, ``nscale`` those of that one; each other module is one group of Nebius's.
"""

from tests.contract.sabotages.answers import ANSWERS
from tests.contract.sabotages.checkpoints import CHECKPOINTS_SABOTAGED
from tests.contract.sabotages.creation import CREATION
from tests.contract.sabotages.entrance import ENTRANCE
from tests.contract.sabotages.events import EVENTS_SABOTAGED
from tests.contract.sabotages.files import FILES_SABOTAGED
from tests.contract.sabotages.jobs import JOBS_SABOTAGED
from tests.contract.sabotages.models import MODELS
from tests.contract.sabotages.nscale import NSCALE
from tests.contract.sabotages.openai import OPENAI
from tests.contract.sabotages.refusals import REFUSALS
from tests.contract.sabotages.studio import STUDIO
from tests.contract.sabotages.uploads import UPLOADS
from tests.contract.sabotages.wrapping import Acts, Sabotage, sabotaged

__all__ = ["ALL", "GROUPS", "Acts", "Sabotage", "sabotaged"]

GROUPS = {
    "uploads": UPLOADS,
    "files": FILES_SABOTAGED,
    "creation": CREATION,
    "refusals": REFUSALS,
    "entrance": ENTRANCE,
    "jobs": JOBS_SABOTAGED,
    "events": EVENTS_SABOTAGED,
    "checkpoints": CHECKPOINTS_SABOTAGED,
    "models": MODELS,
    "answers": ANSWERS,
    **OPENAI,
    "studio": STUDIO,
    **NSCALE,
}
"""The sabotages by the module that has them; those of ``openai`` and ``nscale`` by what they are of."""

ALL = tuple(sabotage for group in GROUPS.values() for sabotage in group)
