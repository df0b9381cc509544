"""Bodies of POST /v1/fine_tuning/jobs: as the published schema allows, broken at known places, and hostile.

They are answered 200, or 422 at the broken places; nothing is ever answered 500.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jsonschema_rs
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from emulator.dialects import nebius
from emulator.dialects.nebius import catalogue
from emulator.drift import differences

Json = dict[str, Any]
Loc = tuple[str | int, ...]

JOBS = "/v1/fine_tuning/jobs"
FILE = "the-training-file"  # stands for a file's id until a test knows one
SPEC = Path(__file__).parents[2] / "shared" / "spec" / "nebius-fine-tuning.openapi.yaml"
DOCUMENT: Json = nebius.face(None).openapi()
SCHEMAS: Json = DOCUMENT["components"]["schemas"]
REQUEST: Json = {"$ref": "#/components/schemas/FineTuningRequest"}
# What pydantic puts between the parts of a path: the models and types of a union, the tags of a discriminated one.
BETWEEN = {schema["title"] for schema in SCHEMAS.values()} | {"str", "supervised", "spec-draft"}

PLAIN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

WRONG: tuple[Any, ...] = (5, 1.5, True, "no such", "x" * 65, [], {}, None)
KNOWN: Json = SCHEMAS["SupervisedHParameters"]["properties"]
BOUNDS = {"minimum": -1, "maximum": 1, "exclusiveMinimum": 0, "exclusiveMaximum": 0}  # and the step out of them


class Break(NamedTuple):
    """One way to break a body: at ``path`` stands ``value``, or nothing; ``loc`` is where that is complained of."""

    path: Loc
    loc: Loc
    value: Any = None
    missing: bool = False


@pytest.fixture
def file_id(client: httpx.Client) -> str:
    """An uploaded dataset of the test's own tenant."""
    answer = client.post("/v1/files", files={"file": ("a.jsonl", b'{"text": "a"}\n')}, data={"purpose": "fine-tune"})
    return str(answer.json()["id"])


def resolved(schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    return SCHEMAS[name] if name else schema


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**json.loads(schema), "components": DOCUMENT["components"]})


def fits(schema: Json, value: Any) -> bool:
    return _validator(json.dumps(schema)).is_valid(value)


NAMES = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


def values(schema: Json) -> SearchStrategy[Any]:
    """Return a strategy of what a schema allows."""
    schema = resolved(schema)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return st.one_of([values(each) for each in several])
    return _of_type(schema)


def _of_type(schema: Json) -> SearchStrategy[Any]:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    of_type: dict[str, Callable[[], SearchStrategy[Any]]] = {
        "object": lambda: _objects(schema),
        "array": lambda: st.lists(values(schema["items"]), max_size=3),
        "string": lambda: st.text(max_size=schema.get("maxLength", 80)),
        "integer": lambda: st.integers(low, high),
        "number": lambda: st.floats(low, high, allow_nan=False, allow_infinity=False).filter(partial(fits, schema)),
        "boolean": st.booleans,
        "null": st.none,
    }
    return of_type[schema["type"]]()


def _objects(schema: Json) -> SearchStrategy[Json]:
    """Return objects: required members, any of the others, and unknown ones where the schema is open."""
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    required = {*schema.get("required", ()), *(("type",) if "const" in known.get("type", {}) else ())}
    members = {name: values(each) for name, each in known.items()}
    listed = st.fixed_dictionaries(
        {name: members[name] for name in known if name in required},
        optional={name: members[name] for name in known if name not in required},
    )
    if not more:
        return listed
    strange = NAMES.filter(lambda name: name not in known)
    others = st.dictionaries(strange, values(more) if isinstance(more, dict) else JSON, max_size=2)
    return st.builds(lambda one, two: {**two, **one}, listed, others)


def _body(body: Json, model: str, *, keep: str) -> Json:
    """Fit a generated body to what a schema cannot say: known names, and hyperparameters in one place."""
    fitted = {**body, "model": model, "training_file": FILE}
    if fitted.get("validation_file") is not None:
        fitted["validation_file"] = FILE
    if fitted.get("method") is not None and fitted.get("hyperparameters") is not None:
        del fitted["method" if keep == "hyperparameters" else "hyperparameters"]
    return fitted


PLACES = st.sampled_from(["method", "hyperparameters"])
BODIES = st.builds(_body, values(REQUEST), st.sampled_from(catalogue.base_models()), keep=PLACES)


def breaks(schema: Json, value: Any, path: Loc = (), loc: Loc | None = None) -> Iterator[Break]:
    """Yield the ways to break a value and what is in it."""
    yield from (Break(path, path if loc is None else loc, wrong) for wrong in _wrong(schema))
    schema, told_by = _chosen(schema, value)
    if isinstance(value, dict):
        for name, each in schema.get("properties", {}).items():
            # The member that tells which model is meant is complained of where the model is.
            place = path if name == told_by else (*path, name)
            if name in value:
                yield from breaks(each, value[name], (*path, name), place)
            if name in schema.get("required", ()) or name == told_by:
                yield Break((*path, name), place, missing=True)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from breaks(schema["items"], item, (*path, index))


def _wrong(schema: Json) -> Iterator[Any]:
    """Yield what does not fit a schema, not even in pydantic's lax mode, which takes true for 1."""
    bounds = [schema[name] + step for name, step in BOUNDS.items() if name in schema]
    numeric = schema.get("type") in ("integer", "number") or {"type": "integer"} in schema.get("anyOf", ())
    yield from (each for each in (*WRONG, *bounds) if not fits(schema, each) and not (each is True and numeric))


def _chosen(schema: Json, value: Any) -> tuple[Json, str | None]:
    """Return the member of a union that a value is of, and the name of the member that tells them apart."""
    schema, told_by = resolved(schema), None
    while several := schema.get("anyOf") or schema.get("oneOf"):
        told_by = schema.get("discriminator", {}).get("propertyName")
        schema = resolved(next(each for each in several if fits(each, value)))
    return schema, told_by


def broken(body: Json, *ways: Break) -> Json:
    """Return a body broken in these ways."""
    copy: Any = {"": deepcopy(body)}
    for way in ways:
        *above, last = ("", *way.path)
        place = copy
        for part in above:
            place = place[part]
        if way.missing:
            place.pop(last, None)
        else:
            place[last] = way.value
    result: Json = copy[""]
    return result


def is_broken(body: Json, way: Break) -> bool:
    """Say whether it breaks the body: within a union, what does not fit one member may fit another."""
    told_by_is_missing = way.missing and way.path != way.loc
    return told_by_is_missing or not fits(REQUEST, broken(body, way))


def _apart(one: Break, two: Break) -> bool:
    """Say whether neither place is within the other."""
    least = min(len(one.loc), len(two.loc))
    return one.loc[:least] != two.loc[:least]


@st.composite
def broken_bodies(draw: st.DrawFn, count: int) -> tuple[Json, list[Loc]]:
    """Draw a body broken at ``count`` places, and the places."""
    body = draw(BODIES)
    ways = [way for way in breaks(REQUEST, body) if way.loc]
    chosen: list[Break] = []
    for _ in range(count):
        others = [way for way in ways if all(_apart(way, other) for other in chosen)]
        chosen.append(draw(st.sampled_from(others).filter(lambda way: is_broken(body, way))))
    return broken(body, *chosen), [way.loc for way in chosen]


def is_at(loc: list[str | int], path: Loc) -> bool:
    """Say whether a complaint is about a place or what is missing in it, with only union members along its path."""
    left = ["body", *path]
    for part in loc:
        if left and part == left[0]:
            left.pop(0)
        elif left and part not in BETWEEN and not str(part).startswith(("literal[", "tagged-union")):
            return False
    return not left


def strictly(answer: httpx.Response) -> Any:
    """Return an answer's JSON; fail on what only Python takes for JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(answer.content, parse_constant=refuse)


def create(client: httpx.Client, body: Any, file_id: str) -> httpx.Response:
    known = {"training_file", "validation_file"}
    if isinstance(body, dict):
        body = {name: file_id if name in known and value == FILE else value for name, value in body.items()}
    return client.post(JOBS, content=json.dumps(body), headers={"content-type": "application/json"})


def refused_at(answer: httpx.Response) -> list[list[str | int]]:
    """Return the places that a refusal names; fail where it is not the provider's."""
    assert answer.status_code == 422, answer.text
    complaints = strictly(answer)["detail"]
    for each in complaints:
        assert {"type", "loc", "msg", "input"} <= each.keys() <= {"type", "loc", "msg", "input", "ctx"}
    return [each["loc"] for each in complaints]


def job_ids(client: httpx.Client) -> list[str]:
    answer = client.get(JOBS, params={"limit": 10_000})
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in strictly(answer)["data"]]


def test_the_body_that_is_described_is_the_one_that_the_provider_published() -> None:
    if not SPEC.exists():
        pytest.skip(f"the provider's document is not here: no {SPEC}")

    assert differences(DOCUMENT, yaml.safe_load(SPEC.read_text(encoding="utf-8"))) == []


@PLAIN
@given(body=BODIES)
def test_every_body_that_the_schema_allows_makes_a_job(client: httpx.Client, file_id: str, body: Json) -> None:
    answer = create(client, body, file_id)

    assert answer.status_code == 200, answer.text
    job = strictly(answer)
    asked = {name: each for name, each in (body.get("hyperparameters") or {}).items() if name in KNOWN}
    assert {name: job["hyperparameters"][name] for name in asked} == asked
    assert (job["model"], job["training_file"], job["suffix"]) == (body["model"], file_id, body.get("suffix") or "")


@PLAIN
@given(case=broken_bodies(1) | broken_bodies(2))
def test_a_broken_body_is_refused_at_all_its_broken_places_at_once(
    client: httpx.Client, file_id: str, case: tuple[Json, list[Loc]]
) -> None:
    body, paths = case
    found = refused_at(create(client, body, file_id))

    assert [path for path in paths if not any(is_at(loc, path) for loc in found)] == []


def test_an_unknown_model_is_told_with_all_else_that_is_wrong(client: httpx.Client, file_id: str) -> None:
    body = {"model": "no/such", "training_file": file_id, "hyperparameters": {"batch_size": 65}}

    assert refused_at(create(client, body, file_id)) == [["body", "hyperparameters", "batch_size"], ["body", "model"]]


@pytest.mark.parametrize(
    ("name", "sent", "meant"),
    [
        ("batch_size", "8", 8),
        ("batch_size", 8.0, 8),
        ("lora", "true", True),
        ("lora", 1, True),
        ("packing", "off", False),
        ("learning_rate", 1, 1.0),
        ("learning_rate", "1e-4", 1e-4),
    ],
)
def test_numbers_and_truths_are_taken_as_pydantic_takes_them(
    client: httpx.Client, file_id: str, name: str, sent: object, meant: object
) -> None:
    body = {"model": catalogue.base_models()[0], "training_file": file_id, "hyperparameters": {name: sent}}
    answer = create(client, body, file_id)

    assert answer.status_code == 200, answer.text
    assert answer.json()["hyperparameters"][name] == meant
    assert type(answer.json()["hyperparameters"][name]) is type(meant)


def _with(text: str) -> str:
    return f'{{"model": "{catalogue.base_models()[0]}", "training_file": "{FILE}", {text}}}'


def _deep(levels: int, name: str) -> str:
    return _with(f'"{name}": {"[" * levels}{"]" * levels}')


ODD = r"\ud800"  # half of a surrogate pair, as JSON may write it and UTF-8 may not
HOSTILE: dict[str, tuple[str | bytes, set[int]]] = {
    "NaN": (_with('"hyperparameters": {"learning_rate": NaN}'), {422}),
    "infinities": (_with('"hyperparameters": {"weight_decay": -Infinity, "max_grad_norm": 1e400}'), {422}),
    "NaN in an unknown member": (_with('"hyperparameters": {"x": NaN, "y": [1e400]}'), {200}),
    "a seed of 400 digits": (_with(f'"seed": {"9" * 400}'), {200}),
    "a seed of 5000 digits": (_with(f'"seed": {"9" * 5000}'), {400}),
    "a learning rate of 400 digits": (_with(f'"hyperparameters": {{"learning_rate": {"9" * 400}}}'), {422}),
    "a rank scale of 400 digits": (_with(f'"hyperparameters": {{"lora_alpha": {"9" * 400}}}'), {200}),
    "half a pair in the suffix": (_with(f'"suffix": "{ODD}"'), {422}),
    "half a pair in a name": (_with(f'"hyperparameters": {{"{ODD}": 1}}'), {422}),
    "half a pair in an unknown member": (_with(f'"hyperparameters": {{"x": "{ODD}"}}'), {422}),
    "half a pair in a model": (f'{{"model": "{ODD}", "training_file": "{FILE}"}}', {422}),
    "half a pair in a file": (f'{{"model": "{catalogue.base_models()[0]}", "training_file": "{ODD}"}}', {404, 422}),
    "half a pair in a checkpoint": (_with(f'"from_checkpoint": {{"repo": "{ODD}"}}'), {200, 422}),
    "half a pair in a checkpoint's type": (_with(f'"from_checkpoint": {{"type": "{ODD}"}}'), {200, 422}),
    "half a pair in an export": (
        _with(f'"integrations": [{{"hf": {{"api_token": "k", "output_repo_name": "{ODD}"}}}}]'),
        {200, 422},
    ),
    "100 levels": (_deep(100, "x"), {200}),
    "900 levels": (_deep(900, "suffix"), {422, 400}),
    "100000 levels": (_deep(100_000, "extra_body"), {400}),
    "a suffix of a megabyte": (_with(f'"suffix": "{"x" * 2**20}"'), {422}),
    "NUL": (_with(r'"suffix": "\u0000", "hyperparameters": {"\u0000": "\u0000"}'), {200}),
    "a member given twice": (_with('"suffix": 5, "suffix": "the last one counts"'), {200}),
    "an array": ("[]", {422}),
    "a text": ('"text"', {422}),
    "a number": ("5", {422}),
    "null": ("null", {422}),
    "nothing": ("", {422}),
    "half a body": ('{"model": ', {422}),
    "invalid UTF-8": (b'{"model": "\xff"}', {400}),
    "UTF-16": (_with('"suffix": "a"').encode("utf-16"), {200, 400, 422}),
    "a byte order mark": (_with('"suffix": "a"').encode("utf-8-sig"), {200, 400, 422}),
}


def _tell(client: httpx.Client, content: bytes, kind: str | None) -> tuple[httpx.Response, list[str]]:
    """Send a body; return the answer and the jobs that it made. Fail where it is none of the provider's answers."""
    before = job_ids(client)
    answer = client.post(JOBS, content=content, headers={"content-type": kind} if kind else {})
    assert answer.status_code < 500, f"{content[:200]!r}: {answer.text}"
    if answer.status_code != 200:
        assert isinstance(strictly(answer)["detail"], str | list)
    return answer, [each for each in job_ids(client) if each not in before]


@pytest.mark.parametrize("case", HOSTILE)
def test_no_body_is_too_hostile_to_be_answered(client: httpx.Client, file_id: str, case: str) -> None:
    content, statuses = HOSTILE[case]
    content = content if isinstance(content, bytes) else content.encode()
    for written in ("utf-8", "utf-16-le"):
        content = content.replace(FILE.encode(written), file_id.encode(written))

    answer, made = _tell(client, content, "application/json")

    assert answer.status_code in statuses, answer.text
    assert made == ([strictly(answer)["id"]] if answer.status_code == 200 else [])
    assert len(answer.content) < 50_000


@pytest.mark.parametrize("kind", [None, "text/plain", "multipart/form-data; boundary=x", "/", "; ;"])
def test_json_that_is_not_called_so_is_refused(client: httpx.Client, file_id: str, kind: str | None) -> None:
    answer, made = _tell(client, _with('"seed": 1').replace(FILE, file_id).encode(), kind)

    assert (refused_at(answer), made) == ([["body"]], [])


@PLAIN
@given(body=BODIES, cut=st.tuples(st.integers(0, 2000), st.integers(0, 20)), junk=st.binary(max_size=20))
def test_a_body_with_junk_in_it_is_answered_and_leaves_nothing_where_it_is_refused(
    client: httpx.Client, file_id: str, body: Json, cut: tuple[int, int], junk: bytes
) -> None:
    whole = json.dumps(body).replace(FILE, file_id).encode()
    start = cut[0] % len(whole)

    answer, made = _tell(client, whole[:start] + junk + whole[start + cut[1] :], "application/json")

    assert answer.status_code in {200, 400, 404, 422}
    assert len(made) == (answer.status_code == 200)
