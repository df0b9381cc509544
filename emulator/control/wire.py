"""The JSON of the control API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A body whose misspelled members are refused by name."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


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


class Health(BaseModel):
    """That the server answers, and what it is."""

    status: Literal["ok"] = "ok"
    version: str
    dialects: list[str]


class Reset(BaseModel):
    """That a tenant's state is gone."""

    status: Literal["reset"] = "reset"
    tenant: str


class Problem(BaseModel):
    """What is wrong with a control call."""

    error: str
