"""Emulators of OpenAI with one behaviour broken each; ``changes`` has the further words, each other module some groups."""

from tests.contract.sabotages.openai.creation import CREATION
from tests.contract.sabotages.openai.entrance import DOOR, HEADERS, LEAKS, NOT_THERE
from tests.contract.sabotages.openai.files import LISTED, READ, UPLOADED
from tests.contract.sabotages.openai.jobs import CANCELLED, FAILED, HELD, LISTED_JOBS, WALKED
from tests.contract.sabotages.openai.models import GRADERS_SABOTAGED, MODELS_SABOTAGED, PERMISSIONS_SABOTAGED
from tests.contract.sabotages.openai.refusals import STRICT, TAKEN, WORDS
from tests.contract.sabotages.openai.told import CHECKPOINTS_SABOTAGED, EVENTS_SABOTAGED, RESULTS
from tests.contract.sabotages.openai.uploads import UPLOADS_SABOTAGED

OPENAI = {
    "openai-files": (*UPLOADED, *READ, *LISTED),
    "openai-uploads": UPLOADS_SABOTAGED,
    "openai-creation": CREATION,
    "openai-refusals": (*TAKEN, *STRICT, *WORDS),
    "openai-entrance": (*DOOR, *LEAKS, *HEADERS, *NOT_THERE),
    "openai-jobs": (*WALKED, *CANCELLED, *FAILED, *HELD, *LISTED_JOBS),
    "openai-told": (*EVENTS_SABOTAGED, *CHECKPOINTS_SABOTAGED, *RESULTS),
    "openai-models": (*MODELS_SABOTAGED, *PERMISSIONS_SABOTAGED, *GRADERS_SABOTAGED),
}
"""The sabotages by what they are of."""
