"""What all wire models of this provider share: how they validate, and how their published schemas are spelled.

Not here: any object of the provider.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError


def _not_a_truth_value(value: Any) -> Any:
    """Return a value that is no boolean: JSON's true is not the number 1, though Python's is."""
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


def _is_absent(value: Any) -> bool:
    return value is None


def _as_published(schema: dict[str, Any]) -> None:
    """Take back what a schema says of further members: the document leaves it open."""
    schema.pop("additionalProperties", None)


UnixSeconds = Annotated[int, WithJsonSchema({"type": "integer", "format": "unixtime"})]
"""An instant in seconds since 1970."""

NUMERIC = BeforeValidator(_not_a_truth_value)
"""Beside a number's type, behind its bounds: no boolean. It may be a string, ``"2"``, as one client library sends it
(unverified of the service)."""

LEFT_OUT = Field(exclude_if=_is_absent)
"""Beside a type: the member is not answered where it is None."""


class _NullUntold:
    """What takes null out of a published schema; ``SkipJsonSchema[None]`` would give every error two places."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        told = handler(schema)
        kept = [one for one in told.pop("anyOf", ()) if one.get("type") != "null"]
        return {**told, **kept[0]} if len(kept) == 1 else {**told, "anyOf": kept}


NULL_UNTOLD = _NullUntold()
"""Beside a type that may be None although the document does not say so."""


class WireModel(BaseModel):
    """A JSON object of the provider; unknown members are dropped (unverified).

    NaN and infinity are refused: Python's JSON parser lets them in, and no answer could carry them.
    """

    # A printed error must not repeat a secret because something beside it was wrong; ``errors()`` still does.
    model_config = ConfigDict(allow_inf_nan=False, hide_input_in_errors=True)


class ClosedModel(WireModel):
    """A JSON object published with ``additionalProperties: false``: an unknown member is refused."""

    model_config = ConfigDict(extra="forbid")


class ExactModel(WireModel):
    """A JSON object that refuses unknown members although the document does not say so (observed)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_as_published)


class EmptyObject(WireModel):
    """``{}``."""

    model_config = ConfigDict(extra="forbid")
