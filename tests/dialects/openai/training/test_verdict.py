"""What becomes of a file: refused at once, refused by a job's validation with its code, or trained on."""

import msgspec
import pytest

from emulator.dialects.openai.training import refusal, upload_refusal
from emulator.timeline.job import Dataset, JobError, Problem
from tests.dialects.openai.training.examples import (
    ASSISTANT,
    CHAT,
    COMPLETION,
    PREFERENCE,
    PROMPT,
    USER,
    Json,
    chat,
    lines,
    read,
)

FORMAT_ERROR = "The job failed due to a file format error in the training file. Invalid file format. "
INVALID_FILE = "The job failed due to an invalid training file. Invalid file format. "
MULTI_TURN = {"messages": [USER, ASSISTANT, USER]}


def judged(method: str, *rows: Json | bytes, model: str | None = None) -> JobError | None:
    training = read(*(row if isinstance(row, bytes) else lines(row) for row in rows))
    return refusal(method, training, None, training_file="file-T", validation_file=None, model=model)


def of(code: str, message: str) -> JobError:
    return JobError(code, message, "training_file")


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        (b"[\n" + lines(CHAT), "["),
        (b'{\n  "messages": []\n}', "{"),
        (b'{"prompt": "a", completion: b}\n', '{"p'),
        (b"prompt,completion\n", "pro"),
        (b"\x1f\x8b\x08\x00", "\N{REPLACEMENT CHARACTER}" * 3),
        ("漢字漢字\n".encode(), "漢字漢"),
        (b"null\n", "nul"),
        (b'{"a": ' + b"[" * 100_000, '{"a'),
    ],
)
def test_a_file_that_does_not_begin_with_a_json_object_is_refused_when_it_is_uploaded(
    content: bytes, begins: str
) -> None:
    assert upload_refusal(read(content)) == (
        "Expected file to have JSONL format, where every line is a valid JSON dictionary."
        f' Line 1 is not a dictionary (starts with: "{begins}...").'
    )


@pytest.mark.parametrize(
    "content", [lines(CHAT), lines(CHAT) + b"{", lines({"text": "a"}), lines({"messages": 5}), b"", b"\n\n"]
)
def test_any_other_file_is_accepted_when_it_is_uploaded(content: bytes) -> None:
    assert upload_refusal(read(content)) is None


def test_the_line_that_is_refused_at_once_is_the_first_that_is_not_blank() -> None:
    said = upload_refusal(read(b"\n\n[1]\n"))
    assert said is not None
    assert 'Line 3 is not a dictionary (starts with: "[1]...").' in said


@pytest.mark.parametrize(
    ("method", "row"),
    [
        ("supervised", CHAT),
        ("supervised", MULTI_TURN),
        ("supervised", COMPLETION),
        ("dpo", PREFERENCE),
        ("reinforcement", PROMPT),
        ("reinforcement", MULTI_TURN),
    ],
)
def test_ten_examples_of_what_the_method_takes_are_trained_on(method: str, row: Json) -> None:
    assert judged(method, *[row] * 10) is None


def test_fewer_than_ten_examples_are_refused_in_the_recorded_words() -> None:
    message = "Training file has 7 example(s), but must have at least 10 examples"
    assert judged("supervised", *[CHAT] * 7) == of("invalid_n_examples", message)
    assert judged("supervised", *[CHAT] * 9) is not None
    assert judged("supervised", b"\n") == of("invalid_n_examples", message.replace("7", "0"))


def test_a_chat_for_dpo_is_refused_in_the_recorded_words_however_few_its_examples() -> None:
    assert judged("dpo", *[CHAT] * 7) == of(
        "invalid_training_file",
        INVALID_FILE + "Input file file-T is in the fine-tune-chat format, but the specified fine-tuning job is not"
        " using 'supervised' as the training method (provided method=dpo). ",
    )


@pytest.mark.parametrize("method", ["supervised", "reinforcement"])
def test_a_preference_for_another_method_is_refused_likewise(method: str) -> None:
    error = judged(method, *[PREFERENCE] * 10)
    assert error is not None
    assert "fine-tune-preference format" in error.message
    assert error.message.endswith(f"is not using 'dpo' as the training method (provided method={method}). ")


def test_the_other_recorded_failures_have_their_codes_and_words() -> None:
    lacks_a_role = {"messages": [USER, {"content": "hi"}]}
    assert judged("supervised", *[CHAT] * 99, lacks_a_role) == of(
        "invalid_training_file", INVALID_FILE + "Example 100, message 2 Discriminator 'role' is missing in value"
    )
    assert judged("supervised", *[CHAT | {"weight": 1}] * 10) == of(
        "invalid_file_format", FORMAT_ERROR + 'Example 1 contains an extra "weight".'
    )
    assert judged("supervised", *[CHAT] * 20, chat(role="user", content="<|fim_suffix|>")) == of(
        "invalid_file_format", FORMAT_ERROR + "Example 21 message contains an invalid token: <|fim_suffix|>."
    )


@pytest.mark.parametrize(
    ("method", "model", "row", "member"),
    [
        ("supervised", None, {"text": "a"}, "messages"),
        ("reinforcement", None, {"text": "a"}, "messages"),
        ("dpo", None, {"text": "a"}, "input"),
        ("dpo", None, COMPLETION, "input"),
        ("reinforcement", None, COMPLETION, "messages"),
        ("supervised", "gpt-4.1-2025-04-14", COMPLETION, "messages"),
        ("supervised", "babbage-002", CHAT, "prompt"),
        ("supervised", "ft:davinci-002:org::abc", {"text": "a"}, "prompt"),
    ],
)
def test_the_member_that_the_method_and_the_model_need_is_the_one_that_is_missing(
    method: str, model: str | None, row: Json, member: str
) -> None:
    message = f"{FORMAT_ERROR}Example 1 is missing key '{member}'."
    assert judged(method, *[row] * 10, model=model) == of("invalid_file_format", message)


def test_prompts_and_completions_are_for_the_models_that_are_no_chat_models() -> None:
    assert judged("supervised", *[COMPLETION] * 10, model="davinci-002") is None
    assert judged("supervised", *[COMPLETION] * 10, model="ft:babbage-002:org::abc") is None


def test_what_only_graders_read_is_refused_of_supervised_fine_tuning_alone() -> None:
    rows = [MULTI_TURN] * 10 + [MULTI_TURN | {"answer": 5}]
    assert judged("reinforcement", *rows) is None
    assert judged("supervised", *rows) == of(
        "invalid_file_format", FORMAT_ERROR + 'Example 11 contains an extra "answer".'
    )


def test_the_last_word_is_the_users_in_reinforcement_and_the_assistant_speaks_in_supervised_fine_tuning() -> None:
    reinforced, supervised = judged("reinforcement", *[CHAT] * 10), judged("supervised", *[{"messages": [USER]}] * 10)
    assert reinforced == of("invalid_file_format", FORMAT_ERROR + "Example 1, message 2 should be from the user.")
    assert supervised == of("invalid_file_format", FORMAT_ERROR + "Example 1 is missing a message from the assistant.")


def test_the_first_of_several_faults_is_told() -> None:
    error = judged("supervised", *[CHAT] * 3, CHAT | {"id": 1}, {"messages": 5})
    assert error is not None
    assert error.message.endswith('Example 4 contains an extra "id".')
    error = judged("supervised", *[CHAT] * 3, {"messages": 5}, CHAT | {"id": 1})
    assert error is not None
    assert error.message.endswith('Line 4, key "messages": Input should be a valid list')


def test_a_line_that_is_too_long_is_an_examples_fault() -> None:
    problem = Problem(3, "is longer than 5 bytes, the longest line that is read", "too_long")
    dataset = Dataset("conversational", rows=2, problem=problem)
    error = refusal("supervised", dataset, None, training_file="file-T", validation_file=None)
    assert error is not None
    assert error.message == FORMAT_ERROR + "Example 3 is longer than 5 bytes, the longest line that is read."


@pytest.mark.parametrize(
    ("rows", "code", "part"),
    [
        (
            [PREFERENCE],
            "invalid_validation_file",
            "an invalid validation file. Invalid file format. Input file file-V is",
        ),
        (
            [CHAT | {"id": 1}],
            "invalid_file_format",
            "a file format error in the validation file. Invalid file format. ",
        ),
        (
            [{"messages": 5}],
            "invalid_validation_file",
            'an invalid validation file. Invalid file format. Line 1, key "m',
        ),
        ([], "invalid_n_examples", "Validation file has 0 example(s)"),
    ],
)
def test_a_bad_validation_file_is_refused_after_a_good_training_file(rows: list[Json], code: str, part: str) -> None:
    training, validation = read(lines(*[CHAT] * 10)), read(lines(*rows))
    error = refusal("supervised", training, validation, training_file="file-T", validation_file="file-V")
    assert error is not None
    assert (error.code, error.param) == (code, "validation_file")
    assert part in error.message
    both = refusal("supervised", read(b""), validation, training_file="file-T", validation_file="file-V")
    assert both is not None
    assert both.param == "training_file"


def test_a_validation_file_of_one_example_will_do() -> None:
    training, validation = read(lines(*[CHAT] * 10)), read(lines(CHAT))
    assert refusal("supervised", training, validation, training_file="file-T", validation_file="file-V") is None


def test_what_was_read_is_judged_the_same_once_it_was_stored() -> None:
    dataset = read(lines(*[CHAT | {"id": 1}] * 10, {"text": "a"}))
    assert msgspec.json.decode(msgspec.json.encode(dataset), type=Dataset) == dataset
    old = b'{"form": "text", "rows": 1, "problem": {"line": 2, "message": "is broken"}}'
    assert msgspec.json.decode(old, type=Dataset) == Dataset("text", rows=1, problem=Problem(2, "is broken"))
