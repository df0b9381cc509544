"""The calls of Nebius: paths and status codes, in handlers of a few lines. One file a noun."""

from fastapi import APIRouter

from emulator.dialects.nebius.routes import files, jobs, models
from emulator.dialects.nebius.routes.jobs import fine_tuning
from emulator.operations import Operation

__all__ = ["KNOWN", "KNOWN_OF_STUDIO", "OPERATIONS", "files", "fine_tuning", "jobs", "models", "neighbours"]

neighbours = APIRouter()
"""What a client of fine-tuning touches besides jobs."""
neighbours.include_router(files.router)
neighbours.include_router(models.router)

OPERATIONS: tuple[Operation, ...] = (*files.OPERATIONS, *jobs.OPERATIONS, *models.OPERATIONS)
"""The calls by the names that faults and the journal use."""

KNOWN = (
    ("GET", "/v1/files/{file_id}/link"),
    ("POST", "/v1/files/model_archive"),
    ("POST", "/v0/models/upload"),
    ("GET", "/v0/dedicated_endpoints"),
    ("POST", "/v0/dedicated_endpoints"),
    ("GET", "/v0/dedicated_endpoints/templates"),
    ("PATCH", "/v0/dedicated_endpoints/{endpoint_id}"),
    ("DELETE", "/v0/dedicated_endpoints/{endpoint_id}"),
    ("POST", "/v1/datasets"),
    ("GET", "/v1/datasets"),
    ("POST", "/v1/datasets/uploads"),
    ("GET", "/v1/datasets/{dataset_id}"),
    ("GET", "/v1/datasets/{dataset_id}/export"),
    ("GET", "/v1/datasets/{dataset_id}/content"),
    ("POST", "/v1/operations"),
    ("GET", "/v1/operations"),
    ("GET", "/v1/operations/{operation_id}"),
    ("GET", "/v1/operations/{operation_id}/results"),
    ("POST", "/v1/batches"),
    ("GET", "/v1/batches"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/images/generations"),
)
"""What Token Factory has (documented or observed) and this emulator does not: answered 501, by name."""

KNOWN_OF_STUDIO = (
    ("POST", "/v0/models/upload"),
    ("POST", "/v1/batches"),
    ("GET", "/v1/batches"),
    ("GET", "/v1/batches/{batch_id}"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/images/generations"),
)
"""The same of AI Studio in 2025: archives (observed), batches and embeddings (documented), pictures (unverified).

Of the rest nothing is known before Token Factory: dedicated endpoints, Data Lab, links to files and archives at their
later path are a 404, as any call is that a provider does not have.
"""
