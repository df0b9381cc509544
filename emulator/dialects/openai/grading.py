"""Between the provider's graders and the emulator's: what is asked of one, and how its grade is told."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from emulator.core.graders.grade import Failure, Grade, Kind
from emulator.core.graders.grader import Grader
from emulator.core.graders.judge import Message
from emulator.core.graders.label_model import LabelModel
from emulator.core.graders.multi import Multi
from emulator.core.graders.python import Python
from emulator.core.graders.score_model import ScoreModel
from emulator.core.graders.string_check import StringCheck
from emulator.core.graders.text_similarity import TextSimilarity
from emulator.dialects.openai.wire import graders as wire
from emulator.errors import Flaw, Invalid

FLAGS: Mapping[Kind, tuple[str, ...]] = {
    Kind.FORMULA: ("formula_parse_error",),
    Kind.SAMPLE: ("sample_parse_error", "sample_parse_error_details"),
    Kind.VARIABLE: ("invalid_variable_error", "invalid_variable_error_details"),
    Kind.CODE: ("python_grader_runtime_error", "python_grader_runtime_error_details"),
    Kind.REFUSAL: ("model_grader_refusal_error", "model_grader_refusal_error_details"),
    Kind.PARSE: ("model_grader_parse_error", "model_grader_parse_error_details"),
    Kind.SERVER: ("model_grader_server_error", "model_grader_server_error_details"),
    Kind.OTHER: ("other_error",),
}
"""The error that tells of a failure, and the member for its details; when the provider sets each is unverified."""

NOT_EXECUTED = {"python_grader_server_error": True, "python_grader_server_error_type": "not_executed"}
"""Said of code besides: that it did not run is no fault of its own. Only the other error has room for a sentence."""


def sound(told: wire.Grader, *place: str | int) -> Grader:
    """Return a grader that can be run; raise Invalid for what keeps it from that, at its ``place`` in the request."""
    grader = to_grader(told)
    _refuse(grader.flaws(), place)
    return grader


def check(told: wire.Grader, *place: str | int) -> None:
    """Raise Invalid where a grader cannot be run, or every run of it would fail (unverified)."""
    _refuse(sound(told, *place).dead_ends(), place)


def _refuse(flaws: Iterable[Flaw], place: tuple[str | int, ...]) -> None:
    if placed := [replace(flaw, loc=(*place, *flaw.loc)) for flaw in flaws]:
        raise Invalid(placed)


def to_grader(told: wire.Grader | wire.GraderPart) -> Grader:
    """Return a grader in the emulator's words."""
    match told:
        case wire.GraderStringCheck():
            return StringCheck(told.name, told.input, told.reference, told.operation)
        case wire.GraderTextSimilarity():
            return TextSimilarity(told.name, told.input, told.reference, told.evaluation_metric)
        case wire.GraderPython():
            return Python(told.name, told.source)
        case wire.GraderScoreModel():
            low, high = told.range or (0.0, 1.0)
            return ScoreModel(told.name, told.model, _messages(told.input), (low, high))
        case wire.GraderLabelModel():
            labels = (*told.labels,), (*told.passing_labels,)
            return LabelModel(told.name, told.model, _messages(told.input), *labels)
        case wire.GraderMulti():
            return _multi(told)


def _multi(told: wire.GraderMulti) -> Multi:
    """Return a multigrader; graders without keys go by their names and, as in the published example, by their types."""
    if isinstance(told.graders, dict):
        return Multi(told.name, {key: to_grader(part) for key, part in told.graders.items()}, told.calculate_output)
    listed = told.graders if isinstance(told.graders, list) else [told.graders]
    parts = {part.name: to_grader(part) for part in listed}
    aliases = {f"{part.type}_score": part.name for part in reversed(listed)}
    return Multi(told.name, parts, told.calculate_output, aliases)


def _messages(told: list[wire.EvalItem]) -> tuple[Message, ...]:
    return tuple(_message(item) for item in told)


def _message(item: wire.EvalItem) -> Message:
    texts: list[str] = []
    media: list[str] = []
    for block in item.content if isinstance(item.content, list) else [item.content]:
        match block:
            case str():
                texts.append(block)
            case wire.InputTextContent() | wire.EvalItemContentOutputText():
                texts.append(block.text)
            case wire.EvalItemInputImage():
                media.append(block.image_url)
            case wire.InputAudio():
                media.append(block.input_audio.data)
    return Message(item.role, tuple(texts), tuple(media))


def to_response(grader: Grader, grade: Grade) -> wire.RunGraderResponse:
    """Return a grade as the provider tells it; the model is named where there was one (unverified of several)."""
    usage = {
        model: wire.TokenUsage(
            prompt_tokens=used.prompt, total_tokens=used.prompt + used.completion, completion_tokens=used.completion
        )
        for model, used in grade.usage.items()
    }
    return wire.RunGraderResponse(
        reward=grade.reward,
        metadata=wire.RunGraderMetadata(
            name=grader.name,
            type=grader.kind,
            errors=_errors(grade.failures),
            execution_time=grade.duration_s,
            token_usage=sum(used.total_tokens for used in usage.values()) if usage else None,
            sampled_model_name=next(iter(usage)) if len(usage) == 1 else None,
        ),
        sub_rewards=dict(grade.parts),
        model_grader_token_usage_per_model=usage,
    )


def _errors(failures: tuple[Failure, ...]) -> wire.RunGraderErrors:
    """Return the errors of a grade; of two of one kind the first has the word."""
    return wire.RunGraderErrors.model_validate(
        {member: value for failure in reversed(failures) for member, value in _told(failure)}
    )


def _told(failure: Failure) -> Iterator[tuple[str, object]]:
    yield from zip(FLAGS[failure.kind], (True, failure.details), strict=False)
    if failure.kind is Kind.CODE:
        yield from NOT_EXECUTED.items()
