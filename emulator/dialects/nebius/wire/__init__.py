"""The provider's JSON, spelled as the provider spells it: pydantic models under the provider's own schema names.

Those names show in the OpenAPI document and in the ``loc`` of union errors. Not here: what the JSON means
(``translate``) or when it is answered (``routes``).
"""

from collections.abc import Mapping
from typing import Any

from emulator.dialects.nebius.wire.complaints import masked, unencodable
from emulator.dialects.nebius.wire.integrations import (
    FTCheckpointParameters,
    HFCheckpointParametersRequest,
    HFCheckpointParametersResponse,
    HfExportConfigRequest,
    HfExportConfigResponse,
    HfExportIntegrationRequest,
    HfExportIntegrationResponse,
    IntegrationRequest,
    IntegrationResponse,
    MlflowConfigRequest,
    MlflowConfigResponse,
    MlflowIntegrationRequest,
    MlflowIntegrationResponse,
    WandbConfigRequest,
    WandbConfigResponse,
    WandbIntegrationRequest,
    WandbIntegrationResponse,
)
from emulator.dialects.nebius.wire.jobs import (
    Error,
    FineTuningJob,
    FineTuningJobCheckpoint,
    FineTuningJobEvent,
    FineTuningJobListResponse,
    FineTuningRequest,
    JobStatus,
    ListCheckpointsResponse,
    ListedFineTuningJobCheckpoint,
    ListEventsResponse,
    Metrics,
)
from emulator.dialects.nebius.wire.methods import (
    Method,
    SpecDraftConfig,
    SpecDraftHParameters,
    SpecDraftLossParams,
    SpecDraftMethodConfig,
    SupervisedConfig,
    SupervisedHParameters,
    SupervisedMethodConfig,
)
from emulator.dialects.nebius.wire.neighbours import (
    FileDeletedResponse,
    FileListResponse,
    Model,
    ModelListResponse,
    OpenAIFile,
    RichModel,
    RichModelListResponse,
)

__all__ = [
    "RENAMED",
    "Error",
    "FTCheckpointParameters",
    "FileDeletedResponse",
    "FileListResponse",
    "FineTuningJob",
    "FineTuningJobCheckpoint",
    "FineTuningJobEvent",
    "FineTuningJobListResponse",
    "FineTuningRequest",
    "HFCheckpointParametersRequest",
    "HFCheckpointParametersResponse",
    "HfExportConfigRequest",
    "HfExportConfigResponse",
    "HfExportIntegrationRequest",
    "HfExportIntegrationResponse",
    "IntegrationRequest",
    "IntegrationResponse",
    "JobStatus",
    "ListCheckpointsResponse",
    "ListEventsResponse",
    "ListedFineTuningJobCheckpoint",
    "Method",
    "Metrics",
    "MlflowConfigRequest",
    "MlflowConfigResponse",
    "MlflowIntegrationRequest",
    "MlflowIntegrationResponse",
    "Model",
    "ModelListResponse",
    "OpenAIFile",
    "RichModel",
    "RichModelListResponse",
    "SpecDraftConfig",
    "SpecDraftHParameters",
    "SpecDraftLossParams",
    "SpecDraftMethodConfig",
    "SupervisedConfig",
    "SupervisedHParameters",
    "SupervisedMethodConfig",
    "WandbConfigRequest",
    "WandbConfigResponse",
    "WandbIntegrationRequest",
    "WandbIntegrationResponse",
    "masked",
    "openapi_names",
    "unencodable",
]

RENAMED: Mapping[str, str] = {
    "FineTuningJobCheckpoint": (
        "openai__types__fine_tuning__jobs__fine_tuning_job_checkpoint__FineTuningJobCheckpoint"
    ),
    "ListedFineTuningJobCheckpoint": "app__models__fine_tuning__FineTuningJobCheckpoint",
    "HFCheckpointParametersRequest": "HFCheckpointParametersRequest-Input",
}
"""Component names as FastAPI generates them here, and as the provider's document has them."""

_SCHEMAS = "#/components/schemas/"


def openapi_names(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of an OpenAPI document with the provider's component names, references rewritten."""
    renamed: dict[str, Any] = _with_references_renamed(document)
    if schemas := renamed.get("components", {}).get("schemas"):
        named = {RENAMED.get(name, name): schema for name, schema in schemas.items()}
        renamed["components"]["schemas"] = dict(sorted(named.items()))
    return renamed


def _with_references_renamed(node: Any) -> Any:
    """Return a copy of a JSON value in which every text that refers to a renamed component follows it."""
    match node:
        case dict():
            return {key: _with_references_renamed(value) for key, value in node.items()}
        case list():
            return [_with_references_renamed(value) for value in node]
        case str() if node.startswith(_SCHEMAS):
            name = node.removeprefix(_SCHEMAS)
            return _SCHEMAS + RENAMED.get(name, name)
        case _:
            return node
