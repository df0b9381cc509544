"""Nscale: ``https://fine-tuning.api.nscale.com``, whose fine-tuning service has been offline since 20 May 2026.

Known from its guide, six pages of its API reference, its own demo client and that client's reports of the real
service; nothing can be observed any more. Where its material contradicts itself, the place says what is done.

Not here: its inference service, which never served tuned models, and its identity service, which makes tokens.
"""

from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from emulator.core.ids import Shapes, Uuid4
from emulator.core.jobs import Seen
from emulator.core.lint.advice import Advice, Form
from emulator.core.world import Caller, World
from emulator.dialects.dialect import Dialect
from emulator.dialects.face import Authenticated, refusals
from emulator.dialects.faulty import Faulty
from emulator.dialects.nscale import errors, metrics, orders, routes, translate, wire
from emulator.dialects.nscale.entrance import API, enter
from emulator.dialects.nscale.names import Nameless
from emulator.dialects.nscale.routes import datasets, files
from emulator.dialects.nscale.routes.answer import LIMIT
from emulator.timeline import history
from emulator.tokens import service_token

TERMINAL = frozenset({"completed", "failed", "cancelled"})


OWN = frozenset({"HTTPValidationError", "ValidationError"})
"""What FastAPI describes by itself and this provider never answers: its 422."""


class Face(FastAPI):
    """The provider's application, whose OpenAPI document tells of its own refusals only."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if not self.openapi_schema:
            document = super().openapi()
            for operation in (each for path in document["paths"].values() for each in path.values()):
                operation["responses"].pop("422", None)
            schemas = document["components"]["schemas"]
            document["components"]["schemas"] = {name: schema for name, schema in schemas.items() if name not in OWN}
            document["components"]["securitySchemes"] = {"Bearer": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"Bearer": []}]
            self.openapi_schema = document
        return self.openapi_schema


def face(world: World | None) -> FastAPI:
    """Return the provider's application; without a world it can only describe itself."""
    middleware = (
        [Middleware(Authenticated, world=world, dialect=DIALECT), Middleware(Faulty, dialect=DIALECT)] if world else []
    )
    app = Face(
        title="Nscale fine-tuning API",
        description="Made by the emulator: the provider has published no document of this API.",
        version="1",
        middleware=middleware,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    for module in routes.MODULES:
        app.include_router(module.router)
    refusals(app, errors.refuse)
    errors.install(app)
    return app


def show(_: Caller, seen: Seen) -> object:
    """Show a job as its answers do, with all that it measured; raise whatever reading it raises."""
    measured = metrics.to_metrics(seen), metrics.to_list(seen), metrics.best_step(seen)
    return translate.to_job(seen), *measured, history.checkpoints(seen.view)


ADVICE = Advice(
    operations=routes.OPERATIONS,
    poll_s=30,
    poll_source="documented: the provider's own client waits 30 s between looks",
    terminal=TERMINAL,
    reading=frozenset({"queued"}),
    members={
        (): (*wire.CreateJobRequest.model_fields,),
        ("dataset",): (*wire.JobDataset.model_fields,),
        ("hyperparameters",): (*wire.Hyperparameters.model_fields,),
        ("hyperparameters", "lora"): (*wire.Lora.model_fields,),
    },
    silent=frozenset({(), ("dataset",), ("hyperparameters",), ("hyperparameters", "lora")}),
    page_sizes=dict.fromkeys(("files.list", "datasets.list", "jobs.list"), LIMIT),
    oldest_first=frozenset(),
    last_words=frozenset(),
    secrets=frozenset(),
    results="Download the model's archive, or push it to Hugging Face; a later program may do it.",
    page_source="unverified: how many entries a list has that is asked for without a limit",
    onwards="Ask with a higher `limit=`: the lists are not known to have a next page.",
    unknown="unverified: nothing is known of members that the provider does not know; this emulator drops them",
    form=Form(
        base=API,
        within={"jobs.create": "job"},
        inputs=(("dataset", "id"),),
        sets=tuple(name for name in datasets.MEMBERS if name != "name"),
        ids={
            "jobs.create": (("base_model_id",), ("dataset", "id")),
            **dict.fromkeys(("datasets.create", "datasets.update"), (("training_file_id",), ("validation_file_id",))),
        },
        filename="name",
        more="limit",
        succeeded="completed",
        fetches=frozenset({"jobs.download", "jobs.content", "exports.create"}),
    ),
)
"""What it asks of its clients (documented, unless it says otherwise)."""

DIALECT = Dialect(
    name="nscale",
    provider="nscale",
    base_path="/nscale",
    # All ids are UUIDs of version 4, without a prefix (observed).
    shapes=Shapes(
        file=Uuid4(""),
        job=Uuid4(""),
        event=Uuid4(""),
        checkpoint=Uuid4(""),
        model=Nameless(),
        pair=Uuid4(""),
        push=Uuid4(""),
    ),
    operations=routes.OPERATIONS,
    face=face,
    refuse=errors.refuse,
    fail=errors.fail,
    purposes=(files.PURPOSE,),
    grammar=files.GRAMMAR,
    order=orders.order,
    show=show,
    advice=ADVICE,
    enter=enter,
    client_path="/api/v1",
    has_organizations=True,
    any_key=service_token(),
    hosts=("fine-tuning.api.nscale.com",),
)
