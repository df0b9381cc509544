"""How this provider answers: JSON that is indented for people (observed), and lists whose unknown cursor is empty."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, WithJsonSchema
from starlette.responses import Response

LIMIT_MAX = 10_000

# The document tells no bounds.
Limit = Annotated[int, Query(ge=0, description="Entries of a page"), WithJsonSchema({"type": "integer"})]
After = Annotated[str | None, Query(description="The id of the last entry of the page before")]


def answer(body: BaseModel, *, sparse: bool = False) -> Response:
    """Return a JSON answer; a sparse one leaves out what was not set."""
    return Response(body.model_dump_json(indent=2, exclude_unset=sparse), media_type="application/json")


def ends(data: list[Any]) -> dict[str, str | None]:
    """Return the first and the last id of a page; null where it is empty (unverified)."""
    return {"first_id": data[0].id, "last_id": data[-1].id} if data else {"first_id": None, "last_id": None}
