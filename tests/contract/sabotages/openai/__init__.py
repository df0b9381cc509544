"""Emulators of OpenAI with one behaviour broken each; ``changes`` has the further words, the others are groups."""

from tests.contract.sabotages.openai.creation import CREATION
from tests.contract.sabotages.openai.endings import CANCELLED, FAILED, HELD
from tests.contract.sabotages.openai.entrance import DOOR, HEADERS, LEAKS, NOT_THERE
from tests.contract.sabotages.openai.files import READ, UPLOADED
from tests.contract.sabotages.openai.further import CHATS, WEBHOOKS_SABOTAGED
from tests.contract.sabotages.openai.jobs import LISTED_JOBS, WALKED
from tests.contract.sabotages.openai.lists import LISTED
from tests.contract.sabotages.openai.made import CHECKPOINTS_SABOTAGED, RESULTS
from tests.contract.sabotages.openai.models import GRADERS_SABOTAGED, MODELS_SABOTAGED, PERMISSIONS_SABOTAGED
from tests.contract.sabotages.openai.refusals import STRICT, TAKEN, WORDS
from tests.contract.sabotages.openai.told import EVENTS_SABOTAGED
from tests.contract.sabotages.openai.uploads import UPLOADS_SABOTAGED

OPENAI = {
    "openai-files": (*UPLOADED, *READ, *LISTED),
    "openai-uploads": UPLOADS_SABOTAGED,
    "openai-creation": CREATION,
    "openai-refusals": (*TAKEN, *STRICT, *WORDS),
    "openai-entrance": (*DOOR, *LEAKS, *HEADERS, *NOT_THERE),
    "openai-jobs": (*WALKED, *CANCELLED, *FAILED, *HELD, *LISTED_JOBS),
    "openai-told": (*EVENTS_SABOTAGED, *CHECKPOINTS_SABOTAGED, *RESULTS),
    "openai-further": (*CHATS, *WEBHOOKS_SABOTAGED),
    "openai-models": (*MODELS_SABOTAGED, *PERMISSIONS_SABOTAGED, *GRADERS_SABOTAGED),
}
"""The sabotages by what they are of."""
