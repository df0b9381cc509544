"""Orders that are refused: each flaw by its place, all in one pass, in the provider's envelope.

None of them names a file that there is, so a service that takes one of them all the same has nothing to train on.
"""

from typing import Any

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.nebius.orders import HF_SECRET, NO_FILE, WANDB_SECRET, refusable
from contract_tests.nebius.provider import JOBS

pytestmark = free

TOP = ("body",)
H = ("body", "hyperparameters")
JSON = {"content-type": "application/json"}


def bound(name: str, value: float, limit: float, kind: str) -> Any:
    """Return a case: a hyperparameter beyond a bound of the published schema, and what is said of it."""
    words = {
        "greater_than": ("gt", "greater than"),
        "greater_than_equal": ("ge", "greater than or equal to"),
        "less_than_equal": ("le", "less than or equal to"),
    }
    ctx, text = words[kind]
    told = f"hyperparameters.{name} of {value} is a 422 that names the bound"
    return pytest.param(
        {name: value},
        {
            "type": kind,
            "loc": [*H, name],
            "msg": f"Input should be {text} {limit:g}",
            "input": value,
            "ctx": {ctx: limit},
        },
        marks=fact("jobs.create", told, known="documented"),
        id=f"{name}={value}",
    )


@pytest.mark.parametrize(
    ("hyperparameters", "expected"),
    [
        bound("batch_size", 0, 1, "greater_than_equal"),
        bound("batch_size", 65, 64, "less_than_equal"),
        bound("learning_rate", -0.1, 0, "greater_than_equal"),
        bound("n_epochs", 0, 1, "greater_than_equal"),
        bound("n_epochs", 21, 20, "less_than_equal"),
        bound("warmup_ratio", -0.1, 0, "greater_than_equal"),
        bound("warmup_ratio", 1.1, 1, "less_than_equal"),
        bound("weight_decay", -1, 0, "greater_than_equal"),
        bound("max_grad_norm", 0, 0, "greater_than"),
        bound("context_length", 8191, 8192, "greater_than_equal"),
        bound("context_length", 131073, 131072, "less_than_equal"),
        bound("lora_r", 7, 8, "greater_than_equal"),
        bound("lora_r", 129, 128, "less_than_equal"),
        bound("lora_alpha", 7, 8, "greater_than_equal"),
        bound("lora_dropout", -0.1, 0, "greater_than_equal"),
        bound("lora_dropout", 1.5, 1, "less_than_equal"),
    ],
)
def test_a_hyperparameter_beyond_its_bounds_is_refused(
    line: Line, hyperparameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    flaws = line.post(JOBS, refusable(hyperparameters=hyperparameters)).flaws()

    assert [dict(flaw) for flaw in flaws if flaw["loc"][:2] == [*H]] == [expected]


@pytest.mark.parametrize(
    ("changes", "loc", "kind"),
    [
        pytest.param(changes, loc, kind, marks=fact("jobs.create", words, known=known), id=words.partition(" is a")[0])
        for changes, loc, kind, words, known in (
            ({"model": 5}, ("model",), "string_type", "a model that is no text is a 422", "documented"),
            ({"training_file": 5}, ("training_file",), "string_type", "a file that is no text is a 422", "documented"),
            (
                {"suffix": "x" * 65},
                ("suffix",),
                "string_too_long",
                "a suffix above 64 characters is a 422",
                "documented",
            ),
            ({"suffix": 5}, ("suffix",), "string_type", "a suffix that is no text is a 422", "documented"),
            ({"seed": "x"}, ("seed",), "int_parsing", "a seed that is no number is a 422", "documented"),
            ({"seed": 1.5}, ("seed",), "int_from_float", "a seed that is not whole is a 422", "documented"),
            ({"tags": "x"}, ("tags",), "list_type", "tags that are a text is a 422", "documented"),
            (
                {"integrations": {}},
                ("integrations",),
                "list_type",
                "integrations that are no list is a 422",
                "documented",
            ),
            (
                {"hyperparameters": {"n_epochs": "x"}},
                ("hyperparameters", "n_epochs"),
                "int_parsing",
                "epochs that are no number is a 422",
                "documented",
            ),
            (
                {"hyperparameters": {"lora": "maybe"}},
                ("hyperparameters", "lora"),
                "bool_parsing",
                "lora that is neither true nor false is a 422",
                "documented",
            ),
            (
                {"hyperparameters": []},
                ("hyperparameters",),
                "model_attributes_type",
                "hyperparameters that are a list is a 422",
                "documented",
            ),
        )
    ],
)
def test_a_member_of_another_type_is_refused(
    line: Line, changes: dict[str, Any], loc: tuple[str, ...], kind: str
) -> None:
    flaw = line.post(JOBS, refusable(**changes)).flaw("body", *loc)

    assert flaw["type"] == kind


@pytest.fixture(scope="module")
def empty(line: Line) -> Answer:
    """The answer to an order without anything in it."""
    return line.post(JOBS, {})


@fact("jobs.create", "misses model and training_file, both in one pass", known="observed")
def test_an_empty_order_misses_both(empty: Answer) -> None:
    assert [flaw["loc"] for flaw in empty.flaws()] == [["body", "model"], ["body", "training_file"]]


@fact("jobs.create", "says of what is missing: Field required", known="observed")
def test_what_is_missing_is_called_required(empty: Answer) -> None:
    assert {(flaw["type"], flaw["msg"]) for flaw in empty.flaws()} == {("missing", "Field required")}


@fact("jobs.create", "quotes the whole body where a member is missing", known="observed")
def test_the_body_is_quoted_where_something_is_missing(line: Line) -> None:
    body = {"model": "Qwen/Qwen3-4B", "suffix": "quoted"}

    assert line.post(JOBS, body).flaw("body", "training_file")["input"] == body


@fact("jobs.create", "answers flaws of {type, loc, msg, input} without a url", known="observed")
def test_a_flaw_has_four_members(empty: Answer) -> None:
    assert {frozenset(flaw) for flaw in empty.flaws()} == {frozenset({"type", "loc", "msg", "input"})}


@fact("jobs.create", "answers a 422 in its published shape", known="documented")
def test_a_422_is_as_published(empty: Answer, schema: Schema) -> None:
    empty.flaws()

    schema.holds("HTTPValidationError", empty.json())


@fact("jobs.create", "tells flaws of every kind in one pass", known="observed")
def test_all_flaws_are_told_at_once(line: Line) -> None:
    body = {"training_file": 5, "suffix": "x" * 65, "hyperparameters": {"n_epochs": 0, "batch_size": 999}}
    found = {tuple(flaw["loc"]) for flaw in line.post(JOBS, body).flaws()}

    assert found == {
        ("body", "model"),
        ("body", "training_file"),
        ("body", "suffix"),
        (*H, "n_epochs"),
        (*H, "batch_size"),
    }


@fact("jobs.create", "on an unknown training file is a 404", known="unverified")
def test_an_unknown_training_file_is_a_404(line: Line) -> None:
    assert NO_FILE in line.post(JOBS, refusable()).refused(404)


@fact("jobs.create", "of an unknown model is a 422 at body, model", known="unverified")
def test_an_unknown_model_is_refused(line: Line) -> None:
    flaw = line.post(JOBS, refusable(model="contract-tests/no-such-model")).flaw("body", "model")

    assert flaw["input"] == "contract-tests/no-such-model"


@fact("jobs.create", "takes hyperparameters or a method, not both", known="unverified")
def test_hyperparameters_and_method_are_not_taken_together(line: Line) -> None:
    method = {"type": "supervised", "supervised": {"hyperparameters": {}}}
    flaws = line.post(JOBS, refusable(method=method, hyperparameters={})).flaws()

    assert any("Only one of 'method' or 'hyperparameters' must be provided" in flaw["msg"] for flaw in flaws)


@fact("jobs.create", "of a method of another type is a 422", known="documented")
def test_another_method_is_refused(line: Line) -> None:
    flaws = line.post(JOBS, refusable(method={"type": "dpo", "dpo": {}})).flaws()

    assert [flaw["loc"][:2] for flaw in flaws] == [["body", "method"]]


@fact("jobs.create", "bounds the hyperparameters of a method too", known="documented")
def test_a_methods_hyperparameters_have_bounds(line: Line) -> None:
    method = {"type": "supervised", "supervised": {"hyperparameters": {"batch_size": 65}}}
    flaws = line.post(JOBS, refusable(method=method)).flaws()

    assert [(flaw["type"], flaw["loc"][-1]) for flaw in flaws] == [("less_than_equal", "batch_size")]


def wandb(**changes: Any) -> dict[str, Any]:
    return {"type": "wandb", "wandb": {"project": "p", "api_key": WANDB_SECRET, **changes}}


@fact("jobs.create", "of a wandb integration without its key is a 422 there", known="documented")
def test_wandb_needs_its_key(line: Line) -> None:
    flaws = line.post(JOBS, refusable(integrations=[{"type": "wandb", "wandb": {"project": "p"}}])).flaws()

    assert any(flaw["loc"][:3] == ["body", "integrations", 0] and flaw["loc"][-1] == "api_key" for flaw in flaws)


@fact("jobs.create", "does not repeat a wandb key in a refusal", known="unverified")
def test_a_refusal_does_not_repeat_wandbs_key(line: Line) -> None:
    answer = line.post(JOBS, refusable(integrations=[wandb(project=5)], seed="x"))

    assert answer.status == 422
    assert WANDB_SECRET.encode() not in answer.content


@fact("jobs.create", "does not repeat a Hugging Face token in a refusal", known="unverified")
def test_a_refusal_does_not_repeat_hugging_faces_token(line: Line) -> None:
    hf = {"type": "hf", "hf": {"output_repo_name": 5, "api_token": HF_SECRET}}
    answer = line.post(JOBS, refusable(integrations=[hf], seed="x"))

    assert answer.status == 422
    assert HF_SECRET.encode() not in answer.content


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        pytest.param(content, kind, marks=fact("jobs.create", f"of {words} is a 422", known="unverified"), id=words)
        for content, kind, words in (
            (b"", "application/json", "no body"),
            (b"null", "application/json", "null"),
            (b"[]", "application/json", "a list"),
            (b'"text"', "application/json", "a text"),
            (b"5", "application/json", "a number"),
            (b"{", "application/json", "half an object"),
            (b"{'model': 1}", "application/json", "what is no JSON"),
            (b'{"model": "a"} {}', "application/json", "two objects"),
            (b"{}", "text/plain", "JSON that is called text"),
            (b"model=a&training_file=b", "application/x-www-form-urlencoded", "a form"),
        )
    ],
)
def test_a_body_that_is_no_order_is_a_422(line: Line, content: bytes, content_type: str) -> None:
    line.send("POST", JOBS, content=content, headers={"content-type": content_type}).flaws()


@fact("jobs.create", "of ten thousand brackets is refused, not a server error", known="unverified")
def test_a_deep_body_is_refused(line: Line) -> None:
    assert line.send("POST", JOBS, content=b"[" * 10_000, headers=JSON).status in (400, 422)


@fact("jobs.create", "of bytes that are no UTF-8 is refused, not a server error", known="unverified")
def test_a_body_that_is_no_utf8_is_refused(line: Line) -> None:
    assert line.send("POST", JOBS, content=b'{"model": "\xff"}', headers=JSON).status in (400, 422)


@fact("jobs.create", "takes JSON with a charset", known="unverified")
def test_json_may_have_a_charset(line: Line) -> None:
    answer = line.send("POST", JOBS, content=b"{}", headers={"content-type": "application/json; charset=utf-8"})

    assert [flaw["loc"] for flaw in answer.flaws()] == [["body", "model"], ["body", "training_file"]]


@fact("jobs.create", "takes JSON of a vendor's own type", known="unverified")
def test_json_may_have_a_longer_name(line: Line) -> None:
    answer = line.send("POST", JOBS, content=b"{}", headers={"content-type": "application/vnd.contract+json"})

    assert [flaw["loc"] for flaw in answer.flaws()] == [["body", "model"], ["body", "training_file"]]


@fact("jobs.create", "takes members that it does not know", known="documented")
def test_an_unknown_member_is_no_flaw(line: Line) -> None:
    line.post(JOBS, refusable(contract_tests_unknown=True)).refused(404)


@fact("jobs.create", "takes hyperparameters that it does not know", known="observed")
def test_an_unknown_hyperparameter_is_no_flaw(line: Line) -> None:
    line.post(JOBS, refusable(hyperparameters={"learning_rate_multiplier": 2})).refused(404)


@fact("jobs.create", "takes null for what may be left out", known="documented")
def test_null_is_nothing(line: Line) -> None:
    optional = ("validation_file", "hyperparameters", "method", "integrations", "seed", "suffix", "tags", "extra_body")

    line.post(JOBS, refusable(**dict.fromkeys(optional))).refused(404)


@fact("jobs.create", "takes a suffix of 64 characters", known="documented")
def test_the_longest_suffix_is_no_flaw(line: Line) -> None:
    line.post(JOBS, refusable(suffix="x" * 64)).refused(404)


@fact("jobs.create", "takes hyperparameters on their bounds", known="documented")
def test_hyperparameters_on_their_bounds_are_no_flaw(line: Line) -> None:
    least = {"batch_size": 1, "n_epochs": 1, "context_length": 8192, "lora_r": 8, "lora_alpha": 8, "warmup_ratio": 0}
    most = {"batch_size": 64, "n_epochs": 20, "context_length": 131072, "lora_r": 128, "warmup_ratio": 1}

    for hyperparameters in (least, most):
        line.post(JOBS, refusable(hyperparameters=hyperparameters)).refused(404)


@fact("jobs.create", "that was refused leaves no job", known="documented")
def test_a_refused_order_is_no_job(line: Line) -> None:
    before = line.get(JOBS, limit=100).ok()["data"]
    line.post(JOBS, refusable(suffix="x" * 65)).flaws()
    line.post(JOBS, refusable()).refused(404)

    assert [job["id"] for job in line.get(JOBS, limit=100).rows()] == [job["id"] for job in before]


@fact("jobs.cancel", "of an unknown job with a body is a 404 all the same", known="unverified")
def test_a_cancellations_body_does_not_matter(line: Line) -> None:
    line.post(f"{JOBS}/ftjob-{'0' * 32}/cancel", {"anything": 1}).refused(404)
