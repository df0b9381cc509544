"""What all wire models of this provider share: how they validate.

Not here: any field of the provider.
"""

from pydantic import BaseModel, ConfigDict


class WireModel(BaseModel):
    """A JSON object of the provider; unknown members are dropped, as pydantic does unless told otherwise.

    Numbers are coerced leniently (``"8"`` and ``8.0`` are the integer 8), because the service is a FastAPI application
    with pydantic 2's defaults (observed: its 422 bodies). NaN and infinity are refused: Python's JSON parser lets them
    in, and no answer could carry them (unverified of the service).
    """

    # Recorded traffic and logs must not repeat a secret because something beside it was wrong: printed errors show
    # no input. (``errors()`` still does; see complaints.masked.)
    model_config = ConfigDict(allow_inf_nan=False, hide_input_in_errors=True)


class OpenModel(WireModel):
    """A JSON object published with ``additionalProperties: true``: unknown members are kept as they came.

    What is kept was checked by nobody: it may hold NaN, lone surrogates or a secret under any name.
    """

    model_config = ConfigDict(extra="allow")
