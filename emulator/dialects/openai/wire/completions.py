"""Chat and text completions, of which the published document that this dialect is held against has nothing.

Members and which of them may be absent are those of the official SDK's types, 3.52.0 (documented). Of requests those
members are read that matter here, and checked those whose type or range is easily wrong; all others are taken unread.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from emulator.dialects.completions import CHOICES_MAX, STOPS_MAX, prompts
from emulator.dialects.openai.wire.model import LEFT_OUT, NUMERIC, UnixSeconds, WireModel

# Where a member takes several types, what is sent is brought into one of them first: an error then has one place.


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _parts(value: Any) -> Any:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


class Part(WireModel):
    """A part of a message's content; of pictures, sounds and files nothing is read."""

    type: str
    text: str | None = None


class CalledFunction(WireModel):
    """A function and the JSON that it is called with, as text."""

    name: str
    arguments: str


class ToolCall(WireModel):
    """One call of a function by the assistant."""

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


class AskedToolCall(WireModel):
    """One call in a request: a custom tool's has no function."""

    id: str | None = None
    function: CalledFunction | None = None


class ChatCompletionRequestMessage(WireModel):
    """One message of a request."""

    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: Annotated[list[Part] | None, BeforeValidator(_parts)] = None
    tool_calls: list[AskedToolCall] | None = None
    function_call: CalledFunction | None = None


class StreamOptions(WireModel):
    """What a stream tells besides the reply."""

    include_usage: bool | None = None


class ResponseFormat(WireModel):
    """The form of the reply that is wanted."""

    type: Literal["text", "json_object", "json_schema"]


Stop = Annotated[Annotated[list[str], Field(max_length=STOPS_MAX)] | None, BeforeValidator(_several)]
Choices = Annotated[Annotated[int, Field(ge=1, le=CHOICES_MAX)] | None, NUMERIC]
Tokens = Annotated[Annotated[int, Field(ge=1)] | None, NUMERIC]


class _Sampling(WireModel):
    """What a sampling model would look at: checked, and not looked at."""

    model: str
    n: Choices = None
    stop: Stop = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[Annotated[float, Field(ge=0, le=2)] | None, NUMERIC] = None
    top_p: Annotated[Annotated[float, Field(ge=0, le=1)] | None, NUMERIC] = None
    presence_penalty: Annotated[Annotated[float, Field(ge=-2, le=2)] | None, NUMERIC] = None
    frequency_penalty: Annotated[Annotated[float, Field(ge=-2, le=2)] | None, NUMERIC] = None
    seed: Annotated[int, NUMERIC] | None = None
    max_tokens: Tokens = None


class CreateChatCompletionRequest(_Sampling):
    """What a chat model is asked."""

    messages: Annotated[list[ChatCompletionRequestMessage], Field(min_length=1)]
    max_completion_tokens: Tokens = None
    response_format: ResponseFormat | None = None
    tools: list[dict[str, Any]] | None = None
    logprobs: bool | None = None


class CreateCompletionRequest(_Sampling):
    """What a text model is asked: one prompt or several, as texts or as tokens."""

    prompt: Annotated[list[Any], BeforeValidator(prompts)] = [""]  # noqa: RUF012 -- pydantic copies it
    echo: bool | None = None


class PromptTokensDetails(WireModel):
    """Of the tokens asked."""

    cached_tokens: int = 0
    audio_tokens: int = 0


class CompletionTokensDetails(WireModel):
    """Of the tokens answered."""

    reasoning_tokens: int = 0
    audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0


class CompletionUsage(WireModel):
    """What a request takes, in estimated tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails = PromptTokensDetails()
    completion_tokens_details: CompletionTokensDetails = CompletionTokensDetails()


class ChatCompletionResponseMessage(WireModel):
    """The reply; ``tool_calls`` are left out where there are none."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    tool_calls: Annotated[list[ToolCall] | None, LEFT_OUT] = None
    refusal: None = None
    annotations: list[Any] = Field(default_factory=list)


class ChatChoice(WireModel):
    """One of the answers."""

    index: int
    message: ChatCompletionResponseMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length", "tool_calls"]


class CreateChatCompletionResponse(WireModel):
    """The answer of a chat model."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: UnixSeconds
    model: str
    choices: list[ChatChoice]
    usage: CompletionUsage
    service_tier: Literal["default"] = "default"
    system_fingerprint: str


class ChatDelta(WireModel):
    """One of the answers, a piece further."""

    index: int
    delta: dict[str, Any]
    logprobs: None = None
    finish_reason: Literal["stop", "length", "tool_calls"] | None = None


class CreateChatCompletionStreamResponse(WireModel):
    """A piece of the answer of a chat model; ``usage`` is there only where it was asked for."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: UnixSeconds
    model: str
    service_tier: Literal["default"] = "default"
    system_fingerprint: str
    choices: list[ChatDelta]
    usage: CompletionUsage | None = None


class TextUsage(WireModel):
    """What a request to a text model takes, in estimated tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class TextChoice(WireModel):
    """One of the answers of a text model, or a piece of it."""

    text: str
    index: int
    logprobs: None = None
    finish_reason: Literal["stop", "length"] | None = None


class CreateCompletionResponse(WireModel):
    """The answer of a text model, or a piece of it: both look alike."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: UnixSeconds
    model: str
    choices: list[TextChoice]
    usage: TextUsage | None = None
