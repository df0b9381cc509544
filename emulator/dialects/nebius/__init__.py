"""Nebius Token Factory, formerly AI Studio: ``https://api.tokenfactory.nebius.com``.

Known from its published OpenAPI document (version 20260630), its guide, and recorded traffic of its own and others'
notebooks; where they disagree a recording beats the document and the document beats the guide.

Not here: dedicated endpoints, Data Lab, batches, embeddings and pictures. ``routes.KNOWN`` lists what is answered 501
for that reason.
"""

from typing import Any, get_args

from fastapi import FastAPI
from starlette.middleware import Middleware

from emulator.core.ids import Shapes, Uuid4, Uuid7
from emulator.core.lint.advice import Advice
from emulator.core.world import World
from emulator.dialects.dialect import Dialect
from emulator.dialects.face import Authenticated, refusals
from emulator.dialects.faulty import Faulty
from emulator.dialects.nebius import completions, custom_models, errors, routes, translate, wire
from emulator.dialects.nebius.names import Names
from emulator.dialects.nebius.training import GRAMMAR
from emulator.dialects.nebius.wire import openapi_names
from emulator.timeline.job import Kind, Status

DETAIL = {"type": "object", "title": "Detail", "required": ["detail"], "properties": {"detail": {"type": "string"}}}


class Face(FastAPI):
    """The provider's application, whose OpenAPI document bears the provider's own component names."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if not self.openapi_schema:
            document = openapi_names(super().openapi())
            document["components"]["schemas"]["Detail"] = DETAIL
            document["components"]["securitySchemes"] = {"HTTPBearer": {"type": "http", "scheme": "bearer"}}
            for operations in document["paths"].values():
                for operation in operations.values():
                    operation["security"] = [{"HTTPBearer": []}]
            self.openapi_schema = document
        return self.openapi_schema


def face(world: World | None) -> FastAPI:
    """Return the provider's application; without a world it can only describe itself."""
    middleware = (
        [Middleware(Authenticated, world=world, dialect=DIALECT), Middleware(Faulty, dialect=DIALECT)] if world else []
    )
    app = Face(
        title="Nebius OpenAI-compatible inference API",
        version="20260630-e4a4e27f2",
        middleware=middleware,
    )
    for router in (routes.fine_tuning, routes.unbuilt, routes.neighbours, custom_models.router, completions.router):
        app.include_router(router)
    refusals(app, errors.refuse)
    if world:
        errors.install(app, world.settings)
    return app


OPERATIONS = (*routes.OPERATIONS, *completions.OPERATIONS, *custom_models.OPERATIONS)
"""The calls by the names that faults and the journal use."""

ADVICE = Advice(
    operations=OPERATIONS,
    poll_s=15,
    poll_source="documented: the provider's guide asks for 15 s or more between polls",
    terminal=frozenset(status for status in get_args(wire.JobStatus) if Status(status).terminal),
    reading=frozenset({Status.VALIDATING_FILES}),
    members={
        (): (*wire.FineTuningRequest.model_fields,),
        ("hyperparameters",): (*wire.SupervisedHParameters.model_fields,),
        ("method", "supervised", "hyperparameters"): (*wire.SupervisedHParameters.model_fields,),
        ("method", "spec_draft", "hyperparameters"): (*wire.SpecDraftHParameters.model_fields,),
    },
    silent=frozenset(
        {
            ("hyperparameters",),
            ("method", "supervised", "hyperparameters"),
            ("method", "spec_draft", "hyperparameters"),
        }
    ),
    page_sizes={"files.list": routes.FILES_LIMIT},
    oldest_first=frozenset({"jobs.events", "jobs.checkpoints"}),
    last_words=frozenset({translate.MESSAGES[Kind.TRAINED][0]}),
    secrets=frozenset({"integrations", "from_checkpoint"}),
)
"""What it asks of its clients: documented, save that events and checkpoints run from the oldest on (observed)."""

# File ids are uuid7 since late 2025, job ids 32 hex digits, checkpoint and event ids uuid4 (observed).
DIALECT = Dialect(
    name="nebius",
    provider="nebius",
    base_path="/nebius",
    shapes=Shapes(
        file=Uuid7("file-"),
        job=Uuid4("ftjob-", dashes=False),
        event=Uuid4(""),
        checkpoint=Uuid4("ftckpt_"),
        model=Names(),
    ),
    operations=OPERATIONS,
    face=face,
    refuse=errors.refuse,
    fail=errors.fail,
    purposes=routes.PURPOSES,
    grammar=GRAMMAR,
    order=routes.order,
    show=translate.everything,
    unbuilt=routes.KNOWN,
    advice=ADVICE,
    hosts=("api.tokenfactory.nebius.com", "api.studio.nebius.com", "api.studio.nebius.ai"),
)
