"""The provider's JSON, spelled as the provider spells it: pydantic models under the provider's own schema names.

Those names show in the OpenAPI document. Beside what is collected here: ``graders``, ``webhooks`` and ``completions``,
which only their own calls need. Not here: what the JSON means (``translate``) or when it is answered (``routes``).
"""

from emulator.dialects.openai.wire.complaints import (
    complaint,
    job_complaint,
)
from emulator.dialects.openai.wire.errors import (
    Detail,
    Error,
    ErrorResponse,
)
from emulator.dialects.openai.wire.files import (
    CreateFileRequest,
    DeleteFileResponse,
    FileExpirationAfter,
    FilePurpose,
    ListFilesResponse,
    OpenAIFile,
)
from emulator.dialects.openai.wire.jobs import (
    INTEGRATIONS_MAX,
    CreateFineTuningJobHyperparameters,
    CreateFineTuningJobIntegration,
    CreateFineTuningJobRequest,
    FineTuningIntegration,
    FineTuningJob,
    FineTuningJobCheckpoint,
    FineTuningJobCheckpointMetrics,
    FineTuningJobError,
    FineTuningJobEvent,
    FineTuningJobHyperparameters,
    JobStatus,
    ListFineTuningJobCheckpointsResponse,
    ListFineTuningJobEventsResponse,
    ListPaginatedFineTuningJobsResponse,
    Metadata,
    WandbRun,
    WandbSettings,
)
from emulator.dialects.openai.wire.methods import (
    FineTuneDPOHyperparameters,
    FineTuneDPOMethod,
    FineTuneMethod,
    FineTuneReinforcementHyperparameters,
    FineTuneReinforcementMethod,
    FineTuneSupervisedHyperparameters,
    FineTuneSupervisedMethod,
)
from emulator.dialects.openai.wire.model import (
    EmptyObject,
    WireModel,
)
from emulator.dialects.openai.wire.models import (
    DeleteModelResponse,
    ListModelsResponse,
    Model,
)
from emulator.dialects.openai.wire.permissions import (
    CreateFineTuningCheckpointPermissionRequest,
    DeleteFineTuningCheckpointPermissionResponse,
    FineTuningCheckpointPermission,
    ListFineTuningCheckpointPermissionResponse,
)
from emulator.dialects.openai.wire.uploads import (
    UPLOAD_BYTES_MAX,
    AddUploadPartRequest,
    CompleteUploadRequest,
    CreateUploadRequest,
    Upload,
    UploadPart,
)

__all__ = [
    "INTEGRATIONS_MAX",
    "UPLOAD_BYTES_MAX",
    "AddUploadPartRequest",
    "CompleteUploadRequest",
    "CreateFileRequest",
    "CreateFineTuningCheckpointPermissionRequest",
    "CreateFineTuningJobHyperparameters",
    "CreateFineTuningJobIntegration",
    "CreateFineTuningJobRequest",
    "CreateUploadRequest",
    "DeleteFileResponse",
    "DeleteFineTuningCheckpointPermissionResponse",
    "DeleteModelResponse",
    "Detail",
    "EmptyObject",
    "Error",
    "ErrorResponse",
    "FileExpirationAfter",
    "FilePurpose",
    "FineTuneDPOHyperparameters",
    "FineTuneDPOMethod",
    "FineTuneMethod",
    "FineTuneReinforcementHyperparameters",
    "FineTuneReinforcementMethod",
    "FineTuneSupervisedHyperparameters",
    "FineTuneSupervisedMethod",
    "FineTuningCheckpointPermission",
    "FineTuningIntegration",
    "FineTuningJob",
    "FineTuningJobCheckpoint",
    "FineTuningJobCheckpointMetrics",
    "FineTuningJobError",
    "FineTuningJobEvent",
    "FineTuningJobHyperparameters",
    "JobStatus",
    "ListFilesResponse",
    "ListFineTuningCheckpointPermissionResponse",
    "ListFineTuningJobCheckpointsResponse",
    "ListFineTuningJobEventsResponse",
    "ListModelsResponse",
    "ListPaginatedFineTuningJobsResponse",
    "Metadata",
    "Model",
    "OpenAIFile",
    "Upload",
    "UploadPart",
    "WandbRun",
    "WandbSettings",
    "WireModel",
    "complaint",
    "job_complaint",
]
