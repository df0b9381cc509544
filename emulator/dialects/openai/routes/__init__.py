"""The calls of OpenAI: paths and status codes, in handlers of a few lines. One file a noun."""

from emulator.dialects.openai.routes import (
    checkpoints,
    completions,
    files,
    graders,
    jobs,
    models,
    uploads,
    webhooks,
)
from emulator.operations import Operation

MODULES = (files, uploads, jobs, checkpoints, graders, models, webhooks, completions)

OPERATIONS: tuple[Operation, ...] = tuple(operation for module in MODULES for operation in module.OPERATIONS)
"""The calls by the names that faults and the journal use."""

KNOWN = (
    ("POST", "/v1/responses"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/moderations"),
    ("POST", "/v1/batches"),
    ("GET", "/v1/batches"),
    ("GET", "/v1/batches/{batch_id}"),
    ("POST", "/v1/batches/{batch_id}/cancel"),
    ("POST", "/v1/evals"),
    ("GET", "/v1/evals"),
    ("POST", "/v1/images/generations"),
    ("POST", "/v1/audio/speech"),
    ("POST", "/v1/audio/transcriptions"),
    ("POST", "/v1/assistants"),
    ("GET", "/v1/assistants"),
    ("POST", "/v1/threads"),
    ("POST", "/v1/vector_stores"),
    ("GET", "/v1/vector_stores"),
)
"""What the provider has (documented) and this emulator does not: answered 501, by name."""
