"""Requests that no well-behaved client sends: each is answered in the provider's envelope, and none leaves a trace."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.server import Emulator
from tests.conftest import Serve
from tests.dialects.nscale.api import LLAMA, NOBODY, ORGANIZATION, Api, Json, a_client, asked, follow, ids
from tests.test_hostile_input import FORMS, KIND, REFUSED, TAKEN

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON_KIND = "application/json"


def strictly(answer: httpx.Response) -> Any:
    """Return an answer's JSON; fail where it is neither a success nor a refusal in the provider's envelope."""
    body = json.loads(answer.content, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert [*body] == ["code", "message"]
        assert type(body["message"]) is str
        assert len(body["message"]) < 5000
    return body


@pytest.fixture(scope="module")
def shop(server: Emulator) -> Iterator[tuple[Api, Json, str]]:
    """A tenant with a dataset and a completed job."""
    with closing(Api(server, "hostile")) as tenant:
        dataset = tenant.dataset()
        yield tenant, dataset, tenant.done(dataset=asked(dataset["id"]))["id"]


def posts(shop: tuple[Api, Json, str]) -> dict[tuple[str, str], Json]:
    """Return the calls that take JSON, with what a good client sends."""
    _, dataset, job = shop
    push = {"huggingface_user_id": "u", "huggingface_access_token": "t", "huggingface_repository_id": "u/r"}
    order = {"name": "n", "base_model_id": LLAMA, "dataset": asked(dataset["id"]), "hyperparameters": {"n_epochs": 1}}
    return {
        ("POST", "/jobs"): order,
        ("POST", "/datasets"): {"name": "n", "training_file_id": dataset["training_file_id"]},
        ("PATCH", f"/datasets/{dataset['id']}"): {"name": "n", "unset": {}},
        ("POST", f"/jobs/{job}/exports/hugging-face"): push,
    }


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["\ud800", "\udfff x", "\0", "x" * 3000, "1e400"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def replaced(body: Json, path: list[str], value: Any) -> Json:
    """Return a body with a value at a place of it."""
    if not path:
        return body
    inner = replaced(body.get(path[0], {}), path[1:], value) if path[1:] else value
    return {**body, path[0]: inner}


HYPER = ["n_epochs", "n_evals", "batch_size", "learning_rate", "warmup_ratio", "weight_decay", "lora", "warmup_epochs"]
PLACES = [["name"], ["base_model_id"], ["dataset"], ["dry_run"], ["hyperparameters"], ["training_file_id"]]
PLACES += [["dataset", member] for member in ("id", "answer_column", "prompt_column")] + [["unset"]]
PLACES += [["hyperparameters", member] for member in HYPER] + [["validation_file_id"], ["unset", "validation_file_id"]]
PLACES += [["hyperparameters", "lora", member] for member in ("r", "alpha", "dropout", "trainable_modules", "enabled")]
PLACES += [["huggingface_repository_id"], ["huggingface_user_id"], ["huggingface_access_token"]]


@SOME
@given(call=st.integers(0, 3), place=st.sampled_from(PLACES), value=JUNK)
def test_junk_at_any_place_of_a_body_is_answered(
    shop: tuple[Api, Json, str], call: int, place: list[str], value: Any
) -> None:
    (method, path), good = [*posts(shop).items()][call]
    content = json.dumps(replaced(good, place, value)).encode()
    answer = shop[0].client.request(method, path, content=content, headers={"content-type": JSON_KIND})

    strictly(answer)


@SOME
@given(call=st.integers(0, 3), content=JUNK.map(lambda junk: json.dumps(junk).encode()) | st.binary(max_size=40))
def test_any_body_is_answered(shop: tuple[Api, Json, str], call: int, content: bytes) -> None:
    method, path = [*posts(shop)][call]
    answer = shop[0].client.request(method, path, content=content, headers={"content-type": JSON_KIND})

    strictly(answer)


BODIES = {
    "nothing": b"",
    "half a text": b'{"name": "n',
    "NaN": b'{"name": NaN}',
    "Infinity for a number": b'{"hyperparameters": {"learning_rate": Infinity}}',
    "a number without an end": b'{"hyperparameters": {"n_epochs": ' + b"9" * 6000 + b"}}",
    "a number beyond all": b'{"hyperparameters": {"weight_decay": 1e999}}',
    "deep lists": b'{"name": ' + b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "no UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "n"}'.encode("utf-16"),
    "a BOM": b'\xef\xbb\xbf{"name": "n"}',
    "a list": b"[]",
    "a text": b'"name"',
    "null": b"null",
    "a member twice": b'{"name": "", "name": "n"}',
    "a megabyte of name": b'{"name": 5, "x": "' + b"x" * 2**20 + b'"}',
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_no_order_is_refused(shop: tuple[Api, Json, str], what: str) -> None:
    api = shop[0]
    for method, path in [*posts(shop)]:
        headers = {"content-type": JSON_KIND}
        answer = api.client.request(method, path, content=BODIES[what], headers=headers)
        strictly(answer)
        # To change nothing of a dataset is allowed, and so is to call it something.
        assert answer.status_code == (200 if answer.status_code == 200 and method == "PATCH" else 400), answer.text


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", KIND, "application/json;;"])
def test_a_body_of_another_kind_is_answered(shop: tuple[Api, Json, str], kind: str) -> None:
    for (method, path), good in posts(shop).items():
        headers = {"content-type": kind} if kind else {}
        strictly(shop[0].client.request(method, path, content=json.dumps(good).encode(), headers=headers))


def test_a_name_may_be_of_any_letters_and_comes_back_as_it_was(api: Api) -> None:
    dataset = asked(api.dataset()["id"])
    for name in ("日本", "a\nb", "\0", "x" * 3000, "'; DROP TABLE job; --", "<b>", "\U0001f600"):
        assert api.order(dataset=dataset, name=name)["name"] == name
        made = api.post("/datasets", {"name": name, "training_file_id": api.upload(name=name)["id"]})
        assert api.get(f"/datasets/{made['id']}")["name"] == name


@pytest.mark.parametrize("member", ["name", "dataset"])
def test_half_a_pair_of_surrogates_is_refused_or_kept_and_breaks_no_list(api: Api, member: str) -> None:
    dataset = api.dataset()
    bodies = {
        "name": b'{"name": "\\ud800", "training_file_id": "%s"}' % dataset["training_file_id"].encode(),
        "dataset": b'{"name": "n", "training_file_id": "\\udfff"}',
    }
    answer = api.client.post("/datasets", content=bodies[member], headers={"content-type": JSON_KIND})
    strictly(answer)

    assert len(api.listed("/datasets")) == 1 + (answer.status_code == 200)


# A field beside the file and of its name says nothing here, and neither does a purpose.
@pytest.mark.parametrize("case", TAKEN)
def test_a_form_that_some_client_sends_is_taken(api: Api, case: str) -> None:
    body, name = TAKEN[case]
    answer = api.client.post("/files", content=body, headers={"content-type": KIND})
    told = strictly(answer)

    assert (told["name"], ids(api.listed("/files"))) == (name, [told["id"]])


SENSELESS = [case for case in REFUSED if "purpose" not in case and case != "a file and a field of its name"]


@pytest.mark.parametrize("case", SENSELESS)
def test_a_form_that_makes_no_sense_is_refused_and_leaves_nothing(api: Api, case: str) -> None:
    body, kind, statuses = REFUSED[case]
    answer = api.client.post("/files", content=body, headers={"content-type": kind} if kind else {})
    strictly(answer)

    assert answer.status_code == 400 or 200 in statuses, answer.text
    assert len(ids(api.listed("/files"))) == (answer.status_code == 200)


@SOME
@given(body=FORMS)
def test_whatever_is_sent_as_a_form_is_answered(shop: tuple[Api, Json, str], body: bytes) -> None:
    api = shop[0]
    before = ids(api.listed("/files", limit=10_000))
    answer = api.client.post("/files", content=body, headers={"content-type": KIND})
    strictly(answer)

    assert len(ids(api.listed("/files", limit=10_000))) == len(before) + (answer.status_code == 200)


IDS = ["None", "x", "%00", "%ff", "a%2Fb", "a%20b", "%F0%9F%98%80", "x" * 20_000, NOBODY, "%7B%7D", "..%2f..", "'--"]
IDS += ["%2e%2e", "%0a", "0" * 32, "%25", "a%3Fb", "%3B"]


@pytest.mark.parametrize("id_", IDS, ids=lambda id_: id_[:20])
def test_what_is_no_id_is_not_found(api: Api, id_: str) -> None:
    calls = [("GET", "/files", ""), ("DELETE", "/files", ""), ("POST", "/jobs", "/cancel")]
    calls += [("GET", "/datasets", ""), ("DELETE", "/datasets", "")]
    calls += [("GET", "/jobs", tail) for tail in ("", "/metrics", "/download", "/exports", "/exports/x")]
    for method, path, tail in calls:
        answer = api.client.request(method, f"{path}/{id_}{tail}")
        strictly(answer)
        # What a path cannot say becomes another path, which may have other methods.
        assert answer.status_code in ({404, 405} if "2e" in id_ or "2f" in id_.lower() else {404}), answer.text


QUERIES = ["limit=-1", "limit=abc", "limit=", f"limit={'9' * 5000}", "limit=1.5", "limit=0", "pagination=", "limit=%00"]
QUERIES += ["status=", "status=%ff", "status=queued%00", "pagination=2"]
SENSIBLE = [f"limit={10**30}", "limit=1&limit=2", "%ff=%00", "status=queued&status=failed", "x", "&&&", "after=x"]


@pytest.mark.parametrize("query", [*QUERIES, *SENSIBLE], ids=lambda query: query[:20])
def test_odd_queries_are_answered_by_every_list(shop: tuple[Api, Json, str], query: str) -> None:
    for path in ("/files", "/datasets", "/jobs", "/base-models", f"/jobs/{shop[2]}/exports"):
        answer = shop[0].client.get(f"{path}?{query}")
        strictly(answer)
        refused = query in QUERIES and (query.startswith("limit") or path == "/jobs")
        assert answer.status_code == 400 or not refused, answer.text
        assert answer.status_code == 200 or query in QUERIES, answer.text


HEADERS = [
    b"Bearer " + value for value in (b"\xff.\xff.\xff", b"a.b.c\xe9", b"x" * 30_000, b".." * 4000, b"\xe2\x82\xac")
]


@pytest.mark.parametrize("given", HEADERS, ids=lambda given: repr(given[:20]))
def test_a_token_of_any_bytes_is_answered(server: Emulator, given: bytes) -> None:
    url = f"{server.url}/nscale/api/v1/organizations/{ORGANIZATION}/jobs"
    with a_client(url) as client:
        answer = client.get("", headers=[(b"authorization", given)])

    assert answer.status_code == 401
    strictly(answer)


QUERY = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="#"), max_size=30)


@SOME
@given(
    expires=st.integers(-(10**40), 10**40).map(str) | st.text(max_size=9) | st.just("٣٤"),
    signature=st.text(max_size=70) | st.sampled_from(["0" * 64, "\0", "é"]),
    more=QUERY,
)
def test_any_query_of_a_link_is_answered(shop: tuple[Api, Json, str], expires: str, signature: str, more: str) -> None:
    api, _, job = shop
    path = api.link(job).partition("?")[0]
    params = {"tenant": "x" * 32, "expires": expires, "signature": signature}
    strictly(
        api.client.get(f"{path}?{httpx.QueryParams({k: v.encode('utf-8', 'replace') for k, v in params.items()})}")
    )
    strictly(api.client.get(f"{path}?{more}"))


def test_a_link_to_anywhere_else_is_no_operation_or_not_signed(server: Emulator) -> None:
    below = f"{server.url}/nscale/downloads/organizations"
    for path in ("", "/", "/x", "/x/jobs/y", "/x/jobs/y/other.tar.gz", "/x/files/y", "/x/files/", "/%00/files/%00"):
        answer = follow(f"{below}{path}?tenant=a&expires=1&signature=b")
        strictly(answer)
        assert answer.status_code in {401, 403, 404}


def test_a_path_outside_of_an_organization_is_refused(server: Emulator, api: Api) -> None:
    with a_client(server.url, api.key) as client:
        for path in ("/", "/api/v1", "/api/v1/organizations", "/api/v1/organizations//jobs", "/v1/jobs"):
            answer = client.get(f"/nscale{path}")
            strictly(answer)
            assert answer.status_code == 404


def test_what_is_not_there_is_told_alike_whoever_asks(serve: Serve) -> None:
    emulator = serve(dialect="nscale", clock="manual")
    with a_client(emulator.url) as client:
        assert [client.get(path).status_code for path in ("/openapi.json", "/docs")] == [200, 200]
        assert client.get(f"/api/v1/organizations/{ORGANIZATION}/jobs").json()["code"] == "unauthenticated"
