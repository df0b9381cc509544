"""OpenAI: ``https://api.openai.com``, whose files and fine-tuning API the others copy.

Known from its published OpenAPI document 2.3.0, its SDKs and their tests, and recorded traffic; where they disagree a
recording beats the document, but for what breaks the service's own SDK: the setting ``quirks`` decides there.

Not here: responses, batches, evals, assistants and the rest: ``routes.KNOWN`` lists what is answered 501 therefore.
"""

from typing import Any, get_args

from fastapi import FastAPI
from starlette.middleware import Middleware

from emulator.core.lint.advice import Advice
from emulator.core.world import World
from emulator.dialects.dialect import Dialect
from emulator.dialects.face import Authenticated, refusals, unbuilt
from emulator.dialects.faulty import Faulty
from emulator.dialects.openai import errors, orders, routes, training, translate, wire
from emulator.dialects.openai.headers import Stamped
from emulator.dialects.openai.names import SHAPES
from emulator.dialects.openai.routes import files, jobs, webhooks
from emulator.timeline.job import Status

BASE = "/v1"
SERVICE = "https://api.openai.com/v1"
SCHEMAS = (wire.CreateFileRequest, wire.AddUploadPartRequest, wire.ErrorResponse)
"""Schemas that no handler names."""
REFUSED: dict[int | str, dict[str, Any]] = {"4XX": {"model": wire.ErrorResponse, "description": "Refused"}}
"""What any call may answer; the published document tells of no refusals."""


class Face(FastAPI):
    """The provider's application, whose OpenAPI document bears the provider's own names and paths."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, its paths below the server's, as the provider writes them."""
        if not self.openapi_schema:
            document = super().openapi()
            document["servers"] = [*self.servers]
            document["paths"] = {path.removeprefix(BASE): each for path, each in document["paths"].items()}
            for schema in SCHEMAS:
                own = schema.model_json_schema(ref_template="#/components/schemas/{model}")
                document["components"]["schemas"] |= own.pop("$defs", {}) | {schema.__name__: own}
            document["components"]["securitySchemes"] = {"ApiKeyAuth": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"ApiKeyAuth": []}]
            self.openapi_schema = document
        return self.openapi_schema


def face(world: World | None) -> FastAPI:
    """Return the provider's application; without a world it can only describe itself."""
    app = Face(
        title="OpenAI API",
        version="2.3.0",
        middleware=_middleware(world) if world else [],
        redirect_slashes=False,
        # Of a server that runs, first itself: beside the document.
        servers=[{"url": "v1"}, {"url": SERVICE}] if world else [{"url": SERVICE}],
        root_path_in_servers=False,
    )
    for router in (*(module.router for module in routes.MODULES), unbuilt(routes.KNOWN)):
        app.include_router(router, responses=REFUSED)
    refusals(app, errors.refuse)
    errors.install(app)
    return app


def _middleware(world: World) -> list[Middleware]:
    return [
        Middleware(Stamped, world=world),
        Middleware(Authenticated, world=world, dialect=DIALECT),
        Middleware(Faulty, dialect=DIALECT),
    ]


ADVICE = Advice(
    operations=routes.OPERATIONS,
    poll_s=5,
    poll_source="documented: its SDK waits 5 s between looks at a file; of jobs nothing is said",
    terminal=frozenset(status for status in get_args(wire.JobStatus) if Status(status).terminal),
    reading=frozenset({Status.VALIDATING_FILES}),
    members={
        (): (*wire.CreateFineTuningJobRequest.model_fields,),
        ("hyperparameters",): (*wire.CreateFineTuningJobHyperparameters.model_fields,),
        ("method", "supervised", "hyperparameters"): (*wire.FineTuneSupervisedHyperparameters.model_fields,),
        ("method", "dpo", "hyperparameters"): (*wire.FineTuneDPOHyperparameters.model_fields,),
        ("method", "reinforcement", "hyperparameters"): (*wire.FineTuneReinforcementHyperparameters.model_fields,),
    },
    silent=frozenset(),
    page_sizes={"files.list": files.LIMIT, "jobs.list": jobs.LIMIT},
    oldest_first=frozenset(),
    last_words=frozenset({translate.COMPLETED}),
    secrets=frozenset({"integrations"}),
    results="Ask the tuned model, or fetch the table of steps that the job lists as its result file; a later program"
    " may do it.",
    deleted_in_use="observed: the provider lets the job fail",
    empty="documented: fine_tuned_model is null while the job is still running",
)
"""What it asks of its clients (documented, unless it says otherwise)."""

DIALECT = Dialect(
    name="openai",
    provider="openai",
    base_path="/openai",
    shapes=SHAPES,
    operations=routes.OPERATIONS,
    face=face,
    refuse=errors.refuse,
    fail=errors.fail,
    purposes=get_args(wire.FilePurpose),
    grammar=training.GRAMMAR,
    order=orders.order,
    show=translate.everything,
    unbuilt=routes.KNOWN,
    advice=ADVICE,
    hosts=("api.openai.com",),
    manner=webhooks.MANNER,
)
