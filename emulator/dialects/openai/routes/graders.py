"""The calls that try out graders: a check of one, and a run of one over a model's output.

Their paths and members are documented; so is that they answer at once and keep nothing.
"""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emulator.core.graders.grader import run
from emulator.core.graders.templates import scope_of
from emulator.dialects.openai import grading
from emulator.dialects.openai.routes.answer import answer
from emulator.dialects.openai.wire import graders as wire
from emulator.operations import Operation

RUN = "/v1/fine_tuning/alpha/graders/run"
VALIDATE = "/v1/fine_tuning/alpha/graders/validate"
PLACE = ("body", "grader")

OPERATIONS = (Operation("graders.run", "POST", RUN), Operation("graders.validate", "POST", VALIDATE))

router = APIRouter(tags=["Fine-tuning"])


@router.post(RUN, operation_id="runGrader", summary="Run a grader", response_model=wire.RunGraderResponse)
async def run_grader(body: wire.RunGraderRequest) -> Response:
    """Run a grader over a model's output and an item of a dataset."""
    return answer(await run_in_threadpool(_run, body))


@router.post(
    VALIDATE, operation_id="validateGrader", summary="Validate a grader", response_model=wire.ValidateGraderResponse
)
async def validate_grader(body: wire.ValidateGraderRequest) -> Response:
    """Check a grader."""
    await run_in_threadpool(grading.check, body.grader, *PLACE)
    return answer(wire.ValidateGraderResponse(grader=body.grader), sparse=True)


def _run(body: wire.RunGraderRequest) -> wire.RunGraderResponse:
    grader = grading.sound(body.grader, *PLACE)
    return grading.to_response(grader, run(grader, scope_of(body.model_sample, body.item or {})))
