"""Sabotages of the base models."""

from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asked,
    at,
    begins,
    data,
    drop,
    each,
    limit_off_by,
    parameter,
    put,
    renamed,
    reversed_,
    where,
    without_limit,
)
from tests.contract.sabotages.nscale.changes import of_nscale, passed, says, with_status
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

LIST = "models.list"


def _models(change: Any) -> Begin:
    return answers(LIST, each(change))


def _turning() -> Filter:
    """List the models the other way round every other time."""
    count = [0]

    async def turning(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != LIST or answer.status != 200:
            return answer
        count[0] += 1
        return answer.with_json(data(reversed_)(answer.json())) if count[0] % 2 else answer

    return turning


MODELS_SABOTAGED = of_nscale(
    {
        "models_201": ("Base models are answered 201.", with_status(LIST, 201)),
        "models_bare": ("Base models are a bare list.", answers(LIST, lambda body: body["data"])),
        "models_under_models": ("Base models stand under models.", answers(LIST, renamed("data", "models"))),
        "models_with_object": ("The list of base models calls itself one.", answers(LIST, put("object", "list"))),
        "models_none": ("There are no base models.", answers(LIST, put("data", []))),
        "models_without_id": ("Base models have no ids.", _models(drop("id"))),
        "models_named_by_id": ("A base model's id is its name.", _models(lambda model: {**model, "id": model["name"]})),
        "models_nameless": ("Base models have no names.", _models(drop("name"))),
        "models_names_with_maker": (
            "A base model's name begins with its maker.",
            _models(lambda model: {**model, "name": f"{model['organization']}/{model['name']}"}),
        ),
        "models_undescribed": ("Base models are not described.", _models(drop("description"))),
        "models_description_empty": ("A base model's description is empty.", _models(put("description", ""))),
        "models_older_ids": (
            "A base model has the id of January.",
            _models(
                where(lambda model: model["name"].endswith("1.5B"), put("id", "e082db90-cf4a-4be9-a0e6-b2f8067c1cf6"))
            ),
        ),
        "models_one_lacks": (
            "A base model of the guide is not listed.",
            answers(LIST, data(lambda rows: [row for row in rows if row["name"] != "Qwen2-1.5B-Instruct"])),
        ),
        "models_last_lacks": ("The last base model is not listed.", answers(LIST, data(lambda rows: rows[:-1]))),
        "models_twice": ("A base model is listed twice.", answers(LIST, data(lambda rows: [*rows, rows[0]]))),
        "models_context_longer": ("Contexts are of 131072 tokens.", _models(put("context_length", 131072))),
        "models_context_text": ("Contexts are texts.", _models(at("context_length", str))),
        "models_batches_text": (
            "Batch sizes are one text.",
            _models(at("batch_sizes", lambda sizes: ",".join(map(str, sizes)))),
        ),
        "models_batches_fewer": (
            "Batch sizes end at 16.",
            _models(at("batch_sizes", lambda sizes: [size for size in sizes if size <= 16])),
        ),
        "models_precision_other": ("The precision is bfloat16.", _models(put("training_precision", "bfloat16"))),
        "models_maker_lost": ("No base model has a maker.", _models(put("organization", ""))),
        "models_maker_spelled": (
            "Deepseek is spelled DeepSeek.",
            _models(where(lambda model: model["organization"] == "Deepseek", put("organization", "DeepSeek"))),
        ),
        "models_turning": ("Base models come in another order each time.", _turning),
        "models_limit_unheard": ("A limit of base models is not heeded.", without_limit(LIST)),
        "models_limit_more": ("There is a base model more than the limit.", limit_off_by(LIST, 1)),
        "models_limit_five": (
            "Five base models are listed at most where a limit is told.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, limit="5") if ask.operation == LIST and parameter(ask, "limit") == "100" else ask
                )
            ),
        ),
        "models_limit_zero": (
            "A limit of no base models is taken.",
            passed(LIST, says("limit"), lambda _: json_answer(200, {"data": []})),
        ),
    }
)
