"""Where a job reports to or exports to, and which checkpoint it starts from: as asked, and as answered.

An answer is the request without its secrets. All names are those of the published OpenAPI document, version 20260630
(documented). Its unions carry no discriminator and the ``type`` of some members is any string, so a member is chosen by
the keys that are present; a wrong ``type`` is no error there.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, WithJsonSchema

from emulator.dialects.nebius.wire.model import WireModel
from emulator.redaction import without_login

# The document shows this one as a plain string; it is a private certificate all the same.
PlainSecret = Annotated[SecretStr, WithJsonSchema({"type": "string"})]


class WandbConfigResponse(WireModel):
    """The Weights & Biases run a job reports to."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: list[str] = Field(default_factory=list)


class WandbConfigRequest(WandbConfigResponse):
    """The same with the key to it."""

    api_key: SecretStr


class WandbIntegrationRequest(WireModel):
    """Weights & Biases, as asked."""

    type: str | Literal["wandb"] = "wandb"  # noqa: PYI051 - the document shows both
    wandb: WandbConfigRequest


class WandbIntegrationResponse(WireModel):
    """Weights & Biases, as answered."""

    type: str | Literal["wandb"] = "wandb"  # noqa: PYI051 - the document shows both
    wandb: WandbConfigResponse


class MlflowConfigResponse(WireModel):
    """The MLflow experiment a job reports to."""

    tracking_uri: Annotated[str, AfterValidator(without_login)]
    experiment_name: str | None
    run_name: str | None
    tags: dict[str, str] = Field(default_factory=dict)


class MlflowConfigRequest(MlflowConfigResponse):
    """The same with the credentials for it."""

    certificate_file: PlainSecret
    certificate_file_id: str | None = None
    username: str
    password: SecretStr


class MlflowIntegrationRequest(WireModel):
    """MLflow, as asked."""

    type: Literal["mlflow"] = "mlflow"
    mlflow: MlflowConfigRequest


class MlflowIntegrationResponse(WireModel):
    """MLflow, as answered."""

    type: Literal["mlflow"] = "mlflow"
    mlflow: MlflowConfigResponse


class HfExportConfigResponse(WireModel):
    """The Hugging Face repository a job exports to."""

    output_repo_name: str


class HfExportConfigRequest(HfExportConfigResponse):
    """The same with the token for it."""

    api_token: SecretStr


class HfExportIntegrationRequest(WireModel):
    """Export to Hugging Face, as asked."""

    type: str | Literal["hf"] = "hf"  # noqa: PYI051 - the document shows both
    hf: HfExportConfigRequest


class HfExportIntegrationResponse(WireModel):
    """Export to Hugging Face, as answered."""

    type: str | Literal["hf"] = "hf"  # noqa: PYI051 - the document shows both
    hf: HfExportConfigResponse


class HFCheckpointParametersResponse(WireModel):
    """A checkpoint in a Hugging Face repository, as answered."""

    type: str | Literal["hf"] = "hf"  # noqa: PYI051 - the document shows both
    repo: str
    revision: str | None = None


class HFCheckpointParametersRequest(HFCheckpointParametersResponse):
    """A checkpoint in a Hugging Face repository, as asked."""

    token: SecretStr | None = None


class FTCheckpointParameters(WireModel):
    """A checkpoint of an earlier job; the document gives it no id and no required member.

    So any object that is no valid ``HFCheckpointParametersRequest`` and has a string for ``type`` (or none) is this.
    """

    type: str | Literal["ft"] = "ft"  # noqa: PYI051 - the document shows both


IntegrationRequest = WandbIntegrationRequest | MlflowIntegrationRequest | HfExportIntegrationRequest
IntegrationResponse = WandbIntegrationResponse | MlflowIntegrationResponse | HfExportIntegrationResponse
