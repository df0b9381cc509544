"""What recordings have and the published schema forbids, taken out of an answer before it is measured by the schema.

The service's own SDK, told to be strict, refuses the first two (measured); each has a test of its own.
"""

from collections.abc import Mapping
from typing import Any

from contract_tests.harness.answers import Obj
from contract_tests.openai.provider import PAUSED

NULL_FORBIDDEN = ("expires_at", "status_details", "file")
"""Members of files and uploads that are null where nothing is to be told (observed), and may only be absent."""


def job(told: Obj) -> Mapping[str, Any]:
    """Return a job without: ``{}`` for no error, ``paused``, null for the hyperparameters of a preference job."""
    error = told["error"] or None
    status = "running" if told["status"] == PAUSED else told["status"]
    return {**told, "error": error, "status": status, "hyperparameters": told["hyperparameters"] or {}}


def file(told: Obj) -> Mapping[str, Any]:
    """Return a file or an upload without its nulls; the file in an upload as well."""
    kept = {name: value for name, value in told.items() if not (name in NULL_FORBIDDEN and value is None)}
    within = kept.get("file")
    return {**kept, "file": file(within)} if isinstance(within, Obj) else kept


def files(told: Obj) -> Mapping[str, Any]:
    """Return a list of files without their nulls."""
    return {**told, "data": [file(each) for each in told["data"]]}


def jobs(told: Obj) -> Mapping[str, Any]:
    """Return a list of jobs as ``job`` returns them."""
    return {**told, "data": [job(each) for each in told["data"]]}


def grader(told: Obj) -> Mapping[str, Any]:
    """Return a grader; of several with a formula one is left, as the schema has it: the guide names many."""
    several = told.get("graders")
    return {**told, "graders": next(iter(several.values()))} if isinstance(several, Obj) else told


def events(told: Obj) -> Mapping[str, Any]:
    """Return a list of events without the null that the start has for its data (observed)."""
    rows = [{name: value for name, value in each.items() if value is not None} for each in told["data"]]
    return {**told, "data": rows}
