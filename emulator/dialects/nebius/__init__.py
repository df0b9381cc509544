"""Nebius in two editions: Token Factory, ``https://api.tokenfactory.nebius.com``, and what was AI Studio in 2025.

Token Factory is known from its published OpenAPI document (version 20260630), its guide, and recorded traffic of its
own and others' notebooks; where they disagree a recording beats the document and the document beats the guide.

AI Studio is known from the pages of its API (``https://docs.studio.nebius.com``) and recordings of April to July 2025.
Where they tell of no difference it is as Token Factory (unverified). What differs: an order and a job have no
``method`` and no ``from_checkpoint`` and know one integration; hyperparameters are never null and stand in another
order; the list of jobs has no pages; ids of files are version 4 UUIDs; what came later is a 404.

Not here: dedicated endpoints, Data Lab, batches, embeddings and pictures. ``routes.KNOWN`` and ``KNOWN_OF_STUDIO`` list
what is answered 501 for that reason.
"""

from functools import partial
from typing import Any, get_args

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from emulator.core.ids import Shapes, Uuid4, Uuid7
from emulator.core.lint.advice import Advice
from emulator.core.world import World
from emulator.dialects.dialect import Dialect
from emulator.dialects.face import Authenticated, refusals, unbuilt
from emulator.dialects.faulty import Faulty
from emulator.dialects.nebius import completions, custom_models, errors, routes, translate, wire
from emulator.dialects.nebius.edition import Edition
from emulator.dialects.nebius.names import Names
from emulator.dialects.nebius.training import GRAMMAR
from emulator.dialects.nebius.wire import openapi_names, studio
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


def _dialect(edition: Edition) -> Dialect:
    """Return an edition of the service as a provider."""

    def face(world: World | None) -> FastAPI:
        """Return the provider's application; without a world it can only describe itself."""
        entrance = (
            [Middleware(Authenticated, world=world, dialect=made), Middleware(Faulty, dialect=made)] if world else []
        )
        app = Face(title=edition.title, version=edition.version, middleware=entrance)
        for router in _routers(edition):
            app.include_router(router)
        refusals(app, refuse)
        if world:
            errors.install(app, world.settings)
        return app

    refuse = partial(errors.refuse, service=edition.service)
    made = Dialect(
        name=edition.name,
        provider=edition.name,
        base_path=f"/{edition.name}",
        # Job ids are 32 hex digits (observed of both); checkpoint and event ids uuid4 (observed since late 2025).
        shapes=Shapes(
            file=edition.file,
            job=Uuid4("ftjob-", dashes=False),
            event=Uuid4(""),
            checkpoint=Uuid4("ftckpt_"),
            model=Names(),
        ),
        operations=OPERATIONS,
        face=face,
        refuse=refuse,
        fail=errors.fail,
        purposes=routes.files.PURPOSES,
        grammar=GRAMMAR,
        order=partial(routes.jobs.order, edition),
        show=partial(translate.everything, edition),
        unbuilt=edition.unbuilt,
        advice=_advice(edition),
        hosts=edition.hosts,
    )
    return made


def _routers(edition: Edition) -> tuple[APIRouter, ...]:
    # What is unbuilt comes before paths that take any name behind a slash.
    before = (routes.jobs.of(edition), routes.fine_tuning, unbuilt(edition.unbuilt))
    return (*before, routes.neighbours, custom_models.router, completions.router)


OPERATIONS = (*routes.OPERATIONS, *completions.OPERATIONS, *custom_models.OPERATIONS)
"""The calls by the names that faults and the journal use."""


def _advice(edition: Edition) -> Advice:
    """Return what an edition asks of its clients: documented, save that two lists run from the oldest on (observed)."""
    places = {(): edition.request, **edition.hyperparameters}
    return Advice(
        operations=OPERATIONS,
        poll_s=15,
        poll_source="documented: the provider's guide asks for 15 s or more between polls",
        terminal=frozenset(status for status in get_args(wire.JobStatus) if Status(status).terminal),
        reading=frozenset({Status.VALIDATING_FILES}),
        members={place: (*model.model_fields,) for place, model in places.items()},
        silent=frozenset(edition.hyperparameters),
        page_sizes={"files.list": routes.files.LIMIT},
        oldest_first=frozenset({"jobs.events", "jobs.checkpoints"}),
        last_words=frozenset({translate.MESSAGES[Kind.TRAINED][0]}),
        secrets=frozenset({"integrations", "from_checkpoint"}),
        empty="observed: fine_tuned_model is null even after success",
    )


TOKEN_FACTORY = Edition(
    name="nebius",
    service="Nebius Token Factory",
    title="Nebius OpenAI-compatible inference API",
    version="20260630-e4a4e27f2",
    request=wire.FineTuningRequest,
    hyperparameters={
        ("hyperparameters",): wire.SupervisedHParameters,
        ("method", "supervised", "hyperparameters"): wire.SupervisedHParameters,
        ("method", "spec_draft", "hyperparameters"): wire.SpecDraftHParameters,
    },
    job=wire.FineTuningJob,
    jobs=wire.FineTuningJobListResponse,
    pages=True,
    file=Uuid7("file-"),  # since late 2025 (observed)
    unbuilt=routes.KNOWN,
    hosts=("api.tokenfactory.nebius.com", "api.studio.nebius.com", "api.studio.nebius.ai"),
)

AI_STUDIO = Edition(
    name="nebius-studio",
    service="Nebius AI Studio",
    title="Nebius AI Studio API",
    version="2025",  # title and version are ours: its document is not known
    request=studio.FineTuningRequest,
    hyperparameters={("hyperparameters",): studio.HParameters},
    job=studio.FineTuningJob,
    jobs=studio.FineTuningJobListResponse,
    pages=False,
    file=Uuid4("file-"),  # April to July 2025 (observed)
    unbuilt=routes.KNOWN_OF_STUDIO,
    hosts=(),  # its hosts answer as Token Factory does (observed, 2026)
)

DIALECT = _dialect(TOKEN_FACTORY)
STUDIO = _dialect(AI_STUDIO)

face = DIALECT.face
"""Today's application."""
