"""Sabotages of the models that can be fine-tuned: the list, and one of them."""

from tests.contract.sabotages.changes import answers, at, data, drop, each, instead, put, through
from tests.contract.sabotages.wrapping import json_answer, named

LIST, ONE = "models.list", "models.retrieve"
SOME = {"id": "any", "created": 0, "object": "model", "owned_by": "system"}

MODELS = named(
    {
        "models_none": ("The list of models is empty.", answers(LIST, put("data", []))),
        "models_null": ("The list of models is null.", answers(LIST, put("data", None))),
        "models_bare": ("The list of models is a bare array.", answers(LIST, lambda body: body["data"])),
        "models_list_object_missing": ("The list of models has no object member.", answers(LIST, drop("object"))),
        "models_object_of_another_name": (
            "A model's object is base_model.",
            answers(LIST, each(put("object", "base_model"))),
        ),
        "models_created_missing": ("Models do not say when they were made.", answers(LIST, each(drop("created")))),
        "models_created_as_text": (
            "Models were made at a time that is a text.",
            answers(LIST, each(at("created", str))),
        ),
        "models_id_renamed": (
            "A listed model's id stands under name.",
            answers(LIST, each(lambda model: {**drop("id")(model), "name": model["id"]})),
        ),
        "models_owner_missing": ("Models have no owner.", answers(LIST, each(drop("owned_by")))),
        "models_first_twice": (
            "The first model is listed twice.",
            answers(LIST, data(lambda models: [*models[:1], *models])),
        ),
        "model_unknown_is_shown": (
            "A model that there is not is answered 200.",
            through(ONE, status=404)(lambda ask, _: json_answer(200, {**SOME, "id": ask.ids["model_id"]})),
        ),
        "model_missing_in_other_words": (
            "A model that there is not is told as Not Found.",
            through(ONE, status=404)(lambda *_: json_answer(404, {"detail": "Not Found"})),
        ),
        "model_is_another": (
            "A model that is looked at is another than was asked for.",
            answers(ONE, put("id", "Qwen/Qwen3-0.6B-Base")),
        ),
        "model_with_a_slash_is_not_found": (
            "A model whose name has a slash is not found.",
            instead(
                lambda ask: ask.operation == ONE and "/" in ask.ids["model_id"],
                lambda ask: json_answer(404, {"detail": "Not Found"}),
            ),
        ),
        "model_in_a_list": (
            "A model that is looked at stands in a list.",
            answers(ONE, lambda model: {"object": "list", "data": [model]}),
        ),
    }
)
