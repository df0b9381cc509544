"""Emulators of Nscale with one behaviour broken each; ``changes`` has the further words, the others are groups."""

from tests.contract.sabotages.nscale.changed import CHANGED
from tests.contract.sabotages.nscale.creation import CREATED
from tests.contract.sabotages.nscale.datasets import DATASETS_SABOTAGED
from tests.contract.sabotages.nscale.downloads import DOWNLOADED
from tests.contract.sabotages.nscale.endings import CANCELLED, FAILED
from tests.contract.sabotages.nscale.entrance import DOOR, ENVELOPE, LEAKS, NOT_THERE
from tests.contract.sabotages.nscale.exports import EXPORTS_SABOTAGED
from tests.contract.sabotages.nscale.files import READ
from tests.contract.sabotages.nscale.jobs import LISTED_JOBS, WALKED
from tests.contract.sabotages.nscale.metrics import METRICS_SABOTAGED
from tests.contract.sabotages.nscale.models import MODELS_SABOTAGED
from tests.contract.sabotages.nscale.reckoning import DRY
from tests.contract.sabotages.nscale.refusals import TAKEN, WORDS
from tests.contract.sabotages.nscale.uploads import UPLOADED

NSCALE = {
    "nscale-entrance": (*DOOR, *LEAKS, *NOT_THERE, *ENVELOPE),
    "nscale-files": (*MODELS_SABOTAGED, *UPLOADED, *READ),
    "nscale-datasets": (*DATASETS_SABOTAGED, *CHANGED),
    "nscale-creation": (*CREATED, *DRY),
    "nscale-refusals": (*TAKEN, *WORDS),
    "nscale-jobs": (*WALKED, *LISTED_JOBS, *CANCELLED, *FAILED),
    "nscale-made": (*METRICS_SABOTAGED, *DOWNLOADED, *EXPORTS_SABOTAGED),
}
"""The sabotages by what they are of."""
