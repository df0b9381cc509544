"""What a job costs: a law of tokens, epochs and evaluations, told alike by a dry run and by the job that is made."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.datasets.tokens import TOKENS_PER_ROW
from emulator.core.jobs import Order
from emulator.dialects.nscale import orders, wire
from emulator.dialects.nscale.usage import MINIMUM_USD, estimate
from emulator.timeline.job import Column, Dataset, Problem, Recipe
from tests.dialects.nscale.api import LLAMA, Api, asked, table, written
from tests.dialects.nscale.conftest import Tenants
from tests.timeline.recipes import a_recipe

tokens = st.integers(0, 10**9)
prices = st.sampled_from([0.2, 0.5, 1.0])
looks = st.integers(1, 100)
SEEK_14B = "c3d4e5f6-a7b8-9012-cdef-345678901234"
DEAR = ("a word " * 40).strip()


def recipe(training: int, validation: int | None, epochs: int) -> Recipe:
    """Return a recipe over so many tokens."""
    held = None if validation is None else Dataset("table", rows=10, tokens=validation)
    return a_recipe(training=Dataset("table", rows=10, tokens=training), validation=held, n_epochs=epochs)


@given(tokens, st.none() | tokens, st.integers(1, 20), looks, prices)
def test_billable_are_the_training_tokens_of_each_epoch_and_the_validation_tokens_of_each_evaluation(
    training: int, validation: int | None, epochs: int, evaluations: int, price: float
) -> None:
    told = estimate(recipe(training, validation, epochs), evaluations=evaluations, usd_per_million_tokens=price)

    assert told.tokens == training * epochs + (validation or 0) * evaluations
    assert told.usd == max(2.0, round(told.tokens * price / 1e6, 2)) == round(told.usd, 2)


@given(st.tuples(tokens, tokens, st.integers(1, 19)), st.integers(1, 99), prices, st.integers(0, 10**6))
def test_more_of_anything_never_costs_less_and_nothing_costs_less_than_the_minimum(
    sizes: tuple[int, int, int], evaluations: int, price: float, more: int
) -> None:
    training, validation, epochs = sizes
    less = estimate(recipe(*sizes), evaluations=evaluations, usd_per_million_tokens=price)
    for changed, looked in (
        (recipe(training + more, validation, epochs), evaluations),
        (recipe(training, validation + more, epochs), evaluations),
        (recipe(training, validation, epochs + 1), evaluations),
        (recipe(training, validation, epochs), evaluations + 1),
    ):
        told = estimate(changed, evaluations=looked, usd_per_million_tokens=price)
        assert told.tokens >= less.tokens
        assert told.usd >= less.usd >= MINIMUM_USD == 2.0


def column(name: str, of_tokens: int) -> Column:
    return Column(name, (), of_tokens, min(of_tokens, 300), 2)


def settled(training: Dataset, validation: Dataset | None = None, **columns: str | None) -> Order:
    """Return an order for columns of these data, once the data are known."""
    body = wire.CreateJobRequest.model_validate(
        {"name": "n", "base_model_id": LLAMA, "dataset": {"id": "d", "answer_column": "a", **columns}}
    )
    asked_for = a_recipe(training=training, validation=validation)
    order = Order(asked_for, "file", None, suffix=None, seed=None, project=None, request=b"{}")
    return orders._settled(body, order)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_without_a_validation_file_one_row_of_a_hundred_is_held_out_and_none_is_lost(
    rows: int, answers: int, others: int
) -> None:
    whole = Dataset("table", rows=rows, tokens=answers + others, columns=(column("a", answers), column("b", others)))
    order = settled(whole)
    training, held = order.recipe.training, order.recipe.validation

    assert json.loads(order.request)["validation_rows"] == (held.rows if held else 0)
    assert training.tokens + (held.tokens if held else 0) == answers + TOKENS_PER_ROW * rows
    if rows < 2:
        assert (training.rows, held) == (rows, None)
        return
    assert held
    assert training.rows + held.rows == rows
    assert held.rows == max(1, rows // 100)
    assert min(held.tokens, training.tokens, training.rows) >= 0


def test_of_broken_data_nothing_is_held_out() -> None:
    broken = Dataset("table", rows=500, tokens=10, columns=(column("a", 10),), problem=Problem(3, "is broken"))

    assert settled(broken).recipe.validation is None


def test_with_a_validation_file_nothing_is_held_out() -> None:
    whole = Dataset("table", rows=500, tokens=30, columns=(column("a", 30),))
    recipe_of = settled(whole, replace(whole, rows=7, tokens=9, columns=(column("a", 9),))).recipe

    assert recipe_of.validation
    assert (recipe_of.training.rows, recipe_of.validation.rows) == (500, 7)
    assert recipe_of.validation.tokens == 9 + 7 * TOKENS_PER_ROW


@given(st.lists(st.integers(0, 10**5), min_size=2, max_size=4))
def test_only_the_columns_that_are_named_count(sizes: list[int]) -> None:
    names = "abcd"
    columns = tuple(column(names[n], size) for n, size in enumerate(sizes))
    whole = Dataset("table", rows=1, tokens=sum(sizes), longest_tokens=8000, columns=columns)
    one, two, twice = (settled(whole, prompt_column=prompt).recipe.training for prompt in (None, "b", "a"))
    longest = [min(size, 300) for size in sizes]

    assert (one.tokens, two.tokens) == (TOKENS_PER_ROW + sizes[0], TOKENS_PER_ROW + sizes[0] + sizes[1])
    assert (one.longest_tokens, two.longest_tokens) == (
        TOKENS_PER_ROW + longest[0],
        TOKENS_PER_ROW + longest[0] + longest[1],
    )
    assert (two.columns, twice) == ((), one)


def test_a_row_longer_than_the_context_is_cut_and_not_refused(api_of: Tenants) -> None:
    api = api_of(model=("tiny=tiny@16",))
    dataset = api.dataset(table(20, answer=DEAR))["id"]

    assert api.done(base_model_id="tiny", dataset=asked(dataset))["status"] == "completed"


@pytest.mark.parametrize("more", [{}, {"n_epochs": 20, "n_evals": 100}, {"evaluation_epochs": 7}])
def test_a_dry_run_tells_what_the_job_that_is_made_is_told_to_use(api: Api, more: dict[str, int]) -> None:
    dataset = asked(api.dataset(table(60), table(7))["id"])
    body = api.asking(dataset=dataset, hyperparameters=more)
    dry, real = api.post("/jobs", {**body, "dry_run": True}), api.post("/jobs", body)

    assert dry["estimated_usage"] == real["estimated_usage"]
    assert dry["estimated_usage"]["cost"] == 2.0
    assert (dry["dry_run"], real["dry_run"]) == (True, False)


def test_a_dear_job_costs_what_its_tokens_do_by_the_price_of_its_model(api: Api) -> None:
    dataset = asked(api.dataset(table(5_000, answer=DEAR))["id"])
    long = {"dataset": dataset, "hyperparameters": {"n_epochs": 20}, "dry_run": True}
    llama, deepseek = (
        api.post("/jobs", api.asking(**long, base_model_id=model))["estimated_usage"] for model in (LLAMA, SEEK_14B)
    )

    assert llama["tokens"] == deepseek["tokens"] > 5_000_000
    assert llama["cost"] == round(llama["tokens"] * 0.5 / 1e6, 2)
    assert deepseek["cost"] == round(llama["tokens"] / 1e6, 2)


def test_evaluations_are_counted_by_the_newer_name_where_both_are_given(api: Api) -> None:
    dataset = asked(api.dataset(table(60), table(60))["id"])

    def used(**hyperparameters: int) -> int:
        body = api.asking(dataset=dataset, hyperparameters=hyperparameters, dry_run=True)
        return int(api.post("/jobs", body)["estimated_usage"]["tokens"])

    once = used()
    per_look = used(n_evals=2) - once
    assert per_look > 0
    assert used(n_evals=0) == used(n_evals=1) == used(evaluation_epochs=0) == once
    assert used(n_evals=0, evaluation_epochs=9) == once
    assert used(n_evals=3, evaluation_epochs=9) == used(evaluation_epochs=3) == once + 2 * per_look


def test_the_more_columns_are_named_the_more_tokens_are_billed(api: Api) -> None:
    dataset = api.dataset(written([["question", "answer", "spare"], *[["a b", "c d", "e " * 99]] * 50]))["id"]

    def used(**columns: str | None) -> int:
        body = api.asking(dataset=asked(dataset, **columns), dry_run=True)
        return int(api.post("/jobs", body)["estimated_usage"]["tokens"])

    assert used(prompt_column=None) < used() < used(prompt_column="spare")
