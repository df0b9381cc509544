"""Chat and text completions.

The members of a chat answer and of its message and usage are observed, and so are the values that stand here for what
the emulator does not have; which of them are null and which absent in a recorded answer its printout does not tell. The
answers of a text model and the pieces of a stream are unverified: they have the members that OpenAI's protocol has. Of
requests those members are read that matter here; all others are taken unread, as the service does (unverified).
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from emulator.dialects.completions import CHOICES_MAX, prompts
from emulator.dialects.nebius.wire.model import WireModel


class ContentPart(WireModel):
    """A part of a message's content; of pictures nothing is read."""

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


class ChatMessage(WireModel):
    """One message of a request."""

    role: Literal["system", "user", "assistant", "tool", "developer", "function"]
    content: str | list[ContentPart] | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: CalledFunction | None = None


class StreamOptions(WireModel):
    """What a stream tells besides the reply."""

    include_usage: bool | None = None


class _Sampling(WireModel):
    """What a sampling model would look at: checked, and not looked at."""

    model: str
    n: Annotated[int, Field(ge=1, le=CHOICES_MAX)] | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    seed: int | None = None


class ChatCompletionRequest(_Sampling):
    """What a chat model is asked; the words of ``reasoning_effort`` are observed."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None


class CompletionRequest(_Sampling):
    """What a text model is asked: one prompt or several, as texts or as tokens."""

    prompt: Annotated[list[Any], BeforeValidator(prompts, json_schema_input_type=str | list[str])]
    echo: bool | None = None


class CompletionUsage(WireModel):
    """What a request takes, in estimated tokens."""

    completion_tokens: int
    prompt_tokens: int
    total_tokens: int
    completion_tokens_details: None = None
    prompt_tokens_details: None = None


class ChatCompletionMessage(WireModel):
    """The reply."""

    content: str | None
    refusal: None = None
    role: Literal["assistant"] = "assistant"
    annotations: None = None
    audio: None = None
    function_call: None = None
    tool_calls: list[ToolCall]
    reasoning_content: None = None


class ChatChoice(WireModel):
    """One of the answers."""

    finish_reason: Literal["stop", "length", "tool_calls"]
    index: int
    logprobs: None = None
    message: ChatCompletionMessage
    stop_reason: None = None


class ChatCompletion(WireModel):
    """The answer of a chat model."""

    id: str
    choices: list[ChatChoice]
    created: int
    model: str
    object: Literal["chat.completion"] = "chat.completion"
    usage: CompletionUsage
    prompt_logprobs: None = None


class ChatDelta(WireModel):
    """One of the answers, a piece further."""

    index: int
    delta: dict[str, Any]
    logprobs: None = None
    finish_reason: Literal["stop", "length", "tool_calls"] | None = None


class ChatCompletionChunk(WireModel):
    """A piece of the answer of a chat model; ``usage`` is there only where it was asked for."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChatDelta]
    usage: CompletionUsage | None = None


class TextChoice(WireModel):
    """One of the answers of a text model, or a piece of it."""

    index: int
    text: str
    logprobs: None = None
    finish_reason: Literal["stop", "length"] | None = None
    stop_reason: None = None
    prompt_logprobs: None = None


class Completion(WireModel):
    """The answer of a text model, or a piece of it: both look alike."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[TextChoice]
    usage: CompletionUsage | None = None
