"""Sabotages of what is refused of an order: taken after all, refused otherwise, or told in other words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import SUCCESS, Begin, at, begins, put
from tests.contract.sabotages.nscale.changes import (
    CREATE,
    REFUSED,
    Json,
    answered,
    error,
    of_nscale,
    passed,
    says,
    taken,
    told,
    unnumbered,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Forward, json_answer

NAMES = ("n_epochs", "n_evals", "learning_rate", "warmup_ratio", "weight_decay", "evaluation_epochs", "warmup_epochs")
SETTINGS = ("lora.r", "lora.alpha", "lora.dropout")
TYPED = (
    *NAMES,
    "batch_size",
    "best_checkpoints",
    "mask_prompt_labels",
    *SETTINGS,
    "lora.enabled",
    "lora.trainable_modules",
)
REPAIRS: dict[str, Any] = {
    "name": put("name", "repaired"),
    "dataset": put("dataset", {"id": "00000000-0000-4000-8000-000000000001", "answer_column": "answer"}),
    "dataset.id": at("dataset", put("id", "00000000-0000-4000-8000-000000000001")),
    "dataset.answer_column": at("dataset", put("answer_column", "answer")),
    "dataset.prompt_column": at("dataset", put("prompt_column", "question")),
    "base_model_id": put("base_model_id", "b1432ae3-b4ce-4e12-be53-ab0555d00f93"),
    "hyperparameters": put("hyperparameters", {}),
    "dry_run": put("dry_run", value=False),
}


def _flaw(name: str, words: str) -> Callable[[Json], bool]:
    return says(f"{name}: {words}")


def _begins(name: str) -> Callable[[Json], bool]:
    return lambda found: str(found["message"]).startswith(f"{name}:")


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _beyond(name: str, words: str) -> Begin:
    """Return a sabotage that takes what is beyond a bound, by leaving it out."""
    return taken(CREATE, _flaw(f"hyperparameters.{name}", f"Input should be {words}"), unnumbered(_last(name)))


def _mistyped(name: str) -> Begin:
    return taken(CREATE, _flaw(f"hyperparameters.{name}", "Input should be a valid"), unnumbered(_last(name)))


def _clamped() -> Begin:
    """Return a sabotage that takes every number that is beyond its bounds."""
    names = (*NAMES, *map(_last, SETTINGS))

    def nearer(order: Json) -> Json:
        for name in names:
            order = unnumbered(name)(order)
        return order

    return taken(CREATE, says("Input should be greater"), nearer)


def _coerced(wanted: Callable[[Any], bool], change: Callable[[Any], Any]) -> Begin:
    """Return a sabotage that takes hyperparameters of another type for what they look like."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        body = ask.json() if ask.operation == CREATE and answer.status == REFUSED else None
        if not isinstance(body, dict) or not isinstance(body.get("hyperparameters"), dict):
            return answer
        numbers = {name: change(value) if wanted(value) else value for name, value in body["hyperparameters"].items()}
        return await forward(ask.with_json({**body, "hyperparameters": numbers}))

    return begins(taking)


def _raw(wanted: Callable[[bytes], bool], answer: Answer) -> Begin:
    """Return a sabotage that answers orders of some bytes itself."""

    async def answering(ask: Ask, forward: Forward) -> Answer:
        honest = await forward(ask)
        return answer if ask.operation == CREATE and honest.status == REFUSED and wanted(ask.body) else honest

    return begins(answering)


BROKEN = json_answer(500, {"code": "internal", "message": None})
NO_DATASET = json_answer(404, {"code": "not_found", "message": "dataset.id: does not exist"})


async def _dataset_first(ask: Ask, forward: Forward) -> Answer:
    """Look for the dataset before anything else."""
    answer = await forward(ask)
    body = ask.json() if ask.operation == CREATE and answer.status == REFUSED else None
    columns = body.get("dataset") if isinstance(body, dict) else None
    unknown = isinstance(columns, dict) and str(columns.get("id", "")).startswith("00000000-")
    return NO_DATASET if unknown else answer


async def _form(ask: Ask, forward: Forward) -> Answer:
    """Take a form for JSON."""
    if ask.operation == CREATE and "form" in ask.header("content-type"):
        return NO_DATASET
    return await forward(ask)


def _of_orders(status: int) -> Begin:
    return answered(status, operations=(CREATE,), of=lambda found: found["code"] == "invalid_argument")


def _nothing(ask: Ask) -> Answer:
    return json_answer(SUCCESS, {"dry_run": False, "job": None})


async def _unread(ask: Ask, forward: Forward) -> Answer:
    """Refuse with an empty body what is no JSON."""
    answer = await forward(ask)
    return (
        replace(answer.with_body(b""), status=400)
        if error(answer) and says("not JSON that can be read")(error(answer))
        else answer
    )


TAKEN = of_nscale(
    {
        **{
            f"{name.replace('.', '_')}_too_{size}_taken": (
                f"The {name} that is too {size} is taken.",
                _beyond(name, words),
            )
            for name in (*NAMES, *SETTINGS)
            for size, words in (("small", "greater"), ("large", "less"))
            if size == "small" or name not in ("weight_decay", "evaluation_epochs", "warmup_epochs")
        },
        **{
            f"{name.replace('.', '_')}_mistyped_taken": (f"The {name} of another type is taken.", _mistyped(name))
            for name in TYPED
            if name != "lora.enabled"
        },
        "lora_disabled_taken": (
            "An adapter may be disabled.",
            taken(CREATE, says("lora.enabled"), unnumbered("enabled")),
        ),
        "lora_text_taken": (
            "An adapter may be a text.",
            taken(CREATE, says("hyperparameters.lora: Input"), unnumbered("lora")),
        ),
        "lora_module_taken": (
            "An adapter may be of any module.",
            taken(CREATE, says("trainable_modules."), unnumbered("trainable_modules")),
        ),
        "batch_size_any_taken": (
            "Any batch size is taken.",
            taken(CREATE, says("is trained in batches of"), unnumbered("batch_size")),
        ),
        "numbers_clamped": ("Numbers beyond their bounds are clamped.", _clamped()),
        "text_numbers_taken": (
            "Texts that are numbers are taken.",
            _coerced(lambda value: isinstance(value, str) and value.isdecimal(), int),
        ),
        "auto_taken": ("The word auto is taken for a rate.", _coerced(lambda value: value == "auto", lambda _: 1e-5)),
        "true_for_one_taken": ("True is taken for 1.", _coerced(lambda value: value is True, lambda _: 4)),
        "fractions_cut": (
            "Fractions of whole numbers are cut.",
            _coerced(lambda value: isinstance(value, float) and value > 1, lambda value: 4 * int(value)),
        ),
        "one_for_true_taken": (
            "The number 1 is taken for true.",
            _coerced(lambda value: value == 1 and type(value) is int, lambda _: True),
        ),
        **{
            f"order_{name.replace('.', '_')}_taken": (
                f"An order is taken whatever its {name} is.",
                taken(CREATE, _begins(name), repair),
            )
            for name, repair in REPAIRS.items()
        },
        "base_model_unknown_500": (
            "A base model that there is not is a 500.",
            answered(500, of=says("there is no base model")),
        ),
        "base_model_name_taken": (
            "A base model's name is taken for its id.",
            taken(CREATE, says("there is no base model", "Meta-Llama"), REPAIRS["base_model_id"]),
        ),
        "list_of_orders_taken": (
            "A list of orders is taken.",
            _raw(lambda body: body == b"[]", json_answer(SUCCESS, {})),
        ),
        "null_order_taken": ("Null is an order.", _raw(lambda body: body == b"null", json_answer(SUCCESS, {}))),
        "text_order_500": ("A text for an order is a 500.", _raw(lambda body: body == b'"text"', BROKEN)),
        "number_order_500": ("A number for an order is a 500.", _raw(lambda body: body == b"7", BROKEN)),
        "empty_order_500": ("Nothing for an order is a 500.", _raw(lambda body: not body, BROKEN)),
        "torn_order_500": ("Half an order is a 500.", _raw(lambda body: body == b'{"name": "contract-tests"', BROKEN)),
        "latin_order_500": ("An order that is not UTF-8 is a 500.", _raw(lambda body: b"\xff" in body, BROKEN)),
        "surrogate_order_500": ("Half of a surrogate pair is a 500.", _raw(lambda body: b"\\ud800" in body, BROKEN)),
        "no_json_order_empty": ("What is no JSON is refused without a word.", begins(_unread)),
        "nan_taken": ("NaN is a number.", _raw(lambda body: b"NaN" in body, NO_DATASET)),
        "infinity_500": ("Infinity is a 500.", _raw(lambda body: b": Infinity" in body, BROKEN)),
        "huge_number_taken": ("A number beyond all floats is taken.", _raw(lambda body: b"1e999" in body, NO_DATASET)),
        "form_taken": ("A form is taken for JSON.", begins(_form)),
    }
)

WORDS = of_nscale(
    {
        "refusal_422": ("An order that is not understood is a 422.", _of_orders(422)),
        "refusal_500": ("An order that is not understood is a 500.", _of_orders(500)),
        "refusal_200": (
            "An order that is not understood is answered.",
            passed(CREATE, says("hyperparameters."), _nothing),
        ),
        "refusal_internal": (
            "An order that is not understood is internal.",
            told(put("code", "internal"), operations=(CREATE,)),
        ),
        "refusal_validation_error": (
            "An order that is not understood is a validation_error.",
            told(put("code", "validation_error"), operations=(CREATE,), of=says(":")),
        ),
        "refusal_unnamed": (
            "What is wrong with an order is not said.",
            told(put("message", "The order is not valid."), operations=(CREATE,), of=says(":")),
        ),
        "refusal_with_body": (
            "Places begin with body.",
            told(at("message", lambda text: f"body.{text}"), operations=(CREATE,), of=says(": ")),
        ),
        "refusal_without_way": (
            "Places are the last name alone.",
            told(
                at(
                    "message",
                    lambda text: text.replace("hyperparameters.", "").replace("lora.", "").replace("dataset.", ""),
                ),
                operations=(CREATE,),
            ),
        ),
        "refusal_first_flaw": (
            "Only the first flaw of an order is told.",
            told(at("message", lambda text: text.partition("; ")[0]), operations=(CREATE,), of=says("; ")),
        ),
        "refusal_batches_unlisted": (
            "The batch sizes that there are are not told.",
            told(at("message", lambda text: text.partition("batches of")[0]), of=says("batches of")),
        ),
        "refusal_batches_without_model": (
            "Whose batch sizes they are is not told.",
            told(
                at("message", lambda text: text.replace("DeepSeek-R1-Distill-Qwen-1.5B", "the model")),
                of=says("batches of"),
            ),
        ),
        "refusal_modules_unlisted": (
            "The modules that there are are not told.",
            told(at("message", lambda text: text.partition(" should be")[0]), of=says("trainable_modules.")),
        ),
        "refusal_model_unnamed": (
            "A base model that there is not is not told.",
            told(at("message", lambda text: text.partition("'")[0]), of=says("there is no base model")),
        ),
        "refusal_model_404": (
            "A base model that there is not is a 404.",
            answered(404, of=says("there is no base model")),
        ),
        "refusal_model_without_place": (
            "A base model that there is not is not told where.",
            told(at("message", lambda text: text.removeprefix("base_model_id: ")), of=says("there is no base model")),
        ),
        "refusal_model_without_hint": (
            "The nearest base model is not told.",
            told(at("message", lambda text: text.partition("; did you")[0]), of=says("did you mean")),
        ),
        "refusal_dataset_400": (
            "An order on a dataset that there is not is a 400.",
            answered(400, of=says("dataset.id", "does not exist")),
        ),
        "refusal_dataset_without_place": (
            "A dataset that there is not is not told where.",
            told(at("message", lambda text: text.removeprefix("dataset.id: ")), of=says("dataset.id: the")),
        ),
        "refusal_dataset_unnamed": (
            "A dataset that there is not is not told which.",
            told(put("message", "dataset.id: the dataset does not exist"), of=says("dataset.id: the")),
        ),
        "refusal_dataset_first": ("The dataset is looked for first.", begins(_dataset_first)),
    }
)
