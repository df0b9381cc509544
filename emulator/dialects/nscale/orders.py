"""What a create request orders: the job's recipe, once its dataset's columns are known.

The data are those of the columns that the request names. Without a validation file, 1 % of the rows are taken for it
(documented: at random, and looked at when the training is over). A row that is longer than the context is cut and not
refused (unverified).
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from emulator.core import pairs
from emulator.core.datasets.tokens import TOKENS_PER_ROW
from emulator.core.jobs import Order
from emulator.core.pairs import Pair
from emulator.core.world import Caller
from emulator.dialects.nscale import catalogue, wire
from emulator.dialects.nscale.catalogue import BaseModel
from emulator.errors import Flaw, Invalid, Missing
from emulator.timeline.durations import Durations
from emulator.timeline.job import Column, Dataset, Lora, Recipe, Status
from emulator.timeline.scenario import Stage

DURATIONS = Durations(validation_s=3, queue_s=8, loading_s=31, training_s=31, token_s=33e-6, step_s=0, saving_s=8)
"""A job of 50 short rows, one epoch and batches of 4 took 81 s in all (observed).

How they divide is unverified, and so is what a token costs: as at Nebius.
"""
SHOWS: Mapping[Stage, Status] = {
    "validation": Status.QUEUED,
    "queue": Status.QUEUED,
    "loading": Status.STARTING,
    "training": Status.RUNNING,
}
"""The walk is queued, starting, running (documented); which stage shows which is unverified."""
HELD_OUT = 100
"""One row of so many is validated on where no file is given (documented)."""
LONGEST = 200


def order(caller: Caller, body: Mapping[str, Any], _: str | None) -> Order:
    """Return the job that a request of this body would order; raise ValidationError, Invalid or Missing."""
    return to_order(caller, wire.CreateJobRequest.model_validate(body))


def to_order(caller: Caller, body: wire.CreateJobRequest) -> Order:
    """Return the job that a request orders; raise Invalid for its model and its batches, Missing for its dataset."""
    model = catalogue.find(caller.world.settings, body.base_model_id)
    _check_batch(model, body.hyperparameters.batch_size)
    pair = _pair(caller, body.dataset.id)
    asked = body.hyperparameters
    recipe = Recipe(
        model=model.name,
        training=Dataset(),
        validation=None,
        n_epochs=asked.n_epochs,
        batch_size=asked.batch_size,
        context_length=model.context_tokens,
        packing=False,
        lora=_adapter(asked.lora),
        told=frozenset(),
        durations=DURATIONS,
        shows=SHOWS,
    )
    files = pair.stored.training_file, pair.stored.validation_file
    request = _request(body, model)
    return Order(
        recipe, *files, suffix=body.name, seed=None, project=None, request=request, settle=partial(_settled, body)
    )


def evaluations(asked: wire.Hyperparameters) -> int:
    """Return how often the validation data are looked at: once more than never, when the training is over."""
    return max(1, asked.evaluations)


def _adapter(asked: wire.Lora) -> Lora:
    """Return the adapter that is trained: of all modules where none are named (documented), each once."""
    modules = tuple(dict.fromkeys(asked.trainable_modules)) or wire.MODULES
    return Lora(asked.r, asked.alpha, asked.dropout, modules, prefixed=True)


def _check_batch(model: BaseModel, size: int) -> None:
    if size not in model.batch_sizes:
        takes = ", ".join(map(str, model.batch_sizes))
        said = f"{model.name} is trained in batches of {takes}, got {size}"
        raise Invalid([Flaw("value_error", ("body", "hyperparameters", "batch_size"), said, size)])


def _pair(caller: Caller, pair_id: str) -> Pair:
    """Return a dataset whose files are all there; raise Missing."""
    try:
        pair = pairs.get(caller, pair_id)
    except Missing:
        raise Missing(pairs.KIND, pair_id, "dataset.id") from None
    named = (pair.stored.training_file, pair.training), (pair.stored.validation_file, pair.validation)
    for file_id, file in named:
        if file_id and file is None:
            raise Missing("file", file_id, "dataset.id")
    return pair


def _request(body: wire.CreateJobRequest, model: BaseModel) -> bytes:
    """Return the members of answers that never change: hyperparameters as sent, with the defaults of the rest."""
    asked = body.hyperparameters.model_dump(mode="json", exclude_none=True)
    told = {
        "name": body.name,
        "base_model": model.name,
        "base_model_id": body.base_model_id,
        "dataset": body.dataset.model_dump(mode="json"),
        "hyperparameters": asked,
    }
    return json.dumps(told).encode()


def _settled(body: wire.CreateJobRequest, ordered: Order) -> Order:
    """Return an order whose data are the columns that it names; raise Invalid for one that there is not."""
    recipe, columns = ordered.recipe, body.dataset
    training = _read(recipe.training, columns, recipe.context_length, "training")
    validation = _read(recipe.validation, columns, recipe.context_length, "validation") if recipe.validation else None
    if recipe.validation is None:
        training, validation = _divided(training)
    rows = validation.rows if validation else 0
    noted = {**json.loads(ordered.request), "validation_rows": rows}
    known = replace(recipe, training=training, validation=validation)
    return replace(ordered, recipe=known, request=json.dumps(noted).encode())


def _read(data: Dataset, asked: wire.JobDataset, context_tokens: int, split: str) -> Dataset:
    """Return what a file is where only two of its columns are read; raise Invalid."""
    used = {name: _column(data, name, member, split) for name, member in _named(asked)}.values()
    longest = max(used, key=lambda column: column.longest_tokens)
    row_tokens = TOKENS_PER_ROW + sum(column.longest_tokens for column in used)
    return replace(
        data,
        tokens=TOKENS_PER_ROW * data.rows + sum(column.tokens for column in used),
        longest_tokens=min(context_tokens, row_tokens),
        longest_line=longest.longest_line,
        columns=(),
    )


def _named(asked: wire.JobDataset) -> list[tuple[str, str]]:
    prompt = [(asked.prompt_column, "prompt_column")] if asked.prompt_column is not None else []
    return [(asked.answer_column, "answer_column"), *prompt]


def _column(data: Dataset, name: str, member: str, split: str) -> Column:
    found = next((column for column in data.columns if column.name == name), None)
    if found:
        return found
    raise Invalid([Flaw("value_error", ("body", "dataset", member), _missing(data, name, split), name)])


def _missing(data: Dataset, name: str, split: str) -> str:
    """Return what to say of a column that a file has not."""
    if not data.columns:
        why = data.problem.message if data.problem else "it is empty"
        return f"the {split} file has no columns: {why[:LONGEST]}"
    names = [column.name for column in data.columns]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0][:LONGEST]!r}?" if near else ""
    listed = ", ".join(repr(each[:LONGEST]) for each in names[:20])
    return f"the {split} file has no column {name[:LONGEST]!r}, it has {listed}{hint}"


def _divided(data: Dataset) -> tuple[Dataset, Dataset | None]:
    """Return what is trained on and what is held out for validation; of one row, nothing is."""
    held = max(1, data.rows // HELD_OUT) if data.rows > 1 else 0
    if not held or data.problem:
        return data, None
    tokens = data.tokens * held // data.rows
    kept = replace(data, rows=data.rows - held, tokens=data.tokens - tokens)
    return kept, replace(data, rows=held, tokens=tokens)
