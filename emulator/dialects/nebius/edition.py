"""The same company in two years: what one edition of its service has of its own.

Not here: what both have in common, which is everything else, nor what an edition's calls do (``routes.jobs``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from emulator.core.ids import Shape
from emulator.dialects.nebius import wire
from emulator.dialects.nebius.wire import studio

Asked = wire.FineTuningRequest | studio.FineTuningRequest
Job = wire.FineTuningJob | studio.FineTuningJob
JobList = wire.FineTuningJobListResponse | studio.FineTuningJobListResponse


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition. ``name`` is the dialect's, whose state is its own: ids of the two differ."""

    name: str
    service: str
    """What the service was called."""
    title: str
    version: str
    """Title and version of its OpenAPI document."""
    request: type[Asked]
    hyperparameters: Mapping[tuple[str, ...], type[BaseModel]]
    """What is taken of hyperparameters, by their places in a request."""
    job: type[Job]
    jobs: type[JobList]
    pages: bool
    """Whether the list of jobs comes in pages: by ``limit`` and ``after``."""
    file: Shape
    """How the ids of files are written."""
    unbuilt: tuple[tuple[str, str], ...]
    """Methods and paths that it has and that are answered 501."""
    hosts: tuple[str, ...] = ()
    """Where it answers."""
