"""The JSON of the control API."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from emulator.shorthand import unknown


class Strict(BaseModel):
    """What a control call takes; of a misspelled member it tells the nearest."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
    kind: ClassVar[str] = "member"

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        for name in given if isinstance(given, dict) else ():
            if name not in cls.model_fields:
                raise ValueError(unknown(cls.kind, str(name)[:100], cls.model_fields))
        return given


class ClockSettings(Strict):
    """What to set of a clock; what is left out stays. A new mode comes with its own rate."""

    mode: Literal["real", "manual", "poll"] | None = None
    rate: Annotated[float, Field(ge=0, le=1e9, description="Virtual seconds a host second")] | None = None
    now: AwareDatetime | None = Field(default=None, description="Never earlier than the clock's own now")


class Advance(Strict):
    """How far to move a clock."""

    seconds: float = Field(ge=0, le=1e11)


class ClockState(BaseModel):
    """A tenant's clock."""

    mode: Literal["real", "manual", "poll"]
    rate: float
    now: datetime


class Skipped(ClockState):
    """A tenant's clock after a skip; not ``moved`` where no job has anything to come."""

    moved: bool


class Place(BaseModel):
    """What clients of a provider are told of where they connect."""

    path: str = Field(description="What ends their base URL: below /<dialect>, and at the root for the one there")
    organization: bool = Field(description="Whether they are told the id of an organization as well")


class Health(BaseModel):
    """That the server answers, and what it is."""

    status: Literal["ok"] = "ok"
    version: str
    dialects: list[str]
    root: str = Field(description="The dialect that answers at the root as well")
    clients: dict[str, Place] = Field(description="What ends the base URLs of clients, by their dialect")


class Reset(BaseModel):
    """That a tenant's state is gone."""

    status: Literal["reset"] = "reset"
    tenant: str


class Problem(BaseModel):
    """What is wrong with a control call."""

    error: str
