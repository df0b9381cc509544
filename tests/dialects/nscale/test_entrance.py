"""Who is let in: whoever brings a service token, into the organization that the path names."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from emulator.dialects.nscale.entrance import is_jwt
from emulator.server import Emulator
from tests.dialects.nscale.api import ORGANIZATION, Api, a_client, asked, follow, ids
from tests.dialects.nscale.conftest import Tenants
from tests.dialects.nscale.tokens import HEADER, SIGNATURE, part, token

CLAIMS = {"sub": "me"}
GOOD = {
    "a token": token("me"),
    "other claims": ".".join([part({"alg": "RS256", "kid": "1"}), part({"exp": 0, "aud": ["x"]}), SIGNATURE]),
    "no claims": ".".join([part(HEADER), part({}), SIGNATURE]),
    "no signature": ".".join([part({"alg": "none"}), part(CLAIMS), ""]),
    "as long as may be": ".".join([part(HEADER), part(CLAIMS), ""]).ljust(8192, "x"),
}
BAD = {
    "a key": "sk-1234567890",
    "a word": "x",
    "two parts": f"{part(HEADER)}.{part(CLAIMS)}",
    "four parts": f"{token('me')}.{SIGNATURE}",
    "five parts": f"{token('me')}.a.b",
    "points": "...",
    "two points": "..",
    "a header that is no object": ".".join([part([1]), part(CLAIMS), SIGNATURE]),
    "a header that is null": ".".join([part(None), part(CLAIMS), SIGNATURE]),
    "a header without alg": ".".join([part({"typ": "JWT"}), part(CLAIMS), SIGNATURE]),
    "an alg that is no text": ".".join([part({"alg": 5}), part(CLAIMS), SIGNATURE]),
    "claims that are no object": ".".join([part(HEADER), part("me"), SIGNATURE]),
    "claims that are no JSON": ".".join([part(HEADER), part(b"{"), SIGNATURE]),
    "claims that are no UTF-8": ".".join([part(HEADER), part(b'{"a": "\xff"}'), SIGNATURE]),
    "no claims at all": ".".join([part(HEADER), "", SIGNATURE]),
    "a header that is no base64": f"!!!.{part(CLAIMS)}.{SIGNATURE}",
    "half a letter of base64": f"a.{part(CLAIMS)}.{SIGNATURE}",
    "deep claims": ".".join([part(HEADER), part(b"[" * 5000), SIGNATURE]),
    "too long": ".".join([part(HEADER), part(CLAIMS), ""]).ljust(8193, "x"),
    "a huge number": ".".join([part(HEADER), part(b'{"a": ' + b"9" * 5000 + b"}"), SIGNATURE]),
}


@pytest.mark.parametrize("what", GOOD)
def test_whatever_is_a_json_web_token_is_let_in(server: Emulator, what: str) -> None:
    with a_client(server.url, GOOD[what]) as client:
        assert client.get(f"/nscale/api/v1/organizations/{ORGANIZATION}/jobs").status_code == 200


@pytest.mark.parametrize("what", BAD)
def test_what_is_none_is_not(server: Emulator, what: str) -> None:
    with a_client(server.url, BAD[what]) as client:
        answer = client.get(f"/nscale/api/v1/organizations/{ORGANIZATION}/jobs")

    assert answer.status_code == 401
    assert answer.json() == {
        "code": "unauthenticated",
        "message": "The service token is not accepted: it takes a JWT, one of those listed where some are.",
    }
    assert not is_jwt(BAD[what])


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer  x y", f"Basic {token('me')}", token("me")])
def test_without_a_bearer_token_nobody_is_let_in(server: Emulator, given: str | None) -> None:
    headers = {} if given is None else {"authorization": given}
    for path in ("jobs", "files", "nothing", "jobs/x/metrics"):
        url = f"{server.url}/nscale/api/v1/organizations/{ORGANIZATION}/{path}"
        answer = follow(url, **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_word_bearer_may_be_in_letters_of_any_size(server: Emulator) -> None:
    url = f"{server.url}/nscale/api/v1/organizations/{ORGANIZATION}/jobs"

    assert follow(url, authorization=f"bearer {token('me')}").status_code == 200


def test_where_keys_are_listed_those_alone_are_let_in_whatever_they_look_like(api_of: Tenants, key: str) -> None:
    api = api_of(api_key=(token(key), "no-jwt"))
    path = f"/nscale/api/v1/organizations/{ORGANIZATION}/jobs"
    statuses = {}
    for name in (token(key), "no-jwt", token("another")):
        with a_client(api.server.url, name) as client:
            statuses[name] = client.get(path).status_code

    assert [*statuses.values()] == [200, 200, 401]


@pytest.fixture
def pair(server: Emulator, key: str) -> Iterator[tuple[Api, Api]]:
    """One key's tenants in two organizations."""
    with closing(Api(server, key)) as one, closing(Api(server, key, organization="other-organization")) as other:
        yield one, other


def test_two_organizations_of_one_key_see_nothing_of_each_other(pair: tuple[Api, Api]) -> None:
    one, other = pair
    dataset = one.dataset()
    job = one.done(dataset=asked(dataset["id"]))["id"]
    push = one.post(
        f"/jobs/{job}/exports/hugging-face",
        {"huggingface_user_id": "u", "huggingface_access_token": "t", "huggingface_repository_id": "u/r"},
    )
    for path in ("/files", "/datasets", "/jobs"):
        assert len(one.listed(path)) == 1
        assert other.listed(path) == []
    for path in (f"/files/{dataset['training_file_id']}", f"/datasets/{dataset['id']}", f"/jobs/{job}"):
        other.refused("GET", path, 404)
    for path in (f"/jobs/{job}/metrics", f"/jobs/{job}/download", f"/jobs/{job}/exports/{push['id']}"):
        other.refused("GET", path, 404)
    other.refused("POST", "/jobs", 404, json=one.asking(dataset=asked(dataset["id"])))
    other.refused("POST", "/datasets", 404, json={"name": "d", "training_file_id": dataset["training_file_id"]})
    other.refused("PATCH", f"/datasets/{dataset['id']}", 404, json={"name": "d"})
    for path in (f"/files/{dataset['training_file_id']}", f"/datasets/{dataset['id']}"):
        other.refused("DELETE", path, 404)
    assert one.listed("/datasets")[0]["id"] == dataset["id"]


def test_two_organizations_of_one_key_have_one_clock_and_one_scenario(pair: tuple[Api, Api]) -> None:
    one, other = pair
    jobs = [api.order()["id"] for api in pair]
    one.advance(10**6)
    one.scenario("succeeds", fails_at="queue")

    assert [api.job(job)["status"] for api, job in zip(pair, jobs, strict=True)] == ["completed", "completed"]
    assert other.done()["status"] == "failed"


def test_two_keys_in_one_organization_see_nothing_of_each_other(server: Emulator, key: str) -> None:
    with closing(Api(server, key)) as one, closing(Api(server, f"{key} 2")) as other:
        job = one.order()["id"]

        assert other.listed("/jobs") == []
        other.refused("GET", f"/jobs/{job}", 404)
        assert ids(one.listed("/jobs")) == [job]


ORGANIZATIONS = [
    "1",
    "a" * 300,
    "%20",
    "ü",
    "日本",
    "a%2Fb",
    "%2e%2e",
    ".",
    "..",
    "%00",
    "a;b=c",
    "'--",
    "*",
    "{x}",
    "a%3Fb",
]


@pytest.mark.parametrize("name", ORGANIZATIONS)
def test_an_organization_may_have_any_name_and_its_state_is_its_own(server: Emulator, key: str, name: str) -> None:
    url = f"{server.url}/nscale/api/v1/organizations/{name}"
    with a_client(server.url, token(key)) as client:
        made = client.post(f"{url}/files", files={"file": ("a.csv", b"a,b\n1,2\n")})
        listed = client.get(f"{url}/files")
        other = client.get(f"{url}x/files")
        assert {made.status_code, listed.status_code, other.status_code} <= {200, 404}
        assert all([*answer.json()] == ["code", "message"] for answer in (made, listed, other) if answer.is_error)
        if made.status_code == 200:
            assert ids(listed.json()["data"]) == [made.json()["id"]]
            link = client.get(f"{url}/files/{made.json()['id']}").json()["download_url"]
            # A client takes two points for the folder above, and so asks for another path than was signed.
            assert "/../" in link or follow(link).content == b"a,b\n1,2\n"
        if other.status_code == 200:
            assert other.json() == {"data": []}
