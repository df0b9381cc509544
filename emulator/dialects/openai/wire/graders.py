"""Graders and what they answer, as the provider spells them.

Names, members and which are required are those of the published OpenAPI document (documented), with these differences,
which the emulator's own document leaves out as well, for nobody is told of them:
``pass_threshold`` is of the guide (documented); a grader may come without a name and then gets one, ``grader-`` and
twelve letters or digits (observed of a python grader, whose name is another each time; here it is a function of the
grader); the ``graders`` of a multigrader are an object of named graders (the guide), an array (the document's example)
or one grader (the document's schema); an answer's errors have ten more members than the document's fourteen (observed,
2025). ``token_usage`` is an integer, as in the schema and the SDK; in the document's example it is an object.
"""

import hashlib
import string
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, GetJsonSchemaHandler, Tag, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue, SkipJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError

from emulator.dialects.openai.wire.model import NULL_UNTOLD, WireModel

LETTERS = string.ascii_letters + string.digits
NAME_LETTERS = 12


def _encodable(text: str) -> str:
    """Return a text that UTF-8 can carry: JSON can spell half of a surrogate pair, and no answer could repeat it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticKnownError("string_unicode") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]
"""A text that an answer may repeat."""

FlagUntold = SkipJsonSchema[bool]
TextUntold = SkipJsonSchema[str | None]
"""Types of members that the document does not have."""
Anything = WithJsonSchema({"type": "object", "additionalProperties": True})
"""Beside a type of which the document says only that it is an object."""


class _OneOfThese:
    """What publishes a choice of named schemas as the document does, without saying which member tells them apart."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"oneOf": _named_in(handler(schema))}


class _Content:
    """What publishes a message's content as the document does: an item, or an array of items."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        item = {"oneOf": [{"type": "string"}, *_named_in(handler(schema))]}
        return {"oneOf": [item, {"type": "array", "items": item}]}


def _named_in(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the references of the one choice between references that is among a schema's alternatives, or is it."""
    choices = (told, *told.get("oneOf", ()), *told.get("anyOf", ()))
    return next(one["oneOf"] for one in choices if all("$ref" in each for each in one.get("oneOf", [{}])))


class PromptCacheBreakpointConfig(WireModel):
    """Where a prompt that is used again ends; nothing is cached here."""

    mode: Literal["explicit"]


class InputTextContent(WireModel):
    """A text for the grading model."""

    type: Literal["input_text"]
    text: Text
    prompt_cache_breakpoint: Annotated[PromptCacheBreakpointConfig | None, NULL_UNTOLD] = None


class EvalItemContentOutputText(WireModel):
    """A text that a model put out."""

    type: Literal["output_text"]
    text: Text


class EvalItemInputImage(WireModel):
    """An image for the grading model."""

    type: Literal["input_image"]
    image_url: Annotated[Text, Field(json_schema_extra={"format": "uri"})]
    file_id: SkipJsonSchema[Text | None] = None
    detail: Annotated[Text | None, NULL_UNTOLD] = None


class AudioData(WireModel):
    """Base64 and its format."""

    data: Text
    format: Literal["mp3", "wav"]


class InputAudio(WireModel):
    """Audio for the grading model."""

    type: Literal["input_audio"]
    input_audio: AudioData


Block = Annotated[
    InputTextContent | EvalItemContentOutputText | EvalItemInputImage | InputAudio, Field(discriminator="type")
]
EvalItemContent = Annotated[Text | Block | list[Text | Block], _Content()]


class EvalItem(WireModel):
    """One message to the grading model."""

    role: Literal["user", "assistant", "system", "developer"]
    content: EvalItemContent
    type: Literal["message"] = "message"


def _as_published(schema: dict[str, Any]) -> None:
    """Ask for a name, as the document does: a grader without one is for who knows that it gets one."""
    schema["required"] = [*schema["required"], "name"]
    schema["properties"]["name"].pop("default")


class NamedModel(WireModel):
    """A grader; what has no name of its own is given one."""

    model_config = ConfigDict(json_schema_extra=_as_published)


class GraderStringCheck(NamedModel):
    """Two texts that are compared."""

    type: Literal["string_check"]
    name: Text = ""
    input: Text
    reference: Text
    operation: Literal["eq", "ne", "like", "ilike"]


class GraderTextSimilarity(NamedModel):
    """Two texts, and how it is measured how alike they are."""

    type: Literal["text_similarity"]
    name: Text = ""
    input: Text
    reference: Text
    evaluation_metric: Literal[
        "cosine",
        "fuzzy_match",
        "bleu",
        "gleu",
        "meteor",
        "rouge_1",
        "rouge_2",
        "rouge_3",
        "rouge_4",
        "rouge_5",
        "rouge_l",
    ]
    pass_threshold: SkipJsonSchema[float | None] = None


class GraderPython(NamedModel):
    """A program."""

    type: Literal["python"]
    source: Text
    image_tag: Annotated[Text | None, NULL_UNTOLD] = None
    name: Text = ""


class SamplingParams(WireModel):
    """How the grading model is sampled."""

    seed: int | None = None
    top_p: float | None = Field(default=None, json_schema_extra={"default": 1})
    temperature: float | None = None
    max_completions_tokens: int | None = Field(default=None, ge=1)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = Field(
        default=None, json_schema_extra={"default": "medium"}
    )


class GraderScoreModel(NamedModel):
    """A model that is asked for a number."""

    type: Literal["score_model"]
    name: Text = ""
    model: Text
    input: list[EvalItem]
    range: Annotated[list[float] | None, NULL_UNTOLD] = Field(default=None, min_length=2, max_length=2)
    sampling_params: Annotated[SamplingParams | None, NULL_UNTOLD] = None
    pass_threshold: SkipJsonSchema[float | None] = None


class GraderLabelModel(NamedModel):
    """A model that is asked for a label; it may only be a part of a multigrader."""

    type: Literal["label_model"]
    name: Text = ""
    model: Text
    input: list[EvalItem]
    labels: list[Text]
    passing_labels: list[Text]


AnyGrader = TypeVar("AnyGrader", bound=WireModel)


def _named(grader: AnyGrader) -> AnyGrader:
    """Give a grader that came without a name one of its own."""
    if "name" not in grader.model_fields_set:
        digest = hashlib.sha256(grader.model_dump_json().encode()).digest()
        made = "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:NAME_LETTERS])
        return grader.model_copy(update={"name": f"grader-{made}"})
    return grader


GraderPart = Annotated[
    GraderStringCheck | GraderTextSimilarity | GraderPython | GraderScoreModel | GraderLabelModel,
    Field(discriminator="type"),
    AfterValidator(_named),
]


def _form(graders: Any) -> str:
    """Say in which form a multigrader's graders came."""
    if isinstance(graders, list):
        return "array"
    kind = graders.get("type") if isinstance(graders, dict) else getattr(graders, "type", None)
    return "grader" if isinstance(kind, str) else "object"


def _of_different_names(graders: list[Any]) -> list[Any]:
    """Return graders that a formula can tell apart."""
    if len({grader.name for grader in graders}) < len(graders):
        raise PydanticCustomError("value_error", "The graders of a multigrader must have different names")
    return graders


class GraderMulti(NamedModel):
    """Several graders, and a formula over their rewards."""

    type: Literal["multi"]
    name: Text = ""
    graders: Annotated[
        Annotated[dict[Text, GraderPart], Tag("object")]
        | Annotated[list[GraderPart], AfterValidator(_of_different_names), Tag("array")]
        | Annotated[GraderPart, Tag("grader")],
        Discriminator(_form),
        _OneOfThese(),
    ]
    calculate_output: Text


Grader = Annotated[
    GraderStringCheck | GraderTextSimilarity | GraderPython | GraderScoreModel | GraderMulti,
    Field(discriminator="type"),
    AfterValidator(_named),
    _OneOfThese(),
]
"""A grader as a job or a call takes it, told by its ``type``."""


class ValidateGraderRequest(WireModel):
    """A grader to be checked."""

    grader: Grader


def _open(schema: dict[str, Any]) -> None:
    """Take back which members are required: the document asks for none here."""
    schema.pop("required")


class ValidateGraderResponse(WireModel):
    """The grader as it was understood."""

    model_config = ConfigDict(json_schema_extra=_open)

    grader: Grader


class RunGraderRequest(WireModel):
    """A grader, and what it is to grade."""

    grader: Grader
    item: Annotated[dict[str, Any] | None, WithJsonSchema({"type": "object"})] = None
    model_sample: Text


class RunGraderErrors(WireModel):
    """What went wrong, in the order in which it was observed; the ``endpoint_grader`` members never are."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    formula_parse_error: bool = False
    sample_parse_error: bool = False
    sample_parse_error_details: TextUntold = None
    truncated_observation_error: bool = False
    unresponsive_reward_error: bool = False
    invalid_variable_error: bool = False
    invalid_variable_error_details: TextUntold = None
    other_error: bool = False
    python_grader_server_error: bool = False
    python_grader_server_error_type: str | None = None
    python_grader_runtime_error: bool = False
    python_grader_runtime_error_details: str | None = None
    model_grader_server_error: bool = False
    model_grader_refusal_error: bool = False
    model_grader_refusal_error_details: TextUntold = None
    model_grader_parse_error: bool = False
    model_grader_parse_error_details: TextUntold = None
    model_grader_exceeded_max_tokens_error: FlagUntold = False
    model_grader_server_error_details: str | None = None
    endpoint_grader_internal_error: FlagUntold = False
    endpoint_grader_internal_error_details: TextUntold = None
    endpoint_grader_server_error: FlagUntold = False
    endpoint_grader_server_error_details: TextUntold = None
    endpoint_grader_safety_check_error: FlagUntold = False


class RunGraderMetadata(WireModel):
    """How the reward came about; ``scores`` is empty wherever it was seen (observed, documented)."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    name: str
    type: str
    errors: RunGraderErrors
    execution_time: float = Field(description="Seconds")
    scores: dict[str, Any] = Field(default_factory=dict)
    token_usage: int | None
    sampled_model_name: str | None


class TokenUsage(WireModel):
    """The tokens of a grading model."""

    prompt_tokens: int
    total_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


class RunGraderResponse(WireModel):
    """A reward."""

    reward: float
    metadata: RunGraderMetadata
    sub_rewards: Annotated[dict[str, float], Anything]
    model_grader_token_usage_per_model: Annotated[dict[str, TokenUsage], Anything]
